//! Keys and signatures, against Debian's `minisign` both ways.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use common::{Slot, run, text};
use zshield_golden::key::{self, KeyError, KeyId, SigningKey};
use zshield_golden::manifest::{Draft, Manifest, Reader, SignatureState};
use zshield_golden::signature::{self, Requirement, SignatureError, TrustedKeys};
use zshield_golden::slot;

struct Keys {
    secret: PathBuf,
    public: PathBuf,
    id: KeyId,
}

fn keys(directory: &Path, name: &str, password: Option<&str>) -> Keys {
    let secret = directory.join(format!("{name}.key"));
    let public = directory.join(format!("{name}.pub"));
    let id = key::generate(&secret, &public, password).unwrap();
    Keys { secret, public, id }
}

/// What the slot's manifest was before it was written.
fn draft(slot: &Slot) -> Draft {
    let text = fs::read(slot.root.join(slot::MANIFEST)).unwrap();
    Draft { header: Reader::new(text.as_slice()).unwrap().header().clone(), text }
}

fn sign(slot: &Slot, keys: &Keys) {
    let key = SigningKey::load(&keys.secret, None).unwrap();
    fs::write(slot.root.join(slot::SIGNATURE), signature::sign(&draft(slot), &key)).unwrap();
}

fn open(slot: &Slot, keys: &[&Keys]) -> Result<Manifest, SignatureError> {
    let trusted = TrustedKeys::load(keys.iter().map(|keys| &keys.public)).unwrap();
    signature::open(&slot.root, &trusted, Requirement::Signed)
}

fn small_slot() -> Slot {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("file"), "content").unwrap();
    Slot::of(dir, tree)
}

#[test]
fn what_we_sign_minisign_verifies() {
    let slot = small_slot();
    let keys = keys(slot.dir.path(), "release", None);
    sign(&slot, &keys);
    let manifest = slot.root.join(slot::MANIFEST);
    let said = run("minisign", &["-Vm", text(&manifest), "-p", text(&keys.public)]);
    assert!(said.contains("product=appliance version=1.2"), "{said}");
    assert!(said.contains("Signature and comment signature verified"), "{said}");
    let state = open(&slot, &[&keys]).unwrap().signature().clone();
    let trusted_comment = "product=appliance version=1.2".to_owned();
    assert_eq!(state, SignatureState::Signed { key_id: keys.id, trusted_comment });
}

#[test]
fn what_minisign_signs_we_verify() {
    let slot = small_slot();
    let (secret, public) = (slot.dir.path().join("m.key"), slot.dir.path().join("m.pub"));
    run("minisign", &["-GW", "-s", text(&secret), "-p", text(&public)]);
    let manifest = slot.root.join(slot::MANIFEST);
    run("minisign", &["-Sm", text(&manifest), "-s", text(&secret), "-t", "by hand"]);
    let id = SigningKey::load(&secret, None).unwrap().id();
    let keys = Keys { secret, public, id };
    let state = open(&slot, &[&keys]).unwrap().signature().clone();
    assert_eq!(state, SignatureState::Signed { key_id: id, trusted_comment: "by hand".into() });
    // And minisign's key signs through us.
    sign(&slot, &keys);
    run("minisign", &["-Vm", text(&manifest), "-p", text(&keys.public)]);
    // The old kind of signature, not prehashed, is refused.
    run("minisign", &["-Slm", text(&manifest), "-s", text(&keys.secret)]);
    assert!(matches!(open(&slot, &[&keys]), Err(SignatureError::Malformed { .. })));
}

#[test]
fn minisign_signs_with_a_key_of_ours() {
    let slot = small_slot();
    let keys = keys(slot.dir.path(), "release", None);
    let manifest = slot.root.join(slot::MANIFEST);
    run("minisign", &["-Sm", text(&manifest), "-s", text(&keys.secret)]);
    open(&slot, &[&keys]).unwrap();
}

#[test]
fn signing_again_gives_the_same_bytes() {
    let slot = small_slot();
    let keys = keys(slot.dir.path(), "release", None);
    let key = SigningKey::load(&keys.secret, None).unwrap();
    assert_eq!(signature::sign(&draft(&slot), &key), signature::sign(&draft(&slot), &key));
}

#[test]
fn an_unsigned_image_is_taken_only_where_that_was_asked_for() {
    let slot = small_slot();
    let keys = keys(slot.dir.path(), "release", None);
    assert!(matches!(open(&slot, &[&keys]), Err(SignatureError::Missing { .. })));
    let none = TrustedKeys::default();
    let opened = signature::open(&slot.root, &none, Requirement::UnsignedAccepted).unwrap();
    assert_eq!(*opened.signature(), SignatureState::Unsigned);
    // A signature that is there must be right even so.
    sign(&slot, &keys);
    let opened = signature::open(&slot.root, &none, Requirement::UnsignedAccepted);
    assert!(matches!(opened, Err(SignatureError::UnknownKey { .. })));
}

