//! Each target with its corpus, and with what comes of that by a few changes: the same ones in every run.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use fastrand::Rng;
use libtest_mimic::{Arguments, Failed, Trial};
use rustix::process::{Resource, Rlimit, setrlimit};
use zshield_fuzz::{TARGETS, Target};

/// How many changed inputs a target is given, and no more than so many bytes of them.
const INPUTS: usize = 500;
const BYTES: usize = 4 << 20;
/// A length that an input only claims must not become memory.
const MEMORY: u64 = 512 << 20;
/// No input is longer than the longest that `cargo xtask fuzz` makes.
const LONGEST: usize = 150_000;

fn main() -> ExitCode {
    let limit = Rlimit { current: Some(MEMORY), maximum: Some(MEMORY) };
    if let Err(error) = setrlimit(Resource::Data, limit) {
        eprintln!("memory can't be limited: {error}");
        return ExitCode::FAILURE;
    }
    let trials = TARGETS.iter().map(|target| Trial::test(target.0, || tried(*target))).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn tried((name, target): Target) -> Result<(), Failed> {
    let corpus = corpus(name)?;
    if corpus.is_empty() {
        return Err("its corpus is empty".into());
    }
    for (file, seed) in &corpus {
        given(target, seed, &file.display().to_string())?;
    }
    let mut chance = Rng::with_seed(1);
    let mut bytes = 0;
    for number in 0..INPUTS {
        let input = changed(&corpus, &mut chance);
        bytes += input.len();
        if bytes > BYTES {
            break;
        }
        given(target, &input, &format!("{name}-{number}"))?;
    }
    Ok(())
}

/// The seeds of a target, in the order of their names.
fn corpus(name: &str) -> Result<Vec<(PathBuf, Vec<u8>)>, Failed> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut files: Vec<PathBuf> = fs::read_dir(&directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let read = |file: PathBuf| fs::read(&file).map(|bytes| (file, bytes));
    Ok(files.into_iter().map(read).collect::<Result<_, _>>()?)
}

/// Gives an input to a target. One that fails is kept, for `cargo xtask fuzz` too.
fn given(target: fn(&[u8]), input: &[u8], name: &str) -> Result<(), Failed> {
    if panic::catch_unwind(AssertUnwindSafe(|| target(input))).is_ok() {
        return Ok(());
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name.replace('/', "_"));
    fs::write(&file, input)?;
    Err(format!("{name} failed; the input is kept in {}", file.display()).into())
}

/// A seed with a few changes.
fn changed(corpus: &[(PathBuf, Vec<u8>)], chance: &mut Rng) -> Vec<u8> {
    let one = |chance: &mut Rng| &corpus[chance.usize(..corpus.len())].1;
    let mut input = one(chance).clone();
    for _ in 0..chance.usize(1..=4) {
        let other = one(chance);
        change(&mut input, other, chance);
    }
    input.truncate(LONGEST);
    input
}

/// One change: a bit, a byte, a number, or a stretch that goes, comes twice, or comes from another seed.
fn change(input: &mut Vec<u8>, other: &[u8], chance: &mut Rng) {
    const NUMBERS: [u64; 6] = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, u64::MAX];
    let at = chance.usize(..=input.len());
    let length = chance.usize(..=(input.len() - at).min(64));
    match chance.usize(..7) {
        0 if at < input.len() => input[at] ^= 1 << chance.usize(..8),
        1 if at < input.len() => input[at] = chance.u8(..),
        2 => {
            let number = NUMBERS[chance.usize(..NUMBERS.len())].to_le_bytes();
            let width = [1, 2, 4, 8][chance.usize(..4)];
            let room = width.min(input.len() - at);
            input[at..at + room].copy_from_slice(&number[..room]);
        }
        3 => drop(input.drain(at..at + length)),
        4 => {
            let twice = input[at..at + length].to_vec();
            drop(input.splice(at..at, twice));
        }
        5 if !other.is_empty() => {
            let from = chance.usize(..other.len());
            let taken = &other[from..other.len().min(from + 64)];
            drop(input.splice(at..at, taken.iter().copied()));
        }
        _ => input.truncate(at),
    }
}
