//! From the stick to a running appliance, and everything that has to be refused on the way.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::scenario::{Context, Scenario};
use zshield_machines::appliance::{
    Appliance, HDD_GIB, READY, SSD_GIB, THE_KEY, TO_FIRST_SCREEN, first_screen, press_the_key,
    wait_installed,
};
use zshield_machines::qemu::{Disk, Firmware, Machine, Port, Running, Shell, grub};
use zshield_machines::tool::{capture, tool};
use zshield_machines::uml::Uml;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::e2e(
        "install-bios",
        "stick, one key, restart from the SSD, under SeaBIOS",
        true,
        bios,
    ),
    Scenario::e2e(
        "install-other-disks",
        "an SSD on NVMe with what a BIOS's RAID has left on it, an HDD of 3 TiB with sectors of 4,096 \
         bytes, another disk on USB: installed and started from its own two, and nothing is left of the RAID",
        false,
        other_disks,
    ),
    Scenario::e2e("install-uefi", "stick, one key, restart from the SSD, under OVMF", true, uefi),
    Scenario::e2e(
        "install-small-ssd",
        "an SSD too small for the root volume puts it on the HDD",
        false,
        small_ssd,
    ),
    Scenario::e2e("install-refuses-two-ssds", "two SSDs: refused, both named", true, two_ssds),
    Scenario::e2e(
        "install-refuses-no-ssd",
        "no SSD: refused, each disk's reason named",
        false,
        no_ssd,
    ),
    Scenario::e2e(
        "install-disk-too-small",
        "an SSD that can't hold the image: refused",
        false,
        tiny,
    ),
    Scenario::e2e(
        "install-tampered-image",
        "one changed byte of the image on the stick: nothing is installed from it",
        true,
        tampered,
    ),
    Scenario::e2e(
        "install-foreign-vg",
        "a third disk with a volume group of the same name: refused",
        true,
        foreign_group,
    ),
];

fn bios(context: &Context) -> Result<()> {
    installs(context, Firmware::Bios, SSD_GIB, "ssd")
}

fn uefi(context: &Context) -> Result<()> {
    installs(context, Firmware::Uefi, SSD_GIB, "ssd")
}

fn small_ssd(context: &Context) -> Result<()> {
    installs(context, Firmware::Bios, 16, "hdd")
}

fn installs(context: &Context, firmware: Firmware, ssd: u32, root_on: &str) -> Result<()> {
    let appliance = Appliance::blank(&context.directory, firmware, ssd, HDD_GIB)?;
    let mut machine = appliance.with_stick(&context.artifacts.stick()?)?.power_on("install")?;
    first_screen(&mut machine, "install")?;
    let shown = machine.uptime();
    match firmware {
        Firmware::Bios => machine.send(THE_KEY)?,
        // The other console is as good.
        Firmware::Uefi => machine.key(THE_KEY)?,
    }
    wait_installed(&mut machine)?;
    println!(
        "      {}: first screen after {:.0} s, installed after {:.0} s",
        appliance.name(),
        shown.as_secs_f64(),
        machine.uptime().as_secs_f64()
    );
    // What is done is on the disks: nothing may depend on a clean end.
    machine.cut_power();
    runs(&appliance, root_on)
}

/// What blkid goes by, in the last sector but one.
const LEFT_OF_RAID: &[u8] = b"Intel Raid ISM Cfg Sig. 1.3.00";

fn other_disks(context: &Context) -> Result<()> {
    let directory = &context.directory;
    let raw = directory.join("raid-member.img");
    let member = fs::File::create(&raw)?;
    // Root goes onto the HDD: a group never spans sectors of two sizes.
    member.set_len(16 << 30)?;
    member.write_all_at(LEFT_OF_RAID, (16 << 30) - 1024)?;
    let ssd = Disk::from_raw(directory.join("nvme.qcow2"), &raw, 16)?;
    let hdd = Disk::empty(directory.join("hdd.qcow2"), 3 << 10)?;
    let of_customer = Disk::empty(directory.join("usb-disk.qcow2"), 2 << 10)?;
    let stick = context.artifacts.nvme_stick()?;
    let stick = Disk::overlay(directory.join("stick.qcow2"), &stick, "raw")?;
    let machine = Machine::new(directory, Firmware::Bios);
    let machine = machine.with(Port::Nvme, &ssd).with(Port::LargeSectors, &hdd);
    let machine = machine.with(Port::UsbDisk, &of_customer);
    let mut running = machine.clone().with(Port::Stick, &stick).power_on("install")?;
    press_the_key(&mut running)?;
    wait_installed(&mut running)?;
    running.cut_power();
    untouched(&[&of_customer])?;

    let mut running = machine.power_on("run")?;
    let mut shell = Shell::open(&mut running)?;
    println!("      {}", shell.check("lsblk -do NAME,TRAN,ROTA,LOG-SEC,SIZE,SERIAL")?.trim());
    shell.check("findmnt -no SOURCE /boot | grep '^/dev/nvme0n1p3$'")?;
    shell.check("test $(blockdev --getss $(realpath /dev/disk/by-partlabel/zs-hdd)) = 4096")?;
    let user = shell.check("lvs --noheadings --units b --nosuffix -o lv_size vgroup/lv-user")?;
    ensure!(user.trim().parse::<u64>()? > 2 << 40, "the user volume has {user} bytes");
    let left = shell.check("wipefs -i -O TYPE /dev/nvme0n1 | sort -u")?;
    ensure!(!left.contains("raid"), "left on the SSD: {left}");
    let made = shell.run_within("zshield --lang en backup", Duration::from_mins(3))?;
    ensure!(made.status == 0, "{}", made.output);
    shell.check("zshield recover factory --offline --dry-run --json | grep copy-back")?;
    shell.check("zshield recover latest --offline --dry-run --json | grep copy-back")?;
    running.cut_power();
    untouched(&[&of_customer])
}

