//! A full store, as writes to every chunk of the origin would leave it, scattered or in order, in the time
//! of its table alone. For a snapshot that is active while nobody writes to its origin: the kernel
//! knows of it from the next activation on.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use rustix::fs::OFlags;
use zshield_formats::cow::ExceptionStore;

use super::table::Table;

/// A prime, so that its multiples come to every chunk once; and far from 1, so that no two
/// exceptions are neighbours that the kernel could hold as one.
const STRIDE: u64 = 7_368_787;

/// What is in the store stays in it.
pub(super) fn run(path: &Path, origin: &Path, in_order: bool) -> Result<()> {
    let origin = File::open(origin)?;
    let length = (&origin).seek(SeekFrom::End(0))?;
    let flags = OFlags::DIRECT.bits().cast_signed();
    let file = File::options().read(true).write(true).custom_flags(flags).open(path)?;
    let mut table = Table::read(&file)?;
    let chunks = length / table.chunk;
    fill(&mut table, chunks, if in_order { 1 } else { STRIDE });
    table.write(&file)?;
    let filled =
        ExceptionStore::open(&file, &origin).context("the store was filled wrongly")?.exceptions();
    println!("filled {filled} of {chunks}");
    ensure!(filled == chunks, "only {filled} of {chunks}");
    Ok(())
}

fn fill(table: &mut Table, chunks: u64, stride: u64) {
    let there: HashSet<u64> = table.pairs.iter().map(|(origin, _)| *origin).collect();
    let last = table.pairs.iter().map(|(_, stored)| *stored).max().unwrap_or(1);
    let mut free = (last + 1..).filter(|chunk| !table.is_own(*chunk));
    let places = (0..chunks).map(|index| index * stride % chunks);
    let added: Vec<_> = places.filter(|origin| !there.contains(origin)).zip(&mut free).collect();
    table.pairs.extend(added);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_is_named_once_and_neighbours_are_apart() {
        let there = vec![(9, 2), (10, 3)];
        let mut table = Table { chunk: 4096, pairs: there.clone() };
        fill(&mut table, 4096, STRIDE);
        assert_eq!(table.pairs[..2], there);
        let origins: HashSet<u64> = table.pairs.iter().map(|(origin, _)| *origin).collect();
        let stored: HashSet<u64> = table.pairs.iter().map(|(_, stored)| *stored).collect();
        assert_eq!((origins.len(), stored.len(), table.pairs.len()), (4096, 4096, 4096));
        assert!(stored.iter().all(|chunk| !table.is_own(*chunk)));
        assert!(table.pairs[2..].windows(2).all(|two| two[0].0.abs_diff(two[1].0) > 1));
    }
}
