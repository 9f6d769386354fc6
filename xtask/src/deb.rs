//! zshield's own Debian package.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::tool::{capture, tool};
use crate::work::Work;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The names that the specification gives to commands, as far as those are built.
const ALIASES: [&str; 1] = ["zshield_manufactory"];

/// One that the oldest Debian here can unpack.
const COMPRESSION: &str = "-Zxz";

/// Packs the static `binary` with its man pages and completions.
pub fn build(work: &Work, binary: &Path) -> Result<PathBuf> {
    let deb = work.folder("deb")?.join(format!("zshield_{VERSION}_amd64.deb"));
    let key = crate::cache::Key::default().file(binary)?.text(&control()).text(COMPRESSION);
    crate::cache::made(deb, &key, |partial| {
        let tree = tempfile::tempdir()?;
        fill(tree.path(), binary).context("cannot lay out the package")?;
        // One time stamp for all: the same binary gives the same package.
        let mut dpkg = tool("dpkg-deb", ["--root-owner-group", COMPRESSION, "--build"]);
        capture(dpkg.env("SOURCE_DATE_EPOCH", "0").arg(tree.path()).arg(partial)).map(drop)
    })
}

fn fill(tree: &Path, binary: &Path) -> Result<()> {
    let bin = folder(tree, "usr/bin")?;
    fs::copy(binary, bin.join("zshield"))?;
    fs::set_permissions(bin.join("zshield"), fs::Permissions::from_mode(0o755))?;
    for alias in ALIASES {
        symlink("zshield", bin.join(alias))?;
    }
    let man = folder(tree, "usr/share/man/man8")?;
    let completions = folder(tree, "usr/share/bash-completion/completions")?;
    capture(
        tool(&binary.to_string_lossy(), ["generate", "--man"])
            .arg(man)
            .arg("--completions")
            .arg(completions),
    )?;
    fs::write(folder(tree, "DEBIAN")?.join("control"), control())?;
    // A temporary folder is private, and what it holds becomes the package's root.
    fs::set_permissions(tree, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

fn folder(tree: &Path, path: &str) -> Result<PathBuf> {
    let dir = tree.join(path);
    fs::create_dir_all(&dir)?;
    Ok(dir)
}

fn control() -> String {
    format!(
        "Package: zshield\nVersion: {VERSION}\nArchitecture: amd64\nSection: admin\nPriority: \
         optional\nMaintainer: zshield developers <zshield@localhost>\nDepends: lvm2, \
         e2fsprogs\nDescription: installs, backs up, checks and recovers a Linux appliance\n One \
         key installs it, every night backs it up, and it comes back from\n anything short of \
         losing every disk.\n"
    )
}
