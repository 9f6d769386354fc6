//! The table in `docs/RELIABILITY.md`.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result};

use super::replay::Tally;
use crate::work::Work;

const DOCUMENT: &str = "docs/RELIABILITY.md";
/// Between these two lines stands what is written here.
const BEGIN: &str = "<!-- torture begins: written by `cargo xtask torture --write` -->\n";
const END: &str = "<!-- torture ends -->\n";

/// Puts what came of the operations into the document.
pub fn write(work: &Work, seed: u64, rows: &[(&'static str, Tally)]) -> Result<()> {
    let path = work.root().join(DOCUMENT);
    let text = fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?;
    let text = replaced(&text, &table(seed, rows))
        .with_context(|| format!("{DOCUMENT} has no place for the table"))?;
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn table(seed: u64, rows: &[(&'static str, Tally)]) -> String {
    let mut text = format!(
        "\nSeed {seed}.\n\n\
         | operation | writes | flushes | cuts | bricks | lost | seconds | a cut |\n\
         |---|---|---|---|---|---|---|---|\n"
    );
    for (name, tally) in rows {
        let Tally { writes, flushes, cuts, bricks, lost, took } = tally;
        let seconds = took.as_secs_f64();
        // As many as anybody has time for.
        #[allow(clippy::cast_precision_loss)]
        let each = seconds / (*cuts).max(1) as f64;
        let _ = writeln!(
            text,
            "| `{name}` | {writes} | {flushes} | {cuts} | {bricks} | {lost} | {seconds:.0} | \
             {each:.1} s |"
        );
    }
    text.push('\n');
    text
}

fn replaced(text: &str, between: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{between}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let text = format!("one\n{BEGIN}old\n{END}two\n");
        let new = replaced(&text, "new\n").unwrap();
        assert_eq!(new, format!("one\n{BEGIN}new\n{END}two\n"));
        assert_eq!(replaced("nothing", "new"), None);
    }

    #[test]
    fn each_operation_has_its_row() {
        let tally = Tally { writes: 9, flushes: 4, cuts: 2, bricks: 1, ..Tally::default() };
        assert!(table(7, &[("install", tally)]).contains("| `install` | 9 | 4 | 2 | 1 | 0 | 0 |"));
    }
}
