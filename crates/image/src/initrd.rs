//! What the payload's initial RAM disk holds, read without starting it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use zshield_formats::depmod;

use crate::compression::Compression;
use crate::error::{BuildError, at};
use crate::modules::{Modules, NEEDS, Need};
use crate::scratch;

/// Where LVM has the list of the only disks that it is to use.
pub const LVM_DEVICES: &str = "etc/lvm/devices/system.devices";

/// The modules without which a start does not find its root.
const OF_START: [&str; 6] = ["ahci", "sd_mod", "megaraid_sas", "dm_mod", "dm_snapshot", "ext4"];

/// Words by which dracut waits for one disk. `resume=` is none of them: the menu says `noresume`.
const NAMING: [&str; 5] = ["root=", "rd.lvm.lv=", "rd.lvm.vg=", "rd.luks.uuid=", "rd.md.uuid="];

/// The directories whose files are read, and the most of a file.
const TEXTS: [&str; 2] = ["etc/cmdline", "etc/lvm/"];
const LONGEST_TEXT: u64 = 1 << 20;

/// The names in an initial RAM disk, without `usr/` before them, and the texts of a few files.
#[derive(Debug, Default)]
pub struct Initrd {
    names: BTreeSet<String>,
    texts: BTreeMap<String, String>,
}

impl Initrd {
    /// Reads all of it; `None` where that can't be done, since it is cut short or no such thing.
    pub fn read(path: &Path) -> Result<Option<Self>, BuildError> {
        let bytes = std::fs::read(path).map_err(at(path))?;
        let mut rest = bytes.as_slice();
        let mut initrd = Self::default();
        loop {
            // Segments, of which the first ones are often plain and hold microcode, begin on four
            // bytes with zeros between them.
            let padding = rest.iter().take_while(|byte| **byte == 0).count();
            rest = &rest[padding..];
            if rest.is_empty() {
                return Ok(Some(initrd).filter(|initrd| !initrd.names.is_empty()));
            }
            if rest.starts_with(b"07070") {
                match initrd.add_archive(rest) {
                    Some(length) => rest = &rest[length..],
                    None => return Ok(None),
                }
                continue;
            }
            let Some(compression) = Compression::of_bytes(rest) else { return Ok(None) };
            let scratch = scratch::File::new().map_err(BuildError::scratch)?;
            std::fs::write(scratch.path(), rest).map_err(at(scratch.path()))?;
            let file = std::fs::File::open(scratch.path()).map_err(at(scratch.path()))?;
            let plain = compression.undo()?.reading(file).output().ok();
            let whole = plain.is_some_and(|plain| initrd.add_archive(&plain).is_some());
            return Ok(whole.then_some(initrd));
        }
    }

    /// Takes in a cpio archive; its length up to behind its trailer, or `None` if it has none.
    pub(crate) fn add_archive(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut rest = bytes;
        loop {
            let mut reader = cpio::newc::Reader::new(rest).ok()?;
            if reader.entry().is_trailer() {
                return Some(bytes.len() - reader.finish().ok()?.len());
            }
            let name = reader.entry().name().trim_start_matches("./").trim_start_matches('/');
            let name = name.strip_prefix("usr/").unwrap_or(name).to_owned();
            if TEXTS.iter().any(|start| name.starts_with(start)) {
                let mut text = Vec::new();
                reader.by_ref().take(LONGEST_TEXT).read_to_end(&mut text).ok()?;
                self.texts.insert(name.clone(), String::from_utf8_lossy(&text).into_owned());
            }
            self.names.insert(name);
            rest = reader.finish().ok()?;
        }
    }

    /// Whether it has LVM's program.
    pub fn has_lvm(&self) -> bool {
        ["sbin/lvm", "bin/lvm"].iter().any(|name| self.names.contains(*name))
    }

    /// Whether it has a list of the only disks that LVM is to use.
    pub fn limits_lvm(&self) -> bool {
        self.names.contains(LVM_DEVICES)
    }

