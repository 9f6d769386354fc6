//! The factory state stays what it was, whatever is written day by day, and wherever a fold is cut.
// The numbers of the model are small.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod cow_model;

use std::cell::RefCell;
use std::io;
use std::os::unix::fs::FileExt as _;

use cow_model::{CHUNK, Model, PER_AREA, content, file};
use proptest::prelude::*;
use zshield_formats::cow::{
    Changed, CowError, ExceptionStore, FoldReport, State, StoreWriter, copy_back, fold, verify,
};

const SECTOR: usize = 512;

/// What was asked of a disk.
enum Request {
    Write(usize, Vec<u8>),
    Flush,
}

/// A disk that notes what is asked of it, and does nothing of it.
#[derive(Default)]
struct Recorder(RefCell<Vec<Request>>);

impl StoreWriter for Recorder {
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.0.borrow_mut().push(Request::Write(at as usize, bytes.to_vec()));
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        self.0.borrow_mut().push(Request::Flush);
        Ok(())
    }
}

/// A power cut: after which part of the requests, and what becomes of the sectors that no flush covers.
#[derive(Debug, Clone)]
struct Cut {
    after: prop::sample::Index,
    seed: u64,
}

fn cuts() -> impl Strategy<Value = Vec<Cut>> {
    let cut =
        (any::<prop::sample::Index>(), any::<u64>()).prop_map(|(after, seed)| Cut { after, seed });
    prop::collection::vec(cut, 0..3)
}

/// A fold, and what it asks of the disk.
fn folded(outgoing: &Model, factory: &[u8]) -> Result<(FoldReport, Vec<Request>), CowError> {
    let (old, base) = (file(&outgoing.store()), file(&outgoing.before));
    let factory = file(factory);
    let outgoing = ExceptionStore::open(&old, &file(&outgoing.origin))?;
    let store = ExceptionStore::open(&factory, &base)?;
    let recorder = Recorder::default();
    let report = fold(&outgoing, &store, &recorder, &mut |_| {})?;
    Ok((report, recorder.0.into_inner()))
}

/// Does all of it.
fn done(requests: &[Request], disk: &mut [u8]) {
    for request in requests {
        if let Request::Write(at, bytes) = request {
            disk[*at..*at + bytes.len()].copy_from_slice(bytes);
        }
    }
}

/// Does what a cut leaves of it.
fn cut_off(requests: &[Request], disk: &mut [u8], after: usize, seed: u64) {
    let flushed = requests[..after].iter().rposition(|request| matches!(request, Request::Flush));
    let durable = flushed.map_or(0, |index| index + 1);
    done(&requests[..durable], disk);
    let mut chance = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for request in &requests[durable..after] {
        let Request::Write(at, bytes) = request else { continue };
        for (sector, bytes) in bytes.chunks(SECTOR).enumerate() {
            // xorshift64
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            if chance & 1 == 0 {
                let at = at + sector * SECTOR;
                disk[at..at + bytes.len()].copy_from_slice(bytes);
            }
        }
    }
}

/// What a store stands for over a base.
fn view(store: &[u8], base: &[u8]) -> Vec<u8> {
    let (store, view) = (file(store), file(base));
    let state = State { stores: &[ExceptionStore::open(&store, &view).unwrap()], free: None };
    copy_back(state, &view, &mut |_, _| {}).unwrap();
    content(&view, base.len())
}

/// Root, gone back to the factory state over the snapshot that is alive.
fn gone_back(factory: &[u8], latest: &Model) -> Vec<u8> {
    let (factory, base) = (file(factory), file(&latest.before));
    let (store, root) = (file(&latest.store()), file(&latest.origin));
    let stores = [
        ExceptionStore::open(&factory, &base).unwrap(),
        ExceptionStore::open(&store, &root).unwrap(),
    ];
    let state = State { stores: &stores, free: None };
    let mut told = None;
    let (report, copied) =
        copy_back(state, &root, &mut |done, total| told = Some((done, total))).unwrap();
    assert!(told.is_none_or(|(done, total)| done == total), "{told:?}");
    assert_eq!(report.exceptions, report.equal + report.written);
    verify(state, &copied, &root, &mut |_, _| {}).unwrap();
    content(&root, latest.before.len())
}

