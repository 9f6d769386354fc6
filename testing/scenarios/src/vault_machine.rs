//! A whole machine that has lost its SSD, and what the vault on its HDD is worth then.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::recover::{HEALTHY, NONE_FAILED};
use super::vault_store::s3::Server;
use crate::scenario::{Context, Scenario};
use zshield_machines::appliance::{
    Appliance, HDD_GIB, SSD_GIB, TO_FIRST_SCREEN, TO_INSTALLED, digits_shown, first_screen,
    press_the_key, wait_installed, wait_recovered,
};
use zshield_machines::qemu::{Disk, Firmware, HOST, Port, Shell};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::e2e(
        "vault-lost-ssd",
        "the SSD dies and an empty one takes its place: one key on the stick, and the first start brings last night's system \
         back from the HDD by itself, with its settings, accounts, names and keys; customer data is kept",
        false,
        lost_ssd,
    ),
    Scenario::e2e(
        "vault-new-machine",
        "a machine burns; a new one from the factory fetches its last backup from an S3 server, over TLS, with the recovery \
         key and credentials that can't remove anything, and takes its place: settings, accounts, names and keys",
        false,
        new_machine,
    ),
];

const KEY: Duration = Duration::from_secs(20);
/// What root and `/boot` are, but for what each installation and each start has of its own.
const DESCRIBED: &str = "cd / && find etc usr opt srv root -xdev \
     ! -path 'etc/lvm/*' ! -path etc/fstab ! -path etc/udev/rules.d/66-zshield.rules ! -path etc/adjtime ! -path etc/resolv.conf \
     -type f -exec sha256sum {} + | sort -k 2 | sha256sum; cd /boot && sha256sum vmlinuz-* initrd* | sha256sum";

fn lost_ssd(context: &Context) -> Result<()> {
    let appliance = context.appliance(Firmware::Bios)?;
    let mut machine = appliance.machine().power_on("last-night")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, Duration::from_mins(4))?;
    shell.check("echo 'settings of the customer' >/etc/app.conf; echo customer >/home/data")?;
    shell.check("useradd -m -d /srv/operator operator; hostname; echo logs >/var/log/mine")?;
    shell.check_within("zshield backup >/run/said", Duration::from_mins(5))?;
    // The daemon copies it as well.
    shell.check_within(
        "timeout 500 sh -c 'until zshield vault copy >/run/said 2>&1; do sleep 2; done' && cat /run/said",
        Duration::from_mins(9),
    )?;
    let before = shell.check_within(DESCRIBED, Duration::from_mins(5))?;
    let keys = shell.check("cat /etc/machine-id; sha256sum /etc/ssh/ssh_host_*key")?;
    machine.cut_power();

    let directory = context.directory.join("new-ssd");
    std::fs::create_dir_all(&directory)?;
    let new = Disk::empty(directory.join("ssd.qcow2"), SSD_GIB)?;
    let stick = appliance.with_stick(&context.artifacts.stick()?)?;
    let mut machine = stick.with(Port::Ssd, &new).power_on("emergency")?;
    first_screen(&mut machine, "present")?;
    machine.screenshot(&context.directory.join("present.png"))?;
    machine.send("b")?;
    let digits = digits_shown(&mut machine, KEY)?;
    machine.screenshot(&context.directory.join("confirm.png"))?;
    machine.send(&format!("{digits}\r"))?;
    machine.expect("::zshield:: restore status=done", TO_INSTALLED)?;
    machine.expect("screen=done", KEY)?;
    machine.screenshot(&context.directory.join("rebuilt.png"))?;
    machine.send("p")?;
    machine.wait_off(KEY)?;

    let mut machine = appliance.machine().with(Port::Ssd, &new).power_on("comes-back")?;
    machine.expect("::zshield:: recover status=begun", TO_FIRST_SCREEN)?;
    wait_recovered(&mut machine)?;
    machine.screenshot(&context.directory.join("recovered.png"))?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, Duration::from_mins(4))?;
    shell.check(
        "grep 'settings of the customer' /etc/app.conf; test $(cat /home/data) = customer",
    )?;
    shell.check("id operator; grep logs /var/log/mine; mountpoint /boot /home /var/log")?;
    let after = shell.check_within(DESCRIBED, Duration::from_mins(5))?;
    anyhow::ensure!(before == after, "before:\n{before}\nafter:\n{after}");
    let same = shell.check("cat /etc/machine-id; sha256sum /etc/ssh/ssh_host_*key")?;
    anyhow::ensure!(keys == same, "before:\n{keys}\nafter:\n{same}");
    shell.check(NONE_FAILED)?;
    shell.check_within("zshield backup >/run/said", Duration::from_mins(5))?;
    shell.check("zshield --lang en status").context("after the backup")?;
    machine.cut_power();
    Ok(())
}

/// Whoever made the machine, or its customer, knows all of this.
fn tell_of_the_server(shell: &mut Shell<'_>, server: &Server, ca: &str) -> Result<()> {
    let [id, secret] = server.credentials("append")?;
    shell.check("install -d -m 700 /root/s3")?;
    shell.check(&format!(
        "printf '%s\\n%s\\n' '{id}' '{secret}' >/root/s3/key; chmod 600 /root/s3/key"
    ))?;
    for line in ca.lines() {
        shell.check(&format!("echo '{line}' >>/root/s3/ca.pem"))?;
    }
    shell.check(&format!(
        "printf '[[s3]]\\nname = \"far\"\\nendpoint = \"https://{HOST}:{}\"\\nbucket = \"locked\"\\n\
         prefix = \"burnt\"\\ncredentials_file = \"/root/s3/key\"\\nca = \"/root/s3/ca.pem\"\\n' >/root/s3/place.toml",
        server.secure
    ))?;
    Ok(())
}

