//! The short form of each bench: whether what the figures come from still measures. An unoptimised
//! program will do; nobody sees its times.

use anyhow::{Result, ensure};

use super::form::Form;
use super::{
    Bench, activation, backup, boot, check, image_write, live, restore, restore_files, size,
    unpack, upgrade, vault, write_cost,
};
use zshield_machines::packages;
use zshield_scenarios::scenario::{Context, Scenario};

const SHOWS: &str = "both sides of the bench do their work, once";

/// One for each bench.
pub const SCENARIOS: &[Scenario] = &[
    Scenario::uml("bench-restore", SHOWS, |context| runs(restore::findings, context)).in_soak(),
    Scenario::uml("bench-restore-files", SHOWS, |context| {
        packages::ensure_benched()?;
        runs(restore_files::findings, context)
    })
    .in_soak(),
    Scenario::uml("bench-write", SHOWS, |context| runs(write_cost::findings, context)).in_soak(),
    Scenario::uml("bench-activation", SHOWS, |context| runs(activation::findings, context))
        .in_soak(),
    Scenario::uml("bench-backup", SHOWS, |context| runs(backup::findings, context)).in_soak(),
    Scenario::uml("bench-check", SHOWS, |context| runs(check::findings, context)).in_soak(),
    Scenario::host("bench-unpack", SHOWS, |context| runs(unpack::findings, context)).in_soak(),
    Scenario::uml("bench-upgrade", SHOWS, |context| runs(upgrade::findings, context)).in_soak(),
    Scenario::host("bench-vault", SHOWS, |context| {
        packages::ensure_benched()?;
        runs(vault::findings, context)
    })
    .in_soak(),
    Scenario::host("bench-image-write", SHOWS, |context| runs(image_write::findings, context))
        .in_soak(),
    Scenario::e2e("bench-live", SHOWS, false, |context| runs(live::findings, context)),
    Scenario::e2e("bench-size", SHOWS, false, |context| runs(size::findings, context)),
    Scenario::e2e("bench-boot", SHOWS, false, |context| runs(boot::findings, context)),
];

fn runs(bench: Bench, context: &Context) -> Result<()> {
    let found = bench(context.artifacts, Form::Short)?;
    ensure!(!found.rows.is_empty(), "nothing was measured");
    let odd = found.rows.iter().find(|row| !(row.ours.is_finite() && row.ours > 0.0));
    ensure!(odd.is_none(), "a measure that is none: {odd:?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names;

    #[test]
    fn every_bench_has_a_short_form() {
        let mut short: Vec<String> =
            SCENARIOS.iter().map(|scenario| scenario.name.replacen("bench-", "", 1)).collect();
        let mut whole: Vec<String> = names().map(str::to_owned).collect();
        short.sort_unstable();
        whole.sort_unstable();
        assert_eq!(short, whole);
    }
}
