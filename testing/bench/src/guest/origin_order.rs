//! The order that was not chosen: copying back by place in the origin.

use std::fs::File;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::{Result, ensure};
use rustix::fs::OFlags;
use zshield_formats::AlignedBuffer;

use super::table::Table;

/// What is read of the store at once, at the most.
const BATCH: u64 = 8 << 20;

pub(super) fn run(store: &Path, origin: &Path) -> Result<()> {
    let flags = OFlags::DIRECT.bits().cast_signed();
    let store = File::options().read(true).custom_flags(flags).open(store)?;
    let direct = File::options().read(true).custom_flags(flags).open(origin)?;
    let target = File::options().read(true).write(true).open(origin)?;
    let Table { chunk, pairs } = Table::read(&store)?;
    let runs = runs(pairs, BATCH / chunk);
    let size = usize::try_from(BATCH.max(chunk))?;
    let (mut wanted, mut found) = (AlignedBuffer::new(size), AlignedBuffer::new(size));
    for (origin, stored, count) in &runs {
        let length = usize::try_from(count * chunk)?;
        store.read_exact_at(wanted.first(length), stored * chunk)?;
        target.read_exact_at(found.first(length), origin * chunk)?;
        let blocks = wanted.first(length).chunks(4096).zip(found.first(length).chunks(4096));
        for (number, (wanted, found)) in (0..).zip(blocks) {
            if wanted != found {
                target.write_all_at(wanted, origin * chunk + number * 4096)?;
            }
        }
    }
    target.sync_data()?;
    for (origin, stored, count) in &runs {
        let length = usize::try_from(count * chunk)?;
        store.read_exact_at(wanted.first(length), stored * chunk)?;
        direct.read_exact_at(found.first(length), origin * chunk)?;
        ensure!(wanted.first(length) == found.first(length), "chunk {origin} is another");
    }
    Ok(())
}

/// In the origin's order, what is next to each other in both as one: place in the origin, in the
/// store, and how many.
fn runs(mut pairs: Vec<(u64, u64)>, limit: u64) -> Vec<(u64, u64, u64)> {
    pairs.sort_unstable();
    let mut runs: Vec<(u64, u64, u64)> = Vec::new();
    for (origin, stored) in pairs {
        match runs.last_mut() {
            Some((first, at, count))
                if *first + *count == origin && *at + *count == stored && *count < limit =>
            {
                *count += 1;
            }
            _ => runs.push((origin, stored, 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_together_in_both_is_one_run() {
        let pairs = vec![(9, 2), (1, 3), (2, 4), (3, 9), (4, 10)];
        assert_eq!(runs(pairs, 8), [(1, 3, 2), (3, 9, 2), (9, 2, 1)]);
        assert_eq!(runs(vec![(1, 3), (2, 4)], 1).len(), 2);
    }
}
