//! What stands for several turns.

use anyhow::{Result, ensure};

use super::guest::Measured;

/// The middle one; of an even number the mean of the two in the middle. There must be one.
pub(super) fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    if times.len().is_multiple_of(2) {
        f64::midpoint(times[middle - 1], times[middle])
    } else {
        times[middle]
    }
}

/// The middle of what was measured under a name, which must have been in each turn.
pub(super) fn median_of<'a>(
    measured: impl IntoIterator<Item = &'a Measured>,
    name: &str,
    turns: usize,
    amount: impl Fn(&Measured) -> f64,
) -> Result<f64> {
    let of_name = measured.into_iter().filter(|one| one.name == name);
    let amounts: Vec<f64> = of_name.map(amount).collect();
    ensure!(amounts.len() == turns, "{name} was measured {} times", amounts.len());
    Ok(median(&amounts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_turn_that_was_disturbed_does_not_count() {
        assert!((median(&[3.0, 1.0, 900.0]) - 3.0).abs() < 1e-9);
        assert!((median(&[1.0, 2.0, 4.0, 900.0]) - 3.0).abs() < 1e-9);
        assert!((median(&[7.0]) - 7.0).abs() < 1e-9);
    }
}
