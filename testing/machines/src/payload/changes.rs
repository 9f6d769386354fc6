//! What has changed between the packages of Debian's last release and those of today.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::with_package;
use crate::cache::{self, Key};
use crate::tool::{capture, tool};
use crate::work::Work;

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// Two packages, and no kernel.
    Two,
    /// All, with the kernel.
    All,
}

impl Changed {
    /// What it is called in names of files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Two => "two",
            Self::All => "all",
        }
    }
}

/// Packages in a directory.
#[derive(Debug, Clone)]
pub struct Packages {
    directory: PathBuf,
    count: usize,
}

impl Packages {
    /// Fetches those that one payload has and another one has not.
    pub fn between(work: &Work, old: &Path, new: &Path, changed: Changed) -> Result<Self> {
        let (before, after) = (installed(old)?, installed(new)?);
        let mut wanted: Vec<String> = after.difference(&before).cloned().collect();
        match changed {
            Changed::Two => {
                wanted.retain(|package| !package.starts_with("linux-"));
                wanted.truncate(2);
            }
            Changed::All => {}
        }
        ensure!(wanted.len() > 1, "next to nothing has changed: {wanted:?}");
        let at = work.directory("packages")?.join(format!("changed-{}", changed.name()));
        let directory = cache::made(at, &Key::default().text(&wanted.join("\n")), |partial| {
            if partial.exists() {
                fs::remove_dir_all(partial).context("cannot remove what was fetched in part")?;
            }
            fs::create_dir_all(partial)?;
            let mut apt = tool("apt-get", ["-qq", "-o", "APT::Sandbox::User=root", "download"]);
            capture(apt.current_dir(partial).args(&wanted)).map(drop)
        })?;
        Ok(Self { directory, count: wanted.len() })
    }

    /// Where they are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The payload without zshield that has become another one by these, with zshield.
    pub fn over(&self, work: &Work, base: &Path, deb: &Path, changed: Changed) -> Result<PathBuf> {
        let directory = self.directory.display();
        let script = format!(
            "cp '{directory}'/*.deb \"$1\" && chroot \"$1\" sh -c 'dpkg -i /*.deb' && rm \"$1\"/*.deb"
        );
        with_package(work, base, deb, &format!("-{}", changed.name()), &[&script])
    }
}

/// Each package of a payload with its version, as apt names it.
fn installed(payload: &Path) -> Result<BTreeSet<String>> {
    let status = capture(tool("tar", ["-xOf"]).arg(payload).arg("./var/lib/dpkg/status"))?;
    let field = |record: &str, name: &str| {
        record.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
    };
    let packages = status.split("\n\n").filter_map(|record| {
        let (name, version) = (field(record, "Package:")?, field(record, "Version:")?);
        Some(format!("{name}={version}"))
    });
    Ok(packages.collect())
}
