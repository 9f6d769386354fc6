//! The machine of benches in user-mode Linux: an SSD, and an HDD that is modelled.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::guest::{Measured, measured};
use zshield_machines::uml::Uml;

const LIMIT: Duration = Duration::from_mins(9);

/// How the HDD takes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hdd {
    /// 10 ms for each request, any number of them side by side: dm-delay.
    Delay,
    /// One head that has to come to each place: [`zshield_machines::disk_model`].
    Seeks,
}

impl Hdd {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::Seeks => "seeks",
        }
    }
}

/// Two sparse disks of an appliance's size, and the words of a bench.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) directory: PathBuf,
    pub(super) uml: Uml,
}

/// Sizes in GiB: room for a root of 100 GiB, and for two stores of it.
const SSD: u64 = 110;
const HDD: u64 = 466;

impl Machine {
    /// With empty disks.
    pub(super) fn new(directory: &Path, hdd: Hdd) -> Result<Self> {
        let (ssd_image, hdd_image) = (directory.join("ssd.img"), directory.join("hdd.img"));
        for (path, gib) in [(&ssd_image, SSD), (&hdd_image, HDD)] {
            fs::File::create(path)?.set_len(gib << 30)?;
        }
        let this = zshield_machines::binary::this()?.display().to_string();
        let uml = Uml::new(directory)?
            .disk(&ssd_image)
            .rotating_disk(&hdd_image)
            .module("dm-delay")
            .module("nbd")
            .env("HDD", hdd.name())
            .env("XTASK", &this);
        Ok(Self { directory: directory.to_owned(), uml })
    }

    /// A variable for the scripts.
    pub(super) fn env(mut self, name: &str, value: &str) -> Self {
        self.uml = self.uml.env(name, value);
        self
    }

    /// Boots, runs a script, and returns what it measured and all that it said.
    pub(super) fn run(&self, label: &str, script: &str) -> Result<(Vec<Measured>, String)> {
        let said = self.uml.check(label, &format!("{WORDS}\n{script}"), LIMIT)?;
        Ok((measured(&said)?, said))
    }

    /// The disks are of no more use.
    pub(super) fn remove_disks(&self) -> Result<()> {
        for disk in ["ssd.img", "hdd.img"] {
            fs::remove_file(self.directory.join(disk))?;
        }
        Ok(())
    }
}

/// `group` makes the volume group while the HDD is still quick, `slow` makes it slow.
const WORDS: &str = r#"
    measure() { "$XTASK" guest measure "$@"; }
    guest() { "$XTASK" guest "$@"; }
    group() {
        lvm pvcreate -q -y /dev/ubda /dev/ubdb
        lvm vgcreate -q vgroup /dev/ubda /dev/ubdb
    }
    root() { lvm lvcreate -q -y -Zn -Wn -L $1 -n root vgroup ${2:-/dev/ubda}; }
    snapshot() { lvm lvcreate -q -y -s -c $CHUNK -l 100%ORIGIN -n $1 vgroup/root $SLOW; }
    SLOW=/dev/ubdb
    slow() {
        lvm vgchange -q -an vgroup
        case $HDD in
        delay)
            dmsetup create slow --table "0 $(blockdev --getsz /dev/ubdb) delay /dev/ubdb 0 1"
            SLOW=/dev/mapper/slow ;;
        seeks)
            guest disk /dev/ubdb /run/disk.sock &
            timeout 20 sh -c 'until test -S /run/disk.sock; do sleep 0.1; done'
            nbd-client -nonetlink -unix /run/disk.sock /dev/nbd0 -b 512 >/dev/null
            timeout 20 sh -c 'until test $(cat /sys/block/nbd0/size) -gt 0; do sleep 0.1; done'
            echo 1 >/sys/block/nbd0/queue/rotational
            SLOW=/dev/nbd0 ;;
        esac
        sed -i 's,global_filter = \[,& "r|/dev/ubdb|"\, "a|/dev/nbd0|"\,,' /etc/lvm/lvm.conf
    }
    slow_on() { slow; lvm vgchange -q -ay vgroup; }
"#;
