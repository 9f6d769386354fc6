//! Copying back on real devices, for scenarios and benches, and by hand.
//!
//! ```text
//! copy_back scatter DEVICE SEED COUNT [sync]  write COUNT blocks of 4 KiB at random places
//! copy_back restore STORE ORIGIN [SNAPSHOT]   copy back, read back, say how it went
//! copy_back table STORE ORIGIN                check the table, say how much is in it
//! copy_back damage STORE ORIGIN               of a store in a file: lose exceptions, one at a time
//! ```

use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::time::Instant;

use rustix::fs::OFlags;
use zshield_formats::cow::{ExceptionStore, State, copy_back, verify};
use zshield_formats::ext4::FreeMap;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["scatter", device, seed, count] => scatter(device, seed.parse()?, count.parse()?, false),
        ["scatter", device, seed, count, "sync"] => {
            scatter(device, seed.parse()?, count.parse()?, true)
        }
        ["restore", store, origin] => restore(store, origin, None),
        ["restore", store, origin, snapshot] => restore(store, origin, Some(snapshot)),
        ["table", store, origin] => {
            let file = direct(store)?;
            println!("exceptions={}", ExceptionStore::open(&file, &direct(origin)?)?.exceptions());
            Ok(())
        }
        ["damage", store, origin] => damage(store, origin),
        _ => Err(
            "copy_back scatter DEVICE SEED COUNT [sync] | restore STORE ORIGIN [SNAPSHOT] | table \
                  STORE ORIGIN | damage STORE ORIGIN"
                .into(),
        ),
    }
}

fn direct(path: &str) -> Result<File, Box<dyn Error>> {
    let flags = i32::try_from(OFlags::DIRECT.bits())?;
    Ok(OpenOptions::new().read(true).custom_flags(flags).open(path)?)
}

/// Every block on its own with `sync`, else all of them together.
fn scatter(device: &str, seed: u64, count: u64, sync: bool) -> Result<(), Box<dyn Error>> {
    const SIZE: usize = 4096;
    const BLOCK: u64 = SIZE as u64;
    let mut file = OpenOptions::new().write(true).open(device)?;
    let blocks = file.seek(SeekFrom::End(0))? / BLOCK;
    // Xorshift: the same places for the same seed, whatever is written there.
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    for number in 0..count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let mut block = [0; SIZE];
        block[..8].copy_from_slice(&(seed ^ number).to_le_bytes());
        block[8..16].copy_from_slice(&seed.to_le_bytes());
        file.write_all_at(&block, state % blocks * BLOCK)?;
        if sync {
            file.sync_data()?;
        }
    }
    Ok(file.sync_all()?)
}

fn restore(store: &str, origin: &str, snapshot: Option<&str>) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let file = direct(store)?;
    let target = OpenOptions::new().read(true).write(true).open(origin)?;
    let store = ExceptionStore::open(&file, &target)?;
    let free = snapshot.map(|path| FreeMap::read(&direct(path)?).map_err(Box::<dyn Error>::from));
    let free = free.transpose()?;
    let state = State { stores: &[store], free: free.as_ref() };
    let (report, digests) = copy_back(state, &target, &mut |_, _| {})?;
    let copied = begun.elapsed().as_secs_f64();
    verify(state, &digests, &direct(origin)?, &mut |_, _| {})?;
    let memory = std::fs::read_to_string("/proc/self/status")?;
    let peak = memory.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    println!("{report:?}");
    println!("copied={copied:.3} total={:.3} {peak}", begun.elapsed().as_secs_f64());
    Ok(())
}

/// Loses exceptions of a table, their places in the store, or both, and has each found: but not the
/// last of an area, which may as well never have been.
fn damage(store: &str, origin: &str) -> Result<(), Box<dyn Error>> {
    let file = OpenOptions::new().read(true).write(true).open(store)?;
    let origin = direct(origin)?;
    let (chunk, count) = {
        let opened = ExceptionStore::open(&file, &origin)?;
        (opened.chunk(), opened.exceptions())
    };
    let per_area = chunk / 16;
    let mut damaged = 0;
    // More than these show nothing new.
    let step = usize::try_from(count / 1000 + 1)?;
    for number in (0..count.saturating_sub(1)).step_by(step) {
        if number % per_area == per_area - 1 {
            continue;
        }
        let at = (1 + number / per_area * (per_area + 1)) * chunk + number % per_area * 16;
        let mut sound = [0; 16];
        file.read_exact_at(&mut sound, at)?;
        let mut moved = sound;
        moved[8] ^= 1;
        for (what, wrong) in [("place", &[0; 8][..]), ("all", &[0; 16]), ("moved", &moved)] {
            file.write_all_at(wrong, at + 16 - wrong.len() as u64)?;
            if ExceptionStore::open(&file, &origin).is_ok() {
                return Err(format!("exception {number} of {count}: {what} is not missed").into());
            }
            file.write_all_at(&sound, at)?;
            damaged += 1;
        }
    }
    println!("damaged={damaged} exceptions={count} areas={}", count / per_area + 1);
    Ok(())
}
