//! What has changed between the packages of Debian's last release and those of today.

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
        let mut wanted: Vec<&Package> =
            after.iter().filter(|package| !before.iter().any(|one| one.is(package))).collect();
        match changed {
            Changed::Two => wanted = two_alone(&wanted, &before),
            Changed::All => {}
        }
        let wanted: Vec<String> = wanted.into_iter().map(Package::for_apt).collect();
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

/// A package as a payload has it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    /// What it depends on, as its record says.
    needs: String,
}

impl Package {
    fn is(&self, other: &Self) -> bool {
        (&self.name, &self.version) == (&other.name, &other.version)
    }

    fn for_apt(&self) -> String {
        format!("{}={}", self.name, self.version)
    }

    /// What it says of each version of another one that would do.
    fn needs_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let all = self.needs.split([',', '|']).map(str::trim);
        all.filter_map(move |one| one.strip_prefix(name))
            .filter(|rest| rest.is_empty() || rest.starts_with([' ', ':']))
    }

    /// Whether it can be installed without any other that has changed: it needs none of them, and nothing that is there
    /// needs its very version.
    fn goes_alone(&self, changed: &[&Self], there: &[Self]) -> bool {
        let needs_none = changed.iter().all(|other| self.needs_of(&other.name).next().is_none());
        let is_exact = |needs: &str| needs.contains("(= ");
        needs_none && !there.iter().any(|one| one.needs_of(&self.name).any(is_exact))
    }
}

/// Two that can be installed, and no kernel.
fn two_alone<'a>(changed: &[&'a Package], there: &[Package]) -> Vec<&'a Package> {
    let is_kernel = |package: &Package| package.name.starts_with("linux-");
    let alone = changed.iter().filter(|one| !is_kernel(one) && one.goes_alone(changed, there));
    alone.take(2).copied().collect()
}

/// The packages of a payload, by name.
fn installed(payload: &Path) -> Result<Vec<Package>> {
    let status = capture(tool("tar", ["-xOf"]).arg(payload).arg("./var/lib/dpkg/status"))?;
    Ok(packages(&status))
}

fn packages(status: &str) -> Vec<Package> {
    let field = |record: &str, name: &str| {
        record.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
    };
    let of_record = |record: &str| {
        let needs =
            ["Depends:", "Pre-Depends:"].map(|name| field(record, name).unwrap_or_default());
        Some(Package {
            name: field(record, "Package:")?,
            version: field(record, "Version:")?,
            needs: needs.join(","),
        })
    };
    let mut found: Vec<Package> = status.split("\n\n").filter_map(of_record).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::{packages, two_alone};

    #[test]
    fn of_what_has_changed_two_are_taken_that_need_no_other() {
        let there = packages(
            "Package: a\nVersion: 1\nDepends: b (= 1), libc6 (>= 2)\n\nPackage: b\nVersion: 1\n\n\
             Package: other\nVersion: 1\nPre-Depends: e:any (>= 1) | a\n",
        );
        let new = packages(
            "Package: linux-image\nVersion: 2\n\nPackage: f\nVersion: 2\nDepends: ab\n\n\
             Package: e\nVersion: 2\nDepends: libc6\n\nPackage: d\nVersion: 2\nDepends: x | e (>= 2)\n\n\
             Package: a\nVersion: 2\nDepends: b (= 2)\n\nPackage: b\nVersion: 2\n",
        );
        let changed: Vec<_> = new.iter().collect();
        let names: Vec<_> = two_alone(&changed, &there).iter().map(|one| &*one.name).collect();
        assert_eq!(names, ["e", "f"]);
    }
}
