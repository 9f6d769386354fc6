//! Bundles of packages are handed to dpkg inside the machine, and left again.
//!
//! The smallest payload has no package manager. A bundle of files brings this host's, so packages come over files too.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::running_matrix::{GO_ON, steps_said};
use crate::scenario::{Context, Scenario};
use zshield_machines::stick;
use zshield_machines::tool::{capture, tool};
use zshield_machines::uml_appliance::{NEXT, Payload};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::uml(
    "upgrade-packages",
    "dpkg installs a bundle's packages, a kernel among them, and what they changed is in order for a check; what it does \
     not take is refused, and one that fails or is cut off leads back, file by file",
    packages,
)];

const LIMIT: Duration = Duration::from_mins(5);

const FUNCTIONS: &str = include_str!("../sh/upgrade/functions.sh");
const PREPARE: &str = include_str!("../sh/upgrade-packages/prepare.sh");
const APPLY: &str = include_str!("../sh/upgrade/apply.sh");
const CONFIRM: &str = include_str!("../sh/upgrade/confirm.sh");
const CHANGE: &str = include_str!("../sh/upgrade/change.sh");
const REFUSED: &str = include_str!("../sh/upgrade-packages/refused.sh");
const BROKEN: &str = include_str!("../sh/upgrade-packages/broken.sh");
const AFTER: &str = include_str!("../sh/upgrade/after.sh");
const INSTALLED: &str = include_str!("../sh/upgrade-packages/installed.sh");
const BACK: &str = include_str!("../sh/upgrade/back.sh");
const LATER: &str = include_str!("../sh/upgrade-packages/later.sh");
/// What a start of the system notes.
const FORGET: &str = "rm -f /run/sys/boot/zshield/upgrade.?";
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
    for (wanted, place) in [("install-packages", "within"), ("note-packages", "within")] {
        let number = steps_said(said).find(|(_, name)| *name == wanted);
        let (number, _) = number.with_context(|| format!("no step {wanted}:\n{said}"))?;
        appliance.cut(&[NEXT, FUNCTIONS, APPLY], &format!("{number}:{place}"), LIMIT)?;
        appliance.run("after-a-cut", &[NEXT, FUNCTIONS, GO_ON, AFTER], LIMIT)?;
    }
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
    made("tools", &(named("1.1.0") + &tools(binary, directory)?))?;
    let one = |version| Package { conf: true, ..Package::of("one", version) };
    let two = Package { control: "Depends: one (>= 1.0)", ..Package::of("two", "1.0") };
    let kernel = Package { kernel: true, ..Package::of("kernel", "6.1.2") };
    let makes = Package { postinst: "echo made >/usr/lib/one/made", ..one("1.0") };
    let broken = Package {
        postinst: "echo half >/usr/lib/half\necho it breaks >&2\nexit 3",
        ..Package::of("broken", "1.0")
    };
    let needy = Package { control: "Depends: absent (>= 7)", ..Package::of("needy", "1.0") };
    let foreign = Package { architecture: "arm64", ..Package::of("foreign", "1.0") };
    let data = Package { data: true, ..Package::of("data", "1.0") };
    for (name, version, packages) in [
        ("packages", "1.2.0", vec![two, makes, kernel]),
        ("broken", "1.2.0", vec![one("1.0"), broken]),
        ("needy", "1.2.0", vec![needy]),
        ("foreign", "1.2.0", vec![foreign]),
        ("data", "1.2.0", vec![data]),
        ("newer", "1.3.0", vec![one("2.0")]),
        ("older", "1.3.0", vec![one("0.9")]),
    ] {
        let made_of = packages.iter().map(|package| package.build(directory));
        let files = made_of.collect::<Result<Vec<_>>>()?;
        let says = format!("{}[packages]\nmanager = \"deb\"\nfiles = {files:?}\n", named(version));
        made(name, &says)?;
    }
    Ok(())
}

/// The programs that dpkg and APT need, and zshield for the menu.
const PROGRAMS: [&str; 14] = [
    "bin/apt-get",
    "bin/cat",
    "bin/diff",
    "bin/dpkg",
    "bin/dpkg-deb",
    "bin/dpkg-query",
    "bin/dpkg-split",
    "bin/env",
    "bin/rm",
    "bin/sh",
    "bin/tar",
    "lib/apt/methods/file",
    "sbin/ldconfig",
    "sbin/start-stop-daemon",
];
/// What they read.
const READ: [&str; 3] = ["share/dpkg/cputable", "share/dpkg/ostable", "share/dpkg/tupletable"];

