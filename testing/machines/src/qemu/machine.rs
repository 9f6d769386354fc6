//! A machine like the appliance, described and turned into QEMU's arguments.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::disk::Disk;
use super::running::Running;
use crate::tool::{capture, tool};

/// What starts the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Firmware {
    /// `SeaBIOS`.
    Bios,
    /// OVMF.
    Uefi,
}

/// Where a disk is plugged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// The SATA controller, as an SSD.
    Ssd,
    /// The LSI RAID card, as a rotating disk.
    Hdd,
    /// A USB stick.
    Stick,
    /// An `NVMe` disk of its own.
    Nvme,
    /// The LSI RAID card, as a rotating disk whose sectors have 4,096 bytes.
    LargeSectors,
    /// The RAID card that took the first one's place: it calls the same array otherwise.
    OtherCard,
    /// A rotating disk on USB.
    UsbDisk,
}

/// A kernel started without firmware and boot loader.
#[derive(Debug, Clone)]
struct Kernel {
    image: PathBuf,
    initrd: PathBuf,
    command_line: String,
}

/// A machine that is switched off.
#[derive(Debug, Clone)]
pub struct Machine {
    directory: PathBuf,
    firmware: Firmware,
    disks: Vec<(Port, Disk)>,
    others: Vec<(Port, Disk)>,
    kernel: Option<Kernel>,
    has_network: bool,
    reached: Vec<u16>,
}

/// Where a machine finds the host's loopback, as far as it may reach it.
pub const HOST: &str = "10.0.2.100";

const OVMF_CODE: &str = "/usr/share/OVMF/OVMF_CODE_4M.fd";
const OVMF_VARS: &str = "/usr/share/OVMF/OVMF_VARS_4M.fd";

impl Machine {
    /// A machine without disks that keeps its logs, its screenshots and its UEFI variables in
    /// `directory`.
    pub fn new(directory: &Path, firmware: Firmware) -> Self {
        Self {
            directory: directory.to_owned(),
            firmware,
            disks: Vec::new(),
            others: Vec::new(),
            kernel: None,
            has_network: false,
            reached: Vec::new(),
        }
    }

    /// Plugs a disk in. The firmware tries a stick first, then the SSDs.
    #[must_use]
    pub fn with(mut self, port: Port, disk: &Disk) -> Self {
        self.disks.push((port, disk.clone()));
        self
    }

    /// Plugs another machine's disk in, before this one's own: they move one further at their kind of
    /// port. The firmware tries it last.
    #[must_use]
    pub fn with_other(mut self, port: Port, disk: &Disk) -> Self {
        self.others.push((port, disk.clone()));
        self
    }

    /// The same machine without the disks at `port`.
    #[must_use]
    pub fn without(mut self, port: Port) -> Self {
        self.disks.retain(|(at, _)| *at != port);
        self
    }

    /// The same machine with a network card: it is given an address and no route, and reaches nobody.
    #[must_use]
    pub fn with_network(mut self) -> Self {
        self.has_network = true;
        self
    }

    /// The same machine with a network card by which it reaches this port of the host's loopback, at [`HOST`], and nothing else.
    #[must_use]
    pub fn reaching(mut self, port: u16) -> Self {
        self.reached.push(port);
        self.with_network()
    }

    /// Starts this kernel itself, passing firmware and boot loader by.
    #[must_use]
    pub fn with_kernel(mut self, kernel: &Path, initrd: &Path, command_line: &str) -> Self {
        self.kernel = Some(Kernel {
            image: kernel.to_owned(),
            initrd: initrd.to_owned(),
            command_line: command_line.to_owned(),
        });
        self
    }

    /// Switches it on. `label` names this start in the log's file name.
    pub fn power_on(&self, label: &str) -> Result<Running> {
        let sockets = tempfile::tempdir().context("no temporary directory")?;
        let log = self.directory.join(format!("{label}.console.log"));
        let mut qemu = self.command()?;
        qemu.args(["-rtc", &format!("base={}", by_day())]);
        qemu.arg("-S")
            .args(["-display", "none", "-chardev"])
            .arg(format!(
                "socket,id=ser0,path={},server=on,wait=off,logfile={}",
                sockets.path().join("serial").display(),
                log.display()
            ))
            .args(["-serial", "chardev:ser0", "-qmp"])
            .arg(format!("unix:{},server=on,wait=off", sockets.path().join("qmp").display()));
        let errors = self.directory.join(format!("{label}.qemu.log"));
        let file = fs::File::create(&errors)
            .with_context(|| format!("cannot make {}", errors.display()))?;
        qemu.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        Running::start(&mut qemu, sockets, &self.directory, label)
            .with_context(|| format!("QEMU did not start; see {}", errors.display()))
    }

    /// Runs it with its serial console in this terminal, until it is switched off.
    pub fn in_terminal(&self) -> Result<()> {
        let mut qemu = self.command()?;
        qemu.args(["-display", "none", "-serial", "mon:stdio"]);
        crate::tool::stream(&mut qemu)
    }

