//! Writing a stick, beside `dd`, `dd` with a comparison, and `bmaptool`: to a file in the medium's
//! place, since no two sticks are alike.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use zshield_image::write::{Medium, Source, copy};

use super::findings::Findings;
use super::form::Form;
use super::row::Row;
use super::statistics::median;
use zshield_machines::artifacts::Artifacts;
use zshield_machines::tool::{capture, tool};

const TURNS: usize = 3;
const PEERS: [&str; 3] = ["dd", "dd and cmp", "bmaptool"];

pub(super) fn findings(artifacts: &Artifacts, form: Form) -> Result<Findings> {
    let directory = artifacts.work().run_directory("bench-image-write")?;
    let image = artifacts.stick()?;
    let map = directory.join("stick.bmap");
    capture(tool("bmaptool", ["create", "-o"]).arg(&map).arg(&image))?;
    let target = directory.join("medium.img");
    let mut times = [const { Vec::new() }; 4];
    let mut note = String::new();
    for _ in 0..form.turns(TURNS) {
        times[0].push(timed(&target, &image, || {
            let mut medium = Medium::open_file(&target)?;
            let written = copy(&Source::open(&image)?, &mut medium, &|_, _| ())?;
            let mib = |bytes: u64| bytes >> 20;
            note = format!(
                "written {} MiB, made zero {} MiB, left alone {} MiB, all read back",
                mib(written.data),
                mib(written.zeros),
                mib(written.untouched)
            );
            Ok(())
        })?);
        let dd = || {
            let mut dd = tool("dd", ["bs=4M", "conv=fsync,notrunc", "status=none"]);
            dd.arg(format!("if={}", image.display())).arg(format!("of={}", target.display()));
            capture(&mut dd)
        };
        times[1].push(timed(&target, &image, || dd().map(drop))?);
        times[2].push(timed(&target, &image, || {
            dd()?;
            let bytes = fs::metadata(&image)?.len().to_string();
            // From the medium, not from memory, as ours.
            capture(
                tool("dd", ["oflag=nocache", "conv=notrunc", "count=0", "status=none"])
                    .arg(of(&target)),
            )?;
            capture(tool("cmp", ["-n", &bytes]).arg(&image).arg(&target)).map(drop)
        })?);
        times[3].push(timed(&target, &image, || {
            let mut bmaptool = tool("bmaptool", ["-q", "copy", "--bmap"]);
            capture(bmaptool.arg(&map).arg(&image).arg(&target)).map(drop)
        })?);
    }
    fs::remove_file(target)?;
    let [ours, peers @ ..] = times.map(|times| median(&times));
    let case = format!("stick of {} MiB", fs::metadata(&image)?.len() >> 20);
    let row = |(peer, theirs)| {
        Row::seconds("image-write", case.clone(), ours, peer, theirs, note.clone())
    };
    Ok(PEERS.into_iter().zip(peers).map(row).collect::<Vec<_>>().into())
}

fn of(target: &Path) -> String {
    format!("of={}", target.display())
}

/// The seconds that `run` takes with a medium of twice the image's length that holds nothing.
fn timed(target: &Path, image: &Path, run: impl FnOnce() -> Result<()>) -> Result<f64> {
    let file = fs::File::create(target)?;
    file.set_len(fs::metadata(image)?.len() * 2)?;
    file.sync_all()?;
    let since = Instant::now();
    run()?;
    Ok(since.elapsed().as_secs_f64())
}
