//! A small appliance in user-mode Linux, installed once, and the words by which its scripts speak.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::artifacts::Artifacts;
use crate::cache::{self, Key};
use crate::payload::minimal;
use crate::tool::{capture, tool};
use crate::uml::Uml;

const LIMIT: Duration = Duration::from_mins(20);

/// Of which payload an appliance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// The demo's: a whole Debian.
    Demo,
    /// The same with all of this host's `/usr` in it.
    Large,
    /// The smallest that there can be, for what is done to an appliance many times over.
    Smallest,
}

impl Payload {
    /// The stick with it.
    pub fn stick(self, artifacts: &Artifacts) -> Result<PathBuf> {
        match self {
            Self::Demo => artifacts.small_stick(),
            Self::Large => artifacts.large_stick(),
            Self::Smallest => artifacts.smallest_stick(),
        }
    }

    /// Whether the power is cut at this fail point. CI has the smallest payload and little time: what
    /// is before a step is what is after the one before it.
    pub fn is_cut_at(self, point: &str) -> bool {
        self != Self::Smallest || !point.ends_with(":before")
    }

    /// Where its disks are kept.
    fn directory(self) -> &'static str {
        match self {
            Self::Demo => "appliance-uml",
            Self::Large => "appliance-large",
            Self::Smallest => "appliance-smallest",
        }
    }

    /// The sizes of SSD and HDD, in bytes.
    fn sizes(self) -> [u64; 2] {
        match self {
            Self::Demo => [5 << 30, 12 << 30],
            Self::Large => [27 << 30, 60 << 30],
            Self::Smallest => minimal::DISKS,
        }
    }
}

/// An installed appliance, whose disks are this scenario's own.
pub struct UmlAppliance {
    /// The machine: SSD, HDD, and the stick, which can't be written.
    pub machine: Uml,
    directory: PathBuf,
    keys: PathBuf,
}

/// What scripts in it can say.
pub const WORDS: &str = r#"
    set -x
    zshield() { "$ZSHIELD" "$@"; }
    mount_system() {
        lvm vgchange -q -ay vgroup
        mkdir -p /run/sys
        mount -o noatime,noinit_itable /dev/vgroup/lv-root /run/sys
        mount /dev/ubda3 /run/sys/boot
    }
    volumes() { lvm lvs --noheadings -o lv_name vgroup | tr -d ' ' | sort | tr '\n' ' '; }
    # When the latest backup was taken, in seconds since 1970.
    latest() { lvm lvs --noheadings -o lv_time --config 'report{time_format="%s"}' vgroup/snap1; }
    no_invalid() { ! lvm lvs --noheadings -o lv_snapshot_invalid vgroup | grep invalid; }
    # Whether there is this way back by its snapshot; or by the image alone, which is another one.
    offered() { way_back $1 copy-back unpack; }
    offered_by_image() { way_back $1 unpack copy-back; }
    way_back() {
        zshield --lang en recover $1 --offline --root /run/sys --dry-run --json >/run/way-$1 &&
            grep -q "\"$2\"" /run/way-$1 && ! grep -q "\"$3\"" /run/way-$1
    }
    hashes() { (cd /dev/vgroup && sha256sum snap0 snap1); }
    # The mounted system becomes one inside which commands and a daemon run.
    enter() {
        mount /dev/vgroup/lv-audit /run/sys/var/log
        for directory in dev proc sys etc/lvm; do mount --bind /$directory /run/sys/$directory; done
        mount -t tmpfs tmpfs /run/sys/run
        mkdir -p /run/sys/run/lvm /run/sys/run/lock/lvm
    }
    inside() { chroot /run/sys env TMPDIR=/tmp "$@"; }
    # Its backups are due at three to the second, and it is past that.
    past_three() {
        printf '[backup]\nrandom_delay = "0s"\n' >>/run/sys/etc/zshield/appliance.toml
        date -s '2030-01-01 04:00' >/dev/null
        inside zshield check >/dev/null || test $? = 4
        inside zshield check --accept /etc/zshield/appliance.toml
        inside zshield backup >/dev/null
    }
    mkdir -p /run/golden
    mount -o ro,noload /dev/ubda4 /run/golden
