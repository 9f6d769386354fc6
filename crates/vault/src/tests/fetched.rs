//! One generation is brought from elsewhere, whatever is damaged there and wherever it is cut.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Machine;
use crate::mirror::{MirrorError, Mirrored};
use crate::read::{File, Kind as Thing, Limits, Trees};
use crate::store::memory::Memory;
use crate::store::{Directory, Object, ObjectKind, ObjectStore};
use crate::*;

/// Two nights; the second one has lost a file of the first, and has got another. The ids of both.
fn two_nights() -> (Machine, [Generation; 2]) {
    let machine = Machine::new();
    machine.fill("old", 1, 300_000);
    let first = machine.copy(Kind::Latest, 0).unwrap().generation;
    std::fs::remove_file(machine.root.path().join("old")).unwrap();
    machine.fill("new", 2, 300_000);
    let second = machine.copy(Kind::Latest, 1).unwrap().generation;
    (machine, [first, second])
}

fn fetch(machine: &Machine, generation: &Generation, to: &Memory) -> Result<Mirrored, MirrorError> {
    let needed = machine.vault().needed(generation).unwrap();
    machine.vault().fetch(&needed, to, &mut |_| {})
}

/// Every file of a generation in a place with its content; nothing where that can't be read.
fn read(machine: &Machine, place: &Arc<Memory>, id: &str) -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
    let store: Arc<dyn ObjectStore> = Arc::clone(place) as _;
    let vault = Vault::open(&store, machine.opener()).unwrap();
    let generation = vault.generation(id).unwrap();
    let trees = Trees::new(vault.contents(Limits::NEAR).unwrap());
    let root = trees.root(&generation).unwrap();
    let files = trees.walk(&root).filter_map(|(path, entry)| {
        let Ok(entry) = entry else { return Some((path, None)) };
        let Thing::File(_) = entry.kind else { return None };
        let contents = trees.contents();
        let file = File::new(contents, &entry);
        let read = file.and_then(|file| file.read(contents, 0..file.size()));
        Some((path, read.ok()))
    });
    files.collect()
}

fn packs(place: &Memory) -> Vec<Object> {
    let state = place.state_of();
    state.keys().filter(|object| object.kind == ObjectKind::Pack).copied().collect()
}

#[test]
fn one_generation_comes_with_all_that_it_needs_and_nothing_else() {
    let (machine, [first, second]) = two_nights();
    let here = Arc::new(Memory::default());
    let done = fetch(&machine, &first, &here).unwrap();
    assert_eq!((done.damaged_here, done.damaged_there), (Vec::new(), Vec::new()));
    let files = read(&machine, &here, &first.id);
    assert_eq!(
        files.keys().map(Vec::as_slice).collect::<Vec<_>>(),
        [&b"empty"[..], b"etc/passwd", b"old"]
    );
    assert!(files.values().all(Option::is_some));
    assert!(packs(&here).len() < packs(&machine.memory()).len());
    assert!(!here.state_of().keys().any(|object| object.kind == ObjectKind::Key));
    let store: Arc<dyn ObjectStore> = Arc::clone(&here) as _;
    let opened = Vault::open(&store, machine.opener()).unwrap();
    assert!(opened.generation(&second.id).is_err());
    // The next one needs only what is new.
    let more = fetch(&machine, &second, &here).unwrap();
    assert!(more.already > 0 && more.objects < done.objects);
    assert!(read(&machine, &here, &second.id).values().all(Option::is_some));
}

#[test]
fn wherever_it_is_cut_it_goes_on_and_what_is_listed_is_whole() {
    let (machine, [first, _]) = two_nights();
    let mut cuts = 0;
    for calls in 0.. {
        let here = Arc::new(Memory::default());
        here.stop_after(Some(calls));
        let ended = fetch(&machine, &first, &here).is_ok();
        here.stop_after(None);
        let is_listed = here.state_of().keys().any(|object| object.kind == ObjectKind::Snapshot);
        if is_listed {
            assert!(read(&machine, &here, &first.id).values().all(Option::is_some), "{calls}");
        }
        fetch(&machine, &first, &here).unwrap();
        assert!(read(&machine, &here, &first.id).values().all(Option::is_some), "{calls}");
        if ended {
            break;
        }
        cuts += 1;
    }
    assert!(cuts > 5, "{cuts}");
}

