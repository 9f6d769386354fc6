//! Bundles of files alone are put over a version, one over another, and left again.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::running_matrix::{GO_ON, steps_said};
use crate::scenario::{Context, Scenario};
use zshield_machines::stick;
use zshield_machines::uml_appliance::{NEXT, Payload};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::uml(
    "upgrade-files-alone",
    "a bundle of files is applied, stays in order for a check, and lies under a second one and a whole system; one whose \
     program hangs and one that is cut off lead back, file by file",
    files_alone,
)];

const LIMIT: Duration = Duration::from_mins(5);

const FUNCTIONS: &str = include_str!("../sh/upgrade/functions.sh");
const HOOK_LIMIT: &str = include_str!("../sh/upgrade/limit.sh");
const CHANGE: &str = include_str!("../sh/upgrade/change.sh");
const REFUSED: &str = include_str!("../sh/upgrade/refused.sh");
const HANGS: &str = include_str!("../sh/upgrade/hangs.sh");
const AFTER: &str = include_str!("../sh/upgrade/after.sh");
const APPLY: &str = include_str!("../sh/upgrade/apply.sh");
const FILES: &str = include_str!("../sh/upgrade/files.sh");
const BACK: &str = include_str!("../sh/upgrade/back.sh");
/// What a start of the system notes.
const FORGET: &str = "rm -f /run/sys/boot/zshield/upgrade.?";
const CONFIRM: &str = include_str!("../sh/upgrade/confirm.sh");
const OVER_FILES: &str = include_str!("../sh/upgrade/over-files.sh");

/// What the bundle of the first version after says, beside product and version.
const SAYS: &str = r#"
removes = ["etc/gone", "usr/lib/gone"]
[[file]]
source = "tool"
path = "usr/lib/tools/new"
mode = "0750"
gid = 7
[[file]]
source = "settings"
path = "etc/settings"
mode = "0644"
[[file]]
source = "shared"
path = "etc/shared"
mode = "0644"
[[file]]
source = "config"
path = "boot/config-more"
mode = "0644"
[[hook]]
stage = "after"
file = "note"
"#;

/// That of the version after it.
const LATER: &str = r#"
removes = ["etc/settings"]
[[file]]
source = "tool-2"
path = "usr/lib/tools/new"
mode = "0755"
"#;

/// What the bundle's files are made of.
const SOURCES: [(&str, &str); 7] = [
    ("tool", "a tool\n"),
    ("tool-2", "another tool\n"),
    ("settings", "one and a half\n"),
    ("shared", "delivered once more\n"),
    ("config", "more\n"),
    ("note", "#!/bin/sh\necho \"$ZSHIELD_FROM $ZSHIELD_TO\" >/run/hooked\n"),
    ("sleep", "#!/bin/sh\nsleep 1000\n"),
];

fn files_alone(context: &Context) -> Result<()> {
    let artifacts = context.artifacts;
    let (old, new) = (artifacts.smallest_stick()?, artifacts.next_stick()?);
    let appliance = context.uml_appliance(Payload::Smallest)?;
    let directory = appliance.directory().to_owned();
    stick::bundle(&artifacts.binary()?, &old, &new, "", &directory.join("next.zsb"))?;
    bundles(&artifacts.binary()?, &old, &directory)?;
    let appliance = appliance
        .env("NEXT", "/dev/ubdd")
        .env("PLAN", "2")
        .env("BUNDLE", "files")
        .env("OLD", "1.0.0");
    appliance.run("change", &[NEXT, FUNCTIONS, HOOK_LIMIT, CHANGE], LIMIT)?;
    appliance.run("refused", &[NEXT, FUNCTIONS, REFUSED], LIMIT)?;
    appliance.run("hangs", &[NEXT, FUNCTIONS, HANGS], LIMIT)?;
    appliance.run("after-it-hung", &[NEXT, FUNCTIONS, GO_ON, AFTER], LIMIT)?;
    let said = appliance.run("apply", &[NEXT, FUNCTIONS, APPLY, FILES], LIMIT)?;
    appliance.run("back", &[NEXT, FUNCTIONS, BACK, FORGET], LIMIT)?;
    // The backup that is made first has steps of its own.
    let said = said.rfind("step=1/").map_or("", |start| &said[start..]);
    for wanted in ["put-upgrade", "put-boot"] {
        let number = steps_said(said).find(|(_, name)| *name == wanted);
        let (number, _) = number.with_context(|| format!("no step {wanted}:\n{said}"))?;
        appliance.cut(&[NEXT, FUNCTIONS, APPLY], &format!("{number}:within"), LIMIT)?;
        appliance.run("after-a-cut", &[NEXT, FUNCTIONS, GO_ON, AFTER], LIMIT)?;
    }
    let appliance = appliance.env("PLAN", "");
    appliance.run("again", &[NEXT, FUNCTIONS, APPLY, FILES], LIMIT)?;
    // A mounted Golden Image can't be written to.
    let alone = appliance.clone().without_golden();
    alone.run("confirm", &[NEXT, FUNCTIONS, CONFIRM], LIMIT)?;
    let later = alone.env("BUNDLE", "later");
    later.run(
        "later",
        &[NEXT, FUNCTIONS, APPLY, "umount /run/sys/boot /run/sys", CONFIRM],
        LIMIT,
    )?;
    appliance.run("over-files", &[NEXT, FUNCTIONS, OVER_FILES], LIMIT)?;
    appliance.remove_disks()
}

/// The bundles, in a directory with what they are made of.
fn bundles(binary: &Path, stick: &Path, directory: &Path) -> Result<()> {
    for (name, text) in SOURCES {
        fs::write(directory.join(name), text)?;
    }
    let placed =
        |path: &str| format!("[[file]]\nsource = \"tool\"\npath = {path:?}\nmode = \"0644\"\n");
    let hangs = "[[hook]]\nstage = \"before\"\nfile = \"sleep\"\n";
    for (name, version, says) in [
        ("files", "1.1.0", SAYS.to_owned()),
        ("later", "1.2.0", LATER.to_owned()),
        ("hangs", "1.1.0", placed("usr/lib/new") + hangs),
        ("own", "1.1.0", placed("home/file")),
        ("through", "1.1.0", placed("bin/file")),
        ("onto", "1.1.0", placed("usr/lib")),
    ] {
        let says = format!("product = \"Torture\"\nversion = \"{version}\"\n{says}");
        stick::described(binary, stick, &says, &directory.join(format!("{name}.zsb")))?;
    }
    Ok(())
}
