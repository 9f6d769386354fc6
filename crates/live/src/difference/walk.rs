//! Both trees, side by side, name by name.

use std::os::fd::OwnedFd;
use std::path::Path;

use zshield_golden::EntryPath;
use zshield_golden::compare::FileKind;
use zshield_golden::descent::Descent;

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
    /// The running system's filesystem.
    device: u64,
    pub(super) pairs: Vec<Pair>,
    pub(super) changes: Vec<Change>,
    pub(super) held: Vec<EntryPath>,
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
            device: of_actual.device,
            pairs: Vec::new(),
            changes: Vec::new(),
            held: Vec::new(),
        };
        let root = EntryPath::root();
        if scope.place(&root) == ScopePosition::Inside {
            walk.pair(&root, of_wanted, of_actual);
        }
        walk.directory(&root, wanted.root(), Some(actual.root()))?;
        Ok(walk)
    }

    /// What is in a directory of the snapshot, and in the one of the running system, where that has
    /// one.
    fn directory(
        &mut self,
        path: &EntryPath,
        wanted: &OwnedFd,
        actual: Option<&OwnedFd>,
    ) -> Result<(), LiveError> {
        let mut names = self.from.listed(path, wanted)?;
        // A snapshot may be of a moment when something was half done.
        names.retain(|name| !is_ours(name));
        let mut all = names.clone();
        if let Some(actual) = actual {
            all.extend(self.to.listed(path, actual)?);
        }
        for name in all {
            let child = path.join(&name)?;
            let in_wanted = if names.contains(&name) { Some(wanted) } else { None };
            let place = match self.scope.place(&child) {
                ScopePosition::Outside => continue,
                ScopePosition::Kept => {
                    let lost = self.to.metadata(&child, actual, &name)?.is_none();
                    if !lost {
                        continue;
                    }
                    ScopePosition::Inside
                }
                place @ (ScopePosition::Inside | ScopePosition::OnTheWay) => place,
            };
            self.name(&child, &name, place, (in_wanted, actual))?;
        }
        Ok(())
    }

    fn name(
        &mut self,
        path: &EntryPath,
        name: &[u8],
        place: ScopePosition,
        (wanted, actual): (Option<&OwnedFd>, Option<&OwnedFd>),
    ) -> Result<(), LiveError> {
        let of_wanted = self.from.metadata(path, wanted, name)?;
        // On the way to what was asked for, what is no directory leads to none of it.
        let of_wanted =
            of_wanted.filter(|metadata| place == ScopePosition::Inside || metadata.is_directory());
        let of_actual = self.to.metadata(path, actual, name)?;
        match (wanted.zip(of_wanted), actual.zip(of_actual)) {
            (None, None) => Ok(()),
            (None, Some((directory, metadata))) => {
                let mut changes = Vec::new();
                self.surplus(path, name, directory, metadata, &mut changes)?;
                self.changes.append(&mut changes);
                Ok(())
            }
            (Some(_), Some((_, metadata))) if metadata.device != self.device => Ok(()),
            (Some((wanted, metadata)), Some((actual, found))) if metadata.kind == found.kind => {
                let opened = if metadata.is_directory() {
                    self.to.opened(path, actual, name)?
                } else {
                    Opened::Gone
                };
                if matches!(opened, Opened::Mounted) {
                    return Ok(());
                }
                if place == ScopePosition::Inside {
                    self.pair(path, metadata, found);
                }
                if metadata.is_directory()
                    && let Some(inner) = self.from.opened(path, wanted, name)?.directory()
                {
                    self.directory(path, &inner, opened.directory().as_ref())?;
                }
                Ok(())
            }
            (Some((wanted, metadata)), found) => {
                let known = self.pairs.len();
                if let Some((directory, found)) = found
                    && found.is_directory()
                    && !self.surplus(path, name, directory, found, &mut Vec::new())?.wholly
                {
                    // It stays, with every name in it.
                    self.pairs.truncate(known);
                    self.held.push(path.clone());
                    return Ok(());
                }
                self.missing(
                    path,
                    name,
                    place,
                    (wanted, metadata),
                    found.map(|(_, found)| found.kind),
                )
            }
        }
    }

    /// Something of the snapshot that is not in the running system, or another kind there.
    fn missing(
        &mut self,
        path: &EntryPath,
        name: &[u8],
        place: ScopePosition,
        (wanted, metadata): (&OwnedFd, InodeMetadata),
        was: Option<FileKind>,
    ) -> Result<(), LiveError> {
        if metadata.links > 1 && !metadata.is_directory() {
            self.pairs.push(Pair { path: path.clone(), wanted: Some(metadata), actual: None });
            return Ok(());
        }
        let before = (self.pairs.len(), self.changes.len());
        if metadata.is_directory()
            && let Some(inner) = self.from.opened(path, wanted, name)?.directory()
        {
            self.directory(path, &inner, None)?;
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
        name: &[u8],
        directory: &OwnedFd,
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
            let opened = self.to.opened(path, directory, name)?;
            if matches!(opened, Opened::Mounted) {
                return Ok(stays);
            }
            if let Some(inner) = opened.directory() {
                for name in self.to.listed(path, &inner)? {
                    let child = path.join(&name)?;
                    if let Some(metadata) = self.to.metadata(&child, Some(&inner), &name)? {
                        let child = self.surplus(&child, &name, &inner, metadata, &mut below)?;
                        found.wholly &= child.wholly;
                        found.names += child.names;
                        found.bytes += child.bytes;
                    }
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

    fn pair(&mut self, path: &EntryPath, wanted: InodeMetadata, actual: InodeMetadata) {
        let alone = wanted.is_directory() || (wanted.links == 1 && actual.links == 1);
        let believed = self.depth == Depth::Quick || wanted.kind != FileKind::File;
        if !(alone && believed && wanted.is_untouched(&actual)) {
            let (wanted, actual) = (Some(wanted), Some(actual));
            self.pairs.push(Pair { path: path.clone(), wanted, actual });
        }
    }
}
