//! The demo payload: a small Debian system as a vendor would hand it to `zshield image build`.
//!
//! It is made in two stages, so that a new `zshield` binary costs seconds and not a new system:
//! the base (Debian's packages, configured) and the base with zshield's own package.

pub mod changes;
pub mod minimal;
mod recipe;
pub mod red_hat;

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cache::{self, Key};
use crate::tool::{capture, tool};
use crate::work::Work;
pub use recipe::{Family, Initrd, Suite};

/// Makes the payload with the package `deb` in it, or finds it made. Returns the path of the tar.
pub fn build(work: &Work, base: &Path, deb: &Path) -> Result<PathBuf> {
    with_package(work, base, deb, "", &[])
}

/// The payload of a vendor's next version: the same packages, and other things of his own.
pub fn next(work: &Work, base: &Path, deb: &Path) -> Result<PathBuf> {
    with_package(work, base, deb, "-next", &[NEXT])
}

/// What a vendor's next version has of its own.
const NEXT: &str = include_str!("../../sh/next-payload.sh");

/// Which of a release's packages a payload has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packages {
    /// As they were released last.
    Released,
    /// With all updates since.
    Updated,
}

/// Makes the payload without zshield, or finds it made.
pub fn base(work: &Work, suite: Suite, initrd: Initrd, packages: Packages) -> Result<PathBuf> {
    let arguments = recipe::mmdebstrap_arguments(suite, initrd);
    let key = Key::default().text(&arguments.join("\n"));
    let kind = match packages {
        Packages::Released => "released",
        Packages::Updated => "base",
    };
    let tar = work.directory("payload")?.join(format!("{suite}-{initrd}-{kind}.tar"));
    cache::made(tar, &key, |partial| {
        println!("making the {suite} payload (once): a minute or two");
        let release = suite.to_string();
        let mut mirrors = mirrors(&release)?;
        match packages {
            Packages::Released => mirrors.retain(|line| is_released(line, &release)),
            Packages::Updated => {}
        }
        let mut command = mmdebstrap(&arguments);
        command.arg(release).arg(partial).args(mirrors);
        capture(&mut command).map(drop)
    })
}

/// Whether a line of `sources.list` has a release without its updates.
fn is_released(line: &str, release: &str) -> bool {
    line.ends_with(&format!(" {release} main"))
}

/// The payload with this host's `/usr` in `/opt/usr`: as many files as a large product has.
pub fn large(work: &Work, payload: &Path) -> Result<PathBuf> {
    let tar = work.directory("payload")?.join("large.tar");
    let key = Key::default().file(payload)?.file(Path::new("/var/lib/dpkg/status"))?;
    cache::made(tar, &key, |partial| {
        capture(tool("zstd", ["-q", "-d", "-f", "-o"]).arg(partial).arg(payload))?;
        // Where a symbolic link leads is left as it is.
        let append = ["--one-file-system", "--transform=s,^usr,opt/usr,S", "-C", "/", "--append"];
        capture(tool("tar", append).arg("-f").arg(partial).arg("usr")).map(drop)
    })
}

/// The directory with a package of another release and what it needs, unpacked and not installed.
pub fn unpacked(work: &Work, release: &str, package: &str) -> Result<PathBuf> {
    // One that is still in the making has no updates of its own.
    let mut mirrors = mirrors(release)?;
    mirrors.retain(|line| is_released(line, release));
    let key = Key::default().text(&mirrors.join("\n"));
    let directory = work.directory("packages")?.join(format!("{release}-{package}"));
    cache::made(directory, &key, |partial| {
        if partial.exists() {
            fs::remove_dir_all(partial).context("cannot remove what was not unpacked whole")?;
        }
        let mut command = mmdebstrap(["--quiet", "--variant=extract", "--format=directory"]);
        // A mirror's copy of it may be some weeks old. Its signature is looked at all the same.
        command.arg("--aptopt=Acquire::Check-Valid-Until \"false\"");
        command.arg(format!("--include={package}")).arg(release);
        capture(command.arg(partial).args(&mirrors)).map(drop)
    })
}