#[test]
fn what_is_damaged_there_is_told_and_the_rest_comes() {
    let (machine, [first, _]) = two_nights();
    let whole = machine.memory().state_of();
    let mut told = 0;
    for pack in packs(&machine.memory()) {
        let mut content = whole[&pack].to_vec();
        content[40] ^= 1;
        let mut state = whole.clone();
        state.insert(pack, content.into());
        machine.restart(&state);
        // Without the topmost directory there is nothing to bring.
        let Ok(needed) = machine.vault().needed(&first) else { continue };
        let here = Arc::new(Memory::default());
        let done = machine.vault().fetch(&needed, &*here, &mut |_| {}).unwrap();
        if done.damaged_here.is_empty() {
            continue;
        }
        assert_eq!(done.damaged_here, [pack]);
        let damaged = |files: BTreeMap<_, Option<_>>| files.values().any(Option::is_none);
        let there = damaged(read(&machine, &machine.memory(), &first.id));
        assert_eq!(damaged(read(&machine, &here, &first.id)), there);
        // Whoever comes again while it is damaged is told again, and gets it once it is whole.
        let again = machine.vault().fetch(&needed, &*here, &mut |_| {}).unwrap();
        assert_eq!(again.damaged_here, [pack]);
        machine.restart(&whole);
        machine.vault().fetch(&needed, &*here, &mut |_| {}).unwrap();
        assert!(!damaged(read(&machine, &here, &first.id)));
        told += 1;
    }
    assert!(told > 0);
}

#[test]
fn a_place_with_another_repository_stays_what_it_is() {
    let (machine, [first, _]) = two_nights();
    let other = Machine::new();
    let before = other.memory().state_of();
    let refused = fetch(&machine, &first, &other.memory()).unwrap_err();
    assert!(matches!(refused, MirrorError::OtherRepository(_)), "{refused}");
    assert_eq!(other.memory().state_of(), before);
}

#[test]
fn a_place_that_was_not_made_yet_lacks_everything() {
    let (machine, [first, _]) = two_nights();
    let needed = machine.vault().needed(&first).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let absent = Directory::new(directory.path().join("absent"));
    let all = needed.lacking(&absent).unwrap();
    assert!(all > 300_000);
    let made = directory.path().join("made");
    std::fs::create_dir(&made).unwrap();
    let made = Directory::new(made);
    assert_eq!(needed.lacking(&made).unwrap(), all);
    let done = machine.vault().fetch(&needed, &made, &mut |_| {}).unwrap();
    assert!(done.damaged_here.is_empty());
    assert_eq!(needed.lacking(&made).unwrap(), 0);
}

#[test]
fn what_is_gone_there_is_named_and_the_rest_comes() {
    let (machine, [first, _]) = two_nights();
    let whole = machine.memory().state_of();
    let mut named = 0;
    for pack in packs(&machine.memory()) {
        machine.restart(&whole);
        machine.memory().unset(pack);
        // Without the topmost directory there is nothing to bring.
        let Ok(needed) = machine.vault().needed(&first) else { continue };
        let here = Arc::new(Memory::default());
        machine.vault().fetch(&needed, &*here, &mut |_| {}).unwrap();
        let lost = read(&machine, &here, &first.id).into_iter().filter(|(_, read)| read.is_none());
        assert_eq!(lost.map(|(path, _)| path).collect::<Vec<_>>(), needed.damaged);
        named += needed.damaged.len();
    }
    assert!(named > 0);
}

#[test]
fn a_damaged_index_there_costs_nothing() {
    let (machine, [first, _]) = two_nights();
    for stored in machine.store().list(ObjectKind::Index).unwrap() {
        let index = Object { kind: ObjectKind::Index, name: stored.name };
        machine.memory().set(index, vec![0; 100]);
    }
    let here = Arc::new(Memory::default());
    let needed = machine.vault().needed(&first).unwrap();
    machine.vault().fetch(&needed, &*here, &mut |_| {}).unwrap();
    let files = read(&machine, &here, &first.id);
    assert!(files.len() == 3 && files.values().all(Option::is_some), "{files:?}");
}
