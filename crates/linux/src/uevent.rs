//! Kernel uevents over netlink: the sign that the machine's devices have changed.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io;
use rustix::net::netlink::{KOBJECT_UEVENT, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with};

/// An ear for the kernel's uevents.
#[derive(Debug)]
pub struct Uevents(OwnedFd);

impl Uevents {
    /// Listens from now on. Open it before looking at `/sys`, so that nothing falls between.
    pub fn listen() -> io::Result<Self> {
        /// The multicast group in which the kernel itself speaks.
        const KERNEL: u32 = 1;
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket =
            socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, Some(KOBJECT_UEVENT))?;
        bind(&socket, &SocketAddrNetlink::new(0, KERNEL))?;
        Ok(Self(socket))
    }

    /// Waits until any device has come or gone and the kernel has then been silent for `silence`.
    /// Returns whether anything came before `deadline`.
    pub fn wait(&self, deadline: Instant, silence: Duration) -> bool {
        let mut heard = false;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let limit = if heard { left.min(silence) } else { left };
            if limit.is_zero() || !self.readable(Some(limit)) {
                return heard;
            }
            self.drain();
            heard = true;
        }
    }

    /// Waits until a disk has come or gone; `false` if none did before the deadline.
    pub fn wait_for_disk(&self, deadline: Option<Instant>) -> bool {
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if !self.readable(left) {
                return false;
            }
            if self.drain() {
                return true;
            }
        }
    }

    fn readable(&self, limit: Option<Duration>) -> bool {
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        loop {
            match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], limit.as_ref()) {
                Ok(ready) => return ready > 0,
                Err(io::Errno::INTR) => {}
                Err(_) => return false,
            }
        }
    }

    /// Takes what has come; returns whether a disk was among it.
    fn drain(&self) -> bool {
        let mut buffer = [0; 8192];
        let mut disk = false;
        loop {
            match recv(&self.0, &mut buffer[..], RecvFlags::empty()) {
                Ok((_, length)) => disk |= is_disk(&buffer[..length.min(buffer.len())]),
                // More came than the kernel kept: a disk may have been among it.
                Err(io::Errno::NOBUFS) => disk = true,
                Err(_) => return disk,
            }
        }
    }
}

/// Whether a message tells of a whole disk that has come or gone. Volumes that LVM makes and the
/// partitions of a disk are not meant; an `NVMe` disk that several controllers lead to is of none of
/// them, but as real as any.
fn is_disk(message: &[u8]) -> bool {
    let mut words = message.split(|&byte| byte == 0);
    let path = words.next().unwrap_or_default();
    let come_or_gone = path.starts_with(b"add@") || path.starts_with(b"remove@");
    let below = |directory: &[u8]| path.windows(directory.len()).any(|part| part == directory);
    let made = below(b"/virtual/") && !below(b"/virtual/nvme-subsystem/");
    come_or_gone && !made && words.any(|word| word == b"DEVTYPE=disk")
}

#[cfg(test)]
mod tests {
    use super::is_disk;

    #[test]
    fn only_real_disks_count() {
        let message = |action: &str, path: &str, kind: &str| {
            is_disk(
                format!(
                    "{action}@{path}\0ACTION={action}\0SUBSYSTEM=block\0DEVTYPE={kind}\0SEQNUM=1\0"
                )
                .as_bytes(),
            )
        };
        let disk = "/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda";
        assert!(message("add", disk, "disk"));
        assert!(message("remove", disk, "disk"));
        assert!(!message("change", disk, "disk"));
        assert!(!message("add", "/devices/pci0000:00/block/sda/sda1", "partition"));
        assert!(!message("add", "/devices/virtual/block/dm-0", "disk"));
        let shared = "/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1";
        assert!(message("add", shared, "disk") && message("remove", shared, "disk"));
        assert!(!is_disk(b""));
    }
}
