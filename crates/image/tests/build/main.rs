//! Whole builds of a small payload.
#![allow(missing_docs, clippy::unwrap_used)]

mod fixture;
mod red_hat;
mod refused;

use std::fs;
use std::path::Path;
use std::process::Command;

use fixture::{Factory, hash, run};
use zshield_golden::key;
use zshield_golden::manifest::SignatureState;
use zshield_golden::signature::{self, Requirement, TrustedKeys};
use zshield_golden::slot::{self, Artifact};
use zshield_golden::verity;
use zshield_image::error::BuildError;
use zshield_image::notice::Notice;
use zshield_image::request::Request;
use zshield_image::verify;

#[test]
fn a_directory_becomes_an_image_that_its_own_tools_find_sound() {
    let factory = Factory::new();
    let summary = factory.build("payload", "usb.img").unwrap();
    let image = factory.path("usb.img");
    assert_eq!(image.metadata().unwrap().len(), summary.image_size);
    let report = run(Command::new("sgdisk").arg("-v").arg(&image));
    assert!(report.contains("No problems found"), "{report}");
    let slot = factory.slot("usb.img");
    for (artifact, size) in &summary.artifacts {
        assert_eq!(slot.join(artifact.file_name()).metadata().unwrap().len(), *size);
    }
    run(Command::new("e2fsck").arg("-fn").arg(factory.path("stick.ext4")));
    run(Command::new("fsck.fat").arg("-n").arg(slot.join("esp.img")));
    let menu = fs::read_to_string(factory.path("tree/zshield/grub.cfg")).unwrap();
    let listing = run(Command::new("sgdisk").args(["-i", "3"]).arg(&image)).to_lowercase();
    let id = listing.split("unique guid: ").nth(1).unwrap().lines().next().unwrap();
    assert!(menu.contains(&format!("zshield_medium={id}")), "{menu}\n{listing}");
}

#[test]
fn the_same_inputs_make_the_same_bytes_wherever_they_are() {
    let (one, two) = (Factory::new(), Factory::new());
    two.copy_payload_of(&one);
    one.build("payload", "usb.img").unwrap();
    two.build("payload", "another name.img").unwrap();
    assert_eq!(hash(&one.path("usb.img")), hash(&two.path("another name.img")));
    // Nothing but the image is left behind.
    let left: Vec<_> =
        fs::read_dir(one.path("")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{left:?}");
}

#[test]
fn another_payload_makes_other_identifiers() {
    let factory = Factory::new();
    factory.build("payload", "one.img").unwrap();
    fs::write(factory.path("payload/etc/motd"), "changed").unwrap();
    factory.build("payload", "two.img").unwrap();
    let id = |name: &str| run(Command::new("sgdisk").args(["-i", "3"]).arg(factory.path(name)));
    assert_ne!(id("one.img"), id("two.img"));
}

#[test]
fn a_normal_user_makes_the_bytes_that_root_makes_of_a_tar() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let factory = Factory::new();
    factory.pack_tar("payload.tar.xz");
    factory.build("payload.tar.xz", "root.img").unwrap();
    let by_nobody = factory.as_nobody("payload.tar.xz", "nobody.img");
    let parts = |image: &str| {
        let slot = factory.slot(image);
        Artifact::ALL.map(|artifact| (artifact, hash(&slot.join(artifact.file_name()))))
    };
    assert_eq!(parts("root.img"), parts("out/nobody.img"));
    assert_eq!(hash(&factory.path("root.img")), hash(&by_nobody));
    // Owners, modes, devices and attributes are the vendor's.
    let manifest = fs::read_to_string(factory.slot("root.img").join("manifest")).unwrap();
    let line = |path: &str| {
        let found = manifest.lines().find(|line| line.contains(&format!("\"path\":\"{path}\"")));
        found.unwrap_or_else(|| panic!("no {path} in {manifest}")).to_owned()
    };
    let root = manifest.lines().nth(1).unwrap();
    assert!(root.contains("\"0555\"") && root.contains("\"uid\":0"), "{root}");
    assert!(line("home/alice/file").contains("\"uid\":1234,\"gid\":5678"));
    assert!(line("dev/ttyX").contains("char") && line("dev/ttyX").contains("\"minor\":77"));
    assert!(line("usr/bin/capable").contains("security.capability"));
}

