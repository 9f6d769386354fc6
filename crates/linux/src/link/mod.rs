//! Wired links: found in sysfs, changed over rtnetlink.

mod request;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::sys::socket::{setsockopt, sockopt};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with, sockopt as options,
};

/// Where the kernel shows its interfaces.
const SYSFS: &str = "/sys/class/net";

/// An interface for a cable, whatever its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    name: OsString,
    index: u32,
    hardware: [u8; 6],
}

impl Link {
    /// All of them, by their names. Wireless ones, loopback and tunnels are none.
    pub fn all() -> io::Result<Vec<Self>> {
        Self::below(Path::new(SYSFS))
    }

    fn below(directory: &Path) -> io::Result<Vec<Self>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            // One that goes away while it is read is none any more.
            found.extend(Self::read(entry.file_name(), &entry.path()));
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    fn read(name: OsString, directory: &Path) -> Option<Self> {
        /// `ARPHRD_ETHER`.
        const ETHERNET: &str = "1";
        let text = |file: &str| fs::read_to_string(directory.join(file)).ok();
        let there = |file: &str| directory.join(file).exists();
        if text("type")?.trim() != ETHERNET || there("wireless") || there("phy80211") {
            return None;
        }
        Some(Self {
            name,
            index: text("ifindex")?.trim().parse().ok()?,
            hardware: hardware_address(text("address")?.trim())?,
        })
    }

    /// Its name, such as `eth0`.
    pub fn name(&self) -> &OsStr {
        &self.name
    }

    /// Its hardware address.
    pub fn hardware(&self) -> [u8; 6] {
        self.hardware
    }

    /// Whether the other end of the cable is there. A link that is not up knows of none.
    pub fn has_carrier(&self) -> bool {
        fs::read_to_string(self.sysfs().join("carrier")).is_ok_and(|text| text.trim() == "1")
    }

    /// Whether the kernel still has it.
    pub fn is_there(&self) -> bool {
        let index = fs::read_to_string(self.sysfs().join("ifindex"));
        index.is_ok_and(|text| text.trim().parse() == Ok(self.index))
    }

    fn sysfs(&self) -> PathBuf {
        Path::new(SYSFS).join(&self.name)
    }

    /// Has it look for the other end of its cable.
    pub fn up(&self) -> io::Result<()> {
        request::exchange(request::up(self.index))
    }

    /// Gives it an address, the only one of this kind; `prefix` are the bits of its network, 0 to 32.
    pub fn add_address(&self, address: Ipv4Addr, prefix: u8) -> io::Result<()> {
        request::exchange(request::add_address(self.index, address, prefix))
    }

    /// Takes an address away from it, and the routes with it.
    pub fn remove_address(&self, address: Ipv4Addr, prefix: u8) -> io::Result<()> {
        request::exchange(request::remove_address(self.index, address, prefix))
    }

    /// Sends what is for other networks to a router, which need not be in the link's own network.
    pub fn set_default_route(&self, router: Ipv4Addr) -> io::Result<()> {
        request::exchange(request::default_route(self.index, router))
    }

    /// A socket that hears and speaks through this link alone, also before it has an address, and to everybody on it.
    /// It never blocks.
    pub fn datagrams(&self, port: u16) -> io::Result<UdpSocket> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::INET, SocketType::DGRAM, flags, None)?;
        options::set_socket_reuseaddr(&socket, true)?;
        options::set_socket_broadcast(&socket, true)?;
        setsockopt(&socket, sockopt::BindToDevice, &self.name)?;
        bind(&socket, &SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port))?;
        Ok(socket.into())
    }
}

/// `52:54:00:12:34:56`.
fn hardware_address(text: &str) -> Option<[u8; 6]> {
    let bytes: Option<Vec<u8>> =
        text.split(':').map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    bytes?.try_into().ok()
}

/// An ear for links that come, go, or change their carrier.
#[derive(Debug)]
pub struct LinkEvents(OwnedFd);

impl LinkEvents {
    /// Listens from now on. Open it before looking at the links, so that nothing falls between.
    pub fn listen() -> io::Result<Self> {
        /// `RTMGRP_LINK`.
        const LINKS: u32 = 1;
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = request::socket(flags)?;
        bind(&socket, &SocketAddrNetlink::new(0, LINKS))?;
        Ok(Self(socket))
    }

    /// Takes what has come: the links are looked at anew anyway.
    pub fn drain(&self) {
        let mut buffer = [0; 8192];
        while recv(&self.0, &mut buffer[..], RecvFlags::empty()).is_ok() {}
    }
}

impl AsFd for LinkEvents {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(directory: &Path, name: &str, files: &[(&str, &str)]) {
        let directory = directory.join(name);
        fs::create_dir(&directory).unwrap();
        for (file, content) in files {
            fs::write(directory.join(file), format!("{content}\n")).unwrap();
        }
    }

    #[test]
    fn links_are_interfaces_for_a_cable() {
        let sysfs = tempfile::tempdir().unwrap();
        let wired = |index| [("type", "1"), ("address", "52:54:00:12:34:56"), ("ifindex", index)];
        interface(sysfs.path(), "eth1", &wired("3"));
        interface(sysfs.path(), "eth0", &wired("2"));
        interface(sysfs.path(), "wlan0", &[&wired("4")[..], &[("phy80211", "")]].concat());
        interface(
            sysfs.path(),
            "lo",
            &[("type", "772"), ("address", "00:00:00:00:00:00"), ("ifindex", "1")],
        );
        interface(sysfs.path(), "gone", &[("type", "1")]);
        let found = Link::below(sysfs.path()).unwrap();
        let shown: Vec<_> =
            found.iter().map(|link| (link.name().to_str().unwrap(), link.index)).collect();
        assert_eq!(shown, [("eth0", 2), ("eth1", 3)]);
        assert_eq!(found[0].hardware(), [0x52, 0x54, 0, 0x12, 0x34, 0x56]);
    }

    #[test]
    fn an_address_of_hardware_has_six_bytes() {
        assert_eq!(hardware_address("00:01:02:0a:0b:ff"), Some([0, 1, 2, 10, 11, 255]));
        for text in ["", "00:01", "00:01:02:0a:0b:fff", "00:01:02:0a:0b:ff:00", "x"] {
            assert_eq!(hardware_address(text), None, "{text}");
        }
    }

    #[test]
    fn the_kernel_says_why_it_refuses() {
        // Whoever runs this, no link has such a number.
        let nobody = Link { name: "none".into(), index: 0x7fff_fff0, hardware: [0; 6] };
        assert!(nobody.up().is_err());
        assert!(nobody.add_address(Ipv4Addr::new(192, 0, 2, 1), 24).is_err());
        assert!(!nobody.is_there() && !nobody.has_carrier());
    }
}
