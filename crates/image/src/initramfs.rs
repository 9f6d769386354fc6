//! The rescue system's initramfs: zshield as PID 1, the payload's own LVM and e2fsprogs, and the
//! payload's kernel modules.

use std::path::{Path, PathBuf};

use zshield_formats::depmod;

use crate::archive::Archive;
use crate::compression;
use crate::elf::{self, Closure};
use crate::error::BuildError;
use crate::modules::{self, Modules};
use crate::program::{FSCK, PROGRAMS, Program};
use crate::sysroot::Sysroot;

/// What a person at a root shell needs; only in images that are built to allow one, and as far as
/// the payload has it.
const SHELL: &[&str] =
    &["sh", "cat", "cp", "dd", "dmesg", "less", "ls", "mkdir", "mount", "mv", "ps", "rm", "umount"];

/// Other names by which the rescue system calls them.
const ALIASES: &[(&str, &str)] = &[
    ("pvcreate", "lvm"),
    ("pvs", "lvm"),
    ("pvremove", "lvm"),
    ("pvscan", "lvm"),
    ("vgcreate", "lvm"),
    ("vgs", "lvm"),
    ("vgchange", "lvm"),
    ("vgremove", "lvm"),
    ("vgextend", "lvm"),
    ("vgreduce", "lvm"),
    ("vgrename", "lvm"),
    ("vgck", "lvm"),
    ("lvcreate", "lvm"),
    ("lvs", "lvm"),
    ("lvchange", "lvm"),
    ("lvremove", "lvm"),
    ("lvrename", "lvm"),
    ("lvextend", "lvm"),
    ("lvconvert", "lvm"),
    ("mkfs.ext4", "mke2fs"),
    ("fsck.ext4", "e2fsck"),
];

/// LVM without udev, daemons, a devices file or copies of its metadata in a RAM disk. Checks of
/// the settings themselves are off, since no version knows all of them.
const LVM_CONF: &str = "\
config {
\tchecks = 0
}
devices {
\tdir = \"/dev\"
\tscan = [ \"/dev\" ]
\tobtain_device_list_from_udev = 0
\texternal_device_info_source = \"none\"
\tuse_devicesfile = 0
\tmd_component_detection = 0
\tissue_discards = 0
}
global {
\tumask = 63
\tuse_lvmetad = 0
\tuse_lvmpolld = 0
\tuse_lvmlockd = 0
\tevent_activation = 0
}
activation {
\tudev_sync = 0
\tudev_rules = 0
\tverify_udev_operations = 0
\tmonitoring = 0
}
backup {
\tbackup = 0
\tarchive = 0
}
";

/// Where a payload has the certificates that it trusts, all in one file: Debian's place, Red Hat's, SUSE's. In the rescue
/// system they are in the first, where they are looked for.
const ROOTS: [&str; 3] = [
    "etc/ssl/certs/ca-certificates.crt",
    "etc/pki/tls/certs/ca-bundle.crt",
    "var/lib/ca-certificates/ca-bundle.pem",
];

/// Where a program of the payload may be.
pub fn find_program(tree: &Sysroot, name: &str) -> Option<PathBuf> {
    tree.find_file(
        ["usr/sbin", "sbin", "usr/bin", "bin"].map(|directory| Path::new(directory).join(name)),
    )
}

/// What the initramfs is made of.
pub struct Contents<'a> {
    /// zshield, linked statically.
    pub init: &'a Path,
    /// The payload.
    pub tree: &'a Sysroot,
    /// Its kernel modules.
    pub modules: &'a Modules,
    /// Its kernel's configuration, or nothing.
    pub kernel_config: &'a str,
    /// The public keys that the rescue system trusts: file name and text.
    pub keys: &'a [(String, String)],
    /// The content of `/etc/zshield/rescue.toml`.
    pub settings: &'a str,
    /// Whether it has a shell.
    pub shell: bool,
}

/// The rescue system's archive.
pub fn collect(contents: &Contents<'_>) -> Result<Archive, BuildError> {
    let mut archive = Archive::default();
    for directory in ["dev", "proc", "sys", "run", "tmp", "mnt", "etc/zshield/keys"] {
        archive.directory(directory);
    }
    // Everything is below /usr, as in a payload of today; the old names lead there.
    for name in ["bin", "sbin", "lib", "lib64"] {
        archive.directory(&format!("usr/{name}"));
        archive.link(name, &format!("usr/{name}"));
    }
    // The kernel opens it for PID 1 before anything is mounted.
    archive.character("dev/console", 5, 1);
    if !elf::is_static(contents.init)? {
        return Err(BuildError::InitNotStatic(contents.init.into()));
    }
    archive.copy("init", contents.init, 0o755)?;
    archive.link("usr/bin/zshield", "/init");
    add_programs(&mut archive, contents.tree, contents.shell)?;
    add_modules(&mut archive, contents)?;
    archive.text("etc/lvm/lvm.conf", LVM_CONF);
    if let Some(config) = contents.tree.text("etc/mke2fs.conf") {
        archive.text("etc/mke2fs.conf", &readable_by_grub(&config));
    }
    if let Some(roots) = ROOTS.iter().find_map(|path| contents.tree.text(path)) {
        archive.text(ROOTS[0], &roots);
    }
    archive.text("etc/zshield/rescue.toml", contents.settings);
    for (name, key) in contents.keys {
        archive.text(&format!("etc/zshield/keys/{name}"), key);
    }
    Ok(archive)
}

