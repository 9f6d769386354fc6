//! Night after night: backups with writes between them, and nothing that grows.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::scenario::{Context, Scenario, Tier};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "backup-nights",
        shows: "six nightly backups with writes between: each is that night's, and space stays as it is",
        tier: Tier::Uml,
        in_ci: true,
        run: |context| nights(context, 6),
    },
    Scenario {
        name: "backup-hundred-nights",
        shows: "a hundred of them: space, validity and time don't drift",
        tier: Tier::Uml,
        in_ci: false,
        run: |context| nights(context, 100),
    },
];

const LIMIT: Duration = Duration::from_mins(40);

const NIGHTS: &str = include_str!("../sh/backup/nights.sh");

fn nights(context: &Context, count: usize) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Smallest)?;
    let appliance = appliance.env("COUNT", &count.to_string());
    let said = appliance.run("nights", &[NIGHTS], LIMIT)?;
    let took = said
        .lines()
        .filter_map(|line| line.strip_prefix("night ")?.split(' ').nth(2)?.parse::<f64>().ok())
        .collect::<Vec<_>>();
    ensure!(took.len() == count, "only {} nights:\n{said}", took.len());
    let part = (count / 3).max(1);
    let mean = |times: &[f64]| {
        let (sum, number) = times.iter().fold((0.0, 0.0), |(sum, n), time| (sum + time, n + 1.0));
        sum / f64::max(number, 1.0)
    };
    let (first, last) = (mean(&took[..part]), mean(&took[count - part..]));
    println!("      {count} nights: {first:.1} s each at first, {last:.1} s at the end");
    let end = said.lines().rfind(|line| line.starts_with("night ")).context("no night")?;
    println!("      {end}");
    appliance.remove_disks()
}
