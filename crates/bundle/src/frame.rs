//! One part of a content: a zstd frame, by itself or over a stretch of an older content.

use std::io;

use zstd::zstd_safe::{CCtx, CParameter, DCtx, compress_bound, get_error_name};

/// How hard a part is to be packed. Reading it costs the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// What is made once and carried to every machine.
    High,
    /// What is compressed already.
    Low,
}

/// From this length on matches are looked for far away, too.
const LONG: usize = 1 << 20;

/// Whether so many bytes can be a part of this length: what can't be compressed grows by a little.
pub fn fits(stored: u64, size: u64) -> bool {
    stored <= compress_bound(size as usize) as u64
}

/// Packs a part. With a `base` it is a patch of that.
pub fn pack(part: &[u8], base: &[u8], effort: Effort) -> io::Result<Vec<u8>> {
    let mut context = CCtx::create();
    let reach = (part.len() + base.len()).max(1 << 10).next_power_of_two();
    let far = part.len() + base.len() >= LONG;
    let level = match effort {
        Effort::High => 19,
        Effort::Low => 1,
    };
    for parameter in [
        CParameter::CompressionLevel(level),
        CParameter::WindowLog(reach.ilog2()),
        CParameter::EnableLongDistanceMatching(far),
    ] {
        context.set_parameter(parameter).map_err(failed)?;
    }
    if !base.is_empty() {
        context.ref_prefix(base).map_err(failed)?;
    }
    let mut packed = Vec::with_capacity(compress_bound(part.len()));
    context.compress2(&mut packed, part).map_err(failed)?;
    Ok(packed)
}

/// The part of this length that was packed over this `base`. The caller has bounded `size`, and knows that
/// nobody has changed `packed`.
pub fn unpack(packed: &[u8], size: u64, base: &[u8]) -> io::Result<Vec<u8>> {
    let mut context = DCtx::create();
    if !base.is_empty() {
        context.ref_prefix(base).map_err(failed)?;
    }
    let mut part = Vec::with_capacity(size as usize);
    context.decompress(&mut part, packed).map_err(failed)?;
    if part.len() as u64 == size { Ok(part) } else { Err(io::ErrorKind::InvalidData.into()) }
}

fn failed(code: usize) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, get_error_name(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_comes_back_and_a_patch_is_small() {
        let mut chance = fastrand::Rng::with_seed(1);
        let old: Vec<u8> = std::iter::repeat_with(|| chance.u8(..)).take(3 << 20).collect();
        let mut new = old.clone();
        new.splice(1 << 20..1 << 20, *b"inserted");
        new[2_500_000] ^= 1;
        let whole = pack(&new, &[], Effort::High).unwrap();
        assert_eq!(unpack(&whole, new.len() as u64, &[]).unwrap(), new);
        assert!(fits(whole.len() as u64, new.len() as u64));
        let patch = pack(&new, &old, Effort::High).unwrap();
        assert!(patch.len() < 1000, "{}", patch.len());
        assert_eq!(unpack(&patch, new.len() as u64, &old).unwrap(), new);
        for size in [0, 1, new.len() as u64 - 1, new.len() as u64 + 1] {
            assert!(unpack(&patch, size, &old).is_err(), "{size}");
        }
        let nothing = pack(&[], &[], Effort::Low).unwrap();
        assert_eq!(unpack(&nothing, 0, &[]).unwrap(), b"");
    }

    #[test]
    fn over_another_base_something_else_comes_or_nothing() {
        let old = b"0123456789".repeat(1000);
        let new = [old.as_slice(), b"end"].concat();
        let patch = pack(&new, &old, Effort::High).unwrap();
        let other = vec![b'x'; old.len()];
        assert!(unpack(&patch, new.len() as u64, &other).is_ok_and(|part| part != new));
        assert!(unpack(&patch, new.len() as u64, &[]).is_err());
    }
}
