//! How fast zshield is beside what one would use instead, in one run on one machine.

mod activation;
mod aide;
mod backup;
mod boot;
mod check;
mod check_deep;
mod document;
mod figure;
mod findings;
mod fold;
mod form;
mod guest;
mod image_write;
mod live;
mod machine;
mod restore;
mod restore_files;
mod row;
mod short;
mod side;
mod size;
mod statistics;
mod unpack;
mod upgrade;
mod vault;
mod write_case;
mod write_cost;
mod write_stock;

use std::fs::File;
use std::io::Write as _;

use anyhow::{Result, bail};

use findings::Findings;
use form::Form;
pub use guest::{Guest, run as run_guest};
use row::table;
pub use short::SCENARIOS;
use zshield_machines::artifacts::Artifacts;
use zshield_machines::binary::cargo;
use zshield_machines::packages;
use zshield_machines::tool::stream;
use zshield_machines::work::Taken;

/// What measures.
type Bench = fn(&Artifacts, Form) -> Result<Findings>;

/// Everything that is measured.
const BENCHES: [(&str, Bench); 13] = [
    ("restore", restore::findings),
    ("restore-files", restore_files::findings),
    ("write", write_cost::findings),
    ("activation", activation::findings),
    ("backup", backup::findings),
    ("check", check::findings),
    ("unpack", unpack::findings),
    ("upgrade", upgrade::findings),
    ("vault", vault::findings),
    ("image-write", image_write::findings),
    ("live", live::findings),
    ("size", size::findings),
    ("boot", boot::findings),
];

/// What becomes of the rows.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// A line of JSON for each, and nothing else.
    pub json: bool,
    /// Into the document and its plots.
    pub write: bool,
}

/// The names of all benches.
pub fn names() -> impl Iterator<Item = &'static str> {
    BENCHES.iter().map(|(name, _)| *name)
}

/// Runs the benches of these names, or all, and shows a row for each case.
pub fn run(artifacts: &Artifacts, wanted: &[String], shown: Shown) -> Result<()> {
    if let Some(unknown) = wanted.iter().find(|name| !names().any(|known| known == name.as_str())) {
        bail!("there is no bench «{unknown}», only: {}", names().collect::<Vec<_>>().join(", "));
    }
    if cfg!(debug_assertions) {
        return as_released(artifacts, wanted, shown);
    }
    // Not before: the one that is started for it would wait for this one.
    let _held = artifacts.work().hold(Taken::Wait)?;
    // What is built and installed on the way talks: that is no part of the rows.
    let mut rows_to = File::from(rustix::io::dup(rustix::stdio::stdout())?);
    if shown.json {
        rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    }
    packages::ensure_benched()?;
    for (name, measure) in BENCHES {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        let found = measure(artifacts, Form::Whole)?;
        if shown.write {
            document::write(artifacts.work(), name, &found)?;
        }
        if shown.json {
            found.rows.iter().try_for_each(|row| writeln!(rows_to, "{}", row.json()))?;
        } else {
            writeln!(rows_to, "## {name}\n\n{}", table(&found.rows))?;
        }
    }
    Ok(())
}

/// What was not optimised is not measured.
fn as_released(artifacts: &Artifacts, names: &[String], shown: Shown) -> Result<()> {
    let mut xtask = cargo(artifacts.work());
    xtask.args(["run", "--quiet", "--release", "--package", "xtask", "--", "bench"]).args(names);
    xtask.args(shown.json.then_some("--json")).args(shown.write.then_some("--write"));
    stream(&mut xtask)
}
