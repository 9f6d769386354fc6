//! Installations whose power is cut: the next start from the stick goes on by itself.

use std::time::Duration;

use anyhow::Result;

use super::install::runs;
use crate::scenario::{Context, Scenario};
use zshield_machines::appliance::{
    Appliance, HDD_GIB, READY, SSD_GIB, TO_FIRST_SCREEN, TO_INSTALLED, press_the_key,
    wait_installed,
};
use zshield_machines::qemu::Firmware;

const SHOWS: &str = "cut at a random point, started again from the stick, ends installed by itself";

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::e2e("install-cut-1", SHOWS, false, |context| cut(context, 0, 3)),
    Scenario::e2e("install-cut-2", SHOWS, false, |context| cut(context, 1, 3)),
    Scenario::e2e("install-cut-3", SHOWS, false, |context| cut(context, 2, 3)),
];

/// Cuts in part `part` of `parts` of the installation.
fn cut(context: &Context, part: u64, parts: u64) -> Result<()> {
    let appliance = Appliance::blank(&context.directory, Firmware::Bios, SSD_GIB, HDD_GIB)?;
    let stick = appliance.with_stick(&context.artifacts.stick()?)?;

    let mut machine = stick.power_on("cut")?;
    press_the_key(&mut machine)?;
    let first = machine.expect("::zshield:: install step=", TO_INSTALLED)?;
    let steps = count_of(&first).max(parts);
    let seed = seed();
    let step = part * steps / parts + 1 + seed % (steps / parts);
    // Not at its end but in the midst of it: up to a second later, by the same seed.
    let later = Duration::from_millis(seed / 7 % 1000);
    println!(
        "      seed {seed}: power is cut {} ms after step {step} of {steps}",
        later.as_millis()
    );
    if step > 1 {
        machine.expect(&format!("::zshield:: install step={step}/"), TO_INSTALLED)?;
    }
    std::thread::sleep(later);
    machine.cut_power();

    let mut machine = stick.power_on("again")?;
    // No key is pressed: an installation that was begun goes on by itself. If it was quicker than
    // the cut, the appliance is there.
    let present = format!("{READY}present");
    let said = ["::zshield:: install status=begun resumed=yes", &present];
    if machine.expect_any(&said, TO_FIRST_SCREEN)? == 0 {
        wait_installed(&mut machine)?;
    }
    machine.cut_power();
    runs(&appliance, "ssd")
}

/// `23` of `7/23 name=…`.
fn count_of(step: &str) -> u64 {
    let digits = step.split_once('/').map_or("", |(_, rest)| rest);
    digits.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
}

/// Another at every run, or the one that was printed before: `ZSHIELD_SEED`.
fn seed() -> u64 {
    let given = std::env::var("ZSHIELD_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(0, |time| u64::from(time.subsec_micros()) + time.as_secs() % 100 * 1_000_000)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_of_steps_is_read_from_a_step() {
        assert_eq!(count_of("7/23 name=create-root status=ok"), 23);
        assert_eq!(count_of("nothing"), 0);
    }
}