#[test]
fn a_normal_user_is_told_what_a_directory_can_not_keep() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let factory = Factory::new();
    let said = factory.refused_as_nobody("payload", "nobody.img");
    assert!(said.contains("etc/shadow") && said.contains("tar"), "{said}");
    assert!(!factory.path("out/nobody.img").exists());
}

#[test]
fn a_squashfs_is_taken_as_it_is_or_packed_anew() {
    let factory = Factory::new();
    let pack =
        |name: &str, compression: &str| {
            run(Command::new("mksquashfs")
                .args([factory.path("payload"), factory.path(name)])
                .args(["-comp", compression, "-noappend", "-no-progress", "-quiet"]));
        };
    pack("zstd.squashfs", "zstd");
    let summary = factory.build("zstd.squashfs", "zstd.img").unwrap();
    assert!(!summary.notices.contains(&Notice::Repacked));
    let built = fs::read(factory.slot("zstd.img").join("root.squashfs")).unwrap();
    let own = fs::read(factory.path("zstd.squashfs")).unwrap();
    assert!(built.starts_with(&own));
    pack("gzip.squashfs", "gzip");
    let summary = factory.build("gzip.squashfs", "gzip.img").unwrap();
    assert!(summary.notices.contains(&Notice::Repacked));
    if rustix::process::geteuid().is_root() {
        factory.as_nobody("gzip.squashfs", "gzip.img");
        let by_nobody = factory.slot("out/gzip.img").join("root.squashfs");
        let by_nobody = listing(&by_nobody);
        assert_eq!(by_nobody, listing(&factory.path("gzip.squashfs")));
        assert!(by_nobody.contains("dr-xr-xr-x 0/0"), "{by_nobody}");
    }
}

/// Types, modes, owners, sizes and names in a squashfs.
fn listing(squashfs: &Path) -> String {
    let text = run(Command::new("unsquashfs").args(["-lln"]).arg(squashfs));
    // Without dates: a payload's files may be younger than the image.
    let words = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        [words.first(), words.get(1), words.last()]
            .into_iter()
            .flatten()
            .copied()
            .collect::<Vec<_>>()
            .join(" ")
    };
    text.lines().map(words).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_signed_image_proves_itself_and_holds_no_secret() {
    let factory = Factory::new();
    let (secret, public) = (factory.path("secret.key"), factory.path("vendor.pub"));
    let id = key::generate(&secret, &public, None).unwrap();
    let policy = fixture::policy("payload", "[image]\ntrusted_keys = [\"vendor.pub\"]\n");
    let request = Request { secret_key: Some(&secret), ..factory.request(&policy, "usb.img") };
    let request = Request { insecure_unsigned: false, ..request };
    let summary = fixture::build(&request).unwrap();
    assert_eq!(summary.signed_by, Some(id));
    assert!(!summary.notices.contains(&Notice::Unsigned));

    let slot = factory.slot("usb.img");
    let keys = TrustedKeys::load([&public]).unwrap();
    let manifest = signature::open(&slot, &keys, Requirement::Signed).unwrap();
    assert!(matches!(manifest.signature(), SignatureState::Signed { .. }));
    assert_eq!(manifest.digest(), summary.digest);
    let header = manifest.header();
    slot::check(&slot, &header.artifacts, &|_| {}).unwrap();
    verity::verify(&slot.join("root.squashfs"), &header.verity, &|_| {}).unwrap();

    let ramdisk = fixture::unpacked_initramfs(&slot.join("initramfs.img"));
    assert_eq!(ramdisk["etc/zshield/keys/1.pub"], fs::read(&public).unwrap());
    assert!(ramdisk.contains_key("init") && ramdisk.contains_key("usr/sbin/lvm"));
    assert_eq!(ramdisk["etc/ssl/certs/ca-certificates.crt"], b"certificates");
    let settings = String::from_utf8(ramdisk["etc/zshield/rescue.toml"].clone()).unwrap();
    assert!(settings.contains("insecure_unsigned = false"), "{settings}");
    let secret = fs::read_to_string(&secret).unwrap();
    let secret = secret.lines().nth(1).unwrap().as_bytes();
    let found = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
    assert!(!found(&fs::read(factory.path("usb.img")).unwrap()));
    assert!(!ramdisk.values().any(|content| found(content)));
}

