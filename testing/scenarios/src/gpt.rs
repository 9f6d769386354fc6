//! Tables of real stores: whatever cuts they lived through they are accepted, and whatever is then
//! lost of them is found.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::uml::{End, Uml};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    name: "recover-real-tables",
    shows: "stores that were written to by many at once, cut off, activated again and written on \
            are accepted and restore every byte; any exception that is then lost or misplaced is \
            found",
    tier: Tier::Uml,
    in_ci: false,
    run,
}];

const LIMIT: Duration = Duration::from_mins(5);
/// How often the power is cut at each chunk size.
const CUTS: usize = 3;

fn run(context: &Context) -> Result<()> {
    let tool = context.artifacts.copy_back()?.display().to_string();
    for chunk in ["4k", "64k", "512k"] {
        let disk = context.directory.join("disk.img");
        fs::File::create(&disk)?.set_len(3 << 30)?;
        let machine = Uml::new(&context.directory)?.disk(&disk).env("TOOL", &tool);
        let shared = context.directory.display().to_string();
        let filled = |script: &str| script.replace("CHUNK", chunk).replace("SHARED", &shared);
        machine.check(&format!("{chunk}-begin"), &filled(&format!("{WORDS} {BEGIN}")), LIMIT)?;
        for cut in 1..=CUTS {
            let script = filled(&format!("{WORDS} {CHECK} {WRITE}"));
            let script = script.replace("ROUND", &cut.to_string());
            let command: &[&str] = &["sh", "-euc", &script];
            let label = format!("{chunk}-cut-{cut}");
            let mut running = machine.start(&label, &[command], End::PowerCut)?;
            running.expect("half of it is written", LIMIT)?;
            running.cut_power();
        }
        let script = filled(&format!("{WORDS} {CHECK} {FINISH}"));
        let said = machine.check(&format!("{chunk}-end"), &script, LIMIT)?;
        let found = said.lines().find(|line| line.starts_with("damaged=")).unwrap_or_default();
        ensure!(!found.is_empty(), "nothing was damaged:\n{said}");
        println!("      {chunk}: {found}");
        fs::remove_file(disk)?;
    }
    Ok(())
}

const WORDS: &str = r"
    set -x
    root=/dev/vgroup/root
    cow=/dev/mapper/vgroup-first-cow
    # How many sectors of the first snapshot's store are in use.
    used() { dmsetup status vgroup-first | sed 's/.* \([0-9]*\)\/.*/\1/'; }
    hash() { dd if=$1 iflag=direct bs=1M status=none | sha256sum; }
";

const BEGIN: &str = r"
    lvm pvcreate -q -y /dev/ubda
    lvm vgcreate -q vgroup /dev/ubda
    lvm lvcreate -q -y -Zn -Wn -L 128M -n root vgroup
    # What was there before: a store that was in this place, of the same chunks.
    lvm lvcreate -q -y -s -c CHUNK -L 160M -n old vgroup/root
    $TOOL scatter $root 77 6000
    lvm lvremove -q -y -f vgroup/old
    lvm lvcreate -q -y -s -c CHUNK -L 160M -n first vgroup/root
    hash $root >SHARED/first
    $TOOL scatter $root 5 40
    lvm lvcreate -q -y -s -c CHUNK -L 160M -n second vgroup/root
    hash $root >SHARED/second
";

/// What the kernel and we make of the stores.
const CHECK: &str = r"
    lvm vgchange -q -ay vgroup
    if lvm lvs --noheadings -o lv_snapshot_invalid vgroup | grep invalid; then exit 1; fi
    for one in first second; do
        hash /dev/vgroup/$one | cmp - SHARED/$one
        $TOOL table /dev/mapper/vgroup-$one-cow $root
    done
";

const WRITE: &str = r#"
    before=$(used)
    for seed in 1 2 3 4 5 6; do $TOOL scatter $root ROUND$seed 400 & done
    # A sequential writer beside them.
    dd if=/dev/urandom of=$root bs=1M count=12 seek=$((ROUND * 30)) conv=notrunc status=none &
    until test $(used) -ge $((before + 20000)); do :; done
    echo "half of it is written"
    wait
"#;

const FINISH: &str = r"
    # Until every chunk is another than it was: a loss behind which nothing has changed is none.
    dd if=/dev/urandom of=$root bs=1M conv=fsync status=none || true
    $TOOL table $cow $root
    dd if=$cow of=/run/store.img bs=1M status=none
    $TOOL damage /run/store.img $root
    rm /run/store.img
    $TOOL restore $cow $root
    hash $root | cmp - SHARED/first
    hash /dev/vgroup/second | cmp - SHARED/second
";
