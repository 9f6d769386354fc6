//! Both trees, side by side, name by name.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use rustix::io::Errno;
use zshield_golden::compare::FileKind;
use zshield_golden::descent::Descent;
use zshield_golden::{EntryPath, FileError};

use super::side::{Opened, Side};
use super::{Depth, Pair};
use crate::change::Change;
use crate::error::LiveError;
use crate::node::InodeMetadata;
use crate::scope::{Scope, ScopePosition, is_ours};

/// What walking shows; the rest is for whoever looks at the pairs.
pub(super) struct Walk<'a> {
    scope: &'a Scope,
    depth: Depth,
    from: Side<'a>,
    to: Side<'a>,
    wanted: Descent,
    actual: Descent,
    /// The running system's filesystem.
    device: u64,
    pub(super) pairs: Vec<Pair>,
    pub(super) changes: Vec<Change>,
    pub(super) held: Vec<EntryPath>,
}

/// Which of the two trees have the directory that is looked into, or a name in it.
#[derive(Clone, Copy)]
struct Here {
    wanted: bool,
    actual: bool,
}

/// Whether something else is where a directory was: a symbolic link, or what was mounted over it.
fn is_replaced(error: &FileError) -> bool {
    error.source.kind() == io::ErrorKind::CrossesDevices
        || Errno::from_io_error(&error.source) == Some(Errno::LOOP)
}

/// A name in a directory; nothing where that is longer than the kernel takes: nobody opens it by its
/// path, and nothing of the system is there.
fn named(directory: &EntryPath, name: &[u8]) -> Option<EntryPath> {
    directory.join(name).ok()
}

/// Whether nothing stands against removing something, and how many names go with it.
struct Removable {
    wholly: bool,
    names: u64,
    bytes: u64,
}

impl<'a> Walk<'a> {
    pub(super) fn through(
        from: &'a Path,
        to: &'a Path,
        scope: &'a Scope,
        depth: Depth,
    ) -> Result<Self, LiveError> {
        let (wanted, actual) = (Descent::unmounted(from)?, Descent::unmounted(to)?);
        let of_wanted = Side(from).root(wanted.root())?;
        let of_actual = Side(to).root(actual.root())?;
        let mut walk = Self {
            scope,
            depth,
            from: Side(from),
            to: Side(to),
            wanted,
            actual,
            device: of_actual.device,
            pairs: Vec::new(),
            changes: Vec::new(),
            held: Vec::new(),
        };
        let root = EntryPath::root();
        if scope.place(&root) == ScopePosition::Inside {
            walk.pair(&root, of_wanted, of_actual);
        }
        walk.directory(&root, Here { wanted: true, actual: true })?;
        Ok(walk)
    }

