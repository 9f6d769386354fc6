use zshield_units::UnixTime;

use super::*;

fn boot(kernel: &str) -> tempfile::TempDir {
    let boot = tempfile::tempdir().unwrap();
    let write = |path: &str, content: &str| {
        let path = boot.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write(&format!("vmlinuz-{kernel}"), kernel);
    write(&format!("initrd-{kernel}"), "initrd");
    write("zshield/grub.cfg", "menu");
    let names = format!("linux ($root)/vmlinuz-{kernel} ro\ninitrd ($root)/initrd-{kernel}\n");
    write("zshield/system.cfg", &names);
    write("zshield/grubenv", "environment");
    write("zshield/ledger.a", "ledger");
    boot
}

fn saved() -> BootSetMeta {
    BootSetMeta::new(UnixTime(1), "1.0.0".into(), "digest".into())
}

#[test]
fn what_was_saved_is_put_back_and_the_machines_own_stays() {
    let (old, new, set) = (boot("5"), boot("6"), tempfile::tempdir().unwrap());
    save(old.path(), set.path(), &saved(), &|| {}).unwrap();
    is_of(set.path(), old.path()).unwrap();
    assert!(matches!(is_of(set.path(), new.path()), Err(BootSetError::Differs(_))));
    fs::write(new.path().join("zshield/grubenv"), "armed").unwrap();
    restore(set.path(), new.path(), &|| {}).unwrap();
    is_of(set.path(), new.path()).unwrap();
    assert!(!new.path().join("vmlinuz-6").exists());
    assert_eq!(fs::read(new.path().join("zshield/grubenv")).unwrap(), b"armed");
    assert!(new.path().join("zshield/ledger.a").exists());
}

#[test]
fn what_a_cut_has_left_of_another_systems_files_goes_when_a_set_is_put_back() {
    let (boot, root) = (boot("old"), tempfile::tempdir().unwrap());
    let directory = root.path().join(saved::DIRECTORY);
    save(boot.path(), &directory, &saved(), &|| {}).unwrap();
    let (kernel, menu) = (".vmlinuz-2.a1b2c3.new", "zshield/.system.cfg.a1b2c3.new");
    let written = fs::File::create(boot.path().join(".initrd-2.a1b2c3.new")).unwrap();
    written.lock().unwrap();
    for name in [kernel, menu] {
        fs::write(boot.path().join(name), "half").unwrap();
    }
    restore(&directory, boot.path(), &|| {}).unwrap();
    assert!([kernel, menu].iter().all(|name| !boot.path().join(name).exists()));
    // Somebody is at it.
    assert!(boot.path().join(".initrd-2.a1b2c3.new").exists());
}

#[test]
fn what_is_put_back_has_the_time_that_it_had() {
    use std::time::{Duration, SystemTime};
    let (old, new, set) = (boot("5"), boot("6"), tempfile::tempdir().unwrap());
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    File::options()
        .write(true)
        .open(old.path().join("vmlinuz-5"))
        .unwrap()
        .set_modified(time)
        .unwrap();
    save(old.path(), set.path(), &saved(), &|| {}).unwrap();
    restore(set.path(), new.path(), &|| {}).unwrap();
    assert_eq!(new.path().join("vmlinuz-5").metadata().unwrap().modified().unwrap(), time);
}

#[test]
fn what_is_the_same_is_not_written_again() {
    use std::os::unix::fs::MetadataExt as _;
    let (boot, set) = (boot("5"), tempfile::tempdir().unwrap());
    let inode = || set.path().join("files/vmlinuz-5").metadata().unwrap().ino();
    save(boot.path(), set.path(), &saved(), &|| {}).unwrap();
    let first = inode();
    save(boot.path(), set.path(), &saved(), &|| {}).unwrap();
    assert_eq!(inode(), first);
    fs::write(boot.path().join("vmlinuz-5"), "other").unwrap();
    save(boot.path(), set.path(), &saved(), &|| {}).unwrap();
    assert_eq!(fs::read(set.path().join("files/vmlinuz-5")).unwrap(), b"other");
}

#[test]
fn what_an_earlier_saving_has_left_is_not_taken_for_saved() {
    let (boot, set) = (boot("5"), tempfile::tempdir().unwrap());
    save(boot.path(), set.path(), &saved(), &|| {}).unwrap();
    // Of another `/boot`, cut off before its description; or rotten.
    fs::write(set.path().join("files/vmlinuz-5"), "6").unwrap();
    save(boot.path(), set.path(), &saved(), &|| {}).unwrap();
    is_of(set.path(), boot.path()).unwrap();
}

/// Whoever has come in does that to keep his kernel.
#[test]
fn what_was_made_immutable_is_put_back_and_removed_all_the_same() {
    use rustix::fs::{IFlags, ioctl_setflags};
    let (boot, set) = (boot("5"), tempfile::tempdir().unwrap());
    save(boot.path(), set.path(), &saved(), &|| {}).unwrap();
    let at = |path: &str| boot.path().join(path);
    fs::write(at("vmlinuz-5"), "another").unwrap();
    fs::write(at("zshield/system.cfg"), "another").unwrap();
    fs::write(at("vmlinuz-6"), "added").unwrap();
    fs::create_dir_all(at("zshield/strange/below")).unwrap();
    fs::write(at("zshield/strange/below/system.cfg"), "added").unwrap();
    for path in [
        "vmlinuz-5",
        "vmlinuz-6",
        "zshield/system.cfg",
        "zshield/strange/below/system.cfg",
        "zshield/strange/below",
        "zshield/strange",
        "zshield",
        "",
    ] {
        // Not every filesystem and every user can.
        if ioctl_setflags(File::open(at(path)).unwrap(), IFlags::IMMUTABLE).is_err() {
            return;
        }
    }
    restore(set.path(), boot.path(), &|| {}).unwrap();
    assert_eq!(differences(set.path(), boot.path()).unwrap(), Vec::<PathBuf>::new());
    assert!(!at("vmlinuz-6").exists());
}

#[test]
fn a_damaged_set_is_not_put_back() {
    let (boot, set) = (boot("5"), tempfile::tempdir().unwrap());
    save(boot.path(), set.path(), &saved(), &|| {}).unwrap();
    let kernel = set.path().join("files/vmlinuz-5");
    fs::write(&kernel, "X").unwrap();
    assert!(matches!(restore(set.path(), boot.path(), &|| {}), Err(BootSetError::Damaged(_))));
    assert_eq!(fs::read(boot.path().join("vmlinuz-5")).unwrap(), b"5");
    fs::write(set.path().join(DESCRIPTION), "{}").unwrap();
    assert!(matches!(check(set.path()), Err(BootSetError::Description(_))));
}

#[test]
fn a_boot_that_starts_nothing_is_not_saved() {
    let (boot, set) = (boot("5"), tempfile::tempdir().unwrap());
    fs::remove_file(boot.path().join("initrd-5")).unwrap();
    let error = save(boot.path(), set.path(), &saved(), &|| {}).unwrap_err();
    assert!(matches!(&error, BootSetError::Incomplete(path) if path.ends_with("initrd-5")));
}

#[test]
fn a_path_that_leads_out_is_no_set() {
    let set = tempfile::tempdir().unwrap();
    let text = r#"{"format":1,"created":1,"version":"1","image":"d","files":
        {"../etc/passwd":{"size":1,"mode":420,"blake3":"DIGEST"}}}"#;
    let json = text.replace("DIGEST", &Digest::of(b"x").to_string());
    fs::write(set.path().join(DESCRIPTION), json).unwrap();
    assert!(matches!(read(set.path()), Err(BootSetError::Description(_))));
}

