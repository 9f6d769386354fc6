//! How long whoever writes or reads is kept waiting.

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::fs::OFlags;
use zshield_formats::AlignedBuffer;

const BLOCK: usize = 4096;
/// What a place is multiplied by for the next one: a prime, so that they lie all over a volume.
const STRIDE: u64 = 7_368_787;

/// Syncs a block again and again. Once it does, `begun` is among the signals; with `stop` there it
/// ends.
pub(super) fn write(name: &str, file: &Path, signals: &Path) -> Result<()> {
    let file = File::create(file)?;
    told(name, signals, |_| {
        file.write_all_at(&[0; BLOCK], 0)?;
        Ok(file.sync_data()?)
    })
}

/// Reads blocks all over a device, one after another and each from the disk; with the same signals.
pub(super) fn read(name: &str, device: &Path, signals: &Path) -> Result<()> {
    let flags = OFlags::DIRECT.bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(device)?;
    let block = u64::try_from(BLOCK)?;
    let blocks = (&file).seek(SeekFrom::End(0))? / block;
    let mut buffer = AlignedBuffer::new(BLOCK);
    told(name, signals, |number| {
        let place = u64::from(number) * STRIDE % blocks;
        Ok(file.read_exact_at(buffer.first(BLOCK), place * block)?)
    })
}

/// Does one after another until it is to stop, and tells the longest wait.
fn told(name: &str, signals: &Path, mut one: impl FnMut(u32) -> Result<()>) -> Result<()> {
    let (mut done, mut longest, mut all) = (0u32, Duration::ZERO, Duration::ZERO);
    while !signals.join("stop").exists() {
        let begun = Instant::now();
        one(done)?;
        let took = begun.elapsed();
        longest = longest.max(took);
        all += took;
        done += 1;
        if done == 1 {
            fs::write(signals.join("begun"), "")?;
        }
    }
    let mean = all.as_secs_f64() / f64::from(done.max(1));
    println!("gap {name} longest={:.3} mean={mean:.4}", longest.as_secs_f64());
    Ok(())
}

/// The longest waits on a console, by what went on meanwhile: `gap NAME longest=0.123 mean=0.0012`.
pub(crate) fn gaps(said: &str) -> Result<Vec<(String, f64)>> {
    said.lines()
        .filter_map(|line| line.strip_prefix("gap "))
        .map(|line| {
            let (name, rest) = line.split_once(" longest=").context("a wait without a length")?;
            let longest = rest.split(' ').next().unwrap_or_default();
            Ok((name.to_owned(), longest.parse().with_context(|| format!("no time: {line}"))?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_found_by_name() {
        let said = "noise\ngap backup-1 longest=0.250 mean=0.0010\n";
        assert_eq!(gaps(said).unwrap(), [("backup-1".to_owned(), 0.25)]);
        assert!(gaps("gap backup-1 longest=soon").is_err());
    }
}