    /// A directory of the running system; nothing where it has gone meanwhile, or something was
    /// mounted on the way to it.
    fn actual(&mut self, path: &EntryPath) -> Result<Option<Arc<OwnedFd>>, LiveError> {
        match self.actual.directory(path) {
            Ok(directory) => Ok(Some(directory)),
            Err(error) if error.is_overtaken() || is_replaced(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What both sides have under a name.
    fn both(
        &mut self,
        path: &EntryPath,
        here: Here,
    ) -> Result<(Option<InodeMetadata>, Option<InodeMetadata>), LiveError> {
        let (parent, name) = (path.parent().unwrap_or_default(), path.name().unwrap_or(b"."));
        let wanted = if here.wanted { Some(self.wanted.directory(&parent)?) } else { None };
        let actual = if here.actual { self.actual(&parent)? } else { None };
        Ok((
            self.from.metadata(path, wanted.as_deref(), name)?,
            self.to.metadata(path, actual.as_deref(), name)?,
        ))
    }

    /// Whether a directory of the running system can be entered.
    fn opened(&mut self, path: &EntryPath) -> Result<Opened, LiveError> {
        let Some(parent) = self.actual(&path.parent().unwrap_or_default())? else {
            return Ok(Opened::Gone);
        };
        Ok(self.to.opened(path, &parent, path.name().unwrap_or(b"."))?)
    }

    /// What is in a directory of the snapshot, and in the one of the running system, where that has
    /// one. What no path can name is left alone.
    fn directory(&mut self, path: &EntryPath, here: Here) -> Result<(), LiveError> {
        let mut names = self.from.listed(path, &*self.wanted.directory(path)?)?;
        // A snapshot may be of a moment when something was half done.
        names.retain(|name| !is_ours(name));
        let mut all = names.clone();
        if here.actual
            && let Some(actual) = self.actual(path)?
        {
            all.extend(self.to.listed(path, &actual)?);
        }
        for name in all {
            let Some(child) = named(path, &name) else { continue };
            let place = match self.scope.place(&child) {
                ScopePosition::Outside => continue,
                ScopePosition::Kept => {
                    let (_, actual) = self.both(&child, Here { wanted: false, ..here })?;
                    if actual.is_some() {
                        continue;
                    }
                    ScopePosition::Inside
                }
                place @ (ScopePosition::Inside | ScopePosition::OnTheWay) => place,
            };
            let wanted = names.contains(&name);
            self.name(&child, place, Here { wanted, ..here })?;
        }
        Ok(())
    }

    fn name(
        &mut self,
        path: &EntryPath,
        place: ScopePosition,
        here: Here,
    ) -> Result<(), LiveError> {
        let (of_wanted, of_actual) = self.both(path, here)?;
        // On the way to what was asked for, what is no directory leads to none of it.
        let of_wanted =
            of_wanted.filter(|metadata| place == ScopePosition::Inside || metadata.is_directory());
        match (of_wanted, of_actual) {
            (None, None) => Ok(()),
            (None, Some(metadata)) => {
                let mut changes = Vec::new();
                self.surplus(path, metadata, &mut changes)?;
                self.changes.append(&mut changes);
                Ok(())
            }
            (Some(_), Some(metadata)) if metadata.device != self.device => Ok(()),
            (Some(metadata), Some(found)) if metadata.kind == found.kind => {
                let opened =
                    if metadata.is_directory() { self.opened(path)? } else { Opened::Gone };
                if opened == Opened::Mounted {
                    return Ok(());
                }
                if place == ScopePosition::Inside {
                    self.pair(path, metadata, found);
                }
                if metadata.is_directory() {
                    let actual = opened == Opened::Directory;
                    self.directory(path, Here { wanted: true, actual })?;
                }
                Ok(())
            }
            (Some(metadata), found) => {
                let known = self.pairs.len();
                if let Some(found) = found
                    && found.is_directory()
                    && !self.surplus(path, found, &mut Vec::new())?.wholly
                {
                    // It stays, with every name in it.
                    self.pairs.truncate(known);
                    self.held.push(path.clone());
                    return Ok(());
                }
                self.missing(path, place, metadata, found.map(|found| found.kind))
            }
        }
    }

    /// Something of the snapshot that is not in the running system, or another kind there.
    fn missing(
        &mut self,
        path: &EntryPath,
        place: ScopePosition,
        metadata: InodeMetadata,
        was: Option<FileKind>,
    ) -> Result<(), LiveError> {
        if metadata.links > 1 && !metadata.is_directory() {
            self.pairs.push(Pair { path: path.clone(), wanted: Some(metadata), actual: None });
            return Ok(());
        }
        let before = (self.pairs.len(), self.changes.len());
        if metadata.is_directory() {
            self.directory(path, Here { wanted: true, actual: false })?;
        }
        // A directory on the way is made for what comes into it.
        if place == ScopePosition::Inside || before != (self.pairs.len(), self.changes.len()) {
            let size = if metadata.kind == FileKind::File { metadata.size } else { 0 };
            self.changes.push(Change::Write { path: path.clone(), kind: metadata.kind, size, was });
        }
        Ok(())
    }

    /// Something of the running system that is not in the snapshot.
    fn surplus(
        &mut self,
        path: &EntryPath,
        metadata: InodeMetadata,
        changes: &mut Vec<Change>,
    ) -> Result<Removable, LiveError> {
        let place = self.scope.place(path);
        let stays = Removable { wholly: false, names: 0, bytes: 0 };
        let is_left = matches!(place, ScopePosition::Outside | ScopePosition::Kept);
        if is_left || metadata.device != self.device {
            return Ok(stays);
        }
        let mut found =
            Removable { wholly: place == ScopePosition::Inside, names: 1, bytes: metadata.takes() };
        let mut below = Vec::new();
        if metadata.is_directory() {
            if self.opened(path)? == Opened::Mounted {
                return Ok(stays);
            }
            for child in self.surplus_names(path)? {
                if let (_, Some(metadata)) =
                    self.both(&child, Here { wanted: false, actual: true })?
                {
                    let child = self.surplus(&child, metadata, &mut below)?;
                    found.wholly &= child.wholly;
                    found.names += child.names;
                    found.bytes += child.bytes;
                }
            }
        } else if metadata.links > 1 && place == ScopePosition::Inside {
            // Where it goes, its other names stay.
            self.pairs.push(Pair { path: path.clone(), wanted: None, actual: Some(metadata) });
        }
        if found.wholly {
            let Removable { names, bytes, .. } = found;
            let (path, kind) = (path.clone(), metadata.kind);
            changes.push(Change::Remove { path, kind, names, bytes });
        } else {
            changes.append(&mut below);
        }
        Ok(found)
    }

    /// What is in a directory of the running system that goes, as far as a path can name it: nothing
    /// deeper is kept or mounted, for both are known by their paths.
    fn surplus_names(&mut self, path: &EntryPath) -> Result<Vec<EntryPath>, LiveError> {
        let Some(directory) = self.actual(path)? else { return Ok(Vec::new()) };
        let listed = self.to.listed(path, &directory)?;
        Ok(listed.iter().filter_map(|name| named(path, name)).collect())
    }

    fn pair(&mut self, path: &EntryPath, wanted: InodeMetadata, actual: InodeMetadata) {
        let alone = wanted.is_directory() || (wanted.links == 1 && actual.links == 1);
        let believed = self.depth == Depth::Quick || wanted.kind != FileKind::File;
        if !(alone && believed && wanted.is_untouched(&actual)) {
            let (wanted, actual) = (Some(wanted), Some(actual));
            self.pairs.push(Pair { path: path.clone(), wanted, actual });
        }
    }
}
