//! Who has files open for writing that are about to be replaced or removed: by device and inode,
//! for a name may lead to another file by now.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{OFlags, makedev};
use zshield_linux::IoError;
use zshield_live::{Difference, FileId};
use zshield_plan::live::Process;

use crate::services;
use crate::step_error::StepError;

/// The processes that write to what a difference replaces or removes in the system at `root`, this
/// one included: its output may go to a file.
pub(crate) fn of(difference: &Difference, root: &Path) -> Result<Vec<Process>, StepError> {
    let device = fs::metadata(root).map_err(IoError::at(root))?.dev();
    let mut all = writers();
    for writer in &mut all {
        writer.files.retain(|file| file.0 == device);
    }
    let files = all.iter().flat_map(|writer| &writer.files).copied().collect();
    let replaced = difference.replaced(root, &files)?;
    let process = |writer: Writer| {
        let names = replaced.iter().filter(|(file, _)| writer.files.contains(file));
        let writes: Vec<String> = names.map(|(_, path)| format!("/{path}")).collect();
        (!writes.is_empty()).then_some(Process { writes, ..writer.process })
    };
    Ok(all.into_iter().filter_map(process).collect())
}

/// Somebody, and what he has open for writing.
struct Writer {
    process: Process,
    files: BTreeSet<FileId>,
}

fn writers() -> Vec<Writer> {
    let process = |pid| {
        let files = open_for_writing(pid);
        let process = if files.is_empty() { None } else { services::named(pid).ok() };
        process.map(|process| Writer { process, files })
    };
    services::pids().filter_map(process).chain(loops()).collect()
}

/// What a process has open for writing, or mapped so that others see what it writes. Nothing where
/// it has gone.
fn open_for_writing(pid: u32) -> BTreeSet<FileId> {
    let directory = Path::new("/proc").join(pid.to_string());
    let descriptors = fs::read_dir(directory.join("fd")).into_iter().flatten().flatten();
    let open = descriptors.filter_map(|descriptor| {
        let info = directory.join("fdinfo").join(descriptor.file_name());
        let writes = writes(&fs::read_to_string(info).ok()?);
        writes.then(|| fs::metadata(descriptor.path()).ok())?
    });
    let open = open.filter(Metadata::is_file).map(|file| (file.dev(), file.ino()));
    let maps = fs::read(directory.join("maps")).unwrap_or_default();
    open.chain(maps.split(|byte| *byte == b'\n').filter_map(shared)).collect()
}

/// Whether an open file's flags are those of one that is written to.
fn writes(info: &str) -> bool {
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    flags.map(OFlags::from_bits_retain).is_some_and(|flags| {
        let mode = flags & OFlags::RWMODE;
        !flags.contains(OFlags::PATH) && (mode == OFlags::WRONLY || mode == OFlags::RDWR)
    })
}

/// The file of a line of `maps` that is written to in common: address, `rw-s`, offset, device, inode.
fn shared(line: &[u8]) -> Option<FileId> {
    let mut words = line.split(|byte| *byte == b' ').skip(1);
    let rights = words.next()?;
    if rights.get(1) != Some(&b'w') || rights.get(3) != Some(&b's') {
        return None;
    }
    let text =
        |word: Option<&[u8]>| word.and_then(|word| str::from_utf8(word).ok().map(str::to_owned));
    let (device, inode) = (text(words.nth(1))?, text(words.next())?);
    let (major, minor) = device.split_once(':')?;
    let number = |hex| u32::from_str_radix(hex, 16).ok();
    Some((makedev(number(major)?, number(minor)?), inode.parse().ok()?))
}

/// Loop devices: the kernel itself writes to their files.
fn loops() -> Vec<Writer> {
    let devices = fs::read_dir("/sys/block").into_iter().flatten().flatten();
    let device = |directory: PathBuf| {
        let backing = fs::read(directory.join("loop/backing_file")).ok()?;
        let path =
            <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(backing.trim_ascii_end());
        let file = fs::metadata(path).ok().filter(Metadata::is_file)?;
        let name = directory.file_name()?.to_string_lossy().into_owned();
        let files = BTreeSet::from([(file.dev(), file.ino())]);
        Some(Writer { process: Process { name, ..Process::default() }, files })
    };
    devices.filter_map(|entry| device(entry.path())).collect()
}

#[cfg(test)]
mod tests {
    use std::fs::{File, OpenOptions};

    use zshield_golden::compare::Expected;
    use zshield_live::{Depth, Scope};

    use super::*;

    #[test]
    fn flags_and_maps_say_who_writes() {
        for (flags, expected) in
            [("0100000", false), ("0100001", true), ("0102002", true), ("012000000", false)]
        {
            assert_eq!(writes(&format!("pos:\t0\nflags:\t{flags}\nmnt_id:\t29\n")), expected);
        }
        assert!(!writes("pos:\t0\n"));
        let line =
            b"7f1e0a600000-7f1e0a601000 rw-s 00000000 fd:01 1027      /var/\xb1/x".as_slice();
        assert_eq!(shared(line), Some((makedev(0xfd, 1), 1027)));
        let private = b"7f1e0a600000-7f1e0a601000 rw-p 00000000 fd:01 1027      /var/x".as_slice();
        assert_eq!(shared(private), None);
        assert_eq!(shared(b""), None);
    }

    #[test]
    fn who_writes_to_what_is_replaced_or_removed_is_found_whatever_the_file_is_called() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        for tree in [&from, &to] {
            fs::create_dir_all(tree.join("var")).unwrap();
            fs::write(tree.join("var/same"), "same").unwrap();
        }
        fs::write(from.join("var/data"), "old").unwrap();
        fs::write(to.join("var/data"), "changed").unwrap();
        fs::create_dir_all(to.join("var/new/deep")).unwrap();
        let append =
            |path: &str| OpenOptions::new().append(true).create(true).open(to.join(path)).unwrap();
        let own = || -> Vec<String> {
            let scope = Scope::whole(Expected::nothing());
            let difference = Difference::between(&from, &to, &scope, Depth::Deep, &|_| {}).unwrap();
            let found = of(&difference, &to).unwrap();
            let own = found.into_iter().find(|found| found.pid == std::process::id());
            own.map(|found| found.writes).unwrap_or_default()
        };
        let _same = append("var/same");
        let _read = File::open(to.join("var/data")).unwrap();
        assert!(own().is_empty());
        let _data = append("var/data");
        let _new = append("var/new/deep/log");
        // It is open under a name that it has lost; the other one is found.
        let _renamed = append("var/before");
        fs::rename(to.join("var/before"), to.join("var/z%")).unwrap();
        assert_eq!(own(), ["/var/data", "/var/new/deep/log", "/var/z%25"]);
    }
}