#[test]
fn a_file_of_the_payload_is_saved_whatever_it_is_called() {
    let (boot, set) = (boot("5"), tempfile::tempdir().unwrap());
    fs::write(boot.path().join("firmware.new"), "payload").unwrap();
    fs::write(boot.path().join(".vmlinuz-5.a1b2c3.new"), "half").unwrap();
    save(boot.path(), set.path(), &saved(), &|| {}).unwrap();
    assert_eq!(fs::read(set.path().join("files/firmware.new")).unwrap(), b"payload");
    assert!(!set.path().join("files/.vmlinuz-5.a1b2c3.new").exists());
}

#[test]
fn nothing_is_the_machines_own_by_half_a_name() {
    let (boot, set) = (boot("5"), tempfile::tempdir().unwrap());
    save(boot.path(), set.path(), &saved(), &|| {}).unwrap();
    let at = |path: &str| boot.path().join(path);
    // A power cut leaves these, and an appliance has them.
    for own in [".ledger.a.a1b2c3.new", ".grub.cfg.a1b2c3.new", "degraded"] {
        fs::write(at("zshield").join(own), "own").unwrap();
    }
    fs::create_dir_all(at("lost+found")).unwrap();
    fs::write(at("lost+found/#12"), "lost").unwrap();
    assert_eq!(differences(set.path(), boot.path()).unwrap(), Vec::<PathBuf>::new());
    for directory in ["ledger.d", "only.a", ".ledger.b.a1b2c3.new", "empty/in/it", "grubenv.d"] {
        fs::create_dir_all(at("zshield").join(directory)).unwrap();
    }
    for file in ["ledger.d/system.cfg", "only.a/system.cfg", ".ledger.b.a1b2c3.new/system.cfg"] {
        fs::write(at("zshield").join(file), "another menu").unwrap();
    }
    fs::write(at("zshield/.evil.a1b2c3.new"), "another menu").unwrap();
    fs::create_dir_all(at("lost+found.d")).unwrap();
    fs::write(at("lost+found.d/system.cfg"), "another menu").unwrap();
    std::os::unix::fs::symlink("/etc", at("zshield/degraded.d")).unwrap();
    let wanted = [
        "lost+found.d/system.cfg",
        "zshield/.evil.a1b2c3.new",
        "zshield/.ledger.b.a1b2c3.new",
        "zshield/degraded.d",
        "zshield/empty",
        "zshield/grubenv.d",
        "zshield/ledger.d",
        "zshield/only.a",
    ];
    assert_eq!(differences(set.path(), boot.path()).unwrap(), wanted.map(PathBuf::from));
    // A set that an older version made.
    let strange = "zshield/ledger.d/system.cfg";
    let kept = set.path().join(FILES).join(strange);
    fs::create_dir_all(kept.parent().unwrap()).unwrap();
    fs::copy(at(strange), &kept).unwrap();
    let mut older = read(set.path()).unwrap();
    older.files.insert(strange.into(), entry(&kept).unwrap());
    fs::write(set.path().join(DESCRIPTION), serde_json::to_vec(&older).unwrap()).unwrap();
    restore(set.path(), boot.path(), &|| {}).unwrap();
    assert_eq!(differences(set.path(), boot.path()).unwrap(), Vec::<PathBuf>::new());
    for (path, there) in [
        ("zshield/ledger.d", false),
        ("zshield/degraded.d", false),
        ("zshield/empty", false),
        ("zshield/degraded", true),
        ("zshield/ledger.a", true),
        ("lost+found/#12", true),
    ] {
        assert_eq!(at(path).symlink_metadata().is_ok(), there, "{path}");
    }
    assert!(Path::new("/etc/passwd").exists());
    save(boot.path(), set.path(), &saved(), &|| {}).unwrap();
    assert!(!kept.parent().unwrap().exists());
}

