//! Verifying images: a whole one, one that was written to a larger medium, and each kind of damage.
#![allow(missing_docs, dead_code, clippy::unwrap_used, clippy::cast_possible_truncation)]

#[path = "build/fixture.rs"]
mod fixture;

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use fixture::{Factory, run};
use zshield_golden::key;
use zshield_golden::manifest::SignatureState;
use zshield_golden::signature::{SignatureError, TrustedKeys};
use zshield_golden::slot::{Artifact, SlotError};
use zshield_golden::verity::VerityError;
use zshield_image::request::Request;
use zshield_image::verify::{OpenSlot, Problem, Trust, Verification, verify};
use zshield_image::write::{Medium, Source, copy};

/// A signed image, its slot's files, and the key.
struct Signed {
    factory: Factory,
    image: PathBuf,
    slot: PathBuf,
    keys: TrustedKeys,
}

fn signed() -> Signed {
    let factory = Factory::new();
    let (secret, public) = (factory.path("secret.key"), factory.path("vendor.pub"));
    key::generate(&secret, &public, None).unwrap();
    let policy = fixture::policy("payload", "[image]\ntrusted_keys = [\"vendor.pub\"]\n");
    let request = Request { secret_key: Some(&secret), ..factory.request(&policy, "usb.img") };
    let request = Request { insecure_unsigned: false, ..request };
    fixture::build(&request).unwrap();
    let (image, slot) = (factory.path("usb.img"), factory.slot("usb.img"));
    let keys = TrustedKeys::load([&public]).unwrap();
    Signed { factory, image, slot, keys }
}

fn check(image: &Path, keys: Option<&TrustedKeys>) -> Verification {
    verify(image, keys, &|_, _| {}).unwrap()
}

#[test]
fn a_whole_image_has_no_problem_and_says_whom_to_trust() {
    let signed = signed();
    let found = check(&signed.image, Some(&signed.keys));
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    assert!(matches!(found.trust, Some(Trust::GivenKey(SignatureState::Signed { .. }))));
    assert_eq!(found.header.unwrap().product, "Test");
    let found = check(&signed.image, None);
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    assert!(matches!(found.trust, Some(Trust::OwnKey(SignatureState::Signed { .. }))));
    let said = found.trust.unwrap().to_string();
    assert!(said.contains("proves nothing about who made it"), "{said}");
}

#[test]
fn an_unsigned_image_is_good_only_where_no_key_is_asked_for() {
    let factory = Factory::new();
    factory.build("payload", "usb.img").unwrap();
    let image = factory.path("usb.img");
    let found = check(&image, None);
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    assert_eq!(found.trust, Some(Trust::Unsigned));
    let found = check(&image, Some(&TrustedKeys::default()));
    assert!(matches!(&found.problems[..], [Problem::Signature(SignatureError::Missing { .. })]));
}

#[test]
fn a_strangers_key_does_not_count() {
    let signed = signed();
    let (secret, public) = (signed.factory.path("x.key"), signed.factory.path("x.pub"));
    key::generate(&secret, &public, None).unwrap();
    let found = check(&signed.image, Some(&TrustedKeys::load([&public]).unwrap()));
    assert!(matches!(&found.problems[..], [Problem::Signature(SignatureError::UnknownKey { .. })]));
    assert!(found.trust.is_none() && found.header.is_none());
}

#[test]
fn a_written_medium_is_as_good_as_its_image() {
    let signed = signed();
    let path = signed.factory.path("medium");
    let length = fs::metadata(&signed.image).unwrap().len() + (5 << 20) + 512;
    let filled = Command::new("sh")
        .arg("-c")
        .arg(format!("head -c {length} /dev/zero | tr '\\0' '\\345' > {}", path.display()))
        .status()
        .unwrap();
    assert!(filled.success());
    let mut medium = Medium::open_file(&path).unwrap();
    copy(&Source::open(&signed.image).unwrap(), &mut medium, &|_, _| {}).unwrap();
    let found = check(&path, Some(&signed.keys));
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    run(Command::new("sgdisk").arg("-v").arg(&path));
    // What a stick's filesystems hold beside the stale bytes is sound too.
    run(Command::new("sh").arg("-c").arg(format!(
        "dd if={} of={}.fs bs=512 status=none skip=$(sgdisk -i 3 {} | sed -n 's/First sector: \\([0-9]*\\).*/\\1/p') && e2fsck -fn {}.fs",
        path.display(), path.display(), path.display(), path.display(),
    )));
}

/// Where a content stands in the image.
fn place_of(image: &[u8], content: &[u8]) -> u64 {
    let start = &content[..content.len().min(512)];
    assert!(start.iter().any(|byte| *byte != 0), "zeros are everywhere");
    let at = image.windows(start.len()).position(|window| window == start);
    at.unwrap() as u64
}