    /// Whether what it starts is a squashfs within it, into which nobody looks here.
    pub fn is_squashed(&self) -> bool {
        ["squash-root.img", "squashfs-root.img", "squash/root.img", "erofs-root.img"]
            .iter()
            .any(|name| self.names.contains(*name))
    }

    /// The drivers for its root that it lacks although its kernel has them as modules.
    pub fn lacking(&self, modules: &Modules) -> Vec<&'static Need> {
        let held: BTreeSet<String> =
            self.names.iter().filter_map(|name| depmod::name_of(name)).collect();
        let lacks = |name: &str| modules.file(name).is_some() && !held.contains(name);
        let of_start = |need: &&Need| need.any_of.iter().any(|name| OF_START.contains(name));
        NEEDS.iter().filter(of_start).filter(|need| need.any_of.iter().any(|n| lacks(n))).collect()
    }

    /// What says that it is for the one machine that made it, with another volume group than this.
    pub fn of_one_machine(&self, group: &str) -> Vec<String> {
        let marks = self.names.iter().filter(|name| is_of_one_machine(name)).cloned();
        let words = self.texts.iter().filter(|(name, _)| name.starts_with("etc/cmdline"));
        let words = words.flat_map(|(name, text)| {
            let naming = text.split_whitespace().filter(|word| names_another(word, group));
            naming.map(move |word| format!("{name}: {word}"))
        });
        marks.chain(words).collect()
    }

    /// The texts of LVM's configuration, by name.
    pub fn lvm_settings(&self) -> impl Iterator<Item = (&str, &str)> {
        let files = ["etc/lvm/lvm.conf", "etc/lvm/lvmlocal.conf"];
        files.into_iter().filter_map(|name| Some((name, self.texts.get(name)?.as_str())))
    }
}

/// What dracut leaves where it looks at its own machine: a mark, and waits for its devices.
fn is_of_one_machine(name: &str) -> bool {
    const MARKS: [&str; 2] =
        ["lib/dracut/hostonly-files", "lib/dracut/hostonly-kernel-modules.txt"];
    let is_unit = name.starts_with("etc/systemd/system/initrd.target.")
        || name.starts_with("lib/systemd/system/initrd.target.");
    MARKS.contains(&name)
        || name.starts_with("lib/dracut/hooks/initqueue/finished/devexists-")
        || (is_unit && name.ends_with(".device"))
}

