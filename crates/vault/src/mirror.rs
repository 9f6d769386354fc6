//! A copy of a repository in another place, by names: what is here and not there is written there.
//!
//! The name of an object is that of its content, so nothing is cut, compressed or encrypted again, and nothing there is
//! ever changed: credentials that list, read and add are enough.
//!
//! At every moment what is there is a whole repository. Its `config` is written first; then keys, then packs, then the
//! indexes that name packs, and snapshots last. Snapshots and indexes are listed here before packs are: so none of
//! them names anything that was not seen. A cut leaves fewer objects there, and the next mirror writes the rest.

mod prune;

use std::collections::BTreeMap;

use bytes::Bytes;
use thiserror::Error;

use crate::store::{Object, ObjectKind, ObjectName, ObjectStore, StoreError, StoreProblem, Stored};

pub use prune::{Removed, Surplus};

/// What a mirror is of, and where it is.
#[derive(Clone, Copy)]
pub struct Mirror<'a> {
    /// The repository.
    pub local: &'a dyn ObjectStore,
    /// Where it is mirrored to.
    pub far: &'a dyn ObjectStore,
}

/// How far a mirror is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MirrorProgress {
    /// How many bytes were written there.
    pub done: u64,
    /// How many are to be, with those.
    pub total: u64,
}

/// What a mirror has done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Mirrored {
    /// How many objects were written there.
    pub objects: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// How many objects were there already.
    pub already: u64,
    /// Objects here that do not hold what their names say. They were not written.
    pub damaged_here: Vec<Object>,
    /// Objects there that have another length than here. They were left alone.
    pub damaged_there: Vec<Object>,
}

/// Why a mirror ended early. What it has written is good.
#[derive(Debug, Error)]
pub enum MirrorError {
    /// There is no repository here.
    #[error("{0}: there is no repository")]
    NoRepository(String),
    /// There is another repository in that place.
    #[error("{0}: it has another repository")]
    OtherRepository(String),
    /// This side has failed.
    #[error(transparent)]
    Local(StoreError),
    /// That side has failed.
    #[error(transparent)]
    Far(StoreError),
}

/// An object that was listed here.
enum Found {
    /// It holds what its name says.
    Sound(Bytes),
    /// It does not, or the disk does not give it out.
    Damaged(Option<Bytes>),
    /// It is not here any more.
    Gone,
}

/// What goes from one place to the other.
pub(crate) struct Chosen<'a> {
    /// Which objects.
    pub(crate) is_wanted: &'a dyn Fn(Object) -> bool,
    /// Whether damaged packs and indexes go along: each content in a pack is checked by itself when it is read, and what a damaged
    /// index has named is looked for in the packs.
    pub(crate) damaged_too: bool,
}

/// The objects of a repository, as they were listed here.
struct Listed(BTreeMap<ObjectKind, Vec<Stored>>);

/// After `config`, in this order, so that each object finds there what it names.
const ORDER: [ObjectKind; 4] =
    [ObjectKind::Key, ObjectKind::Pack, ObjectKind::Index, ObjectKind::Snapshot];

