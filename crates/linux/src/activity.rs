//! Whether a disk answers what it is asked, as the kernel counts it: nothing is asked of the disk.
//!
//! `/sys/block/NAME/stat`, the kernel's `Documentation/block/stat.rst`.

use std::fs;
use std::path::Path;

use zshield_units::Sectors;

/// What a disk has been asked, and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// Requests that it has not answered yet.
    pub under_way: u64,
    /// Requests that it has answered since the machine was started: reads, writes, discards and
    /// flushes.
    pub answered: u64,
}

/// A disk's, by its device; nothing where there is no such disk.
pub fn of(device: &str) -> Option<Activity> {
    parse(&numbers(&stat(device)?)?)
}

/// How much a disk has read and written since the machine was started.
pub fn moved(device: &str) -> Option<Sectors> {
    sectors(&numbers(&stat(device)?)?)
}

fn stat(device: &str) -> Option<String> {
    let name = Path::new(device).file_name()?;
    fs::read_to_string(Path::new("/sys/block").join(name).join("stat")).ok()
}

fn numbers(stat: &str) -> Option<Vec<u64>> {
    stat.split_whitespace().map(|number| number.parse().ok()).collect()
}

fn parse(numbers: &[u64]) -> Option<Activity> {
    let under_way = *numbers.get(8)?;
    // Older kernels count neither discards nor flushes.
    let counted = [0, 4, 11, 15].iter().filter_map(|field| numbers.get(*field));
    let answered = counted.fold(0, |sum: u64, number| sum.wrapping_add(*number));
    Some(Activity { under_way, answered })
}

fn sectors(numbers: &[u64]) -> Option<Sectors> {
    Some(Sectors(numbers.get(2)?.wrapping_add(*numbers.get(6)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_under_way_and_answered_are_read_from_the_kernels_line() {
        let parse = |stat| parse(&numbers(stat)?);
        let stat = "  100 2 3 4 50 6 7 8 3 10 11 7 0 0 0 2 9\n";
        assert_eq!(parse(stat), Some(Activity { under_way: 3, answered: 159 }));
        assert_eq!(numbers(stat).and_then(|all| sectors(&all)), Some(Sectors(10)));
        let of_linux_4 = "100 2 3 4 50 6 7 8 0 10 11";
        assert_eq!(parse(of_linux_4), Some(Activity { under_way: 0, answered: 150 }));
        assert_eq!((parse("100 2 3"), parse("")), (None, None));
    }
}
