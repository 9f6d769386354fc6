//! A payload as a system of the Red Hat family is, as far as Debian's packages can show it: dracut, rpm
//! as the owner of files, packed modules, the names and places of that family, and labels of `SELinux`.
//!
//! It is laid over the demo's base, so that no second Debian has to be made.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::{mirrors, mmdebstrap, recipe};
use crate::cache::{self, Key};
use crate::payload::Suite;
use crate::tool::{capture, tool};
use crate::work::Work;

const LAYOUT: &str = include_str!("../../sh/red-hat/layout.sh");
const RPMS: &str = include_str!("../../sh/red-hat/rpms.sh");
const LABELS: &str = include_str!("../../sh/red-hat/labels.sh");

/// Which labels a policy of that family has for the paths of this system, by the variables of [`LABELS`].
const CONTEXTS: [(&str, &str); 3] = [
    ("POLICY", include_str!("../../sh/red-hat/file_contexts")),
    ("ALIASES", include_str!("../../sh/red-hat/file_contexts.subs_dist")),
    ("LOCAL", include_str!("../../sh/red-hat/file_contexts.local")),
];

/// What is taken from Debian beside the base.
const PACKAGES: &str = "attr,dracut-core,librpmbuild9,policycoreutils,rpm-common";

/// The system without zshield, and beside it what its dracut makes by default.
#[derive(Debug)]
pub struct Base(PathBuf);

impl Base {
    /// Lays the demo's base out anew, or finds that made.
    pub fn make(work: &Work, suite: Suite, debian: &Path) -> Result<Self> {
        let mirrors = mirrors(&suite.to_string())?;
        let key = [LAYOUT, RPMS, PACKAGES, &mirrors.join("\n")]
            .iter()
            .fold(Key::default().file(debian)?, |key, text| key.text(text));
        let directory = work.directory("payload")?.join(format!("{suite}-red-hat"));
        cache::made(directory, &key, |partial| {
            println!("laying the {suite} payload out as Red Hat's (once): two minutes");
            remove(partial)?;
            fs::create_dir_all(partial)?;
            let scripts = tempfile::tempdir()?;
            let hook = |name: &str, text: &str| -> Result<String> {
                let path = scripts.path().join(name);
                fs::write(&path, text)?;
                Ok(format!("--customize-hook=sh {} \"$1\"", path.display()))
            };
            // Mirrors are those of today, in a file that mmdebstrap has written before.
            let unpack = format!(
                "--setup-hook=tar --xattrs --xattrs-include='*' --exclude=./etc/apt/sources.list \
                 -C \"$1\" -xf '{}'",
                debian.display()
            );
            let mut command = mmdebstrap(["--quiet", "--variant=custom"]);
            command
                .args(["--format=tar", "--skip=cleanup"])
                .arg("--aptopt=APT::Install-Recommends \"false\"")
                .args(recipe::unwanted_paths())
                .arg(format!("--include={PACKAGES}"))
                .args([unpack, hook("layout", LAYOUT)?, hook("rpms", RPMS)?])
                .arg(suite.to_string())
                .arg(partial.join("root.tar"))
                .args(&mirrors)
                .env("HOSTONLY", partial.join("hostonly.img"));
            capture(&mut command).map(drop)
        })
        .map(Self)
    }

    /// Adds zshield's package as the vendor's guide says, and gives every file its label.
    pub fn with_package(&self, work: &Work, suite: Suite, deb: &Path) -> Result<PathBuf> {
        let key = Key::default().file(&self.root())?.file(deb)?.text(LABELS);
        let key = CONTEXTS.iter().fold(key, |key, (_, text)| key.text(text));
        let tar = work.directory("payload")?.join(format!("{suite}-red-hat.tar.zst"));
        cache::made(tar, &key, |partial| {
            let is_root = rustix::process::geteuid().is_root();
            ensure!(is_root, "only root can give files labels of SELinux");
            let scratch = tempfile::tempdir_in(work.directory("payload")?)?;
            let (tree, plain) = (scratch.path().join("root"), scratch.path().join("root.tar"));
            fs::create_dir(&tree)?;
            let at = |command: &str| {
                let mut tar = tool("tar", ["--numeric-owner", "--xattrs", "--xattrs-include=*"]);
                tar.arg("-C").arg(&tree).arg(command);
                tar
            };
            capture(at("-xf").arg(self.root()))?;
            capture(tool("dpkg-deb", ["-x"]).arg(deb).arg(&tree))?;
            capture(tool("sh", ["-c", LABELS, "labels"]).arg(&tree).envs(CONTEXTS))?;
            capture(at("-cf").arg(&plain).arg("."))?;
            capture(tool("zstd", ["-q", "-f", "-3", "-T0", "-o"]).arg(partial).arg(plain)).map(drop)
        })
    }

    /// The same payload with the initrd that dracut makes for the one machine that it runs on.
    pub fn of_one_machine(&self, payload: &Path, directory: &Path) -> Result<PathBuf> {
        let tar = directory.join("one-machine.tar");
        let listed = capture(tool("tar", ["-tf"]).arg(self.root()))?;
        let is_initrd =
            |name: &&str| name.starts_with("./boot/initramfs-") && !name.contains("rescue");
        let initrd = listed.lines().find(is_initrd).context("the payload has no initrd")?;
        let boot = directory.join("boot");
        fs::create_dir_all(&boot)?;
        fs::copy(self.0.join("hostonly.img"), directory.join(initrd))?;
        capture(tool("zstd", ["-q", "-d", "-f", "-o"]).arg(&tar).arg(payload))?;
        // The later one of two members is the one that counts.
        let mut append = tool("tar", ["--owner=0", "--group=0", "--append", "-C"]);
        capture(append.arg(directory).arg("-f").arg(&tar).arg(initrd))?;
        Ok(tar)
    }

    fn root(&self) -> PathBuf {
        self.0.join("root.tar")
    }
}

fn remove(directory: &Path) -> Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("cannot remove what was not made whole")
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
