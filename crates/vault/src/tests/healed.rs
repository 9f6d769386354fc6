//! Damaged packs are given up, and what is still there is written anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use bytes::Bytes;

use super::Machine;
use crate::store::{Object, ObjectKind, ObjectName};
use crate::*;

type State = BTreeMap<Object, Bytes>;

fn packs(state: &State) -> Vec<Object> {
    state.keys().filter(|object| object.kind == ObjectKind::Pack).copied().collect()
}

/// The same with one byte changed.
fn damaged(whole: &State, pack: Object, at: usize) -> State {
    let mut state = whole.clone();
    let mut content = state[&pack].to_vec();
    content[at] ^= 1;
    state.insert(pack, content.into());
    state
}

/// Gives up what a check finds; what it found in all.
fn give_up(machine: &Machine) -> Result<Vec<Finding>, VaultError> {
    let vault = Vault::open(&machine.store(), machine.opener())?;
    let found = vault.check(Depth::Everything)?;
    let packs: BTreeSet<ObjectName> = found
        .iter()
        .filter_map(|finding| match finding {
            Finding::Damaged(object) => Some(object.name),
            Finding::Structure(_) => None,
        })
        .collect();
    vault.give_up(&packs)?;
    Ok(found)
}

fn check(machine: &Machine) -> Vec<Finding> {
    machine.vault().check(Depth::Everything).unwrap()
}

#[test]
fn a_damaged_pack_is_written_anew_by_the_next_copy_cut_anywhere() {
    let machine = Machine::new();
    machine.fill("old", 1, 200_000);
    let first = machine.copy(Kind::Latest, 0).unwrap().generation.id;
    machine.fill("new", 2, 200_000);
    machine.copy(Kind::Latest, 1).unwrap();
    let (files, whole) = (machine.files(&first), machine.memory().state_of());
    let mut cuts = 0_u32;
    for pack in packs(&whole) {
        for calls in 0.. {
            machine.restart(&damaged(&whole, pack, 40));
            let done = machine.cut_after(calls, |machine| give_up(machine).map(drop));
            give_up(&machine).unwrap();
            // It is the same backup, or one that was made meanwhile.
            let (day, generations) = if cuts.is_multiple_of(2) { (1, 2) } else { (2, 3) };
            machine.copy_reading(Kind::Latest, day, Reading::All).unwrap();
            assert_eq!(machine.vault().generations().unwrap().0.len(), generations);
            assert_eq!(check(&machine), [], "{} after {calls}", pack.path());
            assert_eq!(machine.files(&first), files);
            assert!(!packs(&machine.memory().state_of()).contains(&pack) || calls == 0 || !done);
            if done {
                break;
            }
            cuts += 1;
        }
    }
    assert!(cuts > 30, "{cuts}");
}

#[test]
fn what_is_whole_in_a_damaged_pack_stays_for_those_who_have_nothing_else() {
    let machine = Machine::new();
    machine.fill("gone", 3, 200_000);
    machine.fill("stays", 4, 200_000);
    machine.copy(Kind::Latest, 0).unwrap();
    fs::remove_file(machine.root.path().join("gone")).unwrap();
    machine.copy(Kind::Latest, 1).unwrap();
    let whole = machine.memory().state_of();
    let largest = packs(&whole).into_iter().max_by_key(|pack| whole[pack].len()).unwrap();
    let healed = [1_000, 300_000].map(|at| {
        machine.restart(&damaged(&whole, largest, at));
        assert_eq!(give_up(&machine).unwrap()[0], Finding::Damaged(largest));
        machine.copy_reading(Kind::Latest, 1, Reading::All).unwrap();
        let found = check(&machine);
        // What nobody has any more is named, and no object is damaged.
        assert!(found.iter().all(|it| matches!(it, Finding::Structure(_))), "{found:?}");
        found.is_empty()
    });
    assert!(healed[0] != healed[1], "{healed:?}");
}

#[test]
fn a_disk_that_gives_nothing_out_costs_no_pack() {
    let machine = Machine::new();
    machine.copy(Kind::Latest, 0).unwrap();
    let mut state = machine.memory().state_of();
    for pack in packs(&state) {
        state = damaged(&state, pack, 40);
    }
    machine.restart(&state);
    give_up(&machine).unwrap();
    assert!(machine.memory().state_of() == state);
}