/// The appliance starts from its own disks, and is what an installation promises.
pub(super) fn runs(appliance: &Appliance, root_on: &str) -> Result<()> {
    let mut machine = appliance.machine().power_on("run")?;
    let mut shell = Shell::open(&mut machine)?;
    println!(
        "      {}: root shell after {:.0} s",
        appliance.name(),
        shell.machine().uptime().as_secs_f64()
    );
    let root = shell.check("findmnt -no SOURCE /")?;
    ensure!(root.trim() == "/dev/mapper/vgroup-lv--root", "the root is {root}");
    let volumes = shell.check("lvs --noheadings -o lv_name,origin,lv_attr,devices vgroup")?;
    let has = |name: &str| volumes.lines().find(|line| line.trim_start().starts_with(name));
    for name in ["lv-root", "lv-user", "lv-audit", "lv-vault", "snap0"] {
        ensure!(has(name).is_some(), "there is no {name}:\n{volumes}");
    }
    let snapshot = has("snap0").unwrap_or_default();
    // The fifth letter is the state: I stands for invalid.
    ensure!(snapshot.contains("swi-a-"), "the factory snapshot is not valid: {snapshot}");
    for (path, source) in [("/home", "vgroup-lv--user"), ("/var/log", "vgroup-lv--audit")] {
        let mounted = shell.check(&format!("findmnt -no SOURCE {path}"))?;
        ensure!(mounted.contains(source), "{path} is on {mounted}");
    }
    ensure!(shell.run("findmnt -no SOURCE /boot")?.status == 0, "/boot is not mounted");
    let rotates = shell
        .check("lsblk -snro TYPE,ROTA /dev/mapper/vgroup-lv--root-real | sed -n 's/^disk //p'")?;
    let wanted = if root_on == "ssd" { "0" } else { "1" };
    ensure!(rotates.trim() == wanted, "the root is not on the {root_on}: {rotates}");
    is_its_own(&mut shell)?;
    let failed = shell.check("systemctl --failed --no-legend --plain")?;
    ensure!(failed.trim().is_empty(), "units have failed:\n{failed}");
    shell.check("systemctl poweroff")?;
    machine.wait_off(Duration::from_mins(2))
}

/// What has to differ on every machine is not the payload's.
fn is_its_own(shell: &mut Shell<'_>) -> Result<()> {
    let machine_id = shell.check("cat /etc/machine-id")?;
    ensure!(machine_id.trim().len() == 32, "there is no machine id: «{machine_id}»");
    shell.check(
        "mkdir /run/golden /run/payload && \
         mount -o ro,noload /dev/disk/by-partlabel/zs-golden /run/golden && \
         mount -t squashfs -o ro,loop /run/golden/a/root.squashfs /run/payload",
    )?;
    for key in ["ssh_host_ed25519_key", "ssh_host_ed25519_key.pub", "ssh_host_rsa_key"] {
        shell.check(&format!("test -s /etc/ssh/{key} -a -s /run/payload/etc/ssh/{key}"))?;
        let same = shell.run(&format!("cmp -s /etc/ssh/{key} /run/payload/etc/ssh/{key}"))?;
        ensure!(same.status == 1, "{key} is the payload's");
    }
    shell.check("umount /run/payload /run/golden").map(drop)
}

fn two_ssds(context: &Context) -> Result<()> {
    let appliance = Appliance::blank(&context.directory, Firmware::Bios, SSD_GIB, HDD_GIB)?;
    let second = Disk::empty(context.directory.join("ssd2.qcow2"), SSD_GIB)?;
    let stick = context.artifacts.stick()?;
    let mut machine = appliance.with_stick(&stick)?.with(Port::Ssd, &second).power_on("install")?;
    refuses(&mut machine, "several-ssds", &["SSD0000", "SSD0001", "HDD0000"])?;
    machine.cut_power();
    untouched(&[&appliance.ssd, &appliance.hdd, &second])
}

