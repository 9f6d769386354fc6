//! The whole story, from nothing to an appliance that was broken and came back, and then has a new version, told as it
//! happens.

mod upgrade;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use zshield_machines::appliance::{self, Appliance, HDD_GIB, SSD_GIB, first_screen, next_step};
use zshield_machines::artifacts::Artifacts;
use zshield_machines::qemu::{Firmware, Running, Shell, grub};
use zshield_scenarios::recover::break_down;

/// A check of the whole system, or a recovery with two comparisons, at the very most.
const CHECKED: Duration = Duration::from_mins(5);

/// Tells what happens, and when.
struct Story(Instant);

impl Story {
    fn tell(&self, line: &str) {
        println!("[{:>4} s] {line}", self.0.elapsed().as_secs());
    }

    fn show(&self, what: &str, text: &str) {
        self.tell(what);
        for line in text.lines() {
            println!("         | {line}");
        }
    }
}

/// Builds everything, installs an appliance in QEMU and shows it. With `pictures`, the screens of
/// GRUB and of the installer are saved there.
pub fn run(artifacts: &Artifacts, firmware: Firmware, pictures: Option<&Path>) -> Result<()> {
    let story = Story(Instant::now());
    let stick = build(&story, artifacts)?;
    let directory = artifacts.work().run_directory("demo")?;
    let appliance = Appliance::blank(&directory, firmware, SSD_GIB, HDD_GIB)?;

    story.tell(&format!(
        "power on: {firmware:?}, a {SSD_GIB} GiB SSD on SATA and a {HDD_GIB} GiB disk behind an \
         LSI RAID card, both empty; the stick in USB"
    ));
    let machine = appliance.with_stick(&stick)?.power_on("install")?;
    install(&story, machine, pictures)?;

    story.tell("the stick is out; power on from the SSD");
    let mut machine = appliance.machine().power_on("run")?;
    if let Some(directory) = pictures {
        grub::menu(&mut machine)?;
        machine.screenshot(&directory.join("grub-menu.png"))?;
    }
    break_system(&story, machine)?;
    story.tell("power on again, and in the boot menu: Golden Image recovery");
    let machine = appliance.machine().power_on("recover")?;
    come_back(&story, machine)?;
    upgrade::run(&story, artifacts, &appliance, &directory)?;
    story.tell("done. The same again, to look around in: cargo xtask vm");
    Ok(())
}

fn build(story: &Story, artifacts: &Artifacts) -> Result<std::path::PathBuf> {
    story.tell("building the static zshield binary");
    let binary = artifacts.binary()?;
    story.tell(&format!("  {}", sized(&binary)?));
    let deb = artifacts.deb()?;
    story.tell(&format!("  {}", sized(&deb)?));
    story.tell("making the payload: a small Debian system with zshield's package in it");
    let payload = artifacts.payload()?;
    story.tell(&format!("  {}", sized(&payload)?));
    story.tell("zshield image build: the installation stick, signed");
    let stick = artifacts.stick()?;
    story.tell(&format!("  {}", sized(&stick)?));
    Ok(stick)
}

fn sized(path: &Path) -> Result<String> {
    let bytes = std::fs::metadata(path).with_context(|| format!("no {}", path.display()))?.len();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(format!("{name}, {} MB", bytes.div_ceil(1_000_000)))
}

fn install(story: &Story, mut machine: Running, pictures: Option<&Path>) -> Result<()> {
    first_screen(&mut machine, "install")?;
    story.tell(&format!("the installer's first screen, {} s after power-on", seconds(&machine)));
    if let Some(directory) = pictures {
        machine.screenshot(&directory.join("installer.png"))?;
    }
    story.tell("one key: I");
    machine.send(appliance::THE_KEY)?;
    while let Some(step) = next_step(&mut machine)? {
        story.tell(&format!("  {step}"));
    }
    story.tell(&format!("installed, {} s after power-on", seconds(&machine)));
    machine.send("p")?;
    machine.wait_off(Duration::from_mins(1))
}

