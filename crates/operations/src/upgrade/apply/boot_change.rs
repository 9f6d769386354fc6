//! What an upgrade changes on `/boot`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;
use zshield_bundle::head::Initrd;
use zshield_golden::EntryPath;
use zshield_golden::manifest::{Attributes, Kind, Manifest, Node};
use zshield_golden::slot::Artifact;
use zshield_host::boot_files;
use zshield_host::upgrade::{BootFile, Content, has_content};
use zshield_plan::grub::{self, DIRECTORY};
use zshield_plan::policy::Policy;
use zshield_plan::step::{MadeBy, NewInitrd};
use zshield_plan::upgrade_plan::apply::BootChange;
use zshield_units::{Bytes, UnixTime};

use crate::boot::name;

/// What goes there, and what is done.
#[derive(Debug, Default)]
pub(super) struct BootFiles {
    pub(super) files: Vec<BootFile>,
    pub(super) change: BootChange,
}

impl BootFiles {
    /// What is written at the most. Of an initial RAM disk that is made here nothing is known but the size of the
    /// one before it.
    pub(super) fn written(&self, boot: &Path) -> Bytes {
        let carried: u64 = self.files.iter().map(|file| file.content.size).sum();
        let made: u64 = self.change.initrds.iter().map(|_| largest_initrd(boot)).sum();
        Bytes(carried + made)
    }
}

/// What changes between two versions on the `/boot` of the system at `root`.
pub(super) fn changes(
    root: &Path,
    [old, new]: [&Manifest; 2],
    initrd: Initrd,
    policy: &Policy,
    now: UnixTime,
) -> Result<BootFiles> {
    let boot = root.join("boot");
    let (before, after) = (in_boot(old)?, in_boot(new)?);
    let header = new.header();
    let (kernel, ram_disk) = (below_boot(&header.kernel), below_boot(&header.initrd));
    let mut found = BootFiles::default();
    for (path, (file, content)) in &after {
        let is_made = initrd == Initrd::Made && path.as_os_str() == ram_disk.as_str();
        if !is_made && !has_content(&boot.join(path), content)? {
            found.put(path.clone(), (file.mode.into(), file.mtime), *content);
        }
    }
    for artifact in [Artifact::Early, Artifact::Font] {
        let Some(record) = header.artifact(artifact) else { continue };
        let content = Content { digest: record.blake3, size: record.size };
        let path = Path::new(DIRECTORY).join(artifact.file_name());
        if !has_content(&boot.join(&path), &content)? {
            found.put(path, (0o644, now), content);
        }
    }
    if initrd == Initrd::Made {
        let (release, file) = (header.kernel_release.clone(), header.initrd.clone());
        found.change.initrds.push(NewInitrd { release, file, by: made_by(new)? });
    }
    found.change.menu = grub::system(policy, &kernel, &ram_disk);
    let stays: BTreeSet<PathBuf> =
        after.keys().cloned().chain([PathBuf::from(&ram_disk)]).collect();
    let gone = before.keys().filter(|path| !stays.contains(*path));
    let gone = gone.flat_map(|path| std::iter::once(path.clone()).chain(ram_disks_of(path)));
    let gone: BTreeSet<PathBuf> =
        gone.filter(|path| !stays.contains(path) && boot.join(path).exists()).collect();
    found.change.removed =
        gone.iter().filter_map(|path| path.to_str().map(str::to_owned)).collect();
    Ok(found)
}

/// What a bundle of files changes there: what it names itself, and nothing else. The kernel that starts stays the newest one.
pub(super) fn of_layer(
    root: &Path,
    [old, new]: [&Manifest; 2],
    initrd: Initrd,
    policy: &Policy,
) -> Result<BootFiles> {
    let boot = root.join("boot");
    let (before, after) = (in_boot(old)?, in_boot(new)?);
    let mut found = BootFiles::default();
    for (path, (file, content)) in &after {
        if before.get(path) != Some(&(file.clone(), *content)) {
            found.put(path.clone(), (file.mode.into(), file.mtime), *content);
        }
    }
    let header = new.header();
    let newest = boot_files::newest(root)?;
    let (kernel, ram_disk) = match &newest {
        Some(newest) => (name(&newest.kernel)?, name(&newest.initrd)?),
        None => (below_boot(&header.kernel), below_boot(&header.initrd)),
    };
    match initrd {
        Initrd::Carried => {}
        Initrd::Made => {
            let release = kernel.strip_prefix("vmlinuz-").unwrap_or(&header.kernel_release);
            let (release, file) = (release.to_owned(), format!("boot/{ram_disk}"));
            found.change.initrds.push(NewInitrd { release, file, by: made_by(new)? });
        }
    }
    found.change.menu = grub::system(policy, &kernel, &ram_disk);
    let gone = before.keys().filter(|path| !after.contains_key(*path) && boot.join(path).exists());
    found.change.removed = gone.filter_map(|path| path.to_str().map(str::to_owned)).collect();
    Ok(found)
}

impl BootFiles {
    fn put(&mut self, path: PathBuf, (mode, mtime): (u32, UnixTime), content: Content) {
        // A name that is no text is none of a kernel.
        let Some(name) = path.to_str().map(str::to_owned) else { return };
        self.change.files.push(name);
        self.files.push(BootFile { path, mode, mtime, content });
    }
}

/// The files that a version delivers in `/boot`, by their paths below it.
fn in_boot(manifest: &Manifest) -> Result<BTreeMap<PathBuf, (Attributes, Content)>> {
    let boot: EntryPath = "boot".parse()?;
    let mut found = BTreeMap::new();
    for entry in manifest.entries()? {
        let entry = entry?;
        if let (true, Node::Inode { attributes, kind: Kind::File { size, digest, .. } }) =
            (entry.path.is_within(&boot), entry.node)
        {
            let path = entry.path.as_path().strip_prefix("boot")?.to_owned();
            found.insert(path, (attributes, Content { digest, size }));
        }
    }
    Ok(found)
}

fn below_boot(path: &str) -> String {
    path.strip_prefix("boot/").unwrap_or(path).to_owned()
}

/// What a machine makes for a kernel that goes.
fn ram_disks_of(kernel: &Path) -> Vec<PathBuf> {
    let name = kernel.file_name().and_then(|name| name.to_str());
    let Some(release) = name.and_then(|name| name.strip_prefix("vmlinuz-")) else {
        return Vec::new();
    };
    [
        format!("initrd.img-{release}"),
        format!("initramfs-{release}.img"),
        format!("initrd-{release}"),
    ]
    .map(PathBuf::from)
    .into()
}

/// Whose tool the new version has.
fn made_by(new: &Manifest) -> Result<MadeBy> {
    let debian: EntryPath = "usr/sbin/update-initramfs".parse()?;
    for entry in new.entries()? {
        if entry?.path == debian {
            return Ok(MadeBy::UpdateInitramfs);
        }
    }
    Ok(MadeBy::Dracut)
}

/// The size of the largest initial RAM disk that is there.
fn largest_initrd(boot: &Path) -> u64 {
    let entries = std::fs::read_dir(boot).into_iter().flatten().flatten();
    let sizes = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("init"))
        .filter_map(|entry| entry.metadata().ok())
        .map(|metadata| metadata.len());
    sizes.max().unwrap_or_default()
}
