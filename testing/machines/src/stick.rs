//! Installation sticks, made as a release engineer would.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::cache::{self, Key};
use crate::payload::minimal;
use crate::tool::{capture, tool};
use crate::work::Work;

/// Builds the demo appliance's image from the commented example of a policy.
pub fn build(work: &Work, binary: &Path, payload: &Path) -> Result<PathBuf> {
    of_payload(work, "stick", binary, payload)
}

/// The same for the payload of the Red Hat family.
pub fn red_hat(work: &Work, binary: &Path, payload: &Path) -> Result<PathBuf> {
    of_payload(work, "stick-red-hat", binary, payload)
}

/// The same for any payload, in `target/xtask/DIRECTORY`.
pub fn of_payload(work: &Work, directory: &str, binary: &Path, payload: &Path) -> Result<PathBuf> {
    from_policy(work, directory, &example(work, payload, &[])?, binary, payload)
}

/// The next version of the stick `before`, signed with its key; with this list of units that it can't do without.
pub fn next_of(
    work: &Work,
    directory: &str,
    binary: &Path,
    payload: &Path,
    before: &Path,
    units: &str,
) -> Result<PathBuf> {
    same_key(work, directory, before)?;
    let units = format!("units = {units}");
    let changes = [("version = \"1.0.0\"", "version = \"2.0.0\""), ("units = []", units.as_str())];
    from_policy(work, directory, &example(work, payload, &changes)?, binary, payload)
}

/// Gives the stick in a directory the key of another one.
fn same_key(work: &Work, directory: &str, before: &Path) -> Result<()> {
    let key = before.parent().context("the stick is in no directory")?.join(KEY);
    let copied = fs::copy(&key, work.directory(directory)?.join(KEY));
    copied.context("the stick was signed with no key").map(drop)
}

/// The name of a stick's secret key.
const KEY: &str = "demo.key";

/// Tries to build one with this payload, to see why it is refused.
pub fn refused(work: &Work, binary: &Path, payload: &Path, directory: &Path) -> Result<String> {
    let policy = directory.join("appliance.toml");
    fs::write(&policy, example(work, payload, &[])?)?;
    let mut zshield = tool(&binary.to_string_lossy(), ["--lang", "en", "image", "build"]);
    zshield.arg(&policy).arg("--insecure-unsigned").arg("-o").arg(directory.join("refused.img"));
    match capture(&mut zshield) {
        Ok(said) => bail!("an image was built of {}: {said}", payload.display()),
        Err(error) => Ok(format!("{error:#}")),
    }
}

/// The same, which installs without a key.
pub fn unattended(work: &Work, binary: &Path, payload: &Path) -> Result<PathBuf> {
    let policy = example(work, payload, &[("install = \"menu\"", "install = \"auto\"")])?;
    from_policy(work, "stick-unattended", &policy, binary, payload)
}

/// The same, for an SSD on `NVMe`.
pub fn for_nvme(work: &Work, binary: &Path, payload: &Path) -> Result<PathBuf> {
    let change = ("transport = \"sata\"", "transport = \"nvme\"");
    from_policy(work, "stick-nvme", &example(work, payload, &[change])?, binary, payload)
}

/// The commented example with this payload, and with some of its words changed.
fn example(work: &Work, payload: &Path, changes: &[(&str, &str)]) -> Result<String> {
    let path = work.root().join("examples/appliance.toml");
    let mut text = fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?;
    let source = format!("source = {:?}", payload.display().to_string());
    // On the console stands what a scenario asks for, and nothing in between.
    let always = [("source = \"rootfs.tar\"", source.as_str()), ("wall = true", "wall = false")];
    for (old, new) in always.iter().chain(changes) {
        ensure!(text.contains(old), "examples/appliance.toml no longer says «{old}»");
        text = text.replace(old, new);
    }
    Ok(text)
}

/// How large the disks of user-mode Linux are, and root on them.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Root, as the policy says it.
    pub root: &'static str,
    /// What the SSD is smaller than, and the HDD is not.
    pub between: &'static str,
}

/// A policy for disks of user-mode Linux.
pub fn uml_policy(payload: &Path, extent: Extent) -> String {
    let source = payload.display().to_string();
    let Extent { root, between } = extent;
    format!(
        r#"[product]
name = "UML appliance"
version = "1.0.0"
language = "en"
[payload]
source = {source:?}
[disks.ssd]
transport = "ubd"
max_size = "{between}"
min_size = "4GB"
[disks.hdd]
transport = "ubd"
min_size = "{between}"
[storage]
boot = "256MiB"
[storage.root]
size = "{root}"
min = "{root}"
[storage.audit]
size = "512MiB"
min = "512MiB"
mount = "/var/log"
"#
    )
}

/// A stick for disks of user-mode Linux with a payload, and with the key of another one where it comes after that.
pub fn for_uml(
    work: &Work,
    directory: &str,
    binary: &Path,
    payload: &Path,
    before: Option<&Path>,
) -> Result<PathBuf> {
    let extent = Extent { root: "1GiB", between: "10GB" };
    let mut policy = uml_policy(payload, extent);
    if let Some(before) = before {
        same_key(work, directory, before)?;
        policy = policy.replace("1.0.0", "2.0.0");
    }
    from_policy(work, directory, &policy, binary, payload)
}

/// The stick with the smallest payload.
pub fn smallest(work: &Work, binary: &Path) -> Result<PathBuf> {
    smallest_in(work, "torture", binary)
}

