//! docs/BENCHMARKS.md: prose by hand, and between its markers what was measured.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::findings::Findings;
use super::row::table;
use zshield_machines::work::Work;

/// Puts a bench's table into the document, and its figures beside it.
pub(super) fn write(work: &Work, bench: &str, found: &Findings) -> Result<()> {
    let path = work.root().join("docs/BENCHMARKS.md");
    let text = fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?;
    let table = format!("{}\n{}", circumstances()?, table(&found.rows));
    fs::write(&path, replaced(&text, bench, &table)?)?;
    let pictures = work.root().join("docs/img");
    found.figures.iter().try_for_each(|figure| figure.draw(&pictures))
}

/// When it was measured, on what, and how busy that was.
fn circumstances() -> Result<String> {
    let date = jiff::Timestamp::now().strftime("%F");
    let cores = std::thread::available_parallelism()?;
    let load = fs::read_to_string(Path::new("/proc/loadavg")).context("no load")?;
    let load = load.split(' ').nth(2).context("no load of the last 15 minutes")?;
    let cores = if cores.get() == 1 { "1 core".to_owned() } else { format!("{cores} cores") };
    Ok(format!("*{date}, {cores}, load over the last 15 minutes {load}.*\n"))
}

/// The text with another table between the markers of a bench.
fn replaced(text: &str, bench: &str, table: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- bench {bench} -->\n"), format!("<!-- end {bench} -->"));
    let missing = || format!("docs/BENCHMARKS.md has no place for {bench}");
    let (before, rest) = text.split_once(&begin).with_context(missing)?;
    let (_, after) = rest.split_once(&end).with_context(missing)?;
    Ok(format!("{before}{begin}{table}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_wrote_stays() {
        let text = "prose\n<!-- bench write -->\nold\n<!-- end write -->\nmore\n";
        let wanted = "prose\n<!-- bench write -->\nnew\n<!-- end write -->\nmore\n";
        assert_eq!(replaced(text, "write", "new\n").unwrap(), wanted);
        assert!(replaced(text, "restore", "new\n").is_err());
    }
}
