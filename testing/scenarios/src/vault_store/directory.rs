//! A directory of this host.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use super::bench::Bench;
use crate::scenario::Context;

pub(super) fn run(context: &Context) -> Result<()> {
    let bench = Bench::new(context)?;
    bench.is_read(&bench.local("made")?)?;
    let far = bench.local("far")?;
    bench.mirrors(&far)?;
    bench.refuses_another(&far)?;
    bench.done("write", &[&far.settings])?;
    bench.is_limited(&bench.local("limited")?)?;
    let mounted = bench.local("mounted")?;
    bench.fails_mounted(&mounted, "size=2m", "NoSpace")?;
    bench.fails_mounted(&mounted, "ro", "ReadOnly")?;
    // A damaged pack here is named, and nothing of it goes.
    let local = bench.local("local")?;
    let pack = local.restic(&["list", "packs"])?;
    let pack = pack.lines().next().context("no pack")?.to_owned();
    let path = |place: &str| bench.path(&format!("{place}/data/{}/{pack}", &pack[..2]));
    let whole = fs::read(path("local"))?;
    let mut damaged = whole.clone();
    damaged[1000] ^= 1;
    // As `restic` leaves it, nobody may write it.
    fs::remove_file(path("local"))?;
    fs::write(path("local"), damaged)?;
    let later = bench.local("later")?;
    let said = bench.done("mirror", &[&local.settings, &later.settings])?;
    ensure!(said.contains("::damaged 1 here, 0 there") && !path("later").exists(), "{said}");
    fs::write(path("local"), whole)?;
    let said = bench.done("mirror", &[&local.settings, &later.settings])?;
    ensure!(said.contains("::mirrored 1 objects"), "{said}");
    bench.is_mirror(&later)?;
    fs::remove_dir_all(bench.path("later"))?;
    bench.fails("mirror", &[&local.settings, &later.settings], "NoPlace").map(drop)
}
