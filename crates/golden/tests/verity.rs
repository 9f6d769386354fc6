//! The hash tree, against cryptsetup's `veritysetup` both ways. It runs on files only.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod common;

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use common::{noise, run, text};
use tempfile::TempDir;
use zshield_golden::verity::{self, BLOCK, Salt, Verity, VerityError};

fn file(length: usize) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root.squashfs");
    fs::write(&path, noise(length as u64, length)).unwrap();
    (dir, path)
}

fn append(path: &Path) -> Verity {
    verity::append(path, Salt::new(*b"some salt of 32 bytes, as usual.").unwrap(), &|_| {}).unwrap()
}

/// Lengths with trees of no, one, two and three levels, whole blocks and not.
const LENGTHS: [usize; 7] =
    [1, 4096, 4097, 128 * 4096, 129 * 4096, 1_000_000, 128 * 128 * 4096 + 1];

#[test]
fn veritysetup_verifies_our_tree() {
    for length in LENGTHS {
        let (_dir, path) = file(length);
        let verity = append(&path);
        let (offset, root) = (verity.hash_offset.to_string(), verity.root_hash.to_string());
        let offset = format!("--hash-offset={offset}");
        run("veritysetup", &["verify", text(&path), text(&path), &root, &offset]);
        verity::verify(&path, &verity, &|_| {}).unwrap();
    }
}

#[test]
fn we_verify_the_tree_of_veritysetup_and_make_the_same_one() {
    for length in LENGTHS {
        let (_dir, path) = file(length);
        let ours = path.with_extension("ours");
        fs::copy(&path, &ours).unwrap();
        let verity = append(&ours);
        let padded = File::options().write(true).open(&path).unwrap();
        padded.set_len(verity.hash_offset).unwrap();
        let said = run(
            "veritysetup",
            &[
                "format",
                text(&path),
                text(&path),
                &format!("--hash-offset={}", verity.hash_offset),
                &format!("--data-blocks={}", verity.data_blocks),
                &format!("--salt={}", verity.salt),
            ],
        );
        assert!(said.contains(&verity.root_hash.to_string()), "{length}: {said}");
        verity::verify(&path, &verity, &|_| {}).unwrap();
        // Only the random UUID in the superblock may differ.
        let (mut theirs, mut ours) = (fs::read(&path).unwrap(), fs::read(&ours).unwrap());
        let uuid = verity.hash_offset as usize + 16;
        theirs[uuid..uuid + 16].fill(0);
        ours[uuid..uuid + 16].fill(0);
        assert!(theirs == ours, "{length}: the files differ");
    }
}

#[test]
fn a_changed_byte_is_found_wherever_it_is() {
    let (_dir, path) = file(300 * 4096);
    let verity = append(&path);
    let length = fs::metadata(&path).unwrap().len();
    let file = File::options().read(true).write(true).open(&path).unwrap();
    // Data; superblock (its UUID aside); top and bottom of the tree.
    for at in [0, 299 * BLOCK + 9, verity.hash_offset, verity.hash_offset + 73]
        .into_iter()
        .chain([verity.hash_offset + BLOCK, length - 4000])
    {
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[byte[0] ^ 0x10], at).unwrap();
        let found = verity::verify(&path, &verity, &|_| {}).unwrap_err();
        let wanted = match at {
            at if at < verity.hash_offset => matches!(found, VerityError::Data { .. }),
            at if at < verity.hash_offset + BLOCK => {
                matches!(found, VerityError::Superblock { .. })
            }
            _ => matches!(found, VerityError::Tree { .. }),
        };
        assert!(wanted, "byte {at}: {found:?}");
        file.write_all_at(&byte, at).unwrap();
    }
    verity::verify(&path, &verity, &|_| {}).unwrap();
    file.set_len(length - 1).unwrap();
    let found = verity::verify(&path, &verity, &|_| {});
    assert!(matches!(found, Err(VerityError::Layout { .. })));
}

#[test]
fn a_layout_that_does_not_fit_is_refused() {
    let (_dir, path) = file(4096 * 3);
    let verity = append(&path);
    for other in [
        Verity { data_blocks: 0, hash_offset: 0, ..verity.clone() },
        Verity { data_blocks: u64::MAX, ..verity.clone() },
        Verity {
            data_blocks: u64::MAX / BLOCK,
            hash_offset: u64::MAX / BLOCK * BLOCK,
            ..verity.clone()
        },
        Verity { data_blocks: 2, hash_offset: 2 * BLOCK, ..verity.clone() },
    ] {
        let found = verity::verify(&path, &other, &|_| {});
        assert!(matches!(found, Err(VerityError::Layout { .. })), "{other:?}: {found:?}");
    }
    let (_dir, empty) = file(0);
    let made = verity::append(&empty, Salt::new([]).unwrap(), &|_| {});
    assert!(matches!(made, Err(VerityError::Empty { .. })));
}

#[test]
fn the_table_is_the_kernels() {
    let (_dir, path) = file(1_000_000);
    let verity = append(&path);
    assert_eq!(
        verity.table("/dev/loop0", "/dev/loop0"),
        format!(
            "0 1960 verity 1 /dev/loop0 /dev/loop0 4096 4096 245 246 sha256 {} {}",
            verity.root_hash, "736f6d652073616c74206f662033322062797465732c20617320757375616c2e"
        )
    );
    let unsalted = Verity { salt: Salt::new([]).unwrap(), ..verity };
    assert!(unsalted.table("a", "b").ends_with(" -"));
}