/// Shows the system, backs it up, and breaks it.
fn break_system(story: &Story, mut machine: Running) -> Result<()> {
    let mut shell = Shell::open(&mut machine)?;
    story.tell(&format!("the system is up, {} s after power-on", seconds(shell.machine())));
    for (what, line) in [
        ("its disks", "lsblk -o NAME,TYPE,SIZE,ROTA,MODEL,MOUNTPOINTS"),
        ("its volumes; snap0 is the way back to the factory", "lvs -a vgroup"),
        ("its mounts", "grep ' ext4 ' /proc/mounts | cut -d ' ' -f 1-3"),
    ] {
        story.show(what, &shell.check(line)?);
    }
    shell.check("echo 'of last night' >/etc/settings")?;
    story.show(
        "a backup",
        &shell.check("zshield backup >/run/said; tail -1 /run/said; zshield --lang en status")?,
    );
    repair(story, &mut shell)?;
    story.tell("then somebody removes /usr/lib and the kernel, and the power fails");
    break_down(machine, "rm -rf /boot/vmlinuz-* /usr/lib")
}

/// A service, and what asks it for its greeting twice a second until it is told to end.
const ASKING: &str = r#"mkdir -p /run/sshd
     systemd-run --quiet --unit=greeter /usr/sbin/sshd -D -p 2222
     greeting() { timeout 5 bash -c 'read -r line </dev/tcp/127.0.0.1/2222 && echo "${line%%-*}"' 2>/dev/null; }
     until greeting; do sleep 0.2; done
     touch /run/asking
     (while test -e /run/asking; do greeting || echo silence; sleep 0.5; done >/run/answers; touch /run/asked) &
     disown"#;

/// A program is tampered with: that is found, told, and put right, while a service goes on
/// answering.
fn repair(story: &Story, shell: &mut Shell<'_>) -> Result<()> {
    shell.check(ASKING)?;
    story.tell("a service is asked twice a second; somebody changes /usr/bin/passwd, and sets its time back");
    shell.check("cp -p /usr/bin/passwd /run/passwd; echo evil >>/usr/bin/passwd; touch -r /run/passwd /usr/bin/passwd")?;
    let found = shell.run_within("zshield --lang en check", CHECKED)?;
    ensure!(found.status == 4, "a check that finds something ends with 4: {}", found.output);
    story.show("a check", &found.output);
    story.show("who is told of it", &shell.check("zshield --lang en alarm list")?);
    let only = "zshield --lang en recover latest --only /usr/bin/passwd --yes";
    let done = shell.run_within(only, CHECKED)?;
    ensure!(done.status == 0, "{}", done.output);
    story.show("put right without a restart", &done.output);
    story.show("another check", &shell.check("zshield --lang en check")?);
    story.show("and the alarm", &shell.check("zshield --lang en alarm list --all")?);
    let answers = shell.check(
        "rm /run/asking; until test -e /run/asked; do sleep 0.2; done; sort /run/answers | uniq -c",
    )?;
    story.show("what the service has answered meanwhile, how often", &answers);
    ensure!(!answers.contains("silence"), "the service did not always answer");
    Ok(())
}

/// Goes back to the backup from the boot menu.
fn come_back(story: &Story, mut machine: Running) -> Result<()> {
    grub::recovery(&mut machine)?;
    appliance::choose_way_back(&mut machine, "1")?;
    story.tell("1: the latest backup; then the four digits that stand on the screen");
    appliance::wait_recovered(&mut machine)?;
    machine.expect("screen=done", Duration::from_secs(20))?;
    story.tell("recovered; the machine restarts");
    machine.send("r")?;
    let mut shell = Shell::open(&mut machine)?;
    story.show("the system is up again, with its settings", &shell.check("cat /etc/settings")?);
    story.show("and both ways back are there", &shell.check("lvs vgroup/snap0 vgroup/snap1")?);
    shell.check("systemctl poweroff")?;
    machine.wait_off(Duration::from_mins(2))
}

fn seconds(machine: &Running) -> u64 {
    machine.uptime().as_secs()
}