#[test]
fn nothing_is_signed_by_nobody_or_by_a_stranger() {
    let factory = Factory::new();
    let [secret, own, stranger] =
        ["secret.key", "own.pub", "stranger.pub"].map(|n| factory.path(n));
    let policy = fixture::policy("payload", "[image]\ntrusted_keys = [\"stranger.pub\"]\n");
    key::generate(&factory.path("stranger.key"), &stranger, None).unwrap();
    let request = Request { insecure_unsigned: false, ..factory.request(&policy, "usb.img") };
    assert!(matches!(fixture::build(&request), Err(BuildError::WouldBeUnsigned)));
    key::generate(&secret, &own, None).unwrap();
    let request = Request { secret_key: Some(&secret), ..request };
    let error = fixture::build(&request).unwrap_err();
    assert!(matches!(error, BuildError::KeyNotTrusted(_)), "{error}");
    assert!(!factory.path("usb.img").exists());
}

#[test]
fn the_key_that_signs_is_trusted_where_the_policy_names_none() {
    let factory = Factory::new();
    let (secret, public) = (factory.path("secret.key"), factory.path("own.pub"));
    let id = key::generate(&secret, &public, None).unwrap();
    let policy = fixture::policy("payload", "");
    let request = Request { secret_key: Some(&secret), ..factory.request(&policy, "usb.img") };
    fixture::build(&request).unwrap();
    let slot = factory.slot("usb.img");
    let ramdisk = fixture::unpacked_initramfs(&slot.join("initramfs.img"));
    let mut keys = TrustedKeys::default();
    assert_eq!(
        keys.add(std::str::from_utf8(&ramdisk["etc/zshield/keys/1.pub"]).unwrap()),
        Some(id)
    );
    signature::open(&slot, &keys, Requirement::Signed).unwrap();
}

#[test]
fn a_shell_is_in_the_rescue_system_only_where_the_policy_allows_it() {
    let factory = Factory::new();
    let _ = fs::remove_file(factory.path("payload/usr/bin/sh"));
    fs::copy("/bin/sh", factory.path("payload/usr/bin/sh")).unwrap();
    let ramdisk = |more: &str| {
        let policy = fixture::policy("payload", more);
        fixture::build(&factory.request(&policy, "usb.img")).unwrap();
        fixture::unpacked_initramfs(&factory.slot("usb.img").join("initramfs.img"))
    };
    assert!(!ramdisk("").contains_key("usr/bin/sh"));
    let with_shell = ramdisk("[image]\nallow_shell = true\n");
    assert_eq!(with_shell["usr/bin/sh"], b"../sbin/sh");
    assert_eq!(with_shell["usr/sbin/sh"], fs::read("/bin/sh").unwrap());
}

#[test]
fn a_kernel_that_is_linked_to_its_modules_directory_is_two_files() {
    let factory = Factory::new();
    let payload = factory.path("payload");
    fs::hard_link(payload.join("boot/vmlinuz"), payload.join("usr/lib/modules/6.1.0-test/vmlinuz"))
        .unwrap();
    factory.build("payload", "usb.img").unwrap();
    let manifest = fs::read_to_string(factory.slot("usb.img").join("manifest")).unwrap();
    assert!(!manifest.contains("\"hard-link\""), "{manifest}");
    let verified = verify::verify(&factory.path("usb.img"), None, &|_, _| {}).unwrap();
    assert!(verified.problems.is_empty(), "{:?}", verified.problems);
}

