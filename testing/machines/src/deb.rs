//! zshield's own Debian package.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::tool::{capture, tool};
use crate::work::Work;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The names that the specification gives to commands, as far as those are built.
const ALIASES: [&str; 3] = ["zshield_manufactory", "zshield_backup", "zshield_recovery"];

/// Where packages look for what is to be run when they have changed a kernel: the program itself,
/// which knows by its name what it is called for. Debian's directories, and Red Hat's.
const KERNEL_HOOKS: [&str; 4] = [
    "etc/kernel/postinst.d/zz-zshield",
    "etc/kernel/postrm.d/zz-zshield",
    "etc/initramfs/post-update.d/zz-zshield",
    "usr/lib/kernel/install.d/99-zshield.install",
];

/// A directory for what only root may read.
const SECRETS: &str = "etc/zshield/secrets";

/// Directories for programs of the vendor or the customer.
const HOOKS: [&str; 4] = [
    "etc/zshield/hooks/backup-pre.d",
    "etc/zshield/hooks/backup-post.d",
    "etc/zshield/health/required.d",
    "etc/zshield/health/wanted.d",
];

/// One that the oldest Debian here can unpack.
const COMPRESSION: &str = "-Zxz";

/// Packs the static `binary` with its man pages and completions.
pub fn build(work: &Work, binary: &Path) -> Result<PathBuf> {
    let deb = work.directory("deb")?.join(format!("zshield_{VERSION}_amd64.deb"));
    let key = crate::cache::Key::default()
        .file(binary)?
        .text(&control())
        .text(COMPRESSION)
        .text(SECRETS)
        .text(&HOOKS.concat())
        .text(&KERNEL_HOOKS.concat());
    crate::cache::made(deb, &key, |partial| {
        let tree = tempfile::tempdir()?;
        fill(tree.path(), binary).context("cannot lay out the package")?;
        // One time stamp for all: the same binary gives the same package.
        let mut dpkg = tool("dpkg-deb", ["--root-owner-group", COMPRESSION, "--build"]);
        capture(dpkg.env("SOURCE_DATE_EPOCH", "0").arg(tree.path()).arg(partial)).map(drop)
    })
}

fn fill(tree: &Path, binary: &Path) -> Result<()> {
    let bin = directory(tree, "usr/bin")?;
    fs::copy(binary, bin.join("zshield"))?;
    fs::set_permissions(bin.join("zshield"), fs::Permissions::from_mode(0o755))?;
    for alias in ALIASES {
        symlink("zshield", bin.join(alias))?;
    }
    for hook in KERNEL_HOOKS {
        let (at, name) = hook.rsplit_once('/').context("a hook lies in a directory")?;
        symlink("/usr/bin/zshield", directory(tree, at)?.join(name))?;
    }
    for hooks in HOOKS {
        directory(tree, hooks)?;
    }
    fs::set_permissions(directory(tree, SECRETS)?, fs::Permissions::from_mode(0o700))?;
    let units = directory(tree, "usr/lib/systemd/system")?;
    let man = directory(tree, "usr/share/man/man8")?;
    let completions = directory(tree, "usr/share/bash-completion/completions")?;
    capture(
        tool(&binary.to_string_lossy(), ["generate", "--man"])
            .arg(man)
            .arg("--completions")
            .arg(completions)
            .arg("--units")
            .arg(units),
    )?;
    fs::write(directory(tree, "DEBIAN")?.join("control"), control())?;
    // A temporary directory is private, and what it holds becomes the package's root.
    fs::set_permissions(tree, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

fn directory(tree: &Path, path: &str) -> Result<PathBuf> {
    let dir = tree.join(path);
    fs::create_dir_all(&dir)?;
    Ok(dir)
}

fn control() -> String {
    format!(
        "Package: zshield\nVersion: {VERSION}\nArchitecture: amd64\nSection: admin\nPriority: \
         optional\nMaintainer: zshield developers <zshield@localhost>\nDepends: lvm2, \
         e2fsprogs\nSuggests: ca-certificates, smartmontools\nDescription: installs, backs up, checks and recovers a Linux appliance\n One \
         key installs it, every night backs it up, and it comes back from\n anything short of \
         losing every disk.\n"
    )
}