"#;

impl UmlAppliance {
    /// Installs one, unless this image was installed before, and copies its disks.
    pub fn installed(directory: &Path, artifacts: &Artifacts, payload: Payload) -> Result<Self> {
        let stick = payload.stick(artifacts)?;
        let keys = stick.parent().context("the stick is in no directory")?.to_owned();
        let base = base(artifacts, payload, &stick, &keys)?;
        for disk in ["ssd.img", "hdd.img"] {
            let mut copy = tool("cp", ["--sparse=always", "--reflink=auto"]);
            capture(copy.arg(base.join(disk)).arg(directory.join(disk)))?;
        }
        let machine = machine(directory, directory, &stick)?
            .env("ZSHIELD", &artifacts.with_fail_points()?.display().to_string());
        Ok(Self { machine, directory: directory.to_owned(), keys })
    }

    /// The directory that is the same inside and outside: `SHARED` in scripts.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// A script with this appliance's own paths in it.
    pub fn filled(&self, script: &str) -> String {
        script
            .replace("SHARED", &self.directory.display().to_string())
            .replace("KEYS", &self.keys.display().to_string())
    }

    /// Checks that GRUB would go on with a recovery.
    pub fn is_armed(&self, target: &str) -> Result<()> {
        let script = format!(
            "mkdir -p /run/boot && mount -o ro /dev/ubda3 /run/boot
             grep '^zshield_recover={target}$' /run/boot/zshield/grubenv"
        );
        self.machine.check("armed", &script, LIMIT).map(drop)
    }

    /// The disks of a scenario that has passed are of no more use.
    pub fn remove_disks(&self) -> Result<()> {
        for disk in ["ssd.img", "hdd.img"] {
            fs::remove_file(self.directory.join(disk))?;
        }
        Ok(())
    }
}

fn machine(directory: &Path, disks: &Path, stick: &Path) -> Result<Uml> {
    Ok(Uml::new(directory)?
        .disk(&disks.join("ssd.img"))
        .rotating_disk(&disks.join("hdd.img"))
        .shared_disk(stick))
}

/// Makes SSD and HDD for an installation in a directory.
pub fn empty_disks(directory: &Path, payload: Payload) -> Result<()> {
    empty_ssd(directory, payload)?;
    let [_, size] = payload.sizes();
    Ok(fs::File::create(directory.join("hdd.img"))?.set_len(size)?)
}

/// Makes the SSD alone, in place of the one that is there.
pub fn empty_ssd(directory: &Path, payload: Payload) -> Result<()> {
    let [size, _] = payload.sizes();
    Ok(fs::File::create(directory.join("ssd.img"))?.set_len(size)?)
}

/// The directory with the disks as they are after the installation.
fn base(artifacts: &Artifacts, payload: Payload, stick: &Path, keys: &Path) -> Result<PathBuf> {
    let directory = artifacts.work().directory(payload.directory())?;
    let zshield = artifacts.binary()?;
    let key = Key::default().file(stick)?;
    cache::made(directory.join("installed"), &key, |partial| {
        if partial.exists() {
            fs::remove_dir_all(partial).context("cannot remove an unfinished appliance")?;
        }
        fs::create_dir_all(partial)?;
        empty_disks(partial, payload)?;
        let script = format!(
            "mkdir -p /run/medium && mount -o ro,noload /dev/ubdc3 /run/medium
             {} install --slot /run/medium/a --keys {} --yes",
            zshield.display(),
            keys.display()
        );
        machine(partial, partial, stick)?.check("install", &script, LIMIT).map(drop)
    })
}