#[test]
fn rights_of_others_and_labels_are_kept_from_a_directory_and_from_every_tar() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let factory = Factory::new();
    let payload = factory.path("payload");
    fs::write(payload.join("etc/passwd"), "root:x:0:0::/:\nanna:x:1234:1234::/:\n").unwrap();
    let (file, directory) = (payload.join("etc/shadow"), payload.join("home"));
    run(Command::new("setfacl").args(["-m", "u:1234:rwx"]).arg(&file));
    run(Command::new("setfacl").args(["-d", "-m", "g:77:rx"]).arg(&directory));
    let label = "system_u:object_r:shadow_t:s0";
    run(Command::new("setfattr").args(["-n", "security.selinux", "-v", label]).arg(&file));
    fs::write(payload.join("usr/bin/first"), "1").unwrap();
    fs::create_dir_all(payload.join("usr/share")).unwrap();
    fs::hard_link(payload.join("usr/bin/first"), payload.join("usr/share/a")).unwrap();
    let pack = |name: &str, format: &[&str]| {
        run(Command::new("tar").arg("-cf").arg(factory.path(name)).args(format).args([
            "--acls",
            "--sort=name",
            "-C",
            payload.to_str().unwrap(),
            "usr/share",
            ".",
        ]));
    };
    pack("numbers.tar", &["--numeric-owner", "--selinux", "--xattrs", "--xattrs-include=*"]);
    pack("names.tar", &["--selinux"]);
    for source in ["payload", "numbers.tar", "names.tar"] {
        let summary = factory.build(source, "usb.img").unwrap();
        let lost = |notice: &Notice| matches!(notice, Notice::AttributesLost(_));
        assert!(!summary.notices.iter().any(lost), "{source}");
        let manifest = fs::read_to_string(factory.slot("usb.img").join("manifest")).unwrap();
        let line = |path: &str| {
            let path = format!("\"path\":\"{path}\"");
            manifest.lines().find(|line| line.contains(&path)).unwrap()
        };
        let shadow = line("etc/shadow");
        assert!(shadow.contains("system.posix_acl_access"), "{source}: {shadow}");
        assert!(line("home").contains("system.posix_acl_default"), "{source}");
        assert!(source == "names.tar" || shadow.contains("security.selinux"), "{source}: {shadow}");
        let verified = verify::verify(&factory.path("usb.img"), None, &|_, _| {}).unwrap();
        assert!(verified.problems.is_empty(), "{:?}", verified.problems);
    }
}

#[test]
fn a_build_takes_half_a_kilobyte_of_memory_for_each_file() {
    const FILES: usize = 20_000;
    const EACH: usize = 512;
    // The most that this process ever had; each test is a process of its own.
    let most = || -> usize {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<usize>().unwrap() << 10
    };
    let factory = Factory::new();
    factory.build("payload", "few.img").unwrap();
    let before = most();
    for directory in 0..FILES / 500 {
        let directory = factory.path(&format!("payload/usr/many/{directory}"));
        fs::create_dir_all(&directory).unwrap();
        for number in 0..500 {
            let content = format!("{directory:?} {number}");
            fs::write(directory.join(format!("a name of some length {number}")), content).unwrap();
        }
    }
    factory.build("payload", "many.img").unwrap();
    let more = most() - before;
    // What the first build has freed may be too scattered to be of use to the second.
    assert!(more < FILES * EACH + (8 << 20), "{more} bytes for {FILES} files");
}

#[test]
fn an_older_image_stays_when_a_build_fails() {
    let factory = Factory::new();
    fs::write(factory.path("usb.img"), "older").unwrap();
    fs::remove_file(factory.path("payload/sbin/init")).unwrap();
    factory.build("payload", "usb.img").unwrap_err();
    assert_eq!(fs::read_to_string(factory.path("usb.img")).unwrap(), "older");
}

/// Not a test: what `as_nobody` runs as another user.
#[test]
#[ignore = "run by the tests for a normal user"]
fn build_as_another_user() {
    let (Some(base), Some(source), Some(output)) = (
        std::env::var_os("ZSHIELD_TEST_BASE"),
        std::env::var_os("ZSHIELD_TEST_SOURCE"),
        std::env::var_os("ZSHIELD_TEST_OUTPUT"),
    ) else {
        return;
    };
    assert!(!rustix::process::geteuid().is_root());
    let factory = Factory::at(Path::new(&base));
    match factory.build(&source.to_string_lossy(), &format!("out/{}", output.to_string_lossy())) {
        Ok(summary) => assert!(summary.artifacts.iter().any(|(a, _)| *a == Artifact::Squashfs)),
        Err(error) => println!("refused: {error}"),
    }
}