impl Mirror<'_> {
    /// Makes that place hold what this one holds.
    pub fn run(&self, progress: &mut dyn FnMut(MirrorProgress)) -> Result<Mirrored, MirrorError> {
        self.run_with(&Chosen { is_wanted: &|_| true, damaged_too: false }, progress)
    }

    /// Makes that place hold these objects of this one's, with its `config`.
    pub(crate) fn run_with(
        &self,
        chosen: &Chosen<'_>,
        progress: &mut dyn FnMut(MirrorProgress),
    ) -> Result<Mirrored, MirrorError> {
        /// Whoever removes an index has written another one before, which has to go along.
        const PASSES: u32 = 3;
        self.same_config()?;
        let mut done = Mirrored::default();
        for last in (0..PASSES).rev() {
            // What went along damaged is there by the next pass.
            let damaged_here = if chosen.damaged_too {
                std::mem::take(&mut done.damaged_here)
            } else {
                Vec::new()
            };
            let (objects, bytes) = (done.objects, done.bytes);
            done = Mirrored { objects, bytes, damaged_here, ..Mirrored::default() };
            let Some(gone) = self.pass(chosen, &mut done, progress)? else { break };
            if last == 0 {
                done.damaged_here.push(gone);
            }
        }
        Ok(done)
    }

    /// Writes what is missing there, until something that was listed here is found to be gone.
    fn pass(
        &self,
        chosen: &Chosen<'_>,
        done: &mut Mirrored,
        progress: &mut dyn FnMut(MirrorProgress),
    ) -> Result<Option<Object>, MirrorError> {
        let listed = self.listed()?;
        let mut missing = Vec::new();
        for kind in ORDER {
            let there = self.far.list(kind).map_err(MirrorError::Far)?;
            let wanted = |stored: &&Stored| (chosen.is_wanted)(Object { kind, name: stored.name });
            let here: Vec<Stored> = listed.0[&kind].iter().filter(wanted).copied().collect();
            compare(kind, &here, &there, &mut missing, done);
        }
        let left: u64 = missing.iter().map(|(_, bytes)| bytes).sum();
        let total = done.bytes + left;
        progress(MirrorProgress { done: done.bytes, total });
        for (object, bytes) in missing {
            let content = match self.sound(object, bytes)? {
                Found::Sound(content) => content,
                Found::Gone if object.kind != ObjectKind::Pack => return Ok(Some(object)),
                Found::Damaged(Some(content))
                    if chosen.damaged_too
                        && matches!(object.kind, ObjectKind::Pack | ObjectKind::Index) =>
                {
                    done.damaged_here.push(object);
                    content
                }
                Found::Damaged(_) | Found::Gone => {
                    done.damaged_here.push(object);
                    continue;
                }
            };
            self.far.write(object, &[content]).map_err(MirrorError::Far)?;
            done.objects += 1;
            done.bytes += bytes;
            progress(MirrorProgress { done: done.bytes, total });
        }
        Ok(None)
    }

    /// Both have the same `config`; where there is none, it is written.
    fn same_config(&self) -> Result<(), MirrorError> {
        let here = found(self.local.read(Object::CONFIG)).map_err(MirrorError::Local)?;
        let here = here.ok_or_else(|| MirrorError::NoRepository(self.local.location()))?;
        let mut there = self.far_config()?;
        if there.as_ref().is_some_and(|there| *there != here) {
            return Err(MirrorError::OtherRepository(self.far.location()));
        }
        // What cuts have left there goes.
        self.far.prepare().map_err(MirrorError::Far)?;
        if there.is_none() {
            self.far
                .write(Object::CONFIG, std::slice::from_ref(&here))
                .map_err(MirrorError::Far)?;
            // Another machine may have written its own at the same moment.
            there = self.far_config()?;
        }
        if there == Some(here) {
            return Ok(());
        }
        Err(MirrorError::OtherRepository(self.far.location()))
    }

    fn far_config(&self) -> Result<Option<Bytes>, MirrorError> {
        found(self.far.read(Object::CONFIG)).map_err(MirrorError::Far)
    }

    /// What is here. What is written here meanwhile is not in it, nor is anything that names it.
    fn listed(&self) -> Result<Listed, MirrorError> {
        let list = |kind| Ok((kind, self.local.list(kind).map_err(MirrorError::Local)?));
        ORDER.into_iter().rev().map(list).collect::<Result<_, _>>().map(Listed)
    }

    /// An object of this side, as it is found now.
    fn sound(&self, object: Object, bytes: u64) -> Result<Found, MirrorError> {
        let content = match self.local.read(object) {
            Ok(content) => content,
            // A bad sector is one object's; the others are sound.
            Err(StoreError {
                problem: StoreProblem::Damaged(_) | StoreProblem::Fault(_), ..
            }) => {
                return Ok(Found::Damaged(None));
            }
            Err(StoreError { problem: StoreProblem::NoObject, .. }) => return Ok(Found::Gone),
            Err(error) => return Err(MirrorError::Local(error)),
        };
        let is_sound = content.len() as u64 == bytes && ObjectName::of(&content) == object.name;
        Ok(if is_sound { Found::Sound(content) } else { Found::Damaged(Some(content)) })
    }
}

fn compare(
    kind: ObjectKind,
    here: &[Stored],
    there: &[Stored],
    missing: &mut Vec<(Object, u64)>,
    done: &mut Mirrored,
) {
    let there: BTreeMap<ObjectName, u64> =
        there.iter().map(|stored| (stored.name, stored.bytes)).collect();
    for Stored { name, bytes } in here {
        let object = Object { kind, name: *name };
        match there.get(name) {
            Some(length) if length == bytes => done.already += 1,
            Some(_) => done.damaged_there.push(object),
            None => missing.push((object, *bytes)),
        }
    }
}

/// Nothing, where there is no such object.
fn found(read: Result<Bytes, StoreError>) -> Result<Option<Bytes>, StoreError> {
    match read {
        Err(StoreError { problem: StoreProblem::NoObject, .. }) => Ok(None),
        read => read.map(Some),
    }
}

#[cfg(test)]
mod tests;
