//! The rescue system's initramfs: zshield as PID 1, the payload's own LVM and e2fsprogs, and the
//! payload's kernel modules.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::compression;
use crate::elf::{self, Closure};
use crate::error::{BuildError, at};
use crate::kernel::RamdiskCompression;
use crate::modules::{self, Modules};
use crate::tool::Tool;
use crate::tree::Tree;

/// A program that the rescue system takes from the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its name.
    pub name: &'static str,
    /// The packages that bring it: Debian's and Red Hat's.
    pub packages: (&'static str, &'static str),
}

/// What no rescue system can do without.
pub const PROGRAMS: &[Program] = &[
    Program { name: "lvm", packages: ("lvm2", "lvm2") },
    Program { name: "dmsetup", packages: ("dmsetup", "device-mapper") },
    Program { name: "mke2fs", packages: ("e2fsprogs", "e2fsprogs") },
    Program { name: "e2fsck", packages: ("e2fsprogs", "e2fsprogs") },
    Program { name: "blkid", packages: ("util-linux", "util-linux") },
];

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

/// Where a program of the payload may be.
pub fn find_program(tree: &Tree, name: &str) -> Option<PathBuf> {
    tree.find_file(
        ["usr/sbin", "sbin", "usr/bin", "bin"].map(|folder| Path::new(folder).join(name)),
    )
}

/// What the initramfs is made of.
pub struct Contents<'a> {
    /// zshield, linked statically.
    pub init: &'a Path,
    /// The payload.
    pub tree: &'a Tree,
    /// Its kernel modules.
    pub modules: &'a Modules,
    /// Its kernel's configuration, or nothing.
    pub kernel_config: &'a str,
    /// The public keys that the rescue system trusts: file name and text.
    pub keys: &'a [(String, String)],
    /// The content of `/etc/zshield/rescue.toml`.
    pub settings: &'a str,
}

/// One entry of an archive.
#[derive(Debug, PartialEq, Eq)]
enum Node {
    Folder,
    File { mode: u32, content: Vec<u8> },
    Link(String),
    Character { major: u32, minor: u32 },
}

/// An archive in the making, sorted by path so that folders come before what is in them.
#[derive(Debug, Default)]
pub struct Archive {
    nodes: BTreeMap<String, Node>,
}

impl Archive {
    /// The rescue system's archive.
    pub fn collect(contents: &Contents<'_>) -> Result<Self, BuildError> {
        let mut archive = Self::default();
        for folder in ["dev", "proc", "sys", "run", "tmp", "mnt", "etc/zshield/keys"] {
            archive.folder(folder);
        }
        // Everything is below /usr, as in a payload of today; the old names lead there.
        for name in ["bin", "sbin", "lib", "lib64"] {
            archive.folder(&format!("usr/{name}"));
            archive.link(name, &format!("usr/{name}"));
        }
        // The kernel opens it for PID 1 before anything is mounted.
        archive.nodes.insert("dev/console".to_owned(), Node::Character { major: 5, minor: 1 });
        if !elf::is_static(contents.init)? {
            return Err(BuildError::InitNotStatic(contents.init.into()));
        }
        archive.copy("init", contents.init, 0o755)?;
        archive.link("usr/bin/zshield", "/init");
        archive.add_programs(contents.tree)?;
        archive.add_modules(contents)?;
        archive.text("etc/lvm/lvm.conf", LVM_CONF);
        if let Some(config) = contents.tree.text("etc/mke2fs.conf") {
            archive.text("etc/mke2fs.conf", &config);
        }
        archive.text("etc/zshield/rescue.toml", contents.settings);
        for (name, key) in contents.keys {
            archive.text(&format!("etc/zshield/keys/{name}"), key);
        }
        Ok(archive)
    }

    /// The payload's programs, and their libraries all beside its libc: that folder is in every
    /// loader's path, and others may be there only by the payload's `ld.so.cache`.
    fn add_programs(&mut self, tree: &Tree) -> Result<(), BuildError> {
        let found: Vec<(&str, PathBuf)> = PROGRAMS
            .iter()
            .filter_map(|program| Some((program.name, find_program(tree, program.name)?)))
            .collect();
        for (name, path) in &found {
            self.copy(&format!("usr/sbin/{name}"), path, 0o755)?;
        }
        for (alias, name) in ALIASES {
            self.link(&format!("usr/sbin/{alias}"), name);
        }
        let programs: Vec<PathBuf> = found.into_iter().map(|(_, path)| path).collect();
        let closure = Closure::of(tree, &programs)?;
        let libc = closure.libraries.get("libc.so.6").and_then(|path| path.parent());
        let folder = libc.and_then(|path| path.strip_prefix(tree.root()).ok());
        let folder = below_usr(folder.unwrap_or(Path::new("usr/lib")));
        for (name, path) in &closure.libraries {
            self.copy(&format!("{folder}/{name}"), path, 0o755)?;
        }
        for (loader, path) in &closure.loaders {
            self.copy(&below_usr(loader), path, 0o755)?;
        }
        Ok(())
    }