    /// QEMU with all but consoles. The choices are measured ones: see `docs/testing.md`.
    fn command(&self) -> Result<Command> {
        let mut qemu = tool(
            "qemu-system-x86_64",
            ["-nodefaults", "-no-user-config", "-accel", "tcg,thread=multi", "-machine", "q35"],
        );
        qemu.args(["-cpu", "qemu64", "-smp", "1", "-m", "1024", "-vga", "std"]);
        qemu.args(["-device", "megasas-gen2,id=raid0", "-device", "qemu-xhci,id=xhci"]);
        if self.has_network {
            let forwarded = self.reached.iter().map(|port| {
                // A chardev of QEMU's own would be one connection for all time.
                let relay = format!("socat STDIO TCP:127.0.0.1:{port}");
                format!(",guestfwd=tcp:{HOST}:{port}-cmd:{relay}")
            });
            let forwarded: String = forwarded.collect();
            qemu.args(["-netdev", &format!("user,id=net0,restrict=on{forwarded}")]);
            qemu.args(["-device", "e1000,netdev=net0"]);
        }
        if self.firmware == Firmware::Uefi {
            let vars = self.uefi_variables()?;
            qemu.arg("-drive")
                .arg(format!("if=pflash,format=raw,unit=0,readonly=on,file={OVMF_CODE}"))
                .arg("-drive")
                .arg(format!("if=pflash,format=qcow2,unit=1,file={}", vars.display()));
        }
        let on = |disks: &[(Port, Disk)], port| disks.iter().filter(|(at, _)| *at == port).count();
        let own = self.disks.iter().enumerate().map(|(number, (port, disk))| {
            let before = on(&self.disks[..number], *port);
            let serial = format!("{before:04}");
            (*port, disk, before + on(&self.others, *port), number, serial)
        });
        let others = self.others.iter().enumerate().map(|(number, (port, disk))| {
            let before = on(&self.others[..number], *port);
            (*port, disk, before, self.disks.len() + number, format!("OTHER{before}"))
        });
        for (port, disk, at, number, serial) in own.chain(others) {
            let (cache, device) = port.device(number, at, &serial);
            qemu.arg("-drive")
                .arg(format!("if=none,id=disk{number},{cache},{}", disk.drive()))
                .args(["-device", &device]);
        }
        if let Some(start) = &self.kernel {
            qemu.arg("-kernel").arg(&start.image).arg("-initrd").arg(&start.initrd);
            qemu.args(["-append", &start.command_line]);
        }
        Ok(qemu)
    }

    fn uefi_variables(&self) -> Result<PathBuf> {
        let vars = self.directory.join("uefi-variables.qcow2");
        if !vars.exists() {
            capture(
                tool("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", OVMF_VARS]).arg(&vars),
            )?;
        }
        Ok(vars)
    }
}

/// What the clock of a machine that is switched on now says, in UTC: the host's time, but so many
/// hours later that it was past noon when this process first asked. A night falls only where a
/// scenario lets it fall: the nightly backup is not to come between because CI runs at three.
fn by_day() -> String {
    static AHEAD: OnceLock<SignedDuration> = OnceLock::new();
    let now = TimeZone::UTC.to_datetime(Timestamp::now());
    let ahead = AHEAD.get_or_init(|| SignedDuration::from_hours((36 - i64::from(now.hour())) % 24));
    (now + *ahead).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Cache mode and device of a rotating disk behind the RAID card; `serial` is its serial number, and what
/// else it has of its own. The emulated card takes the guest's flushes itself and drops them: any other
/// cache mode loses writes that the guest has flushed when QEMU is killed.
fn behind_card(number: usize, at: usize, serial: &str) -> (&'static str, String) {
    let place = format!("drive=disk{number},bus=raid0.0,scsi-id={at},lun=0");
    ("cache=writethrough", format!("scsi-hd,{place},rotation_rate=7200,serial={serial}"))
}

impl Port {
    /// Cache mode and device of disk `number`, the `at`-th at its kind of port; its serial number ends
    /// in `serial`.
    fn device(self, number: usize, at: usize, serial: &str) -> (&'static str, String) {
        let writeback = "cache=writeback,discard=unmap";
        let boot = number + 10;
        match self {
            Self::Ssd => (
                writeback,
                format!(
                    "ide-hd,drive=disk{number},bus=ide.{at},rotation_rate=1,\
                     serial=SSD{serial},model=LAB-SSD,bootindex={boot}"
                ),
            ),
            Self::Hdd => {
                behind_card(number, at, &format!("HDD{serial},vendor=LSI,product=MR9361-8i"))
            }
            Self::Stick => (
                writeback,
                format!("usb-storage,bus=xhci.0,drive=disk{number},removable=on,bootindex={at}"),
            ),
            Self::LargeSectors => {
                let large = "logical_block_size=4096,physical_block_size=4096";
                let product = "vendor=LSI,product=MR9361-8i";
                behind_card(number, at, &format!("HDD{serial},{product},{large}"))
            }
            Self::OtherCard => {
                behind_card(number, at, &format!("NEW{serial},vendor=LSI,product=MR9460-16i"))
            }
            Self::UsbDisk => (
                writeback,
                format!(
                    "usb-storage,bus=xhci.0,drive=disk{number},removable=off,serial=USB{serial}"
                ),
            ),
            Self::Nvme => {
                (writeback, format!("nvme,drive=disk{number},serial=NVME{serial},bootindex={boot}"))
            }
        }
    }
}
