//! The table in `docs/RELIABILITY.md`.

use std::fs;

use anyhow::{Context as _, Result};

use crate::replay::Tally;
use zshield_machines::work::Work;

const DOCUMENT: &str = "docs/RELIABILITY.md";
/// Between these two lines stands what is written here.
const BEGIN: &str = "<!-- torture begins: written by `cargo xtask torture --write` -->\n";
const END: &str = "<!-- torture ends -->\n";

/// Puts what came of an operation into its row.
pub(crate) fn write(work: &Work, operation: &str, seed: u64, tally: &Tally) -> Result<()> {
    let path = work.root().join(DOCUMENT);
    let text = fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?;
    let text = with_row(&text, operation, &row(operation, seed, tally))
        .with_context(|| format!("{DOCUMENT} has no place for the table"))?;
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn row(operation: &str, seed: u64, tally: &Tally) -> String {
    let Tally { writes, flushes, cuts, states, trials, bricks, lost, took } = tally;
    let seconds = took.as_secs_f64();
    // As many as anybody has time for.
    #[allow(clippy::cast_precision_loss)]
    let each = seconds / (*trials).max(1) as f64;
    let today = jiff::Timestamp::now().strftime("%F");
    format!(
        "{}{writes} | {flushes} | {cuts} | {states} | {trials} | {bricks} | {lost} | {seconds:.0} | {each:.1} s | \
         {seed} | {today} |\n",
        beginning(operation)
    )
}

/// How the row of an operation begins.
fn beginning(operation: &str) -> String {
    format!("| `{operation}` | ")
}

/// The document with this row in the place of the one before it, or at the end where there was none.
fn with_row(text: &str, operation: &str, row: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (table, after) = rest.split_once(END)?;
    let beginning = beginning(operation);
    let old = table.split_inclusive('\n').find(|line| line.starts_with(&beginning));
    let table = if let Some(old) = old {
        table.replacen(old, row, 1)
    } else {
        let rows = table.trim_end_matches('\n');
        format!("{rows}\n{row}{}", table.get(rows.len() + 1..).unwrap_or_default())
    };
    Some(format!("{before}{BEGIN}{table}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_takes_the_place_of_its_own_one_alone() {
        let tally = Tally {
            writes: 9,
            flushes: 4,
            cuts: 3,
            states: 2,
            trials: 2,
            bricks: 1,
            ..Tally::default()
        };
        let row = row("backup", 7, &tally);
        assert!(row.starts_with("| `backup` | 9 | 4 | 3 | 2 | 2 | 1 | 0 | 0 | 0.0 s | 7 | "));
        let text =
            format!("| `backup` | no\n{BEGIN}| `install` | 1 |\n| `backup` | 2 |\n{END}two\n");
        let new = with_row(&text, "backup", &row).unwrap();
        assert_eq!(new, text.replace("| `backup` | 2 |\n", &row));
        let more = with_row(&text, "seal", "| `seal` | 5 |\n").unwrap();
        assert_eq!(more, text.replace("| 2 |\n", "| 2 |\n| `seal` | 5 |\n"));
        assert_eq!(with_row("nothing", "backup", &row), None);
    }
}
