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
        let machine = Uml::new(&context.directory)?
            .disk(&disk)
            .env("TOOL", &tool)
            .env("CHUNK", chunk)
            .env("SHARED", &context.directory.display().to_string());
        let script = |scripts: &[&str]| [&[FUNCTIONS], scripts].concat().join("\n");
        machine.check(&format!("{chunk}-begin"), &script(&[BEGIN]), LIMIT)?;
        for cut in 1..=CUTS {
            let machine = machine.clone().env("ROUND", &cut.to_string());
            let script = script(&[CHECK, WRITE]);
            let command: &[&str] = &["sh", "-euc", &script];
            let label = format!("{chunk}-cut-{cut}");
            let mut running = machine.start(&label, &[command], End::PowerCut)?;
            running.expect("half of it is written", LIMIT)?;
            running.cut_power();
        }
        let said = machine.check(&format!("{chunk}-end"), &script(&[CHECK, FINISH]), LIMIT)?;
        let found = said.lines().find(|line| line.starts_with("damaged=")).unwrap_or_default();
        ensure!(!found.is_empty(), "nothing was damaged:\n{said}");
        println!("      {chunk}: {found}");
        fs::remove_file(disk)?;
    }
    Ok(())
}

const FUNCTIONS: &str = include_str!("../sh/real-tables/functions.sh");

const BEGIN: &str = include_str!("../sh/real-tables/begin.sh");

/// What the kernel and we make of the stores.
const CHECK: &str = include_str!("../sh/real-tables/check.sh");

const WRITE: &str = include_str!("../sh/real-tables/write.sh");

const FINISH: &str = include_str!("../sh/real-tables/finish.sh");
