//! The numbers by which the kernel knows what it has looked up.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::read::Entry;
use crate::store::ObjectName;

/// The number of the root.
pub(super) const ROOT: u64 = 1;
/// Set in numbers of our own, and in none of a filesystem.
const OWN: u64 = 1 << 63;

/// Where something is: in which directory, and at which position of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) parent: u64,
    pub(super) tree: ObjectName,
    pub(super) at: usize,
}

#[derive(Debug)]
struct Known {
    position: Position,
    /// What all names of one file have in common; nothing where there is one name only.
    linked: Option<u64>,
    /// How often the kernel was told of it, and has not forgotten it since.
    lookups: u64,
}

/// What the kernel knows of. It forgets, and so is this bounded.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    known: Mutex<HashMap<u64, Known>>,
}

impl Nodes {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where what has this number is.
    pub(super) fn position(&self, number: u64) -> Option<Position> {
        self.lock().get(&number).map(|known| known.position)
    }

    /// Notes that the kernel is told of an entry, and says under which number: another than its own where
    /// something else has that.
    pub(super) fn tell(&self, position: Position, entry: &Entry) -> u64 {
        let linked = linked(entry);
        let mut known = self.lock();
        let mut number = number(position.parent, entry);
        // Of two filesystems both may have it: then all names of one file get another one in common.
        let others = linked.map(|linked| OWN | linked).into_iter();
        let named = named(position.parent, entry);
        let mut others = others.chain((0..).map(|more| OWN | named.wrapping_add(more)));
        loop {
            let had = known.entry(number).or_insert(Known { position, linked, lookups: 0 });
            if had.position == position || (linked.is_some() && had.linked == linked) {
                had.lookups += 1;
                return number;
            }
            number = others.next().unwrap_or(named);
        }
    }

    /// The kernel forgets that it was told so often.
    pub(super) fn forget(&self, number: u64, times: u64) {
        let mut known = self.lock();
        let Some(node) = known.get_mut(&number) else { return };
        node.lookups = node.lookups.saturating_sub(times);
        if node.lookups == 0 {
            known.remove(&number);
        }
    }
}

/// The number of an entry by itself: the one that it had.
pub(super) fn number(parent: u64, entry: &Entry) -> u64 {
    match entry.inode {
        0 | ROOT | OWN.. => named(parent, entry),
        inode => inode,
    }
}

fn named(parent: u64, entry: &Entry) -> u64 {
    OWN | hash(&(parent, &entry.name))
}

/// The same for each name of one file.
fn linked(entry: &Entry) -> Option<u64> {
    let has_others = entry.links > 1 && !entry.is_directory();
    let Entry { kind, mode, uid, gid, mtime, inode, filesystem, .. } = entry;
    has_others.then(|| hash(&(kind, mode, uid, gid, mtime, inode, filesystem)))
}

fn hash(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Kind, Time};

    fn entry(name: &[u8], inode: u64, filesystem: u64, links: u64) -> Entry {
        Entry {
            name: name.to_vec(),
            kind: Kind::Fifo,
            mode: 0o600,
            uid: 0,
            gid: 0,
            mtime: Time::default(),
            ctime: Time::default(),
            size: 0,
            links,
            inode,
            filesystem,
            xattrs: Vec::new(),
            flags: 0,
        }
    }

    fn position(at: usize) -> Position {
        Position { parent: ROOT, tree: ObjectName::new([3; 32]), at }
    }

    #[test]
    fn names_of_one_file_have_one_number_and_others_have_others() {
        let nodes = Nodes::default();
        let tell = |at, name: &[u8], inode, filesystem, links| {
            nodes.tell(position(at), &entry(name, inode, filesystem, links))
        };
        assert_eq!(tell(0, b"a", 12, 0, 1), 12);
        assert_eq!(tell(0, b"a", 12, 0, 1), 12);
        // Of another filesystem, twice; and of none.
        let linked = tell(1, b"b", 12, 5, 2);
        assert_eq!(tell(2, b"c", 12, 5, 2), linked);
        let alone = tell(3, b"d", 12, 0, 1);
        let unknown = [tell(4, b"e", 0, 0, 1), tell(5, b"f", 0, 0, 1), tell(6, b"g", ROOT, 0, 1)];
        let mut all = vec![12, linked, alone];
        all.extend(unknown);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 6);
        assert!(!all.contains(&ROOT));
        assert_eq!(nodes.position(linked), Some(position(1)));
    }

    #[test]
    fn what_the_kernel_has_forgotten_is_forgotten() {
        let nodes = Nodes::default();
        for _ in 0..3 {
            nodes.tell(position(0), &entry(b"a", 12, 0, 1));
        }
        nodes.forget(12, 2);
        assert_eq!(nodes.position(12), Some(position(0)));
        nodes.forget(12, 1);
        assert_eq!(nodes.position(12), None);
        nodes.forget(12, 1);
    }
}