/// Whether a word of the kernel's command line names a disk that is none of this group's.
fn names_another(word: &str, group: &str) -> bool {
    let value = NAMING.iter().find_map(|naming| word.strip_prefix(naming));
    let value = value.map(|value| value.trim_matches('"'));
    value.is_some_and(|value| {
        let value = value.trim_start_matches("/dev/").trim_start_matches("mapper/");
        let rest = value.strip_prefix(group);
        !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '-']))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;
    use crate::tool::Tool;

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, text) in files {
            let entry = cpio::newc::Builder::new(name).mode(0o100_755);
            let mut writer = entry.write(bytes, u32::try_from(text.len()).unwrap());
            writer.write_all(text.as_bytes()).unwrap();
            bytes = writer.finish().unwrap();
        }
        let mut bytes = cpio::newc::trailer(bytes).unwrap();
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Initrd> {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("initrd");
        fs::write(&file, bytes).unwrap();
        Initrd::read(&file).unwrap()
    }

    const MICROCODE: (&str, &str) = ("kernel/x86/microcode/GenuineIntel.bin", "x");

    #[test]
    fn it_is_read_behind_microcode_and_each_compression() {
        let body = archive(&[("usr/sbin/lvm", "")]);
        let directory = tempfile::tempdir().unwrap();
        let plain = directory.path().join("plain");
        fs::write(&plain, &body).unwrap();
        let mut bodies = vec![body];
        for (tool, arguments) in [
            (Tool::Gzip, vec!["-c"]),
            (Tool::Xz, vec!["-c", "--check=crc32"]),
            (Tool::Bzip2, vec!["-c"]),
            (Tool::Zstd, vec!["-c"]),
            (Tool::Lz4, vec!["-lc"]),
        ] {
            let Some(_) = tool.find() else { continue };
            bodies.push(tool.run().unwrap().args(arguments).arg(&plain).output().unwrap());
        }
        for body in bodies {
            let whole = [archive(&[MICROCODE]), body].concat();
            assert!(read(&whole).unwrap().has_lvm());
        }
        assert!(read(b"no archive").is_none() && read(b"").is_none());
    }

    #[test]
    fn one_that_is_cut_short_is_told_from_a_whole_one() {
        let mut state = 1_u32;
        let noise: String = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b' ' + (state >> 26) as u8)
        })
        .take(40_000)
        .collect();
        let body = zstd::encode_all(archive(&[("init", &noise)]).as_slice(), 3).unwrap();
        let whole = [archive(&[MICROCODE]), body].concat();
        assert!(read(&whole).is_some());
        for cut in [1, 100, 2000] {
            assert!(read(&whole[..whole.len() - cut]).is_none(), "{cut}");
        }
        let plain = archive(&[("init", &noise)]);
        assert!(read(&plain[..20_000]).is_none());
    }

    #[test]
    fn a_driver_is_in_it_or_in_the_kernel_or_lacking() {
        let dep = "kernel/ata/ahci.ko:\nkernel/scsi/sd_mod.ko.xz:\nkernel/fs/ext4.ko.xz:\n\
            kernel/md/dm-snapshot.ko:\nkernel/scsi/megaraid_sas.ko:\n";
        let modules = Modules::parse("6.1", dep, "kernel/md/dm-mod.ko\n", "");
        let bytes = archive(&[
            ("usr/lib/modules/6.1/kernel/ata/ahci.ko", ""),
            ("./usr/lib/modules/6.1/kernel/scsi/sd_mod.ko.xz", ""),
            ("lib/modules/6.1/kernel/md/dm-snapshot.ko", ""),
        ]);
        let lacking = read(&bytes).unwrap().lacking(&modules);
        let lacking: Vec<&str> = lacking.iter().map(|need| need.any_of[0]).collect();
        assert_eq!(lacking, ["megaraid_sas", "ext4"]);
    }

    #[test]
    fn names_of_the_machine_that_built_it_are_found() {
        let of_one = |name: &str, text: &str| {
            read(&archive(&[(name, text)])).unwrap().of_one_machine("vgroup")
        };
        let line = "etc/cmdline.d/90lvm.conf";
        let said = of_one(line, " rd.lvm.lv=centos/swap rd.lvm.lv=vgroup/lv-root \n");
        assert_eq!(said, ["etc/cmdline.d/90lvm.conf: rd.lvm.lv=centos/swap"]);
        assert!(of_one(line, "root=/dev/mapper/vgroup-lv--root rd.driver.pre=x").is_empty());
        assert!(of_one(line, "resume=/dev/mapper/centos-swap").is_empty());
        for (name, text) in [
            (line, "root=UUID=1234"),
            (line, "rd.lvm.vg=vgroup2"),
            ("usr/lib/dracut/hooks/initqueue/finished/devexists-\\x2fdev\\x2fmapper\\x2fcl.sh", ""),
            ("etc/systemd/system/initrd.target.wants/dev-mapper-cl\\x2droot.device", ""),
            ("usr/lib/dracut/hostonly-kernel-modules.txt", ""),
        ] {
            assert_eq!(of_one(name, text).len(), 1, "{name} {text}");
        }
        assert!(of_one("usr/lib/dracut/build-parameter.txt", "--no-hostonly").is_empty());
    }

    #[test]
    fn a_list_of_disks_for_lvm_is_seen() {
        let initrd = read(&archive(&[("./etc/lvm/devices/system.devices", "")])).unwrap();
        assert!(initrd.limits_lvm() && !initrd.has_lvm());
        assert!(!read(&archive(&[("usr/sbin/lvmx", "")])).unwrap().has_lvm());
    }
}