    fn add_modules(&mut self, contents: &Contents<'_>) -> Result<(), BuildError> {
        let chosen = contents.modules.chosen(contents.kernel_config);
        let release = contents.modules.release();
        let source = modules::folder(release);
        let target = below_usr(&source);
        for name in &chosen {
            let Some(file) = contents.modules.file(name) else { continue };
            let path = source.join(file);
            let host = contents.tree.find(&path).ok_or(BuildError::ModuleAbsent(path))?;
            let content = compression::plain(&host)?;
            let place = format!("{target}/{}", modules::stored(file).display());
            self.insert(&place, Node::File { mode: 0o644, content });
        }
        let text = |file: &str| contents.tree.text(source.join(file)).unwrap_or_default();
        let alias = modules::lines_about(&text("modules.alias"), 2, &chosen);
        let soft = modules::lines_about(&text("modules.softdep"), 1, &chosen);
        self.text(&format!("{target}/modules.dep"), &contents.modules.dependencies(&chosen));
        self.text(&format!("{target}/modules.alias"), &alias);
        self.text(&format!("{target}/modules.softdep"), &soft);
        self.text(&format!("{target}/modules.builtin"), &text("modules.builtin"));
        Ok(())
    }

    fn copy(&mut self, place: &str, from: &Path, mode: u32) -> Result<(), BuildError> {
        let content = std::fs::read(from).map_err(at(from))?;
        self.insert(place, Node::File { mode, content });
        Ok(())
    }

    fn text(&mut self, place: &str, content: &str) {
        self.insert(place, Node::File { mode: 0o644, content: content.as_bytes().to_vec() });
    }

    fn link(&mut self, place: &str, target: &str) {
        self.insert(place, Node::Link(target.to_owned()));
    }

    /// Makes a folder with all above it.
    fn folder(&mut self, place: &str) {
        for (end, _) in place.match_indices('/').chain([(place.len(), "")]) {
            self.nodes.entry(place[..end].to_owned()).or_insert(Node::Folder);
        }
    }

    fn insert(&mut self, place: &str, node: Node) {
        if let Some((folder, _)) = place.rsplit_once('/') {
            self.folder(folder);
        }
        self.nodes.insert(place.to_owned(), node);
    }

    /// Writes it as a cpio, in the "newc" format that the kernel unpacks. All belongs to root.
    pub fn write<W: Write>(&self, mut output: W, created: i64) -> std::io::Result<W> {
        let time = u32::try_from(created).unwrap_or(0);
        for (number, (name, node)) in (1..).zip(&self.nodes) {
            let entry = cpio::newc::Builder::new(name).ino(number).mtime(time);
            let (entry, content): (_, &[u8]) = match node {
                Node::Folder => (entry.mode(0o040_755).nlink(2), &[]),
                Node::File { mode, content } => (entry.mode(0o100_000 | mode), content),
                Node::Link(target) => (entry.mode(0o120_777), target.as_bytes()),
                Node::Character { major, minor } => {
                    (entry.mode(0o020_600).rdev_major(*major).rdev_minor(*minor), &[])
                }
            };
            let length = u32::try_from(content.len()).map_err(std::io::Error::other)?;
            let mut writer = entry.write(output, length);
            writer.write_all(content)?;
            output = writer.finish()?;
        }
        cpio::newc::trailer(output)
    }

    /// Writes it to a file in the given compression.
    pub fn write_file(
        &self,
        file: &Path,
        with: RamdiskCompression,
        created: i64,
    ) -> Result<(), BuildError> {
        let output = std::fs::File::create(file).map_err(at(file))?;
        match with {
            RamdiskCompression::Zstd => {
                let write = || {
                    let encoder = zstd::Encoder::new(output, LEVEL)?;
                    self.write(encoder, created)?.finish()?;
                    Ok(())
                };
                write().map_err(at(file))
            }
            RamdiskCompression::Gzip => {
                let plain = self.write(Vec::new(), created).map_err(at(file))?;
                let mut scratch = tempfile::NamedTempFile::new().map_err(BuildError::scratch)?;
                scratch.write_all(&plain).map_err(at(scratch.path()))?;
                let input = std::fs::File::open(scratch.path()).map_err(at(scratch.path()))?;
                let packed = Tool::Gzip.run()?.args(["-9", "-n", "-c"]).reading(input).output()?;
                std::fs::write(file, packed).map_err(at(file))
            }
        }
    }
}

/// The level of zstd. Unpacking takes the same time at every level; level 19 makes the file a
/// tenth smaller, which GRUB reads through the firmware, and takes ten times as long.
const LEVEL: i32 = 12;

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
    fn an_archive_has_each_folder_before_its_files() {
        let mut archive = Archive::default();
        archive.text("usr/lib/a.conf", "a");
        archive.link("lib", "usr/lib");
        archive.nodes.insert("dev/console".to_owned(), Node::Character { major: 5, minor: 1 });
        archive.folder("dev");
        let bytes = archive.write(Vec::new(), 1_700_000_000).unwrap();
        let mut rest = bytes.as_slice();
        let mut seen = Vec::new();
        loop {
            let reader = cpio::newc::Reader::new(rest).unwrap();
            let entry = reader.entry().clone();
            if entry.is_trailer() {
                break;
            }
            assert_eq!((entry.uid(), entry.gid(), entry.mtime()), (0, 0, 1_700_000_000));
            seen.push((entry.name().to_owned(), entry.mode(), entry.rdev_major()));
            rest = reader.finish().unwrap();
        }
        let names: Vec<&str> = seen.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["dev", "dev/console", "lib", "usr", "usr/lib", "usr/lib/a.conf"]);
        assert_eq!((seen[1].1, seen[1].2), (0o020_600, 5));
        assert_eq!(seen[5].1, 0o100_644);
    }

    #[test]
    fn paths_of_any_payload_come_below_usr() {
        assert_eq!(below_usr(Path::new("/lib64/ld.so")), "usr/lib64/ld.so");
        assert_eq!(below_usr(Path::new("usr/lib/x")), "usr/lib/x");
    }
}