/// In the rescue system the menu's files are put back where their own system is not in sight.
#[test]
fn what_comes_back_to_boot_has_the_label_that_its_system_has_for_it() {
    const LABEL: &str = "security.selinux";
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let there = boot("5");
    let (root, boot) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let set = root.path().join(saved::DIRECTORY);
    let contexts = root.path().join("etc/selinux/targeted/contexts/files");
    fs::create_dir_all(&contexts).unwrap();
    fs::write(root.path().join("etc/selinux/config"), "SELINUXTYPE=targeted\n").unwrap();
    let lines = "/boot/.* u:r:boot_t:s0\n/boot/vmlinuz-.* -- u:r:kernel_t:s0\n\
        /boot/zshield -d u:r:own_t:s0\n";
    fs::write(contexts.join("file_contexts"), lines).unwrap();
    let set_label = |path: &Path, label: &[u8]| {
        rustix::fs::lsetxattr(path, LABEL, label, rustix::fs::XattrFlags::empty()).unwrap();
    };
    let label = |name: &str| {
        let mut label = [0; 100];
        let length = rustix::fs::lgetxattr(boot.path().join(name), LABEL, &mut label).unwrap();
        String::from_utf8(label[..length].to_vec()).unwrap()
    };
    set_label(boot.path(), b"u:r:boot_t:s0\0");
    fs::write(boot.path().join("initrd-5"), "damaged").unwrap();
    set_label(&boot.path().join("initrd-5"), b"u:r:own_t:s0\0");
    save(there.path(), &set, &saved(), &|| {}).unwrap();
    restore(&set, boot.path(), &|| {}).unwrap();
    assert_eq!(label("vmlinuz-5"), "u:r:kernel_t:s0\0");
    assert_eq!(label("initrd-5"), "u:r:own_t:s0\0");
    assert_eq!(label("zshield"), "u:r:own_t:s0\0");
    assert_eq!(label("zshield/system.cfg"), "u:r:boot_t:s0\0");
}
