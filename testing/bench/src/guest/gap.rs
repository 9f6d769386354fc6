//! How long whoever writes is kept waiting.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

/// Syncs a block again and again. Once it does, `begun` is among the signals; with `stop` there it
/// ends.
pub(super) fn run(name: &str, file: &Path, signals: &Path) -> Result<()> {
    let file = File::create(file)?;
    let (mut writes, mut longest, mut all) = (0u32, Duration::ZERO, Duration::ZERO);
    while !signals.join("stop").exists() {
        let begun = Instant::now();
        file.write_all_at(&[0; 4096], 0)?;
        file.sync_data()?;
        let took = begun.elapsed();
        longest = longest.max(took);
        all += took;
        writes += 1;
        if writes == 1 {
            fs::write(signals.join("begun"), "")?;
        }
    }
    let mean = all.as_secs_f64() / f64::from(writes.max(1));
    println!("gap {name} longest={:.3} mean={mean:.4}", longest.as_secs_f64());
    Ok(())
}
