//! The system's files as they are found beneath the system: in its inode tables and directories, read
//! from the device.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use zshield_golden::EntryPath;
use zshield_golden::compare::{Drift, FileKind, FileTree, Found, Scope, Walk, unreadable};

use crate::inodes::{Child, Inodes};

/// The root directory of every ext4.
const ROOT: u32 = 2;

/// A name still to come.
struct Ahead {
    path: EntryPath,
    inode: u32,
    is_new: bool,
}

/// A tree that says of most files, without asking the system, that they are as they were at a
/// point known to be good. What it can't say that of is looked at through the system, and so is
/// what is mounted within it and belongs to it, and what another check has found: a bit that has
/// rotted is not written.
pub struct RawTree<'a> {
    inodes: &'a Inodes<'a>,
    /// The system's number of the filesystem.
    device: u64,
    /// What is looked at through the system in any case: where anything is mounted, and what has
    /// drifted before.
    looked_at: &'a BTreeSet<EntryPath>,
    /// The system's own view; of what is mounted, it yields what is in it.
    system: Walk<'a>,
    ahead: Vec<Ahead>,
    trouble: Option<Drift>,
}

impl<'a> RawTree<'a> {
    /// The filesystem with these inodes, mounted at `root`. These paths are looked at through the
    /// system in any case.
    pub fn new(
        inodes: &'a Inodes<'a>,
        device: u64,
        looked_at: &'a BTreeSet<EntryPath>,
        root: &'a Path,
        scope: &'a dyn Scope,
    ) -> Self {
        let top = Ahead { path: EntryPath::root(), inode: ROOT, is_new: false };
        let system = Walk::idle(root, scope);
        Self { inodes, device, looked_at, system, ahead: vec![top], trouble: None }
    }

    fn look(&self, ahead: Ahead) -> Option<Result<Found, Drift>> {
        let Ahead { path, inode, is_new } = ahead;
        let known = self.inodes.get(inode).filter(|known| known.is_untouched && !is_new);
        if let Some(known) = known
            && !self.looked_at.contains(&path)
        {
            return Some(Ok(Found {
                made_by_mkfs: is_lost_and_found(&path),
                path,
                metadata: known.metadata,
                is_hidden: false,
                is_settled: true,
            }));
        }
        match self.system.look(path.clone(), self.device) {
            Ok(found) => Some(Ok(found)),
            // It has gone since its directory was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => Some(Err(unreadable(&path, &error))),
        }
    }

    /// The names in a directory; nothing where its blocks don't tell.
    fn children(&self, directory: &Found) -> Option<Vec<Ahead>> {
        let number = u32::try_from(directory.metadata.identity.1).ok()?;
        let mut children = self.inodes.children(number)?;
        children.sort_unstable_by(|one, other| other.name.cmp(&one.name));
        let ahead = |Child { name, inode, is_new }| {
            Some(Ahead { path: directory.path.join(&name).ok()?, inode, is_new })
        };
        children.into_iter().map(ahead).collect()
    }
}

fn is_lost_and_found(path: &EntryPath) -> bool {
    path.name() == Some(b"lost+found") && path.parent().is_some_and(|directory| directory.is_root())
}

impl FileTree for RawTree<'_> {
    fn next(&mut self) -> Option<Result<Found, Drift>> {
        if let Some(drift) = self.trouble.take() {
            return Some(Err(drift));
        }
        if let Some(found) = self.system.next() {
            return Some(found);
        }
        loop {
            let ahead = self.ahead.pop()?;
            if let Some(found) = self.look(ahead) {
                return Some(found);
            }
        }
    }

    fn enter(&mut self, directory: &Found) {
        debug_assert_eq!(directory.metadata.kind, FileKind::Directory);
        let is_ours = directory.metadata.identity.0 == self.device;
        match is_ours.then(|| self.children(directory)).flatten() {
            Some(children) => self.ahead.extend(children),
            None => self.system.enter(directory),
        }
    }
}
