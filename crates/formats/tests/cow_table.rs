//! Tables that the kernel can't have written are refused, and those that a cut leaves are not.
// The numbers of the model are small.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod cow_model;

use cow_model::{CHUNK, Model, PER_AREA, content, file, restore, written};
use proptest::prelude::*;
use zshield_formats::cow::{ChunkIndex, Corrupt, CowError};

/// The size of an exception in the table, and how many a sector holds.
const ENTRY: usize = 16;
const PER_SECTOR: usize = 32;
const SECTOR: usize = ENTRY * PER_SECTOR;

/// Where in a store the exception of this number stands.
fn entry(index: usize) -> usize {
    let area = 1 + index / PER_AREA as usize * (PER_AREA as usize + 1);
    area * CHUNK + index % PER_AREA as usize * ENTRY
}

fn put(store: &mut [u8], at: usize, number: u64) {
    store[at..at + 8].copy_from_slice(&number.to_le_bytes());
}

/// Why the store of a model is refused, once it is changed.
fn why(model: &Model, change: &dyn Fn(&mut Vec<u8>)) -> Option<Corrupt> {
    let mut store = model.store();
    change(&mut store);
    let origin = file(&model.origin);
    match restore(&store, &origin) {
        Ok(_) => None,
        Err(CowError::Corrupt { why, .. }) => {
            assert!(content(&origin, model.origin.len()) == model.origin, "written all the same");
            Some(why)
        }
        Err(other) => panic!("{other:?}"),
    }
}

fn out_of_order(named: u64, next: u64) -> Corrupt {
    Corrupt::OutOfOrder { named: ChunkIndex(named), next: ChunkIndex(next) }
}

#[test]
fn a_table_that_the_kernel_cannot_have_written_is_refused_by_what_is_wrong() {
    let model = written(40, 0, &[(3, 1), (9, 2), (17, 3)]);
    let why = |change: &dyn Fn(&mut Vec<u8>)| why(&model, change).unwrap();
    let stored = |index: usize| entry(index) + 8;
    assert_eq!(why(&|store| put(store, entry(0), 40)), Corrupt::OutsideOrigin(ChunkIndex(40)));
    assert_eq!(why(&|store| put(store, entry(0), 9)), Corrupt::OriginTwice(ChunkIndex(9)));
    assert_eq!(why(&|store| put(store, stored(0), 1 << 40)), out_of_order(1 << 40, 2));
    assert_eq!(why(&|store| put(store, stored(1), 2)), out_of_order(2, 3));
    assert_eq!(why(&|store| put(store, stored(2), 5)), out_of_order(5, 4));
    assert_eq!(why(&|store| put(store, stored(0), 1)), out_of_order(1, 2));
    assert_eq!(why(&|store| put(store, stored(0), 0)), Corrupt::NoPlace(ChunkIndex(3)));
    assert_eq!(why(&|store| put(store, entry(3), 8)), Corrupt::NoPlace(ChunkIndex(8)));
    assert_eq!(why(&|store| store[entry(1)..][..ENTRY].fill(0)), Corrupt::Gap(1));
    assert_eq!(why(&|store| store.truncate(4 * CHUNK)), Corrupt::OutsideStore(ChunkIndex(4)));
    assert_eq!(why(&|store| store.truncate(CHUNK + 100)), Corrupt::Truncated);
}

/// The origin's chunks in the order in which they changed, and some of them that are lost from the
/// table: two sectors of it and more, and not just the end of an area.
fn holed() -> impl Strategy<Value = (Vec<usize>, std::ops::Range<usize>)> {
    let size = PER_AREA as usize;
    (66usize..600).prop_flat_map(move |count| {
        let chunks: Vec<usize> = (0..count).collect();
        let hole = (0..count, 1usize..80).prop_filter_map("the end", move |(first, length)| {
            let end = count.min((first / size + 1) * size);
            (first + length < end).then_some(first..first + length)
        });
        (Just(chunks).prop_shuffle(), hole)
    })
}

fn changed(order: &[usize]) -> Model {
    let writes: Vec<(usize, u8)> = order.iter().map(|chunk| (*chunk, 255)).collect();
    written(order.len(), 0, &writes)
}

proptest! {
    #[test]
    fn a_hole_in_the_table_is_found((order, hole) in holed()) {
        let model = changed(&order);
        let found = why(&model, &|store| store[entry(hole.start)..entry(hole.end)].fill(0));
        prop_assert_eq!(found, Some(Corrupt::Gap(hole.start as u64 % PER_AREA)));
    }

    #[test]
    fn an_exception_that_has_lost_its_place_is_found((order, hole) in holed()) {
        let found = why(&changed(&order), &|store| put(store, entry(hole.start) + 8, 0));
        // Of chunk 0 nothing is left, once its place is lost.
        let chunk = order[hole.start] as u64;
        let gap = Corrupt::Gap(hole.start as u64 % PER_AREA);
        prop_assert_eq!(found, Some(if chunk == 0 { gap } else { Corrupt::NoPlace(ChunkIndex(chunk)) }));
    }

    #[test]
    fn a_wrong_place_is_found((order, hole) in holed(), place in 1u64..2000) {
        let model = changed(&order);
        let right = model.order[hole.start].1;
        prop_assume!(place != right);
        let found = why(&model, &|store| put(store, entry(hole.start) + 8, place));
        prop_assert_eq!(found, Some(out_of_order(place, right)));
    }

    /// The power goes while an area is written, of which any sectors reach the disk. What was being
    /// committed has not happened to the origin. Then the system goes on, from the first gap.
    #[test]
    fn an_area_that_was_half_written_is_sound(
        before in 0usize..200, torn in 1usize..56, reached in prop::collection::vec(any::<bool>(), 8),
        more in prop::collection::vec((0usize..256, any::<u8>()), 0..40),
    ) {
        let mut model = Model::new(256, 0);
        (0..before).for_each(|chunk| model.write(chunk, 255));
        let mut pending = model.clone();
        (before..before + torn).for_each(|chunk| pending.write(chunk, 255));
        let (old, mut store) = (model.store(), pending.store());
        for sector in (0..8).filter(|sector| !reached[*sector]) {
            let at = CHUNK + sector * SECTOR;
            store[at..at + SECTOR].copy_from_slice(&old[at..at + SECTOR]);
        }
        let committed = (0..before + torn).take_while(|&index| store[entry(index) + 8] != 0);
        let committed = committed.count();
        (before..committed).for_each(|chunk| model.write(chunk, 255));
        let filled = (committed..256).find(|&index| store[entry(index) + 8] != 0).unwrap_or(256);
        for (chunk, value) in more {
            if model.order.len() + 1 < filled {
                model.write(chunk, value);
            }
        }
        let now = model.store();
        for index in committed..model.order.len() {
            let at = entry(index);
            store[at..at + ENTRY].copy_from_slice(&now[at..at + ENTRY]);
            let data = model.order[index].1 as usize * CHUNK;
            store[data..data + CHUNK].copy_from_slice(&now[data..data + CHUNK]);
        }
        let origin = file(&model.origin);
        restore(&store, &origin).unwrap();
        prop_assert!(content(&origin, model.before.len()) == model.before);
    }
}
