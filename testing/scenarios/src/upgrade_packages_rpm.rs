//! Bundles of packages are handed to rpm inside the machine, and left again. A bundle of files brings this host's rpm.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::running_matrix::{GO_ON, steps_said};
use super::upgrade_packages::Tools;
use crate::scenario::{Context, Scenario};
use zshield_machines::stick;
use zshield_machines::tool::{capture, tool};
use zshield_machines::uml_appliance::{NEXT, Payload};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::uml(
    "upgrade-packages-rpm",
    "rpm installs a bundle's packages, and what they changed is in order for a check; what it does not take is refused, \
     and one whose script fails or that is cut off leads back, file by file",
    packages,
)];

const LIMIT: Duration = Duration::from_mins(5);

const FUNCTIONS: &str = include_str!("../sh/upgrade/functions.sh");
const PREPARE: &str = include_str!("../sh/upgrade-packages/prepare-rpm.sh");
const APPLY: &str = include_str!("../sh/upgrade/apply.sh");
const CONFIRM: &str = include_str!("../sh/upgrade/confirm.sh");
const CHANGE: &str = include_str!("../sh/upgrade/change.sh");
const REFUSED: &str = include_str!("../sh/upgrade-packages/refused-rpm.sh");
const BROKEN: &str = include_str!("../sh/upgrade-packages/broken.sh");
const AFTER: &str = include_str!("../sh/upgrade/after.sh");
const INSTALLED: &str = include_str!("../sh/upgrade-packages/installed-rpm.sh");
const BACK: &str = include_str!("../sh/upgrade/back.sh");
/// What a start of the system notes.
const FORGET: &str = "rm -f /run/sys/boot/zshield/upgrade.?";
const LATER: &str = include_str!("../sh/upgrade-packages/later-rpm.sh");
const UNMOUNT: &str = "umount /run/sys/boot /run/sys";

fn packages(context: &Context) -> Result<()> {
    let artifacts = context.artifacts;
    let (stick, binary) = (artifacts.smallest_stick()?, artifacts.binary()?);
    let appliance = context.uml_appliance(Payload::Smallest)?;
    let directory = appliance.directory().to_owned();
    bundles(&binary, &stick, &directory)?;
    let appliance = appliance.env("NEXT", "/dev/ubdd").env("PLAN", "").env("OLD", "1.1.0");
    // A mounted Golden Image can't be written to.
    let tools = appliance.clone().env("BUNDLE", "tools").without_golden();
    tools.run("tools", &[NEXT, FUNCTIONS, PREPARE, APPLY, UNMOUNT, CONFIRM], LIMIT)?;
    appliance.run("change", &[NEXT, FUNCTIONS, CHANGE], LIMIT)?;
    appliance.run("refused", &[NEXT, FUNCTIONS, REFUSED], LIMIT)?;
    appliance.run("broken", &[NEXT, FUNCTIONS, BROKEN], LIMIT)?;
    appliance.run("after-it-broke", &[NEXT, FUNCTIONS, GO_ON, AFTER], LIMIT)?;
    // The backup that is made first has steps of its own.
    let appliance = appliance.env("PLAN", "2").env("BUNDLE", "packages");
    let said = appliance.run("apply", &[NEXT, FUNCTIONS, APPLY, INSTALLED], LIMIT)?;
    appliance.run("back", &[NEXT, FUNCTIONS, BACK, FORGET], LIMIT)?;
    let said = said.rfind("step=1/").map_or("", |start| &said[start..]);
    let number = steps_said(said).find(|(_, name)| *name == "install-packages");
    let (number, _) = number.with_context(|| format!("no step install-packages:\n{said}"))?;
    appliance.cut(&[NEXT, FUNCTIONS, APPLY], &format!("{number}:within"), LIMIT)?;
    appliance.run("after-a-cut", &[NEXT, FUNCTIONS, GO_ON, AFTER], LIMIT)?;
    let appliance = appliance.env("PLAN", "");
    appliance.run("again", &[NEXT, FUNCTIONS, APPLY, INSTALLED], LIMIT)?;
    appliance.clone().without_golden().run("confirm", &[NEXT, FUNCTIONS, CONFIRM], LIMIT)?;
    appliance.run("later", &[NEXT, FUNCTIONS, LATER], LIMIT)?;
    appliance.remove_disks()
}

