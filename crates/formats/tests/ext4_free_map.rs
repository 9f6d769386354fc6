//! The map of free blocks, held against what e2fsprogs says of the same filesystem.
#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use zshield_formats::ext4::{FreeMap, NotTrusted, is_at_rest};

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn filesystem(directory: &Path, arguments: &[&str], mib: u64) -> String {
    let image = directory.join("image").display().to_string();
    File::create(&image).unwrap().set_len(mib << 20).unwrap();
    run("mke2fs", &[&["-q", "-F"], arguments, &[&image]].concat());
    let big = directory.join("big");
    fs::write(&big, vec![7; 5 << 20]).unwrap();
    let script = directory.join("script");
    let write = |name: &str| format!("write {} {name}\n", big.display());
    let text = format!("{}{}{}rm b\n", write("a"), write("b"), write("c"));
    fs::write(&script, text).unwrap();
    run("debugfs", &["-w", "-f", &script.display().to_string(), &image]);
    image
}

/// The blocks that `dumpe2fs` names as free.
fn free_by_dumpe2fs(image: &str) -> Vec<bool> {
    let text = run("dumpe2fs", &[image]);
    let value = |key: &str| -> usize {
        let line = text.lines().find(|line| line.starts_with(key)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let mut free = vec![false; value("Block count:")];
    for line in text.lines().filter_map(|line| line.strip_prefix("  Free blocks: ")) {
        for range in line.split(", ").filter(|range| !range.is_empty()) {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let range = first.parse::<usize>().unwrap()..=last.parse().unwrap();
            range.for_each(|block| free[block] = true);
        }
    }
    free
}

#[test]
fn the_map_is_that_of_dumpe2fs() {
    for (arguments, mib) in [
        (&["-t", "ext4"][..], 300),
        (&["-t", "ext4", "-b", "1024"], 100),
        (&["-t", "ext4", "-b", "4096", "-O", "^metadata_csum,uninit_bg"], 300),
        (&["-t", "ext4", "-O", "^64bit"], 300),
        (&["-t", "ext4", "-O", "^flex_bg,^resize_inode"], 300),
        (&["-t", "ext4", "-O", "sparse_super2,^resize_inode"], 300),
        (&["-t", "ext4", "-O", "metadata_csum_seed"], 300),
        (&["-t", "ext2"], 300),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let image = filesystem(directory.path(), arguments, mib);
        let map = FreeMap::read(&File::open(&image).unwrap()).unwrap();
        let expected = free_by_dumpe2fs(&image);
        let block = (mib << 20) / expected.len() as u64;
        assert!(expected.iter().filter(|free| **free).count() > 1000);
        for (number, free) in (0u64..).zip(&expected) {
            let found = map.is_free(number * block, block);
            assert_eq!(found, *free, "block {number} with {arguments:?}");
        }
    }
}

#[test]
fn a_filesystem_that_could_mean_something_else_has_no_map() {
    let read = |arguments: &[&str], change: &dyn Fn(&mut Vec<u8>)| {
        let directory = tempfile::tempdir().unwrap();
        let image = filesystem(directory.path(), arguments, 64);
        let mut bytes = fs::read(&image).unwrap();
        change(&mut bytes);
        fs::write(&image, bytes).unwrap();
        FreeMap::read(&File::open(&image).unwrap()).map(|_| ())
    };
    let ext4 = &["-t", "ext4", "-b", "4096", "-O", "^metadata_csum"];
    let flip = |at: usize, mask: u8| move |bytes: &mut Vec<u8>| bytes[at] ^= mask;
    assert!(read(ext4, &|_| {}).is_ok());
    assert!(matches!(read(ext4, &flip(1024 + 0x60, 4)), Err(NotTrusted::NotClean)));
    assert!(matches!(read(ext4, &flip(1024 + 0x3a, 1)), Err(NotTrusted::NotClean)));
    assert!(matches!(read(ext4, &flip(1024 + 0x3a, 2)), Err(NotTrusted::Errors)));
    assert!(matches!(read(ext4, &flip(1024 + 0x63, 1)), Err(NotTrusted::Feature(_))));
    assert!(matches!(read(ext4, &flip(1024 + 0x38, 1)), Err(NotTrusted::NotExt4)));
    let checked = &["-t", "ext4", "-b", "4096", "-O", "metadata_csum"];
    assert!(read(checked, &|_| {}).is_ok());
    assert!(matches!(read(checked, &flip(4096 + 2, 1)), Err(NotTrusted::Checksum(0))));
    // Free blocks, reserved blocks of the table, inodes of a group; and the checksum's own kind.
    for at in [0x0c, 0xce, 0x28, 0x175, 0x3fc] {
        let found = read(checked, &flip(1024 + at, 1));
        assert!(matches!(found, Err(NotTrusted::Superblock)), "{at:#x}: {found:?}");
    }
    // As many blocks as the number can say: memory is taken for no more than the device has.
    let blocks = |bytes: &mut Vec<u8>| bytes[1024 + 4..1024 + 8].fill(0xff);
    assert!(matches!(read(ext4, &blocks), Err(NotTrusted::Geometry)));
    let bigalloc = &["-t", "ext4", "-O", "bigalloc"];
    assert!(matches!(read(bigalloc, &|_| {}), Err(NotTrusted::Feature(0x200))));
}

/// A superblock's checksum is mended by debugfs, so that nothing but the fact itself is seen.
#[test]
fn only_a_filesystem_with_nothing_to_replay_or_to_mend_is_at_rest() {
    let directory = tempfile::tempdir().unwrap();
    let image = filesystem(directory.path(), &["-t", "ext4", "-O", "metadata_csum"], 300);
    let superblock = || -> [u8; 1024] { fs::read(&image).unwrap()[1024..2048].try_into().unwrap() };
    assert!(is_at_rest(&superblock()));
    let mut torn = superblock();
    torn[0x0c] ^= 1;
    assert!(!is_at_rest(&torn));
    let debugfs = |request: &str| run("debugfs", &["-w", "-R", request, &image]);
    for (there, away) in [
        ("feature needs_recovery", "feature -needs_recovery"),
        ("ssv last_orphan 12", "ssv last_orphan 0"),
        ("ssv state 0", "ssv state 1"),
        ("ssv state 3", "ssv state 1"),
    ] {
        debugfs(there);
        assert!(!is_at_rest(&superblock()), "{there}");
        debugfs(away);
        assert!(is_at_rest(&superblock()), "{away}");
    }
    let image = filesystem(directory.path(), &["-t", "ext4", "-O", "^metadata_csum"], 300);
    assert!(!is_at_rest(&fs::read(image).unwrap()[1024..2048]));
}