#[test]
fn the_wrong_key_is_named() {
    let slot = small_slot();
    let (ours, theirs) =
        (keys(slot.dir.path(), "ours", None), keys(slot.dir.path(), "theirs", None));
    sign(&slot, &theirs);
    match open(&slot, &[&ours]) {
        Err(SignatureError::UnknownKey { key_id }) => assert_eq!(key_id, theirs.id),
        other => panic!("{other:?}"),
    }
    open(&slot, &[&ours, &theirs]).unwrap();
}

#[test]
fn every_changed_byte_is_found() {
    let slot = small_slot();
    let keys = keys(slot.dir.path(), "release", None);
    sign(&slot, &keys);
    for name in [slot::MANIFEST, slot::SIGNATURE] {
        let path = slot.root.join(name);
        let content = fs::read(&path).unwrap();
        // The first line of a signature is the untrusted comment, which proves nothing.
        let from = if name == slot::SIGNATURE {
            content.iter().position(|byte| *byte == b'\n').unwrap() + 1
        } else {
            0
        };
        for at in (from..content.len()).step_by(7) {
            let mut changed = content.clone();
            changed[at] ^= 4;
            fs::write(&path, &changed).unwrap();
            assert!(open(&slot, &[&keys]).is_err(), "{name}, byte {at}");
        }
        for length in [0, from, content.len() / 2, content.len() - 2] {
            fs::write(&path, &content[..length]).unwrap();
            assert!(open(&slot, &[&keys]).is_err(), "{name}, cut at {length}");
        }
        fs::write(&path, content).unwrap();
    }
    open(&slot, &[&keys]).unwrap();
}

#[test]
fn the_signature_of_another_manifest_is_refused() {
    let slot = small_slot();
    let keys = keys(slot.dir.path(), "release", None);
    let key = SigningKey::load(&keys.secret, None).unwrap();
    let other = Draft { text: b"{}".to_vec(), ..draft(&slot) };
    fs::write(slot.root.join(slot::SIGNATURE), signature::sign(&other, &key)).unwrap();
    assert!(matches!(open(&slot, &[&keys]), Err(SignatureError::Wrong { .. })));
}

#[test]
fn a_secret_key_is_private_and_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let keys = keys(dir.path(), "release", None);
    let mode = fs::metadata(&keys.secret).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = fs::read(&keys.secret).unwrap();
    let free = dir.path().join("free");
    for (secret, public) in [(&keys.secret, &free), (&free, &keys.public)] {
        let refused = key::generate(secret, public, None);
        assert!(matches!(refused, Err(KeyError::Exists { .. })), "{refused:?}");
    }
    assert!(!free.exists());
    assert_eq!(fs::read(&keys.secret).unwrap(), before);
}

#[test]
fn an_encrypted_key_needs_its_password() {
    let slot = small_slot();
    let keys = keys(slot.dir.path(), "release", Some("a password"));
    assert!(SigningKey::is_encrypted(&keys.secret).unwrap());
    let load = |password| SigningKey::load(&keys.secret, password).map(|key| key.id());
    assert!(matches!(load(None), Err(KeyError::PasswordNeeded { .. })));
    assert!(matches!(load(Some("another")), Err(KeyError::PasswordWrong { .. })));
    assert_eq!(load(Some("a password")).unwrap(), keys.id);
    let key = SigningKey::load(&keys.secret, Some("a password")).unwrap();
    fs::write(slot.root.join(slot::SIGNATURE), signature::sign(&draft(&slot), &key)).unwrap();
    open(&slot, &[&keys]).unwrap();
}

#[test]
fn what_is_no_key_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.pub");
    for text in ["", "untrusted comment: x\n", "untrusted comment: x\nRWQ=\n", "\u{0}\n\n"] {
        fs::write(&path, text).unwrap();
        assert!(TrustedKeys::load([&path]).is_err(), "{text:?}");
        assert!(SigningKey::load(&path, None).is_err(), "{text:?}");
    }
    assert!(TrustedKeys::in_directory(dir.path()).is_err());
    assert!(TrustedKeys::in_directory(&dir.path().join("none")).unwrap().is_empty());
}

#[test]
fn the_public_key_of_a_secret_one_is_the_one_made_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let (secret, public) = (directory.path().join("k.key"), directory.path().join("k.pub"));
    zshield_golden::key::generate(&secret, &public, None).unwrap();
    let key = zshield_golden::key::SigningKey::load(&secret, None).unwrap();
    let written = std::fs::read_to_string(public).unwrap();
    assert_eq!(key.public_text().lines().nth(1), written.lines().nth(1));
}
