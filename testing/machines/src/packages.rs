//! The Debian packages that demo and tests need, installed when root and named when not.

use std::process::Command;

use anyhow::{Result, bail};

use crate::tool::{capture, stream, tool};

/// What demo and tests call, beside cargo and git; the peers of the benches with it.
const NEEDED: &[&str] = &[
    "acl",
    "attr",
    "bmap-tools",
    "cryptsetup-bin",
    "debian-archive-keyring",
    "dnsmasq-base",
    "dosfstools",
    "e2fsprogs",
    "fdisk",
    "g++",
    "gcc",
    "gdisk",
    "grub-common",
    "grub-efi-amd64-bin",
    "grub-pc-bin",
    "iproute2",
    "jq",
    "libc6-dev",
    "libcap2-bin",
    "lvm2",
    "mdadm",
    "minisign",
    "mmdebstrap",
    "mtools",
    "nbd-client",
    "nginx-light",
    "openssh-client",
    "openssh-server",
    "openssl",
    "ovmf",
    "patchelf",
    "python3-aiosmtpd",
    "python3-pip",
    "qemu-system-x86",
    "qemu-utils",
    "restic",
    "rsync",
    "rsyslog",
    "rsyslog-gnutls",
    "shellcheck",
    "socat",
    "squashfs-tools",
    "squashfs-tools-ng",
    "tar",
    "tinyproxy-bin",
    "user-mode-linux",
    "xz-utils",
    "zstd",
];

/// What only figures need beside that: a peer with much in its train.
const BENCHED: &[&str] = &["borgbackup", "timeshift"];

/// Installs what is missing; without root it fails with the command that does.
pub fn ensure() -> Result<()> {
    install(missing(NEEDED)?)
}

/// The same with what benches need beside that.
pub fn ensure_benched() -> Result<()> {
    install(missing(&[NEEDED, BENCHED].concat())?)
}

/// What looks at the workspace's own files, and nothing else.
pub fn ensure_tidied() -> Result<()> {
    install(missing(&["shellcheck"])?)
}

fn install(missing: Vec<&'static str>) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    if !rustix::process::geteuid().is_root() {
        bail!(
            "Debian packages are missing; install them with\n  sudo apt-get update && sudo \
             apt-get install -y --no-install-recommends {}",
            missing.join(" ")
        );
    }
    println!("installing Debian packages: {}", missing.join(" "));
    stream(Command::new("apt-get").args(["-qq", "update"]))?;
    let wanted =
        missing.iter().map(|name| (*name).to_owned()).chain(matching_qemu_utils(&missing)?);
    stream(
        Command::new("apt-get")
            .args(["-qq", "install", "-y", "--no-install-recommends", "--allow-downgrades"])
            .args(wanted)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

fn missing(needed: &[&'static str]) -> Result<Vec<&'static str>> {
    let mut query = tool("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status}\n"]);
    // An unknown package makes dpkg-query fail, and is what we ask for: its output is enough.
    let output = query.args(needed).output()?;
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let installed: Vec<&str> =
        listed.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    Ok(needed.iter().copied().filter(|name| !installed.contains(name)).collect())
}

/// A `qemu-utils` from backports conflicts with the `qemu-system` of the release, so the two are
/// asked for at one version.
fn matching_qemu_utils(missing: &[&str]) -> Result<Option<String>> {
    if !missing.contains(&"qemu-system-x86") {
        return Ok(None);
    }
    let policy = capture(&mut tool("apt-cache", ["policy", "qemu-system-x86"]))?;
    Ok(candidate(&policy).map(|version| format!("qemu-utils={version}")))
}

fn candidate(policy: &str) -> Option<&str> {
    policy
        .lines()
        .find_map(|line| line.trim().strip_prefix("Candidate: "))
        .filter(|version| *version != "(none)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidate_version_is_read_from_apt_cache_policy() {
        let policy =
            "qemu-system-x86:\n  Installed: (none)\n  Candidate: 1:7.2+dfsg-7+deb12u18+b3\n";
        assert_eq!(candidate(policy), Some("1:7.2+dfsg-7+deb12u18+b3"));
        assert_eq!(candidate("x:\n  Candidate: (none)\n"), None);
    }
}