/// The archive that the kernel unpacks after the payload's own: the same program, by another name,
/// and an fsck to lend to an initrd that has none. Many have none: Debian's takes it in only where
/// `/etc/fstab` names root while the initrd is made, which an image's payload has no reason to.
pub fn early(init: &Path, tree: &Sysroot) -> Result<Archive, BuildError> {
    let mut archive = Archive::default();
    archive.copy("zshield/early", init, 0o755)?;
    add_fsck(&mut archive, tree)?;
    Ok(archive)
}

/// The payload's fsck with loader and libraries of its own: the initrd's are left as they are.
fn add_fsck(archive: &mut Archive, tree: &Sysroot) -> Result<(), BuildError> {
    let mut programs = Vec::new();
    for (called, Program { name, .. }) in FSCK {
        let Some(path) = find_program(tree, name) else { continue };
        archive.copy(&format!("zshield/lib/{name}"), &path, 0o755)?;
        let script = format!(
            "#!/bin/sh\nexec /zshield/lib/ld.so --library-path /zshield/lib /zshield/lib/{name} \"$@\"\n"
        );
        archive.file(&format!("zshield/fsck/{called}"), 0o755, script.into_bytes());
        programs.push(path);
    }
    let closure = Closure::of(tree, &programs)?;
    for (name, path) in &closure.libraries {
        archive.copy(&format!("zshield/lib/{name}"), path, 0o755)?;
    }
    for path in closure.loaders.values() {
        archive.copy("zshield/lib/ld.so", path, 0o755)?;
    }
    Ok(())
}

/// The payload's programs, and their libraries all beside its libc: that directory is in every
/// loader's path, and others may be there only by the payload's `ld.so.cache`.
fn add_programs(archive: &mut Archive, tree: &Sysroot, shell: bool) -> Result<(), BuildError> {
    let for_shell = if shell { SHELL } else { &[] };
    let found: Vec<(&str, PathBuf)> = PROGRAMS
        .iter()
        .map(|program| program.name)
        .chain(for_shell.iter().copied())
        .filter_map(|name| Some((name, find_program(tree, name)?)))
        .collect();
    for (name, path) in &found {
        archive.copy(&format!("usr/sbin/{name}"), path, 0o755)?;
    }
    if found.iter().any(|(name, _)| *name == "sh") {
        archive.link("usr/bin/sh", "../sbin/sh");
    }
    for (alias, name) in ALIASES {
        archive.link(&format!("usr/sbin/{alias}"), name);
    }
    let programs: Vec<PathBuf> = found.into_iter().map(|(_, path)| path).collect();
    let closure = Closure::of(tree, &programs)?;
    let libc = closure.libraries.get("libc.so.6").and_then(|path| path.parent());
    let directory = libc.and_then(|path| path.strip_prefix(tree.root()).ok());
    let directory = below_usr(directory.unwrap_or(Path::new("usr/lib")));
    for (name, path) in &closure.libraries {
        archive.copy(&format!("{directory}/{name}"), path, 0o755)?;
    }
    for (loader, path) in &closure.loaders {
        archive.copy(&below_usr(loader), path, 0o755)?;
    }
    Ok(())
}

fn add_modules(archive: &mut Archive, contents: &Contents<'_>) -> Result<(), BuildError> {
    let chosen = contents.modules.chosen(contents.kernel_config);
    let release = contents.modules.release();
    let source = modules::directory(release);
    let target = below_usr(&source);
    for name in &chosen {
        let Some(file) = contents.modules.file(name) else { continue };
        let path = source.join(file);
        let host = contents.tree.find(&path).ok_or(BuildError::ModuleAbsent(path))?;
        let content = compression::plain(&host)?;
        let place = format!("{target}/{}", modules::stored(file).display());
        archive.file(&place, 0o644, content);
    }
    let text = |file: &str| contents.tree.text(source.join(file)).unwrap_or_default();
    let alias = depmod::aliases_of(&text("modules.alias"), &chosen);
    let soft = depmod::softdeps_of(&text("modules.softdep"), &chosen);
    archive.text(&format!("{target}/modules.dep"), &contents.modules.dependencies(&chosen));
    archive.text(&format!("{target}/modules.alias"), &alias);
    archive.text(&format!("{target}/modules.softdep"), &soft);
    archive.text(&format!("{target}/modules.builtin"), &text("modules.builtin"));
    Ok(())
}

/// The payload's `mke2fs.conf` without features that its GRUB may not read: `/boot` and the
/// Golden partition are made by it.
fn readable_by_grub(config: &str) -> String {
    const UNREAD: [&str; 2] = ["metadata_csum_seed", "orphan_file"];
    let without = |line: &str| match line.split_once('=') {
        Some((key, features)) if key.trim().ends_with("features") => {
            let kept = features.split(',').filter(|feature| !UNREAD.contains(&feature.trim()));
            format!("{key}={}", kept.collect::<Vec<_>>().join(","))
        }
        _ => line.to_owned(),
    };
    config.lines().flat_map(|line| [without(line), "\n".to_owned()]).collect()
}

/// A path of the payload as it is below `/usr` in the archive.
fn below_usr(path: &Path) -> String {
    let path = path.strip_prefix("/").unwrap_or(path);
    let inside = path.strip_prefix("usr").unwrap_or(path);
    format!("usr/{}", inside.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_that_grub_can_not_read_are_left_out() {
        let config = "[fs_types]\n\text4 = {\n\t\tfeatures = has_journal,metadata_csum_seed,64bit,orphan_file\n";
        assert_eq!(
            readable_by_grub(config),
            "[fs_types]\n\text4 = {\n\t\tfeatures = has_journal,64bit\n"
        );
    }

    #[test]
    fn paths_of_any_payload_come_below_usr() {
        assert_eq!(below_usr(Path::new("/lib64/ld.so")), "usr/lib64/ld.so");
        assert_eq!(below_usr(Path::new("usr/lib/x")), "usr/lib/x");
    }
}
