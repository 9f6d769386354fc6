//! The emergency stick on an appliance that has lost its SSD, or that is only to be made anew: the
//! system comes from the stick, customer data and logs stay.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::kill_matrix::INSTALLED;
use super::running_matrix::cut;
use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::uml_appliance::{Payload, WORDS, empty_ssd};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "stick-rebuild-new-ssd",
        shows: "an empty SSD in place of the lost one: the stick makes the system anew, with the \
                power lost on the way, and keeps customer data and logs",
        tier: Tier::Uml,
        in_ci: true,
        run: |context| rebuild(context, Ssd::Replaced),
    },
    Scenario {
        name: "stick-rebuild-same-ssd",
        shows: "the same on the SSD that is there, whose backups go and whose ledger is of no use",
        tier: Tier::Uml,
        in_ci: true,
        run: |context| rebuild(context, Ssd::Same),
    },
];

/// Which SSD the stick finds.
#[derive(Clone, Copy)]
enum Ssd {
    Replaced,
    Same,
}

const PAYLOAD: Payload = Payload::Smallest;
const LIMIT: Duration = Duration::from_mins(5);

const DATA: &str = r"
    lvm vgchange -q -ay vgroup
    mkdir -p /run/user
    for volume in lv-user lv-audit; do
        mount /dev/vgroup/$volume /run/user
        head -c 3000000 /dev/urandom >/run/user/customer-data
        (cd /run/user && sha256sum customer-data) >SHARED/$volume.sum
        umount /run/user
    done
";

const NO_LEDGER: &str = r"
    mkdir -p /run/boot
    mount /dev/ubda3 /run/boot
    for copy in a b; do head -c 300 /dev/urandom >/run/boot/zshield/ledger.$copy; done
    umount /run/boot
";

const KEPT: &str = r#"
    mkdir -p /run/user
    for volume in lv-user lv-audit; do
        mount -o ro,noload /dev/vgroup/$volume /run/user
        (cd /run/user && sha256sum -c) <SHARED/$volume.sum
        umount /run/user
    done
    test "$(volumes)" = "lv-audit lv-root lv-user snap0 "
"#;

const INSTALL: &str = r#"
    mkdir -p /run/medium && mount -o ro,noload /dev/ubdc3 /run/medium
    if test -n "$POINT"; then export ZSHIELD_FAIL_POINT=$POINT; fi
    zshield install --slot /run/medium/a --keys KEYS --keep-data --yes
"#;

/// Where the power is lost: with the SSD empty, the group torn, the new root half there, and all
/// but the last step done.
const CUT_AT: [&str; 5] = ["erase-disk", "reduce-group", "extend-group", "unpack", "write-record"];

fn rebuild(context: &Context, ssd: Ssd) -> Result<()> {
    let small = context.uml_appliance(PAYLOAD)?;
    // The SSD's own slot is not there to be mounted.
    let words = WORDS.split("mkdir -p /run/golden").next().unwrap_or_default();
    small.machine.check("data", &small.filled(&format!("{words} {DATA}")), LIMIT)?;
    match ssd {
        Ssd::Replaced => empty_ssd(&context.directory, PAYLOAD)?,
        Ssd::Same => small.machine.check("no-ledger", NO_LEDGER, LIMIT).map(drop)?,
    }
    let install = small.filled(&format!("{words} {INSTALL}"));
    let shown = install.replace("--yes", "--dry-run");
    let plan = small.machine.check("plan", &format!("POINT=; {shown}"), LIMIT)?;
    let mut cuts = 0;
    for (number, name) in steps(&plan) {
        if CUT_AT.contains(&name.as_str()) {
            let place = if name == "unpack" { "within" } else { "after" };
            let point = format!("{number}:{place}");
            cut(&small.machine, &install, &point).with_context(|| format!("at {name}"))?;
            cuts += 1;
        }
    }
    ensure!(cuts == CUT_AT.len(), "only {cuts} cuts in:\n{plan}");
    small.machine.check("end", &format!("POINT=; {install}"), LIMIT)?;
    // What was kept is no part of the payload.
    let installed = INSTALLED.replace("-x lost+found", "-x lost+found -x customer-data");
    let after = small.filled(&format!("{words} {installed} {KEPT}"));
    small.machine.check("after", &after, LIMIT)?;
    small.remove_disks()
}

/// The numbers and names of a plan that was printed.
fn steps(plan: &str) -> Vec<(usize, String)> {
    let step = |line: &str| {
        let (number, name) = line.trim_start().split_once(' ')?;
        let is_name = name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        Some((number.parse().ok()?, name.to_owned())).filter(|_| is_name && !name.is_empty())
    };
    plan.lines().filter_map(step).collect()
}