/// A store as LVM begins it, on a volume full of what was there before.
fn empty_store(chunks: usize) -> Vec<u8> {
    let areas = chunks as u64 / PER_AREA + 1;
    let length = (1 + areas as usize * (PER_AREA as usize + 1) + 1) * CHUNK;
    let mut bytes: Vec<u8> = (0..length).map(|at| (at % 241) as u8).collect();
    bytes[..2 * CHUNK].fill(0);
    for (index, word) in [0x7041_6e53u32, 1, 1, 8].into_iter().enumerate() {
        bytes[index * 4..][..4].copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Over the outgoing snapshot after every cut, and over both after a whole fold.
    #[test]
    fn a_fold_that_is_cut_anywhere_leaves_the_factory_state_as_it_is(
        chunks in 1usize..700, tail in 0usize..CHUNK,
        days in prop::collection::vec(
            (prop::collection::vec((any::<usize>(), any::<u8>()), 0..500), cuts(), prop::collection::vec(any::<usize>(), 0..20)),
            1..5,
        ),
    ) {
        let mut latest = Model::new(chunks, tail);
        let factory_state = latest.origin.clone();
        let mut factory = empty_store(chunks);
        for (writes, cuts, meanwhile) in days {
            for (chunk, value) in writes {
                latest.write(chunk % chunks, value);
            }
            // The snapshot that follows is taken, and the fold runs while root is written on.
            let mut following = Model::of(latest.origin.clone());
            for chunk in meanwhile {
                latest.write(chunk % chunks, 0xee);
                following.write(chunk % chunks, 0xee);
            }
            for cut in cuts {
                let (_, requests) = folded(&latest, &factory).unwrap();
                let after = cut.after.index(requests.len() + 1);
                cut_off(&requests, &mut factory, after, cut.seed);
                prop_assert!(view(&factory, &latest.before) == factory_state, "after a cut");
            }
            let (report, requests) = folded(&latest, &factory).unwrap();
            prop_assert_eq!(report.held + report.appended, latest.order.len() as u64);
            done(&requests, &mut factory);
            prop_assert!(view(&factory, &latest.before) == factory_state, "over the outgoing one");
            prop_assert!(view(&factory, &following.before) == factory_state, "over the one that follows");
            prop_assert!(gone_back(&factory, &following) == factory_state, "root, over both");
            // The names have not changed yet, and it is done once more.
            let (again, requests) = folded(&latest, &factory).unwrap();
            prop_assert!(again.appended == 0 && requests.is_empty());
            latest = following;
        }
    }
}

/// A table that ends where an area does needs the next one to be empty.
#[test]
fn the_end_of_an_area_is_no_place_where_a_cut_brings_back_old_entries() {
    for first in [255, 256, 257] {
        let mut latest = Model::new(600, 0);
        let factory_state = latest.origin.clone();
        let mut factory = empty_store(600);
        for until in [first, 512, 600] {
            (0..until).for_each(|chunk| latest.write(chunk, until as u8));
            let following = Model::of(latest.origin.clone());
            let (_, requests) = folded(&latest, &factory).unwrap();
            // The places worth a cut are at its end.
            for after in requests.len().saturating_sub(8)..=requests.len() {
                for seed in 1..4 {
                    let mut cut = factory.clone();
                    cut_off(&requests, &mut cut, after, seed);
                    assert!(view(&cut, &latest.before) == factory_state, "{first} {after} {seed}");
                    let (_, again) = folded(&latest, &cut).unwrap();
                    done(&again, &mut cut);
                    assert!(view(&cut, &following.before) == factory_state);
                }
            }
            done(&requests, &mut factory);
            latest = following;
        }
    }
}

/// A disk is quick with few requests.
#[test]
fn what_lies_together_in_both_stores_is_written_at_once() {
    let mut latest = Model::new(600, 0);
    (0..600).for_each(|chunk| latest.write(chunk, 1));
    let (_, requests) = folded(&latest, &empty_store(600)).unwrap();
    let chunks = requests.iter().take_while(|request| matches!(request, Request::Write(..)));
    // The areas of both tables lie in the same places.
    assert_eq!(chunks.count(), 3);
}

#[test]
fn stores_that_do_not_belong_together_are_refused_before_anything_is_written() {
    let mut latest = Model::new(300, 0);
    (0..300).for_each(|chunk| latest.write(chunk, 1));
    let short = &empty_store(300)[..290 * CHUNK];
    assert!(matches!(folded(&latest, short), Err(CowError::Full { needed: 303, room: 290 })));
    let mut other = empty_store(300);
    other[12] = 16;
    other[2 * CHUNK..4 * CHUNK].fill(0);
    assert!(matches!(folded(&latest, &other), Err(CowError::Unlike)));
    let (factory, base) = (file(&other), file(&latest.before));
    let (store, root) = (file(&latest.store()), file(&latest.origin));
    let opened = |store, origin| ExceptionStore::open(store, origin).unwrap();
    let stores = [opened(&factory, &base), opened(&store, &root)];
    let state = State { stores: &stores, free: None };
    assert!(matches!(copy_back(state, &root, &mut |_, _| {}), Err(CowError::Unlike)));
    assert_eq!(content(&root, latest.origin.len()), latest.origin);
}

/// What the disk gives back is compared with what was to be written, and not with the store once more.
#[test]
fn a_disk_that_keeps_something_else_is_found_out() {
    let mut latest = Model::new(40, 100);
    for chunk in [3, 9, 39] {
        latest.write(chunk, 1);
    }
    let (store, root) = (file(&latest.store()), file(&latest.origin));
    let state = State { stores: &[ExceptionStore::open(&store, &root).unwrap()], free: None };
    let (_, copied) = copy_back(state, &root, &mut |_, _| {}).unwrap();
    verify(state, &copied, &root, &mut |_, _| {}).unwrap();
    root.write_all_at(&[0xfe], 9 * CHUNK as u64 + 7).unwrap();
    let found = verify(state, &copied, &root, &mut |_, _| {});
    assert!(matches!(found, Err(CowError::Differs(at)) if at == 9 * CHUNK as u64));
}

#[test]
fn what_was_written_since_the_first_of_two_stores_is_in_either() {
    let mut first = Model::new(40, 0);
    first.write(3, 1);
    let mut second = Model::of(first.origin.clone());
    second.write(9, 2);
    let (store, base) = (file(&first.store()), file(&second.before));
    let (alive, root) = (file(&second.store()), file(&second.origin));
    let stores = [
        ExceptionStore::open(&store, &base).unwrap(),
        ExceptionStore::open(&alive, &root).unwrap(),
    ];
    let changed = Changed::read(&stores).unwrap();
    let touched = (0..40).filter(|chunk| changed.touches(chunk * CHUNK as u64, 1));
    assert_eq!(touched.collect::<Vec<_>>(), [3, 9]);
    assert!(matches!(Changed::read(&[]), Err(CowError::NoStore)));
}
