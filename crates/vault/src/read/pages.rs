//! Packs, as they lie in the store, in pages.

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use lru::LruCache;

use super::error::{Fault, ReadError};
use crate::store::{Object, ObjectStore};

/// How much is fetched at a time, and how much is kept.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a pack that are fetched at a time.
    pub page: NonZeroU32,
    /// Bytes of fetched pages that are kept.
    pub pages: usize,
    /// Bytes of opened contents that are kept.
    pub contents: usize,
}

impl Limits {
    /// For a disk: 4 MiB cost it little more time than the seek to them.
    pub const NEAR: Self =
        Self { page: NonZeroU32::new(4 << 20).unwrap(), pages: 16 << 20, contents: 16 << 20 };
    /// For a server: one request for a whole pack, instead of one for each content.
    pub const FAR: Self =
        Self { page: NonZeroU32::new(32 << 20).unwrap(), pages: 96 << 20, contents: 16 << 20 };
}

/// The number of a pack, and of a page in it.
type Number = (u32, u32);

/// Pages that were fetched.
#[derive(Debug)]
pub(crate) struct Pages {
    size: NonZeroU32,
    kept: Mutex<Kept<Number>>,
}

/// The bytes that were asked for last, up to a limit.
#[derive(Debug)]
pub(crate) struct Kept<K: std::hash::Hash + Eq> {
    limit: usize,
    bytes: usize,
    cache: LruCache<K, Bytes>,
}

impl<K: std::hash::Hash + Eq> Kept<K> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, bytes: 0, cache: LruCache::unbounded() }
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<Bytes> {
        self.cache.get(key).cloned()
    }

    /// Makes room first. What is larger than the limit is not kept at all.
    pub(crate) fn put(&mut self, key: K, value: Bytes) {
        if value.len() > self.limit {
            return;
        }
        self.make_room(value.len());
        self.bytes += value.len();
        if let Some((_, before)) = self.cache.push(key, value) {
            self.bytes -= before.len();
        }
    }

    /// Forgets what was asked for longest ago, until so much more stays below the limit.
    pub(crate) fn make_room(&mut self, more: usize) {
        while self.bytes + more > self.limit
            && let Some((_, oldest)) = self.cache.pop_lru()
        {
            self.bytes -= oldest.len();
        }
    }
}

impl Pages {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { size: limits.page, kept: Mutex::new(Kept::new(limits.pages)) }
    }

    /// Bytes of a pack. The pages that they lie in are fetched, unless one of them is damaged beside them.
    pub(crate) fn read(
        &self,
        store: &dyn ObjectStore,
        (number, object, end): (u32, Object, u32),
        range: Range<u32>,
    ) -> Result<Bytes, ReadError> {
        let damaged = ReadError::damaged(object);
        if range.is_empty() || range.end > end {
            return Err(damaged(Fault::Form));
        }
        let pages = range.start / self.size..=(range.end - 1) / self.size;
        let one = pages.start() == pages.end();
        let mut joined = BytesMut::with_capacity(if one { 0 } else { range.len() });
        for page in pages {
            let start = page * self.size.get();
            let bytes = match self.page(
                store,
                (number, page),
                object,
                start..start.saturating_add(self.size.get()).min(end),
            ) {
                Err(ReadError::Damaged { .. }) => return exactly(store, object, range),
                other => other?,
            };
            let (from, to) = (range.start.max(start) - start, range.end - start);
            let to = (to as usize).min(bytes.len());
            if from as usize > to {
                return Err(damaged(Fault::Short));
            }
            if one {
                return Ok(bytes.slice(from as usize..to));
            }
            joined.extend_from_slice(&bytes[from as usize..to]);
        }
        Ok(joined.freeze())
    }

    /// One page. Whoever wants another meanwhile waits: a disk reads one after the other, and of two who want the
    /// same only one fetches it.
    fn page(
        &self,
        store: &dyn ObjectStore,
        number: Number,
        object: Object,
        range: Range<u32>,
    ) -> Result<Bytes, ReadError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(page) = kept.get(&number) {
            return Ok(page);
        }
        // Before it is fetched, so that both are never held.
        kept.make_room(range.len());
        let page = exactly(store, object, range)?;
        kept.put(number, page.clone());
        Ok(page)
    }
}

fn exactly(store: &dyn ObjectStore, object: Object, range: Range<u32>) -> Result<Bytes, ReadError> {
    let wanted = u64::from(range.start)..u64::from(range.end);
    let bytes = store.read_range(object, wanted).map_err(ReadError::of_store(object))?;
    if bytes.len() == range.len() {
        Ok(bytes)
    } else {
        Err(ReadError::Damaged { object, fault: Fault::Short })
    }
}
