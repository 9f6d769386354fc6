//! The harness itself: what every other scenario builds on.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::qemu::{Disk, Firmware, Machine, Port, Shell};
use zshield_machines::tool::{capture, tool};
use zshield_machines::uml::{End, Uml};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "harness-uml",
        shows: "partitions, LVM snapshots, dm-verity, loop and squashfs work in user-mode Linux",
        tier: Tier::Uml,
        in_ci: true,
        run: uml,
    },
    Scenario {
        name: "harness-uml-power-cut",
        shows: "what was synced before a power cut in user-mode Linux is there after it",
        tier: Tier::Uml,
        in_ci: true,
        run: uml_power_cut,
    },
    Scenario {
        name: "harness-qemu",
        shows: "the demo payload boots in QEMU, sees the disks as what they are, and answers",
        tier: Tier::E2e,
        in_ci: false,
        run: qemu,
    },
];

const MINUTE: Duration = Duration::from_mins(1);
/// A file that is synced, and one that is not.
const WRITE: &str = include_str!("../sh/harness/write.sh");

fn uml(context: &Context) -> Result<()> {
    let (ssd, hdd) = (context.directory.join("ssd.img"), context.directory.join("hdd.img"));
    fs::File::create(&ssd)?.set_len(256 << 20)?;
    fs::File::create(&hdd)?.set_len(256 << 20)?;
    let machine = Uml::new(&context.directory)?.disk(&ssd).rotating_disk(&hdd);

    let rotating = "cat /sys/block/ubda/queue/rotational /sys/block/ubdb/queue/rotational";
    ensure!(machine.check("rotating", rotating, MINUTE)? == "0\n1\n");

    machine.check("lvm", include_str!("../sh/harness/lvm.sh"), MINUTE)?;
    // Another boot finds all of it again, without udev.
    machine.check("reopen", include_str!("../sh/harness/reopen.sh"), MINUTE)?;
    machine.check("verity", include_str!("../sh/harness/verity.sh"), MINUTE).map(drop)
}

fn uml_power_cut(context: &Context) -> Result<()> {
    let disk = context.directory.join("disk.img");
    fs::File::create(&disk)?.set_len(64 << 20)?;
    let machine = Uml::new(&context.directory)?.disk(&disk);
    let quits = [WRITE, "exit 0"].join("\n");
    machine.run("ends-in-a-cut", &[&["sh", "-euc", &quits]], End::PowerCut, MINUTE)?;
    machine.check("after", AFTER_A_CUT, MINUTE)?;

    let waits = [WRITE, "exec sleep 1000"].join("\n");
    let mut running = machine.start("is-cut", &[&["sh", "-euc", &waits]], End::PowerCut)?;
    running.expect("written\n", MINUTE)?;
    running.cut_power();
    machine.check("after", AFTER_A_CUT, MINUTE).map(drop)
}

/// What was synced is there, and nothing that was not: the file's name at the most.
const AFTER_A_CUT: &str = include_str!("../sh/harness/after-power-cut.sh");

fn qemu(context: &Context) -> Result<()> {
    let payload = context.artifacts.payload()?;
    let tree = tempfile::tempdir_in(&context.directory)?;
    capture(tool("tar", ["--exclude=./dev/*", "-xf"]).arg(&payload).arg("-C").arg(tree.path()))?;
    let root = context.directory.join("root.img");
    capture(
        tool("mke2fs", ["-q", "-t", "ext4", "-E", "root_owner=0:0", "-d"])
            .arg(tree.path())
            .arg(&root)
            .arg("1G"),
    )?;
    let boot = tree.path().join("boot");
    let found = |prefix: &str| -> Result<std::path::PathBuf> {
        let mut files = fs::read_dir(&boot)?.filter_map(Result::ok).map(|entry| entry.path());
        files
            .find(|path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(prefix)))
            .ok_or_else(|| anyhow::anyhow!("the payload has no {prefix}* in /boot"))
    };
    let ssd = Disk::from_raw(context.directory.join("ssd.qcow2"), &root, 64)?;
    let hdd = Disk::empty(context.directory.join("hdd.qcow2"), 500)?;
    let machine = Machine::new(&context.directory, Firmware::Bios)
        .with(Port::Ssd, &ssd)
        .with(Port::Hdd, &hdd)
        .with_kernel(
            &found("vmlinuz-")?,
            &found("initrd.img-")?,
            "root=LABEL=payload rw console=tty0 console=ttyS0,115200 quiet",
        );
    capture(tool("tune2fs", ["-L", "payload"]).arg(&root))?;
    drop(Disk::from_raw(ssd.path().to_owned(), &root, 64)?);

    let mut running = machine.power_on("boot")?;
    let mut shell = Shell::open(&mut running)?;
    println!("      root shell after {:.1} s", shell.machine().uptime().as_secs_f64());
    let disks = shell.check("lsblk -dnbo ROTA,MODEL,SIZE | sort")?;
    ensure!(
        disks.contains("0 LAB-SSD") && disks.contains("1 MR9361-8i"),
        "the disks are not what they should be:\n{disks}"
    );
    ensure!(shell.run("(exit 3)")?.status == 3, "exit statuses get lost");
    shell.check("systemctl poweroff")?;
    running.wait_off(MINUTE)
}