fn no_ssd(context: &Context) -> Result<()> {
    let appliance = Appliance::blank(&context.directory, Firmware::Bios, SSD_GIB, HDD_GIB)?;
    let stick = context.artifacts.stick()?;
    let mut machine = appliance.with_stick(&stick)?.without(Port::Ssd).power_on("install")?;
    refuses(&mut machine, "no-ssd", &["HDD0000"])?;
    machine.cut_power();
    untouched(&[&appliance.hdd])
}

fn tiny(context: &Context) -> Result<()> {
    let appliance = Appliance::blank(&context.directory, Firmware::Bios, 1, HDD_GIB)?;
    let mut machine = appliance.with_stick(&context.artifacts.stick()?)?.power_on("install")?;
    refuses(&mut machine, "small-ssd", &["SSD0000", "HDD0000"])?;
    machine.cut_power();
    untouched(&[&appliance.ssd, &appliance.hdd])
}

/// The first screen says why not, by this reason's code, names `named`, and no installation is
/// offered.
fn refuses(machine: &mut Running, reason: &str, named: &[&str]) -> Result<()> {
    first_screen(machine, "refused")?;
    let said = format!("::zshield:: install status=refused reason={reason}\n");
    if !machine.transcript().contains(&said) {
        return Err(machine.failed(&format!("refused, but not for {reason}")));
    }
    for word in named {
        if !machine.transcript().contains(word) {
            return Err(machine.failed(&format!("refused without a word of {word}")));
        }
    }
    Ok(())
}

/// Nothing at all was written to the disks: an untouched image holds no data.
fn untouched(disks: &[&Disk]) -> Result<()> {
    for disk in disks {
        let map = capture(tool("qemu-img", ["map", "--output=json"]).arg(disk.path()))?;
        ensure!(!map.contains("\"data\": true"), "{} was written to", disk.path().display());
    }
    Ok(())
}

fn tampered(context: &Context) -> Result<()> {
    let image = context.directory.join("tampered.img");
    fs::copy(context.artifacts.stick()?, &image).context("cannot copy the stick's image")?;
    change_a_byte(&image)?;
    let appliance = Appliance::blank(&context.directory, Firmware::Bios, SSD_GIB, HDD_GIB)?;
    let mut machine = appliance.with_stick(&image)?.power_on("install")?;
    machine.tolerate("::zshield:: install status=failed");
    machine.tolerate("::zshield:: rescue status=failed");
    let ends = [READY, "::zshield:: rescue status=failed", "::zshield:: install status=failed"];
    if machine.expect_any(&ends, TO_FIRST_SCREEN)? == 0 {
        // A byte of a file is found when it is unpacked, at the latest.
        machine.send(THE_KEY)?;
        machine.expect_any(&ends[1..], zshield_machines::appliance::TO_INSTALLED)?;
    }
    ensure!(!machine.transcript().contains(zshield_machines::appliance::INSTALLED));
    machine.cut_power();
    // Whatever was begun, it can't be taken for an installed machine.
    let alone = appliance.machine().power_on("run")?;
    let limit = Duration::from_secs(20);
    ensure!(
        alone.says_none(&[grub::COUNTS, "root@appliance"], limit),
        "a half-installed disk starts"
    );
    Ok(())
}

/// Changes a byte in the middle of the stick's largest partition: that is in the squashfs.
fn change_a_byte(image: &Path) -> Result<()> {
    let file = fs::OpenOptions::new().read(true).write(true).open(image)?;
    let at = file.metadata()?.len() / 2;
    let mut byte = [0];
    file.read_exact_at(&mut byte, at)?;
    file.write_all_at(&[!byte[0]], at)?;
    Ok(())
}

fn foreign_group(context: &Context) -> Result<()> {
    let raw = context.directory.join("foreign.img");
    fs::File::create(&raw)?.set_len(1 << 30)?;
    Uml::new(&context.directory)?.disk(&raw).check(
        "foreign",
        include_str!("../sh/install/foreign-group.sh"),
        Duration::from_mins(1),
    )?;
    let foreign = Disk::from_raw(context.directory.join("foreign.qcow2"), &raw, 1)?;
    let appliance = Appliance::blank(&context.directory, Firmware::Bios, SSD_GIB, HDD_GIB)?;
    let mut machine = appliance
        .with_stick(&context.artifacts.stick()?)?
        .with(Port::Nvme, &foreign)
        .power_on("install")?;
    refuses(&mut machine, "foreign-group", &["vgroup", "NVME0000"])?;
    machine.cut_power();
    untouched(&[&appliance.ssd, &appliance.hdd])
}
