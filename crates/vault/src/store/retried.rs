//! Operations that are tried again, where that may help.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{Clock, Object, ObjectKind, ObjectStore, StoreError, Stored, SystemClock};

/// How often something is tried, and how long is waited in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// So often at most.
    pub tries: u32,
    /// So long is waited before the second; twice as long before each that follows.
    pub first: Duration,
    /// So long at most.
    pub longest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let (first, longest) = (Duration::from_secs(2), Duration::from_mins(2));
        Self { tries: 6, first, longest }
    }
}

impl Patience {
    /// How long is waited after so many have failed.
    fn wait(&self, failed: u32) -> Duration {
        let times = 1_u32.checked_shl(failed.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first.saturating_mul(times).min(self.longest)
    }
}

/// A place whose operations are tried again when they have failed for a reason that passes.
///
/// None of them does harm twice: an object that is there already is not written again.
pub struct Retried<S> {
    store: S,
    patience: Patience,
    clock: Arc<dyn Clock>,
}

impl<S> Retried<S> {
    /// This place, with so much patience.
    pub fn new(store: S, patience: Patience) -> Self {
        Self::by(store, patience, Arc::new(SystemClock))
    }

    /// Likewise, by this clock.
    pub fn by(store: S, patience: Patience, clock: Arc<dyn Clock>) -> Self {
        Self { store, patience, clock }
    }

    fn tried<T>(&self, work: impl Fn(&S) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut failed = 0;
        loop {
            match work(&self.store) {
                Err(error) if error.problem.passes() && failed + 1 < self.patience.tries => {
                    failed += 1;
                    tracing::warn!("{error}; tried again");
                    self.clock.wait(self.patience.wait(failed));
                }
                done => return done,
            }
        }
    }
}

impl<S: ObjectStore> ObjectStore for Retried<S> {
    fn location(&self) -> String {
        self.store.location()
    }

    fn prepare(&self) -> Result<(), StoreError> {
        self.tried(S::prepare)
    }

    fn list(&self, kind: ObjectKind) -> Result<Vec<Stored>, StoreError> {
        self.tried(|store| store.list(kind))
    }

    fn read(&self, object: Object) -> Result<Bytes, StoreError> {
        self.tried(|store| store.read(object))
    }

    fn read_range(&self, object: Object, range: Range<u64>) -> Result<Bytes, StoreError> {
        self.tried(|store| store.read_range(object, range.clone()))
    }

    fn write(&self, object: Object, content: &[Bytes]) -> Result<(), StoreError> {
        self.tried(|store| store.write(object, content))
    }

    fn remove(&self, object: Object) -> Result<(), StoreError> {
        self.tried(|store| store.remove(object))
    }
}

impl<S: fmt::Debug> fmt::Debug for Retried<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Retried({:?})", self.store)
    }
}

#[cfg(test)]
mod tests {
    use super::super::StoreProblem;
    use super::super::bandwidth::tests::Fast;
    use super::super::memory::Memory;
    use super::*;

    #[test]
    fn what_passes_is_tried_again_and_what_does_not_is_not() {
        let (memory, clock) = (Memory::default(), Fast::new());
        memory.stop_after(Some(0));
        let patience =
            Patience { tries: 5, first: Duration::from_secs(1), longest: Duration::from_secs(3) };
        let store = Retried::by(memory, patience, clock.clone());
        let problem = store.list(ObjectKind::Pack).unwrap_err().problem;
        assert!(matches!(problem, StoreProblem::Away(_)));
        assert_eq!(clock.waited(), Duration::from_secs(1 + 2 + 3 + 3));
        store.store.stop_after(None);
        let problem = store.read(Object::CONFIG).unwrap_err().problem;
        assert!(matches!(problem, StoreProblem::NoObject));
        store.write(Object::CONFIG, &["config".into()]).unwrap();
        assert_eq!(store.read_range(Object::CONFIG, 0..4).unwrap(), "conf");
        assert_eq!(clock.waited(), Duration::from_secs(9));
    }
}