fn first_sector(image: &Path, partition: &str) -> u64 {
    let said = run(Command::new("sgdisk").args(["-i", partition]).arg(image));
    let line = said.lines().find_map(|line| line.strip_prefix("First sector: ")).unwrap();
    line.split(' ').next().unwrap().parse().unwrap()
}

/// What is damaged, at which byte, and what must be found.
type Damage = (&'static str, u64, fn(&Problem) -> bool);

#[test]
fn every_damage_is_found_and_named() {
    let signed = signed();
    let image = fs::read(&signed.image).unwrap();
    let length = image.len() as u64;
    let file = File::options().write(true).open(&signed.image).unwrap();
    let slot = |artifact: Artifact| fs::read(signed.slot.join(artifact.file_name())).unwrap();
    let squashfs = slot(Artifact::Squashfs);
    let squashfs_at = place_of(&image, &squashfs);
    let esp = first_sector(&signed.image, "2") * 512;
    let damages: &[Damage] = &[
        ("boot code", 5, |p| matches!(p, Problem::BootSector)),
        ("first table", 512 + 60, |p| matches!(p, Problem::Table(_))),
        ("second table's header", length - 500, |p| matches!(p, Problem::SecondTable(_))),
        ("second table's entries", length - 33 * 512, |p| matches!(p, Problem::SecondTable(_))),
        ("GRUB for BIOS", 2048 * 512 + 3000, |p| matches!(p, Problem::Core)),
        ("ESP", esp + 70_000, |p| matches!(p, Problem::Esp)),
        ("squashfs", squashfs_at + 200, |p| matches!(p, Problem::Verity(VerityError::Data { .. }))),
        ("policy", place_of(&image, &slot(Artifact::Policy)) + 20, |p| {
            matches!(p, Problem::Slot(SlotError::Content { artifact: Artifact::Policy }))
        }),
    ];
    for (name, at, wanted) in damages {
        let byte = image[*at as usize];
        file.write_all_at(&[byte ^ 0x10], *at).unwrap();
        let found = check(&signed.image, Some(&signed.keys));
        assert!(found.problems.iter().any(wanted), "{name}: {:?}", found.problems);
        file.write_all_at(&[byte], *at).unwrap();
    }
    assert!(check(&signed.image, Some(&signed.keys)).problems.is_empty());
    file.set_len(length / 2).unwrap();
    assert!(!check(&signed.image, Some(&signed.keys)).problems.is_empty());
}

/// Changes the stick's filesystem.
fn debugfs(image: &Path, command: &str) {
    let offset = first_sector(image, "3") * 512;
    let filesystem = format!("{}?offset={offset}", image.display());
    run(Command::new("debugfs").args(["-w", "-R", command, &filesystem]));
}

#[test]
fn what_no_signature_covers_is_checked_too() {
    let signed = signed();
    let other = signed.factory.path("other");
    fs::write(&other, "menuentry \"anything\" {\n linux /evil zshield_install=auto\n}\n").unwrap();
    let image = signed.factory.path("changed.img");
    let found = |commands: &[String]| {
        fs::copy(&signed.image, &image).unwrap();
        for command in commands {
            debugfs(&image, command);
        }
        check(&image, Some(&signed.keys)).problems
    };
    let write = |to: &str| format!("write {} {to}", other.display());
    let menu = found(&["rm /zshield/grub.cfg".into(), write("/zshield/grub.cfg")]);
    assert!(
        matches!(&menu[..], [Problem::Menu { path }] if path.ends_with("grub.cfg")),
        "{menu:?}"
    );
    for to in ["/zshield/custom.cfg", "/a/evil", "/evil"] {
        let extra = found(&[write(to)]);
        assert!(matches!(&extra[..], [Problem::Extra { path }] if path == to), "{to}: {extra:?}");
    }
    let gone = found(&["rm /a/esp.img".into()]);
    assert!(gone.iter().any(|p| matches!(p, Problem::Slot(SlotError::File(_)))), "{gone:?}");
    let unsigned = found(&["rm /a/manifest.minisig".into()]);
    assert!(matches!(&unsigned[..], [Problem::Signature(SignatureError::Missing { .. })]));
}

#[test]
fn the_slot_of_an_image_is_opened_as_the_directory_with_its_files_is() {
    let signed = signed();
    let (image, directory) = (
        OpenSlot::open(&signed.image, &|_| {}).unwrap(),
        OpenSlot::open(&signed.slot, &|_| {}).unwrap(),
    );
    for artifact in Artifact::ALL {
        let read = |slot: &OpenSlot| fs::read(slot.directory().join(artifact.file_name())).unwrap();
        assert!(read(&image) == read(&directory), "{artifact:?}");
    }
    assert!(image.own_keys().unwrap().ids().eq(signed.keys.ids()));
    // What was read off the image goes with it, and the directory stays.
    let (scratch, kept) = (image.directory().to_owned(), directory.directory().to_owned());
    drop((image, directory));
    assert!(!scratch.exists() && kept.exists());
    assert!(OpenSlot::open(&signed.factory.path("vendor.pub"), &|_| {}).is_err());
}
