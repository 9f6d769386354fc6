//! A store as the kernel would write it, gone back to; and damaged ones, which never are.
#![allow(clippy::unwrap_used)]

mod cow_model;

use cow_model::{CHUNK, content, file, restore, written};
use proptest::prelude::*;
use zshield_formats::cow::{Changed, CowError, ExceptionStore};
use zshield_units::Sectors;

fn corrupted(change: impl Fn(&mut Vec<u8>)) -> Result<u64, CowError> {
    let model = written(40, 0, &[(3, 1), (9, 2), (17, 3)]);
    let mut store = model.store();
    change(&mut store);
    restore(&store, &file(&model.origin))
}

#[test]
fn more_exceptions_than_one_area_holds_are_restored() {
    let writes: Vec<(usize, u8)> = (0..700).rev().map(|chunk| (chunk, 5)).collect();
    let model = written(700, 100, &writes);
    let origin = file(&model.origin);
    let count = restore(&model.store(), &origin).unwrap();
    assert!(count > 690, "{count}");
    assert_eq!(content(&origin, model.before.len()), model.before);
    assert_eq!(restore(&model.store(), &origin).unwrap(), 0);
}

#[test]
fn a_header_that_is_none_is_refused() {
    assert!(matches!(corrupted(|store| store[0] = 0), Err(CowError::NoStore)));
    assert!(matches!(corrupted(|store| store[4] = 0), Err(CowError::Overflowed)));
    assert!(matches!(corrupted(|store| store[8] = 2), Err(CowError::Version(2))));
    assert!(matches!(corrupted(|store| store[12] = 9), Err(CowError::ChunkSize(Sectors(9)))));
    assert!(matches!(corrupted(|store| store.truncate(10)), Err(CowError::NoStore)));
    assert!(matches!(corrupted(|store| store[..16].fill(0)), Err(CowError::Empty)));
}

#[test]
fn the_kernel_refuses_a_header_that_is_none_and_takes_a_table_as_it_comes() {
    let is_refused = |change: fn(&mut Vec<u8>)| {
        corrupted(change).expect_err("it is damaged").is_refused_by_kernel()
    };
    assert!(is_refused(|store| store[0] = 1));
    assert!(is_refused(|store| store[8] = 2));
    assert!(is_refused(|store| store[12] = 9));
    assert!(!is_refused(|store| store[4] = 0));
    assert!(!is_refused(|store| store[..16].fill(0)));
}

proptest! {
    #[test]
    fn whatever_was_written_is_undone(
        chunks in 1usize..600, tail in 0usize..CHUNK,
        writes in prop::collection::vec((any::<usize>(), any::<u8>()), 0..900),
    ) {
        let model = written(chunks, tail, &writes);
        let origin = file(&model.origin);
        restore(&model.store(), &origin).unwrap();
        prop_assert_eq!(content(&origin, model.before.len()), model.before);
    }

    #[test]
    fn a_restore_that_was_cut_off_is_ended_by_the_next(
        writes in prop::collection::vec((0usize..300, any::<u8>()), 1..400),
        done in prop::collection::vec(any::<bool>(), 300),
    ) {
        let model = written(300, 0, &writes);
        let mut cut = model.origin.clone();
        for chunk in (0..300).filter(|chunk| done[*chunk]) {
            let range = chunk * CHUNK..(chunk + 1) * CHUNK;
            cut[range.clone()].copy_from_slice(&model.before[range]);
        }
        let origin = file(&cut);
        restore(&model.store(), &origin).unwrap();
        prop_assert_eq!(content(&origin, model.before.len()), model.before);
    }

    /// A table with one wrong bit is found out; or what it says is still possible, and then what
    /// is written are chunks of the store and nothing else: of that no table can tell the truth.
    #[test]
    fn no_damage_to_the_table_panics_or_leads_outside(
        writes in prop::collection::vec((0usize..300, any::<u8>()), 1..400),
        at in 0usize..CHUNK * 2, bit in 0u8..8, cut in prop::option::of(0usize..CHUNK * 400),
    ) {
        let model = written(300, 0, &writes);
        let mut store = model.store();
        store[at] ^= 1 << bit;
        if let Some(cut) = cut {
            store.truncate(cut);
        }
        let origin = file(&model.origin);
        if restore(&store, &origin).is_err() {
            // Nothing is written before the whole table has been read.
            prop_assert_eq!(content(&origin, model.origin.len()), model.origin);
        }
    }

    #[test]
    fn no_bytes_are_a_store_by_chance(bytes in prop::collection::vec(any::<u8>(), 0..9000)) {
        prop_assert!(restore(&bytes, &file(&[0; 8192])).is_err());
    }
}

#[test]
fn what_has_changed_is_what_has_an_exception() {
    let model = written(40, 100, &[(3, 9), (4, 9), (39, 9)]);
    let (store, origin) = (file(&model.store()), file(&model.origin));
    let changed = Changed::read(&[ExceptionStore::open(&store, &origin).unwrap()]).unwrap();
    let chunk = CHUNK as u64;
    let touched: Vec<u64> = (0..40).filter(|at| changed.touches(at * chunk, 1)).collect();
    assert_eq!(touched, [3, 4, 39]);
    assert!(changed.touches(2 * chunk + 1, chunk) && !changed.touches(2 * chunk, chunk));
    assert!(changed.touches(0, u64::MAX) && !changed.touches(3 * chunk, 0));
}
