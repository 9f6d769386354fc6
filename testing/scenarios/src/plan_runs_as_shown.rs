//! What a dry run prints is what runs: the build for tests records every command of an
//! installation, a backup and a recovery, and each is held against the plan as it was shown.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::scenario::{Context, Scenario};
use zshield_machines::uml::Uml;
use zshield_machines::uml_appliance::{FUNCTIONS, Payload, empty_disks};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::uml(
    "plan-runs-as-shown",
    "an installation, a backup and recoveries to both states run the commands that the dry run \
     prints, in that order, and no others",
    run,
)];

const LIMIT: Duration = Duration::from_mins(5);

/// Each operation, with the least number of commands that it runs.
const OPERATIONS: [(&str, usize); 4] =
    [("install", 25), ("backup", 9), ("factory", 6), ("latest", 6)];

fn run(context: &Context) -> Result<()> {
    let payload = Payload::Smallest;
    let stick = payload.stick(context.artifacts)?;
    empty_disks(&context.directory, payload)?;
    let (ssd, hdd) = (context.directory.join("ssd.img"), context.directory.join("hdd.img"));
    let keys = stick.parent().context("the stick is in no directory")?.display().to_string();
    let machine = Uml::new(&context.directory)?
        .disk(&ssd)
        .rotating_disk(&hdd)
        .shared_disk(&stick)
        .env("ZSHIELD", &context.artifacts.with_fail_points()?.display().to_string())
        .env("KEYS", &keys)
        .env("POINT", "")
        .env("EXCLUDED", "");
    for (name, least) in OPERATIONS {
        let record = record_of(&machine, &context.directory, name)
            .with_context(|| format!("the operation {name}"))?;
        ensure!(record.run.len() >= least, "{name} ran only {} commands", record.run.len());
        println!("      {name}: {} commands as shown", record.run.len());
    }
    fs::remove_file(ssd)?;
    Ok(fs::remove_file(hdd)?)
}

/// Does an operation and holds what it ran against what was shown before.
fn record_of(machine: &Uml, directory: &Path, name: &str) -> Result<Record> {
    let script = [FUNCTIONS, include_str!("../sh/plan-runs-as-shown.sh")].join("\n");
    let machine = machine.clone().env("OPERATION", name);
    let shown = |mode: &str| {
        machine.clone().env("MODE", mode).check(&format!("{name}-{mode}"), &script, LIMIT)
    };
    // A recovery by the rescue system has no dry run: its plan is recorded as it would be shown.
    let shown = if ["install", "backup"].contains(&name) { Some(shown("shown")?) } else { None };
    let file = directory.join(format!("{name}.record"));
    if file.exists() {
        fs::remove_file(&file)?;
    }
    let recording = machine.env("MODE", "done").env("ZSHIELD_RECORD", &file.display().to_string());
    recording.check(&format!("{name}-done"), &script, LIMIT)?;
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let record = Record::read(&text);
    if let Some(shown) = shown {
        same_plan(&shown, &record.plan)?;
    }
    compare(&record)?;
    Ok(record)
}

/// What was recorded of one operation, without quotes: a plan quotes words, the runner does not.
struct Record {
    /// Its plan as a dry run shows it.
    plan: Vec<String>,
    /// The commands that ran.
    run: Vec<String>,
}

impl Record {
    fn read(text: &str) -> Self {
        let of = |mark: &str| -> Vec<String> {
            let begun = text.lines().skip_while(|line| !line.starts_with("> "));
            let lines = begun.take_while(|line| *line != "=");
            lines
                .filter_map(|line| line.strip_prefix(mark))
                .map(|line| line.replace('\'', ""))
                .collect()
        };
        Self { plan: of("> "), run: of("$ ") }
    }
}