/// A payload with zshield's package, and then changed by scripts that take its directory. Its name is that of the base,
/// and what stands behind it.
fn with_package(
    work: &Work,
    base: &Path,
    deb: &Path,
    behind: &str,
    scripts: &[&str],
) -> Result<PathBuf> {
    let name = base.file_stem().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix("-base").unwrap_or(&name);
    let tar = work.directory("payload")?.join(format!("{name}{behind}.tar.zst"));
    let key = Key::default().file(base)?.file(deb)?.text(&scripts.concat());
    cache::made(tar, &key, |partial| add_package(base, deb, scripts, partial))
}

fn add_package(base: &Path, deb: &Path, scripts: &[&str], tar: &Path) -> Result<()> {
    let unpack = format!("tar --xattrs --xattrs-include='*' -C \"$1\" -xf '{}'", base.display());
    let plain = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(tar.parent().unwrap_or(Path::new(".")))?;
    let mut command =
        mmdebstrap(["--quiet", "--variant=custom", "--skip=setup,update,cleanup", "--format=tar"]);
    command
        .arg(format!("--setup-hook={unpack}"))
        .arg(format!("--customize-hook=upload '{}' /zshield.deb", deb.display()))
        .arg("--customize-hook=chroot \"$1\" dpkg -i /zshield.deb")
        .arg("--customize-hook=rm \"$1/zshield.deb\"")
        .args(scripts.iter().map(|script| format!("--customize-hook={script}")))
        .arg("")
        .arg(plain.path())
        // A mirror must be named although nothing is downloaded.
        .arg("deb [trusted=yes] copy:/nonexistent ./");
    capture(&mut command)?;
    capture(tool("zstd", ["-q", "-f", "-3", "-T0", "-o"]).arg(tar).arg(plain.path())).map(drop)
}

/// mmdebstrap without what its caller's caller has open: it has a shell write into a file by number,
/// and a number of two digits is none for dash.
fn mmdebstrap<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    const CLOSED: &str = "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec mmdebstrap \"$@\"";
    let mut command = tool("sh", ["-c", CLOSED, "mmdebstrap"]);
    command.args(arguments);
    command
}

/// The mirrors that this host's own apt uses, for a release, as lines of `sources.list`.
fn mirrors(release: &str) -> Result<Vec<String>> {
    let mut lines = mirror_lines(&index_targets()?, &host_codename()?, release);
    if lines.is_empty() && rustix::process::geteuid().is_root() {
        // apt lists only what it has fetched.
        capture(Command::new("apt-get").args(["-qq", "update"]))?;
        lines = mirror_lines(&index_targets()?, &host_codename()?, release);
    }
    if lines.is_empty() {
        bail!("this host's apt knows no Debian mirror: run apt-get update");
    }
    Ok(lines)
}

fn index_targets() -> Result<String> {
    capture(&mut tool(
        "apt-get",
        [
            "indextargets",
            "--format",
            "$(REPO_URI) $(CODENAME) $(COMPONENT)",
            "Created-By: Packages",
        ],
    ))
}

fn host_codename() -> Result<String> {
    let release = fs::read_to_string("/etc/os-release").context("no /etc/os-release")?;
    release
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))
        .map(|name| name.trim_matches('"').to_owned())
        .context("/etc/os-release names no VERSION_CODENAME")
}

fn mirror_lines(targets: &str, host: &str, release: &str) -> Vec<String> {
    let wanted = |codename: &str| {
        codename
            .strip_prefix(host)
            .filter(|rest| ["", "-updates", "-security"].contains(rest))
            .map(|rest| format!("{release}{rest}"))
    };
    targets
        .lines()
        .filter_map(|line| {
            let [uri, codename, "main"] = line.split(' ').collect::<Vec<_>>()[..] else {
                return None;
            };
            Some(format!("deb {uri} {} main", wanted(codename)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_of_another_suite_are_the_hosts_own() {
        let targets = "http://m/debian/ bookworm main\nhttp://m/debian/ bookworm contrib\n\
                       http://m/debian/ bookworm-updates main\nhttp://s/ bookworm-security main\n\
                       http://other/ nodistro main\nhttp://m/debian/ bookworm-backports main\n";
        assert_eq!(
            mirror_lines(targets, "bookworm", "trixie"),
            [
                "deb http://m/debian/ trixie main",
                "deb http://m/debian/ trixie-updates main",
                "deb http://s/ trixie-security main"
            ]
        );
    }
}
