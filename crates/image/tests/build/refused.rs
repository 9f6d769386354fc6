//! Payloads that can't become an image, or whose image would not start.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use zshield_image::error::BuildError;
use zshield_image::request::Request;
use zshield_image::tar::TarProblem;

use crate::fixture::{self, Factory, run};

#[test]
fn a_kernel_without_drivers_is_named_with_each_of_them() {
    let factory = Factory::new();
    let dep = factory.path("payload/lib/modules/6.1.0-test/modules.dep");
    let text = fs::read_to_string(&dep).unwrap();
    let kept: Vec<&str> = text
        .lines()
        .filter(|l| !l.contains("/megaraid_sas.ko") && !l.contains("/uas.ko"))
        .collect();
    fs::write(&dep, kept.join("\n")).unwrap();
    let said = factory.build("payload", "usb.img").unwrap_err().to_string();
    assert!(said.contains("megaraid_sas") && said.contains("uas"), "{said}");
    assert!(said.contains("linux-image-cloud-amd64") && !said.contains("nvme"), "{said}");
}

#[test]
fn an_initrd_for_another_machine_or_cut_short_is_refused_with_the_command_for_a_right_one() {
    let factory = Factory::new();
    let initrd = factory.path("payload/boot/initrd.img-6.1.0-test");
    let whole = fs::read(&initrd).unwrap();
    let refused = |bytes: &[u8]| {
        fs::write(&initrd, bytes).unwrap();
        factory.build("payload", "usb.img").unwrap_err().to_string()
    };
    let said = refused(&fixture::packed_initrd(&[
        "usr/sbin/lvm".to_owned(),
        "usr/lib/modules/6.1.0-test/kernel/ahci.ko".to_owned(),
        "usr/lib/dracut/hooks/initqueue/finished/devexists-centos.sh".to_owned(),
    ]));
    for word in
        ["LSI MegaRAID", "ext4", "MODULES=most", "devexists-centos", "--no-hostonly-cmdline"]
    {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
    assert!(!said.contains("AHCI"), "{said}");
    let said = refused(&whole[..whole.len() - 10]);
    assert!(said.contains("/boot/initrd.img-6.1.0-test is cut short"), "{said}");
}

#[test]
fn what_would_not_start_at_the_machine_is_refused_with_its_place() {
    let factory = Factory::new();
    let payload = factory.path("payload");
    let said = || factory.build("payload", "usb.img").unwrap_err().to_string();
    let kernel = payload.join("boot/vmlinuz");
    let whole = fs::read(&kernel).unwrap();
    let mut cut = whole.clone();
    cut[0x1f4..0x1f8].copy_from_slice(&500_000_u32.to_le_bytes());
    fs::write(&kernel, cut).unwrap();
    fs::remove_file(payload.join("etc/passwd")).unwrap();
    fs::create_dir_all(payload.join("etc/lvm")).unwrap();
    let settings = "devices {\n\tglobal_filter = [ \"r|.*|\" ]\n}\n";
    fs::write(payload.join("etc/lvm/lvmlocal.conf"), settings).unwrap();
    let all = said();
    for word in ["/boot/vmlinuz is shorter", "/etc/passwd", "/etc/lvm/lvmlocal.conf, line 2"] {
        assert!(all.contains(word), "{word} is not in: {all}");
    }
    let factory = Factory::new();
    let payload = factory.path("payload");
    let place = payload.join("usr/lib/modules/6.1.0-test/vmlinuz");
    fs::rename(payload.join("boot/vmlinuz"), &place).unwrap();
    symlink("../usr/lib/modules/6.1.0-test/vmlinuz", payload.join("boot/vmlinuz")).unwrap();
    let said = factory.build("payload", "usb.img").unwrap_err().to_string();
    assert!(said.contains("/usr/lib/modules/6.1.0-test/vmlinuz is the kernel"), "{said}");
}

#[test]
fn a_golden_partition_without_room_for_the_image_is_refused() {
    let factory = Factory::new();
    fs::write(factory.path("payload/usr/bin/large"), fixture::noise(50 << 20)).unwrap();
    let policy = fixture::policy("payload", "[storage]\ngolden = \"64MiB\"\n");
    let error = fixture::build(&factory.request(&policy, "usb.img")).unwrap_err();
    assert!(matches!(error, BuildError::GoldenTooSmall { .. }), "{error}");
    assert!(!factory.path("usb.img").exists());
}

#[test]
fn a_payload_that_names_the_disks_of_another_machine_is_refused() {
    let factory = Factory::new();
    let devices = factory.path("payload/etc/lvm/devices");
    fs::create_dir_all(&devices).unwrap();
    fs::write(devices.join("system.devices"), "VERSION=1.1.2\n").unwrap();
    let said = factory.build("payload", "usb.img").unwrap_err().to_string();
    assert!(said.contains("/etc/lvm/devices/system.devices"), "{said}");
    fs::remove_file(devices.join("system.devices")).unwrap();
    factory.build("payload", "usb.img").unwrap();
}

#[test]
fn a_tar_that_leads_out_of_itself_is_refused() {
    let factory = Factory::new();
    fs::write(factory.path("outside"), "x").unwrap();
    run(Command::new("tar").current_dir(factory.path("payload")).args([
        "-cPf",
        "../bad.tar",
        "../outside",
        ".",
    ]));
    let error = factory.build("bad.tar", "usb.img").unwrap_err();
    assert!(
        matches!(&error, BuildError::Tar(_, TarProblem::LeadsOut { name }) if name == b"../outside"),
        "{error}"
    );
}

#[test]
fn a_program_with_libraries_is_no_first_process() {
    let factory = Factory::new();
    let policy = fixture::policy("payload", "");
    let request = Request { init: Path::new("/bin/ls"), ..factory.request(&policy, "usb.img") };
    assert!(matches!(fixture::build(&request), Err(BuildError::InitNotStatic(_))));
}

#[test]
fn a_volume_is_mounted_only_where_the_payload_has_a_directory() {
    let factory = Factory::new();
    let policy =
        fixture::policy("payload", "[storage.user]\nsize = \"rest\"\nmount = \"/srv/data\"\n");
    let error = fixture::build(&factory.request(&policy, "usb.img")).unwrap_err();
    assert!(error.to_string().contains("/srv/data"), "{error}");
    fs::create_dir_all(factory.path("payload/srv/data")).unwrap();
    fixture::build(&factory.request(&policy, "usb.img")).unwrap();
}

#[test]
fn all_that_is_missing_is_said_at_once() {
    let factory = Factory::new();
    fs::create_dir(factory.path("empty")).unwrap();
    let error = factory.build("empty", "usb.img").unwrap_err();
    let said = error.to_string();
    for word in
        ["systemd-sysv", "lvm2", "dmsetup", "e2fsprogs", "linux-image-amd64", "device-mapper"]
    {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
    assert!(!factory.path("usb.img").exists());
}