/// The same of another vendor: signed with another key, which is all that its rescue system trusts.
pub fn foreign(work: &Work, binary: &Path) -> Result<PathBuf> {
    smallest_in(work, "stick-foreign", binary)
}

/// The next version of that stick, signed with its key: some files are new, and some are other ones.
pub fn next(work: &Work, binary: &Path, before: &Path) -> Result<PathBuf> {
    same_key(work, "torture-next", before)?;
    let version = |policy: String| policy.replace("1.0.0", "2.0.0");
    smallest_of(work, "torture-next", binary, minimal::fill_next, version)
}

/// The version after that, of the same files, signed with a key of its own.
pub fn later(work: &Work, binary: &Path) -> Result<PathBuf> {
    let version = |policy: String| policy.replace("1.0.0", "3.0.0");
    smallest_of(work, "stick-later", binary, minimal::fill_next, version)
}

/// A stick like the one that `next` makes, with one word of its policy changed.
pub fn changed(
    work: &Work,
    name: &str,
    binary: &Path,
    before: &Path,
    (old, new): (&str, &str),
) -> Result<PathBuf> {
    same_key(work, name, before)?;
    smallest_of(work, name, binary, minimal::fill_next, |policy| policy.replace(old, new))
}

/// With whose key a bundle is signed.
#[derive(Debug, Clone, Copy)]
pub enum Signed<'a> {
    /// With that of a stick.
    As(&'a Path),
    /// Nobody's.
    Not,
}

/// A bundle that leads from one stick to the next one, with what a description of it says.
pub fn bundle(binary: &Path, from: &Path, to: &Path, says: &str, output: &Path) -> Result<()> {
    make_bundle(binary, Some(from), to, says, Signed::As(to), output)
}

/// Makes a bundle that brings the system of a stick, from that of another or from any.
pub fn make_bundle(
    binary: &Path,
    from: Option<&Path>,
    to: &Path,
    says: &str,
    signed: Signed<'_>,
    output: &Path,
) -> Result<()> {
    let mut zshield = tool(&binary.to_string_lossy(), ["bundle", "create"]);
    zshield.arg(to);
    if let Some(from) = from {
        zshield.arg("--from").arg(from);
    }
    create_bundle(zshield, says, signed, output)
}

fn create_bundle(
    mut zshield: Command,
    says: &str,
    signed: Signed<'_>,
    output: &Path,
) -> Result<()> {
    let description = output.with_extension("toml");
    fs::write(&description, says)?;
    match signed {
        Signed::As(stick) => {
            let key = stick.parent().context("the stick is in no directory")?.join(KEY);
            zshield.arg("--key").arg(key);
        }
        Signed::Not => {}
    }
    capture(zshield.arg("--description").arg(&description).arg("-o").arg(output)).map(drop)
}

/// A bundle of what a description names, for machines that were installed from this stick.
pub fn described(binary: &Path, stick: &Path, says: &str, output: &Path) -> Result<()> {
    let zshield = tool(&binary.to_string_lossy(), ["bundle", "create"]);
    create_bundle(zshield, says, Signed::As(stick), output)
}

fn smallest_in(work: &Work, name: &str, binary: &Path) -> Result<PathBuf> {
    smallest_of(work, name, binary, minimal::fill, |policy| policy)
}

fn smallest_of(
    work: &Work,
    name: &str,
    binary: &Path,
    fill: impl FnOnce(&Path) -> Result<()>,
    policy: impl FnOnce(String) -> String,
) -> Result<PathBuf> {
    let directory = work.directory(name)?;
    let tree = tempfile::tempdir_in(&directory)?;
    fill(tree.path())?;
    // Whoever reads the one before goes on reading it.
    let (new, payload) =
        (tempfile::NamedTempFile::new_in(&directory)?, directory.join("payload.tar"));
    let same =
        ["--sort=name", "--mtime=@1600000000", "--owner=0", "--group=0", "--mode=u=rwX,go=rX"];
    capture(tool("tar", same).arg("-C").arg(tree.path()).arg("-cf").arg(new.path()).arg("."))?;
    new.persist(&payload)?;
    let policy = policy(minimal::policy(&payload));
    from_policy(work, name, &policy, binary, &payload)
}

/// Builds an image from a policy in `target/xtask/DIRECTORY`, where its signing key is made, too.
pub fn from_policy(
    work: &Work,
    directory: &str,
    policy: &str,
    binary: &Path,
    payload: &Path,
) -> Result<PathBuf> {
    let directory = work.directory(directory)?;
    let key = signing_key(&directory, binary)?;
    let inputs = Key::default().text(policy).file(binary)?.file(payload)?.file(&key)?;
    cache::made(directory.join("usb.img"), &inputs, |partial| {
        let path = directory.join("appliance.toml");
        fs::write(&path, policy).with_context(|| format!("cannot write {}", path.display()))?;
        let mut zshield = tool(&binary.to_string_lossy(), ["image", "build"]);
        zshield.arg(&path).arg("--key").arg(&key).arg("-o").arg(partial);
        capture(&mut zshield).map(drop)
    })
}

/// The secret key, made once for a workspace.
fn signing_key(directory: &Path, binary: &Path) -> Result<PathBuf> {
    let key = directory.join(KEY);
    if !key.exists() {
        let mut zshield = tool(&binary.to_string_lossy(), ["key", "generate", "--no-password"]);
        capture(zshield.arg(&key))?;
    }
    Ok(key)
}