/// What is known of a machine that is gone.
struct Gone {
    recovery_key: String,
    described: String,
    identity: String,
}

/// By what others know a machine.
const IDENTITY: &str = "cat /etc/machine-id; sha256sum /etc/ssh/ssh_host_*key";

/// Waits until the daemon's own turn is over.
fn until_done(command: &str) -> String {
    format!(
        "timeout 500 sh -c 'until zshield --lang en {command} >/run/said 2>&1; do sleep 2; done'; cat /run/said"
    )
}

/// A machine sends its backup to the server, and burns.
fn burnt(context: &Context, server: &Server, ca: &str) -> Result<Gone> {
    let old = context.appliance(Firmware::Uefi)?;
    let mut machine = old.machine().reaching(server.secure).power_on("last-night")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, Duration::from_mins(4))?;
    tell_of_the_server(&mut shell, server, ca)?;
    shell
        .check("sed 's/^\\[\\[s3/[[vault.s3/' /root/s3/place.toml >>/etc/zshield/appliance.toml")?;
    shell.check(
        "echo 'settings of the customer' >/etc/app.conf; useradd -m -d /srv/operator operator",
    )?;
    shell.check_within("zshield backup >/run/said", Duration::from_mins(5))?;
    shell.check_within(&until_done("vault copy"), Duration::from_mins(9))?;
    let key = shell.check("zshield vault key --yes | grep -E '^ +[0-9A-Z-]{35}$' | tr -d ' '")?;
    shell.check_within(&until_done("vault send far"), Duration::from_mins(9))?;
    shell.check("zshield --lang en vault test far | grep 'backups are there'")?;
    let described = shell.check_within(DESCRIBED, Duration::from_mins(5))?;
    let identity = shell.check(IDENTITY)?;
    machine.cut_power();
    Ok(Gone { recovery_key: key.trim().to_owned(), described, identity })
}

fn new_machine(context: &Context) -> Result<()> {
    std::fs::create_dir_all(&context.directory)?;
    let mut server = Server::start(&context.directory, context)?;
    let ca = std::fs::read_to_string(context.directory.join("ca.pem"))?;
    server.checks("on")?;
    let gone = burnt(context, &server, &ca)?;

    let directory = context.directory.join("new");
    std::fs::create_dir_all(&directory)?;
    let new = Appliance::blank(&directory, Firmware::Uefi, SSD_GIB, HDD_GIB)?;
    let mut machine = new.with_stick(&context.artifacts.stick()?)?.power_on("installation")?;
    press_the_key(&mut machine)?;
    wait_installed(&mut machine)?;
    machine.cut_power();

    let mut machine = new.machine().reaching(server.secure).power_on("new")?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, Duration::from_mins(4))?;
    let own = shell.check(IDENTITY)?;
    anyhow::ensure!(own != gone.identity, "{own}");
    tell_of_the_server(&mut shell, &server, &ca)?;
    shell.check(&format!("echo '{}' >/root/s3/recovery", gone.recovery_key))?;
    let fetch =
        "zshield --lang en vault fetch /root/s3/place.toml --recovery-key /root/s3/recovery";
    shell.check_within(&format!("{fetch} | grep version"), Duration::from_mins(3))?;
    shell.check_within(&format!("{fetch} newest --yes >/run/said"), Duration::from_mins(9))?;
    shell.check("cat /run/said; zshield --lang en vault list")?;
    let id =
        shell.check("sed -n 's/.*recover vault:\\([0-9a-f]*\\) --take-over.*/\\1/p' /run/said")?;
    let take_over = format!("zshield recover vault:{} --take-over --yes", id.trim());
    shell.check_within(&format!("{take_over}; test $? = 5"), Duration::from_mins(3))?;
    machine.send("systemctl reboot\n")?;
    machine.expect("::zshield:: recover status=begun", TO_FIRST_SCREEN)?;
    wait_recovered(&mut machine)?;
    machine.screenshot(&context.directory.join("taken-over.png"))?;
    let mut shell = Shell::open(&mut machine)?;
    shell.run_within(HEALTHY, Duration::from_mins(4))?;
    is_it(&mut shell, &gone)?;
    machine.cut_power();
    Ok(())
}

/// The machine has become the one that is gone.
fn is_it(shell: &mut Shell<'_>, gone: &Gone) -> Result<()> {
    shell.check("grep 'settings of the customer' /etc/app.conf; id operator")?;
    shell.check("mountpoint /boot /home /var/log")?;
    let after = shell.check_within(DESCRIBED, Duration::from_mins(5))?;
    let before = &gone.described;
    anyhow::ensure!(*before == after, "before:\n{before}\nafter:\n{after}");
    let (before, after) = (&gone.identity, shell.check(IDENTITY)?);
    anyhow::ensure!(*before == after, "before:\n{before}\nafter:\n{after}");
    shell.check(NONE_FAILED)?;
    shell.check_within("zshield backup >/run/said", Duration::from_mins(5)).map(drop)
}