/// The bundles, in a directory.
fn bundles(binary: &Path, stick: &Path, directory: &Path) -> Result<()> {
    let named = |version: &str| format!("product = \"Torture\"\nversion = \"{version}\"\n");
    let made = |name: &str, says: &str| {
        stick::described(binary, stick, says, &directory.join(format!("{name}.zsb")))
    };
    made("tools", &(named("1.1.0") + &TOOLS.says(binary, directory)?))?;
    let one = |version| Package::of("one", version);
    let two = Package { needs: "one >= 1.0", ..Package::of("two", "1.0") };
    let makes = Package { post: "echo made >/usr/lib/one/made", ..one("1.0") };
    let broken = Package {
        post: "echo half >/usr/lib/half\necho it breaks >&2\nexit 3",
        ..Package::of("broken", "1.0")
    };
    let needy = Package { needs: "absent >= 7", ..Package::of("needy", "1.0") };
    let foreign = Package { architecture: "aarch64", ..Package::of("foreign", "1.0") };
    for (name, version, packages) in [
        ("packages", "1.2.0", vec![two, makes]),
        ("broken", "1.2.0", vec![one("1.0"), broken]),
        ("needy", "1.2.0", vec![needy]),
        ("foreign", "1.2.0", vec![foreign]),
        ("newer", "1.3.0", vec![one("2.0")]),
        ("older", "1.3.0", vec![one("0.9")]),
    ] {
        let made_of = packages.iter().map(|package| package.build(directory));
        let files = made_of.collect::<Result<Vec<_>>>()?;
        let says = format!("{}[packages]\nmanager = \"rpm\"\nfiles = {files:?}\n", named(version));
        made(name, &says)?;
    }
    Ok(())
}

/// The programs that rpm needs, and zshield for the menu. Debian's rpm has its records elsewhere.
const TOOLS: Tools = Tools {
    programs: &["bin/cat", "bin/env", "bin/rpm", "bin/sh"],
    read: &["lib/rpm/macros", "lib/rpm/rpmrc"],
    texts: &[("etc/rpm/macros", "%_dbpath /var/lib/rpm\n")],
};

/// A package of Red Hat's.
struct Package {
    name: &'static str,
    version: &'static str,
    architecture: &'static str,
    /// What it depends on.
    needs: &'static str,
    /// What runs when it is installed.
    post: &'static str,
}

impl Package {
    fn of(name: &'static str, version: &'static str) -> Self {
        Self { name, version, architecture: "x86_64", needs: "", post: "" }
    }

    /// Builds it, with two files of configuration; the name of its file.
    fn build(&self, directory: &Path) -> Result<String> {
        let Self { name, version, architecture, needs, post } = self;
        let work = tempfile::tempdir()?;
        let needs = if needs.is_empty() { String::new() } else { format!("Requires: {needs}\n") };
        let post = if post.is_empty() { String::new() } else { format!("%post\n{post}\n") };
        let spec = format!(
            "Name: {name}\nVersion: {version}\nRelease: 1\nSummary: For a test\nLicense: none\nAutoReqProv: no\n{needs}\
             %description\nFor a test.\n\
             %install\nmkdir -p %{{buildroot}}/usr/lib/{name} %{{buildroot}}/etc\n\
             echo {name} {version} >%{{buildroot}}/usr/lib/{name}/file\n\
             for kept in stays becomes; do echo {version} >%{{buildroot}}/etc/{name}.$kept; done\n\
             %files\n/usr/lib/{name}\n%config(noreplace) /etc/{name}.stays\n%config /etc/{name}.becomes\n{post}"
        );
        let at = work.path().join("spec");
        fs::write(&at, spec)?;
        let top = format!("_topdir {}", work.path().display());
        let mut build = tool("rpmbuild", ["--quiet", "-bb", "--target", architecture]);
        for define in [&*top, "debug_package %{nil}", "__os_install_post %{nil}"] {
            build.args(["--define", define]);
        }
        capture(build.arg(at))?;
        let file = format!("{name}-{version}-1.{architecture}.rpm");
        fs::copy(work.path().join("RPMS").join(architecture).join(&file), directory.join(&file))?;
        Ok(file)
    }
}
