//! Objects in memory, for tests that need thousands of places; each can be told to stop at one of its calls.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};

use bytes::Bytes;

use super::{Object, ObjectKind, ObjectStore, StoreError, StoreProblem, Stored};

#[derive(Debug, Default)]
pub(crate) struct Memory {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<Object, Bytes>,
    /// So many calls are answered from now on; all, where there is none.
    left: Option<usize>,
    /// After so many calls these objects are there too.
    later: (usize, BTreeMap<Object, Bytes>),
    /// What was written, in this order.
    written: Vec<Object>,
    /// The disk does not give out this object, so many times.
    unread: Option<(Object, usize)>,
}

impl Memory {
    pub(crate) fn state_of(&self) -> BTreeMap<Object, Bytes> {
        self.state().objects.clone()
    }

    pub(crate) fn set(&self, object: Object, content: impl Into<Bytes>) {
        self.state().objects.insert(object, content.into());
    }

    pub(crate) fn become_equal_to(&self, objects: &BTreeMap<Object, Bytes>) {
        self.state().objects.clone_from(objects);
    }

    pub(crate) fn unset(&self, object: Object) {
        self.state().objects.remove(&object);
    }

    /// Answers so many calls from now on, or all.
    pub(crate) fn stop_after(&self, calls: Option<usize>) {
        self.state().left = calls;
    }

    /// Does not give out an object, so many times from now on.
    pub(crate) fn fails_to_read(&self, object: Object, times: usize) {
        self.state().unread = Some((object, times));
    }

    /// Somebody else writes these, after so many calls from now on.
    pub(crate) fn comes_after(&self, calls: usize, objects: BTreeMap<Object, Bytes>) {
        self.state().later = (calls, objects);
    }

    pub(crate) fn written(&self) -> Vec<Object> {
        self.state().written.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn call(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let mut state = self.state();
        if let Some(left) = &mut state.left {
            let Some(fewer) = left.checked_sub(1) else {
                drop(state);
                return Err(self.failed(StoreProblem::Away("cut".into())));
            };
            *left = fewer;
        }
        if let Some(fewer) = state.later.0.checked_sub(1) {
            state.later.0 = fewer;
        } else {
            let mut later = std::mem::take(&mut state.later.1);
            state.objects.append(&mut later);
        }
        Ok(state)
    }

    fn failed(&self, problem: StoreProblem) -> StoreError {
        StoreError::new(self.location(), "call", problem)
    }
}

impl ObjectStore for Memory {
    fn location(&self) -> String {
        "memory".to_owned()
    }

    fn prepare(&self) -> Result<(), StoreError> {
        self.call().map(drop)
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<Stored>, StoreError> {
        let state = self.call()?;
        let of_kind = state.objects.iter().filter(|(object, _)| object.kind == kind);
        Ok(of_kind
            .map(|(object, content)| Stored { name: object.name, bytes: content.len() as u64 })
            .collect())
    }

    fn read(&self, object: Object) -> Result<Bytes, StoreError> {
        let mut state = self.call()?;
        if let Some((bad, times)) = &mut state.unread
            && *bad == object
            && *times > 0
        {
            *times -= 1;
            drop(state);
            return Err(self.failed(StoreProblem::Fault("a bad sector".into())));
        }
        let found = state.objects.get(&object).cloned();
        drop(state);
        found.ok_or_else(|| self.failed(StoreProblem::NoObject))
    }

    fn read_range(&self, object: Object, range: Range<u64>) -> Result<Bytes, StoreError> {
        let content = self.read(object)?;
        if range.end > content.len() as u64 || range.start > range.end {
            return Err(self.failed(StoreProblem::Damaged("short".to_owned())));
        }
        let at = |place: u64| usize::try_from(place).unwrap();
        Ok(content.slice(at(range.start)..at(range.end)))
    }

    fn write(&self, object: Object, content: &[Bytes]) -> Result<(), StoreError> {
        let mut state = self.call()?;
        state.written.push(object);
        state.objects.entry(object).or_insert_with(|| content.concat().into());
        Ok(())
    }

    fn remove(&self, object: Object) -> Result<(), StoreError> {
        self.call()?.objects.remove(&object);
        Ok(())
    }
}