/// A line without what is made by chance: ids.
fn without_ids(line: &str) -> String {
    let is_id = |word: &&str| {
        let digits = word.chars().filter(char::is_ascii_alphanumeric).count();
        digits == 32 && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let parts = line.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    parts
        .map(|part| {
            let word = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            if is_id(&word) { part.replace(word, "ID") } else { part.to_owned() }
        })
        .collect()
}

/// The plan that was done is the one that the dry run printed before.
fn same_plan(shown: &str, plan: &[String]) -> Result<()> {
    let first = plan.first().context("no plan was recorded")?;
    let shown: Vec<String> = shown
        .lines()
        .skip_while(|line| line.trim_end() != first.trim_end())
        .map(|line| without_ids(&line.trim_end().replace('\'', "")))
        .collect();
    for (number, line) in plan.iter().enumerate() {
        let done = without_ids(line.trim_end());
        let said = shown.get(number).map_or("", String::as_str);
        ensure!(done == said, "the dry run printed {said:?}, and {done:?} was done");
    }
    Ok(())
}

/// A command as the plan shows it.
struct Shown<'a> {
    /// Its text; of one whose last argument is known only later, all before that.
    text: &'a str,
    /// Whether its last argument is known only later.
    open: bool,
    /// Whether it depends on something.
    conditional: bool,
}

/// The commands of a plan as it is shown.
fn commands(plan: &[String]) -> Vec<Shown<'_>> {
    let mut conditional = false;
    let mut commands = Vec::new();
    // What a step does stands below its name, further to the right.
    for line in plan.iter().filter_map(|line| line.strip_prefix("     ")) {
        if line.starts_with('#') {
            conditional = line.starts_with("# if ");
            continue;
        }
        let (text, open) = line.split_once(" <").map_or((line, false), |(text, _)| (text, true));
        commands.push(Shown { text, open, conditional });
        conditional = false;
    }
    commands
}

/// Each command that ran is the next one of the plan, but for those that depend on something.
fn compare(record: &Record) -> Result<()> {
    let shown = commands(&record.plan);
    let mut left = shown.iter();
    for ran in &record.run {
        loop {
            let Some(next) = left.next() else { bail!("not shown, or not in this place: {ran}") };
            let same = if next.open { ran.starts_with(next.text) } else { ran == next.text };
            if same {
                break;
            }
            ensure!(next.conditional, "shown, and not run: {}\nbut: {ran}", next.text);
        }
    }
    match left.find(|next| !next.conditional) {
        Some(next) => bail!("shown, and not run: {}", next.text),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const PLAN: &str = "> \n>  1 one\n>      lvs\n>      # if it prints a:\n>      lvremove a\n>      lvcreate a\n>      dmsetup create <a table>\n";

    fn record(run: &[&str]) -> Record {
        let run: Vec<String> = run.iter().map(|line| format!("$ {line}")).collect();
        Record::read(&format!("$ before\n{PLAN}{}\n=\n$ after\n", run.join("\n")))
    }

    #[test]
    fn what_is_shown_runs_and_nothing_else() {
        let all = ["lvs", "lvremove a", "lvcreate a", "dmsetup create 0 8 verity"];
        compare(&record(&all)).unwrap();
        compare(&record(&[all[0], all[2], all[3]])).unwrap();
        for wrong in [
            &[all[0], all[2]][..],
            &[all[2], all[3]],
            &[all[0], all[2], "sync", all[3]],
            &[all[0], all[2], all[1], all[3]],
            &[all[0], all[2], all[3], all[3]],
        ] {
            compare(&record(wrong)).unwrap_err();
        }
    }

    #[test]
    fn ids_are_left_out() {
        let (a, b) =
            ("01234567-89ab-cdef-0123-456789abcdef", "aaaaaa-bbbb-cccc-dddd-eeee-ffff-gggggg");
        assert_eq!(without_ids(&format!("x --uuid {a} ({b})")), "x --uuid ID (ID)");
        assert_eq!(
            without_ids("e2fsck -f -p /dev/vgroup/lv-root"),
            "e2fsck -f -p /dev/vgroup/lv-root"
        );
    }
}
