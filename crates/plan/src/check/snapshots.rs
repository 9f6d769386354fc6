//! What is known of an appliance's snapshots and its factory store while a plan is read.

use std::collections::BTreeMap;

use zshield_units::{Bytes, VolumeId};

use crate::appliance::Appliance;
use crate::model::SnapshotState;
use crate::policy::VolumeName;
use crate::step::{DetachFactory, FoldStore};
use crate::volumes::{FACTORY, LATEST, NEXT, OLD};

/// Whether a snapshot can be gone back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// It can.
    Sound,
    /// Nothing says so yet.
    Unproved,
    /// It can't.
    Useless,
}

/// What is known of one. It is the same one under every name.
#[derive(Clone, Debug)]
struct Known {
    number: usize,
    proof: Proof,
    chunk: Bytes,
    /// The numbers of the snapshots that it is right over; nothing where the kernel follows root with it.
    over: Option<Vec<usize>>,
}

/// All of them, by the names that they have so far.
pub(super) struct Snapshots {
    all: BTreeMap<VolumeName, Known>,
    numbers: usize,
}

impl Snapshots {
    /// Those that were found. What is copied back from says of itself what it is; before a backup nobody looks.
    pub(super) fn found(appliance: &Appliance, recovers: bool) -> Self {
        let ids: Vec<_> = appliance.snapshots.values().map(|snapshot| &snapshot.id).collect();
        let found = appliance.snapshots.iter().zip(0..).map(|((name, snapshot), number)| {
            let usable = !appliance.is_stale() && (!recovers || snapshot.saved.is_some());
            let numbered = |over: &[VolumeId]| {
                let marked = (0..).zip(&ids).filter(|(_, id)| over.contains(id));
                marked.map(|(number, _)| number).collect()
            };
            let (sound, over) = match &snapshot.state {
                SnapshotState::Valid { .. } => (usable, None),
                SnapshotState::Store { over, .. } => (usable, Some(numbered(over))),
                SnapshotState::Invalid => (false, None),
            };
            let proof = if sound { Proof::Sound } else { Proof::Useless };
            (name.clone(), Known { number, proof, chunk: snapshot.chunk, over })
        });
        let mut all: BTreeMap<_, _> = found.collect();
        let mut numbers = ids.len();
        for name in &appliance.unreadable {
            let lost =
                Known { number: numbers, proof: Proof::Useless, chunk: Bytes::ZERO, over: None };
            all.insert(name.clone(), lost);
            numbers += 1;
        }
        Self { all, numbers }
    }

    fn known(&self, name: &str) -> Option<&Known> {
        self.all.iter().find(|(known, _)| known.as_str() == name).map(|(_, known)| known)
    }

    /// The snapshot of this name, where the kernel follows root with it and it can be gone back to.
    fn live(&self, name: &str) -> Option<&Known> {
        let is_live = |known: &&Known| known.proof == Proof::Sound && known.over.is_none();
        self.known(name).filter(is_live)
    }

    /// What is known of the one of this name, where there is one.
    pub(super) fn proof(&self, name: &str) -> Option<Proof> {
        self.known(name).map(|known| known.proof)
    }

    /// Whether a state can be read from these: a snapshot, or a store over one.
    pub(super) fn sound(&self, name: &str, over: Option<&VolumeName>) -> bool {
        match over {
            None => self.live(name).is_some(),
            Some(base) => self.live(base.as_str()).is_some_and(|base| self.stands_over(name, base)),
        }
    }

    fn stands_over(&self, store: &str, base: &Known) -> bool {
        let over =
            |store: &Known| store.over.as_ref().is_some_and(|over| over.contains(&base.number));
        self.known(store).is_some_and(|store| store.proof == Proof::Sound && over(store))
    }

    /// The name under which a cut here would leave the latest backup to be found.
    fn latest_name(&self) -> Option<&'static str> {
        let there = |name: &str| self.known(name).is_some();
        match (there(LATEST), there(OLD), there(NEXT)) {
            (true, ..) => Some(LATEST),
            (false, true, true) => Some(NEXT),
            (false, true, false) => Some(OLD),
            (false, false, _) => None,
        }
    }

    /// Whether a cut here would leave a backup that can be gone back to, under a name by which it
    /// is found.
    pub(super) fn latest(&self) -> bool {
        self.latest_name().is_some_and(|name| self.live(name).is_some())
    }

    /// Whether a cut here would leave a factory state that can be gone back to: a store has to be right over
    /// what would be found as the latest backup.
    pub(super) fn factory(&self) -> bool {
        let latest = self.latest_name().and_then(|name| self.live(name));
        self.live(FACTORY).is_some() || latest.is_some_and(|base| self.stands_over(FACTORY, base))
    }

    /// A new one is taken.
    pub(super) fn take(&mut self, name: VolumeName, chunk: Bytes) {
        let known = Known { number: self.numbers, proof: Proof::Unproved, chunk, over: None };
        self.numbers += 1;
        self.all.insert(name, known);
    }

    /// One is proved; whether it is there.
    pub(super) fn prove(&mut self, name: &VolumeName) -> bool {
        let known = self.all.get_mut(name);
        known.map(|known| known.proof = Proof::Sound).is_some()
    }

    pub(super) fn remove(&mut self, name: &VolumeName) {
        self.all.remove(name);
    }

    /// One takes another name; whether that is possible.
    pub(super) fn rename(&mut self, from: &VolumeName, to: &VolumeName) -> bool {
        let Some(known) = self.all.remove(from) else { return false };
        self.all.insert(to.clone(), known).is_none()
    }

    /// The kernel no longer follows root with the factory snapshot; whether it may stand over the latest
    /// backup alone.
    pub(super) fn detach(&mut self, step: &DetachFactory) -> bool {
        let DetachFactory { snapshot, base, .. } = step;
        let named = (snapshot.as_str(), base.as_str()) == (FACTORY, LATEST);
        let both = self.live(FACTORY).zip(self.live(LATEST)).filter(|_| named);
        let base =
            both.filter(|(store, base)| store.chunk == base.chunk).map(|(_, base)| base.number);
        let store = self.all.get_mut(snapshot);
        base.zip(store).map(|(base, store)| store.over = Some(vec![base])).is_some()
    }

    /// A store is made right over a later snapshot, too; whether that is possible.
    pub(super) fn fold(&mut self, step: &FoldStore) -> bool {
        let FoldStore { from, store, over, .. } = step;
        let both = self.live(from.as_str()).zip(self.live(over.as_str()));
        let both = both.filter(|(from, over)| {
            let alike = self.known(store.as_str()).is_some_and(|store| store.chunk == over.chunk);
            alike && self.stands_over(store.as_str(), from)
        });
        let both = both.map(|(from, over)| vec![from.number, over.number]);
        let store = self.all.get_mut(store);
        both.zip(store).map(|(both, store)| store.over = Some(both)).is_some()
    }
}
