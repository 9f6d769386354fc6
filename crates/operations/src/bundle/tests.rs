//! A bundle of files from its description to its verification.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zshield_bundle::refusal::Refusal as Unfit;
use zshield_golden::key;

use super::*;
use crate::error::Error;
use crate::fixture;

struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &Part<'_>) {}
    fn advance(&self, _: u64, _: Option<u64>) {}
    fn end(&self, _: &Part<'_>) {}
    fn warn(&self, _: &str) {}
}

struct Vendor {
    directory: TempDir,
}

const DESCRIPTION: &str = r#"
    product = "Gateway"
    version = "1.1"
    [[hook]]
    stage = "after"
    file = "done.sh"
    [[file]]
    source = "motd"
    path = "etc/motd"
    mode = "0644"
"#;

impl Vendor {
    fn new() -> Self {
        let vendor = Self { directory: tempfile::tempdir().unwrap() };
        fs::write(vendor.path("motd"), "welcome\n").unwrap();
        fs::write(vendor.path("done.sh"), "#!/bin/sh\n").unwrap();
        key::generate(&vendor.path("vendor.key"), &vendor.path("vendor.pub"), None).unwrap();
        vendor
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn create(&self, description: &str, key: Option<PathBuf>) -> Result<Created> {
        fs::write(self.path("bundle.toml"), description).unwrap();
        let options = CreateOptions {
            output: self.path("up.zsb"),
            description: Some(self.path("bundle.toml")),
            key,
            ..CreateOptions::default()
        };
        prepare_create(options)?.run(None, &Silent)
    }

    fn verify(&self) -> Verified {
        verify(&self.path("up.zsb"), &[self.path("vendor.pub")], &Silent).unwrap()
    }
}

#[test]
fn a_bundle_is_made_signed_verified_and_shown() {
    let vendor = Vendor::new();
    let created = vendor.create(DESCRIPTION, None).unwrap();
    assert_eq!((created.signed_by, created.head.product.as_str()), (None, "Gateway"));
    assert_eq!(vendor.verify().reason, Some("unsigned"));
    let sign = prepare_sign(vendor.path("up.zsb"), vendor.path("vendor.key"));
    assert_eq!(sign.locked_key().unwrap(), None);
    let (_, key) = sign.run(None).unwrap();
    let found = vendor.verify();
    assert_eq!((found.sound, found.signed_by), (true, Some(key)));
    assert_eq!(found.head.unwrap(), created.head);
    let shown = show(&vendor.path("up.zsb")).unwrap();
    assert_eq!((shown.contents, shown.signed_by, shown.length), (2, Some(key), created.length));
    // Signed while it is made, it is the same.
    let signed = fs::read(vendor.path("up.zsb")).unwrap();
    let mut head = vendor.create(DESCRIPTION, Some(vendor.path("vendor.key"))).unwrap().head;
    head.created = created.head.created;
    assert_eq!(head, created.head);
    assert!(vendor.verify().sound);
    let mut changed = signed;
    *changed.last_mut().unwrap() ^= 1;
    fs::write(vendor.path("up.zsb"), changed).unwrap();
    let found = vendor.verify();
    assert_eq!((found.sound, found.reason), (false, Some("altered")));
    assert!(found.head.is_none() && found.message.is_some());
}

#[test]
fn what_fails_leaves_what_was_there() {
    let vendor = Vendor::new();
    fs::write(vendor.path("up.zsb"), "before").unwrap();
    let absent = DESCRIPTION.replace("\"motd\"", "\"absent\"");
    let before = vendor.names();
    assert!(matches!(vendor.create(&absent, None), Err(Error::NotBegun(_))));
    let mut after = vendor.names();
    after.retain(|name| name != "bundle.toml");
    assert_eq!(after, before);
    assert_eq!(fs::read(vendor.path("up.zsb")).unwrap(), b"before");
    let sign = prepare_sign(vendor.path("up.zsb"), vendor.path("vendor.key"));
    let refusal = fixture::refusal(sign.run(None).unwrap_err());
    assert_eq!(refusal.own::<Unfit>(), Some(&Unfit::NoBundle));
    assert_eq!(vendor.verify().reason, Some("no-bundle"));
}

#[test]
fn a_description_brings_one_thing_and_says_what_no_image_does() {
    let vendor = Vendor::new();
    let refused =
        |description: &str| fixture::refusal(vendor.create(description, None).unwrap_err());
    let is = |refusal: &Refusal, wanted: fn(&DescriptionError) -> bool| {
        refusal.own::<DescriptionError>().is_some_and(wanted)
    };
    let none = refused("version = \"1\"");
    assert!(is(&none, |error| matches!(error, DescriptionError::Payload)), "{none}");
    let two = format!("{DESCRIPTION}\n[packages]\nmanager = \"deb\"\nfiles = []");
    let two = refused(&two);
    assert!(is(&two, |error| matches!(error, DescriptionError::Payload)), "{two}");
    let nameless = refused(&DESCRIPTION.replace("product = \"Gateway\"", ""));
    assert!(
        is(&nameless, |error| matches!(error, DescriptionError::Missing("product"))),
        "{nameless}"
    );
    let follows = refused(&format!("factory = \"follows\"\n{DESCRIPTION}"));
    assert!(is(&follows, |error| matches!(error, DescriptionError::Factory)), "{follows}");
    let wrong = refused("chunk = 1");
    assert!(is(&wrong, |error| matches!(error, DescriptionError::Toml { .. })), "{wrong}");
}

#[test]
fn without_a_key_those_of_the_machine_count_and_without_them_nothing_is_verified() {
    let vendor = Vendor::new();
    fs::create_dir_all(vendor.path("etc/zshield/keys")).unwrap();
    fs::copy(vendor.path("vendor.pub"), vendor.path("etc/zshield/keys/1.pub")).unwrap();
    let own = keyring(&[], vendor.directory.path()).unwrap();
    assert!(own == keyring(&[vendor.path("vendor.pub")], Path::new("none")).unwrap());
    fs::create_dir(vendor.path("empty")).unwrap();
    for directory in ["none", "empty"].map(|name| vendor.path(name)) {
        let refused = keyring(&[], &directory).unwrap_err();
        assert!(matches!(refused, Error::Refused(Refusal::Caller(_))), "{refused}");
    }
    assert!(keyring(&[vendor.path("motd")], vendor.directory.path()).is_err());
}
