//! A disk in memory above a file that is only read: what was written before a power cut in one
//! layer, what is written after it in another, which can be thrown away.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};

/// What a disk writes whole or not at all.
pub(crate) const SECTOR: u64 = 512;
const PAGE: usize = 4096;

type Pages = HashMap<u64, Box<[u8; PAGE]>>;

/// A disk.
#[derive(Debug)]
pub(crate) struct Disk {
    base: File,
    size: u64,
    /// What is the same for all cuts from here on.
    settled: Pages,
    /// What this cut has left on it, and what was written since.
    over: Pages,
}

/// Which layer is written to.
#[derive(Clone, Copy)]
enum Layer {
    Settled,
    Over,
}

impl Disk {
    /// A disk that holds what this file does.
    pub(crate) fn above(base: &Path) -> Result<Self> {
        let file = File::open(base).with_context(|| format!("no {}", base.display()))?;
        let size = file.metadata()?.len();
        Ok(Self { base: file, size, settled: Pages::new(), over: Pages::new() })
    }

    /// Its size in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Whether a range lies on it.
    pub(crate) fn has(&self, at: u64, length: u64) -> bool {
        at.checked_add(length).is_some_and(|end| end <= self.size)
    }

    /// Reads from it.
    pub(crate) fn read(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        for (page, within, range) in pieces(at, bytes.len()) {
            let found = self.over.get(&page).or_else(|| self.settled.get(&page));
            let target = &mut bytes[range];
            match found {
                Some(content) => target.copy_from_slice(&content[within..within + target.len()]),
                None => read_file(&self.base, page * PAGE as u64 + within as u64, target)?,
            }
        }
        Ok(())
    }

    /// Writes to it, until the next reset.
    pub(crate) fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.put(Layer::Over, at, bytes)
    }

    /// Writes to it for good. Nothing may have been written since the last reset.
    pub(crate) fn settle(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        debug_assert!(self.over.is_empty());
        self.put(Layer::Settled, at, bytes)
    }

    fn put(&mut self, layer: Layer, at: u64, bytes: &[u8]) -> io::Result<()> {
        for (page, within, range) in pieces(at, bytes.len()) {
            let source = &bytes[range];
            let there = match layer {
                Layer::Settled => self.settled.contains_key(&page),
                Layer::Over => self.over.contains_key(&page),
            };
            let mut whole = Box::new([0; PAGE]);
            if !there && source.len() < PAGE {
                self.read(page * PAGE as u64, &mut whole[..])?;
            }
            let layer = match layer {
                Layer::Settled => &mut self.settled,
                Layer::Over => &mut self.over,
            };
            layer.entry(page).or_insert(whole)[within..within + source.len()]
                .copy_from_slice(source);
        }
        Ok(())
    }

    /// Forgets all that was written since the last reset, but for what is settled.
    pub(crate) fn reset(&mut self) {
        self.over.clear();
    }

    /// Where something else stands than in the file below, in bytes, each the beginning of a page.
    pub(crate) fn changed(&self) -> io::Result<Vec<u64>> {
        let mut changed = Vec::new();
        let mut before = [0; PAGE];
        let mut now = [0; PAGE];
        for page in self.over.keys().chain(self.settled.keys()) {
            let at = page * PAGE as u64;
            read_file(&self.base, at, &mut before)?;
            self.read(at, &mut now)?;
            if before != now {
                changed.push(at);
            }
        }
        Ok(changed)
    }

    /// Writes into a copy of the file below where something else stands.
    pub(crate) fn save(&self, to: &Path) -> Result<()> {
        let file = File::options().write(true).open(to);
        let file = file.with_context(|| format!("cannot write {}", to.display()))?;
        let mut page = [0; PAGE];
        for at in self.changed()? {
            self.read(at, &mut page)?;
            file.write_all_at(&page, at)?;
        }
        Ok(())
    }
}

/// The pages of a range: number, place within it, and the part of the range that it holds.
fn pieces(at: u64, length: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let here = at + done as u64;
        // Less than a page.
        #[allow(clippy::cast_possible_truncation)]
        let within = (here % PAGE as u64) as usize;
        let count = (length - done).min(PAGE - within);
        let range = done..done + count;
        done += count;
        (count > 0).then_some((here / PAGE as u64, within, range))
    })
}

/// Reads from a file; behind its end are zeros.
fn read_file(file: &File, mut at: u64, mut bytes: &mut [u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.read_at(bytes, at)? {
            0 => {
                bytes.fill(0);
                return Ok(());
            }
            count => {
                bytes = &mut bytes[count..];
                at += count as u64;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_since_a_reset_is_forgotten_and_what_is_settled_stays() {
        let directory = tempfile::tempdir().unwrap();
        let base = directory.path().join("base");
        std::fs::write(&base, [1; 3 * PAGE]).unwrap();
        let mut disk = Disk::above(&base).unwrap();
        disk.settle(PAGE as u64 - 512, &[2; 1024]).unwrap();
        disk.write(PAGE as u64, &[3; 512]).unwrap();
        let at = |disk: &Disk, at: usize| {
            let mut byte = [0];
            disk.read(at as u64, &mut byte).unwrap();
            byte[0]
        };
        let places = [0, PAGE - 1, PAGE, PAGE + 512, 2 * PAGE];
        assert_eq!(places.map(|place| at(&disk, place)), [1, 2, 3, 1, 1]);
        disk.reset();
        assert_eq!(places.map(|place| at(&disk, place)), [1, 2, 2, 1, 1]);
        let mut changed = disk.changed().unwrap();
        changed.sort_unstable();
        assert_eq!(changed, [0, PAGE as u64]);
    }
}