/// The files of a bundle that brings all of it.
fn tools(binary: &Path, directory: &Path) -> Result<String> {
    let mut placed = std::collections::BTreeMap::new();
    for name in PROGRAMS {
        let program = format!("/usr/{name}");
        // A script or a static program has no libraries.
        let said = capture(tool("ldd", [&program]).env("LC_ALL", "C")).unwrap_or_default();
        for library in said.split_whitespace().filter(|word| word.starts_with('/')) {
            let name = Path::new(library).file_name().context("a library without a name")?;
            let name = name.to_string_lossy().into_owned();
            let below = if name.starts_with("ld-linux") { "lib64" } else { "lib" };
            placed.insert(format!("usr/{below}/{name}"), library.to_owned());
        }
        placed.insert(format!("usr/{name}"), program);
    }
    placed.extend(READ.map(|name| (format!("usr/{name}"), format!("/usr/{name}"))));
    placed.insert("usr/sbin/zshield".to_owned(), binary.display().to_string());
    let empty = directory.join("empty");
    fs::write(&empty, "")?;
    for at in ["etc/apt/apt.conf.d/none", "etc/apt/preferences.d/none"] {
        placed.insert(at.to_owned(), empty.display().to_string());
    }
    let one = |(path, source): (&String, &String)| {
        format!("[[file]]\nsource = {source:?}\npath = {path:?}\nmode = \"0755\"\n")
    };
    Ok(placed.iter().map(one).collect())
}

/// A package of Debian's.
struct Package {
    name: &'static str,
    version: &'static str,
    architecture: &'static str,
    /// More lines of its control file.
    control: &'static str,
    /// What runs when it is configured.
    postinst: &'static str,
    /// Whether it has configuration.
    conf: bool,
    /// Whether it is a kernel.
    kernel: bool,
    /// Whether it holds a file where the customer's data is.
    data: bool,
}

impl Package {
    fn of(name: &'static str, version: &'static str) -> Self {
        let (architecture, control, postinst) = ("amd64", "", "");
        let (conf, kernel, data) = (false, false, false);
        Self { name, version, architecture, control, postinst, conf, kernel, data }
    }

    /// Builds it; the name of its file.
    fn build(&self, directory: &Path) -> Result<String> {
        let Self { name, version, architecture, .. } = self;
        let tree = tempfile::tempdir()?;
        let write = |path: &str, text: &str, mode: u32| {
            let path = tree.path().join(path);
            fs::create_dir_all(path.parent().context("no directory")?)?;
            fs::write(&path, text)?;
            anyhow::Ok(fs::set_permissions(&path, Permissions::from_mode(mode))?)
        };
        fs::set_permissions(tree.path(), Permissions::from_mode(0o755))?;
        let control = format!(
            "Package: {name}\nVersion: {version}\nArchitecture: {architecture}\nInstalled-Size: 9\n\
             Maintainer: nobody <nobody@localhost>\nDescription: for a test\n{}",
            self.control
        );
        write("DEBIAN/control", &format!("{}\n", control.trim_end()), 0o644)?;
        write(&format!("usr/lib/{name}/file"), &format!("{name} {version}\n"), 0o644)?;
        if self.conf {
            write("etc/one.conf", &format!("{version}\n"), 0o644)?;
            write("DEBIAN/conffiles", "/etc/one.conf\n", 0o644)?;
        }
        if self.kernel {
            for file in ["boot/vmlinuz", "boot/initrd.img"] {
                write(&format!("{file}-{version}-small"), &format!("{file} {version}\n"), 0o644)?;
            }
            write(&format!("usr/lib/modules/{version}-small/modules.dep"), "", 0o644)?;
        }
        if self.data {
            write("home/file", "of a package\n", 0o644)?;
        }
        if !self.postinst.is_empty() {
            let script = format!("#!/bin/sh\nset -e\n{}\n", self.postinst);
            write("DEBIAN/postinst", &script, 0o755)?;
        }
        let file = format!("{name}_{version}_{architecture}.deb");
        let mut build = tool("dpkg-deb", ["--root-owner-group", "-Zgzip", "--build"]);
        capture(build.arg(tree.path()).arg(directory.join(&file)))?;
        Ok(file)
    }
}
