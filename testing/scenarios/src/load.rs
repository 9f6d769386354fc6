//! A day of writes at full speed with a backup each hour, all made by the daemon: nothing that
//! grows, neither on the disks nor in the daemon.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "backup-twice-under-load",
        shows: "two backups by the daemon while some hundred megabytes are written to root at full speed: no \
                more space, memory or open files afterwards",
        tier: Tier::Uml,
        in_ci: true,
        run: |context| load(context, 2, Some(40)),
    },
    Scenario {
        name: "backup-under-load",
        shows: "the same with four of them, and no end to what is written meanwhile",
        tier: Tier::Uml,
        // How long it takes depends on how fast this host writes: minutes more or less.
        in_ci: false,
        run: |context| load(context, 4, None),
    },
    Scenario {
        name: "backup-day-of-load",
        shows: "the same with twenty-four of them",
        tier: Tier::Uml,
        in_ci: false,
        run: |context| load(context, 24, None),
    },
];

/// For each backup, whose machine may be busy. Nothing is decided by it but that it hangs.
const LIMIT: Duration = Duration::from_mins(10);
/// What a daemon may have grown by, in KiB: less than one of its buffers for each backup.
const GROWTH: u64 = 512;

/// The appliance's own system in its root, whose daemon believes that a day has passed each round.
const ROUNDS: &str = include_str!("../sh/backup/under-load.sh");

/// What was seen after a round.
struct Round {
    took: f64,
    open: u64,
    memory: u64,
    written: u64,
}

/// So many backups, while at most so many times 8 MiB are written during each.
fn load(context: &Context, count: u32, writes: Option<u32>) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Demo)?;
    let writes = writes.unwrap_or(u32::MAX);
    let appliance = appliance.env("COUNT", &count.to_string()).env("WRITES", &writes.to_string());
    let said = appliance.run("load", &[ROUNDS], LIMIT * count)?;
    let rounds: Vec<Round> = said.lines().filter_map(round).collect();
    ensure!(rounds.len() == count as usize, "only {} rounds:\n{said}", rounds.len());
    // In the first one the daemon has done everything once.
    let (first, last) = (&rounds[0], rounds.last().context("no round")?);
    let written: u64 = rounds.iter().map(|round| round.written).sum();
    println!(
        "      {count} backups, {written} MiB written meanwhile: {:.1} s and {:.1} s, {} and {} \
         open files, {} and {} KiB",
        first.took, last.took, first.open, last.open, first.memory, last.memory
    );
    ensure!(last.open <= first.open, "open files grow:\n{said}");
    ensure!(last.memory <= first.memory + GROWTH, "memory grows:\n{said}");
    ensure!(rounds.iter().all(|round| round.written > 0), "nothing was written meanwhile:\n{said}");
    appliance.remove_disks()
}

fn round(line: &str) -> Option<Round> {
    let words: Vec<&str> = line.strip_prefix("round ")?.split(' ').collect();
    let after = |name: &str| {
        let at = words.iter().position(|word| *word == name)?;
        words.get(at + 1).copied()
    };
    Some(Round {
        took: after("took")?.parse().ok()?,
        open: after("open")?.parse().ok()?,
        memory: after("memory")?.parse().ok()?,
        written: after("written")?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_read() {
        let line = "round 3 took 4.21 open 12 memory 5120 written 64 fill 3.10 0.20 ";
        let round = round(line).unwrap();
        assert_eq!((round.open, round.memory, round.written), (12, 5120, 64));
        assert!(round.took > 4.0);
        assert!(super::round("rounds of 3").is_none());
    }
}
