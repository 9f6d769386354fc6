//! Each path of two versions, with what is there: all that is decided by.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::path::Path;

use zshield_golden::manifest::{Manifest, Reader};
use zshield_golden::{Digest, EntryPath};
use zshield_plan::upgrade::changes::Triple;
use zshield_plan::upgrade::file::{Attributes, FileState, Kind};
use zshield_plan::upgrade::path::SystemPath;
use zshield_units::UnixTime;

use super::{Local, UpgradeError, file_state};

/// What an installation of a version writes beside its manifest: contents by their paths.
pub type Overlay = BTreeMap<EntryPath, (u16, Vec<u8>)>;

/// Two versions.
pub struct Sides<'a> {
    /// The manifest of the one that is installed, and what its installation wrote.
    pub old: (&'a Manifest, &'a Overlay),
    /// The same of the one that is to come.
    pub new: (&'a Manifest, &'a Overlay),
    /// What is dealt with elsewhere, with all that is in it.
    pub apart: &'a [EntryPath],
}

/// The triples, in the order of manifests. The first error ends them: whoever has taken all asks for it.
pub struct Triples<'a> {
    local: Local,
    old: Side<'a>,
    new: Side<'a>,
    apart: &'a [EntryPath],
    /// What is there alone, below directories that the new version has no more.
    alone: BTreeSet<EntryPath>,
    failure: Option<UpgradeError>,
}

impl<'a> Triples<'a> {
    /// Those of the system at `root`.
    pub fn of(root: &Path, sides: &Sides<'a>) -> Result<Self, UpgradeError> {
        let side = |(manifest, overlay): (&'a Manifest, &'a Overlay)| Side::of(manifest, overlay);
        Ok(Self {
            local: Local::of(root)?,
            old: side(sides.old)?,
            new: side(sides.new)?,
            apart: sides.apart,
            alone: BTreeSet::new(),
            failure: None,
        })
    }

    /// Why they ended before their end, where they did.
    pub fn ended(self) -> Result<(), UpgradeError> {
        self.failure.map_or(Ok(()), Err)
    }

    fn next_triple(&mut self) -> Result<Option<Triple>, UpgradeError> {
        loop {
            let heads = [self.old.head()?, self.new.head()?, self.alone.first().cloned()];
            let Some(path) = heads.into_iter().flatten().min() else { return Ok(None) };
            self.alone.remove(&path);
            let is_apart = path.is_root() || self.apart.iter().any(|apart| path.is_within(apart));
            let (mut old, mut new) =
                (self.old.take(&path, is_apart)?, self.new.take(&path, is_apart)?);
            if is_apart {
                continue;
            }
            let local = self.local.state(&path, [old.as_ref(), new.as_ref()])?;
            // Which label and time an installation gives to what it writes says the machine.
            for state in [(&self.old, &mut old), (&self.new, &mut new)] {
                if let (true, Some(written), Some(local)) =
                    (state.0.overlay.contains_key(&path), state.1.as_mut(), &local)
                {
                    written.label.clone_from(&local.label);
                    written.mtime = local.mtime;
                }
            }
            let is_directory =
                |state: &Option<FileState>| state.as_ref().is_some_and(FileState::is_directory);
            if is_directory(&local) && !is_directory(&new) && (old.is_some() || new.is_some()) {
                self.list(&path)?;
            }
            let path = SystemPath::new(path.to_string())?;
            return Ok(Some(Triple { path, old, local, new }));
        }
    }

    /// All that is below a directory comes by.
    fn list(&mut self, directory: &EntryPath) -> Result<(), UpgradeError> {
        let mut ahead = vec![directory.clone()];
        while let Some(directory) = ahead.pop() {
            for path in self.local.names(&directory)? {
                let is_directory = self
                    .local
                    .state(&path, [None, None])?
                    .is_some_and(|state| state.is_directory());
                if is_directory && !self.apart.contains(&path) {
                    ahead.push(path.clone());
                }
                self.alone.insert(path);
            }
        }
        Ok(())
    }
}

impl Iterator for Triples<'_> {
    type Item = Triple;

    fn next(&mut self) -> Option<Triple> {
        if self.failure.is_some() {
            return None;
        }
        self.next_triple().unwrap_or_else(|error| {
            self.failure = Some(error);
            None
        })
    }
}

/// One version: its manifest, and over that what its installation writes.
struct Side<'a> {
    entries: Peekable<Reader<&'a [u8]>>,
    overlay: &'a Overlay,
    /// Files with several names, of which the first is dealt with elsewhere: that one, and the name that stands for
    /// it here, once one has come by.
    elsewhere: BTreeMap<SystemPath, (FileState, Option<SystemPath>)>,
    /// What of that has not come by.
    left: Peekable<std::collections::btree_map::Iter<'a, EntryPath, (u16, Vec<u8>)>>,
}

impl<'a> Side<'a> {
    fn of(manifest: &'a Manifest, overlay: &'a Overlay) -> Result<Self, UpgradeError> {
        let entries = manifest.entries()?.peekable();
        Ok(Self { entries, overlay, elsewhere: BTreeMap::new(), left: overlay.iter().peekable() })
    }

    /// The path that comes next.
    fn head(&mut self) -> Result<Option<EntryPath>, UpgradeError> {
        let entry = match self.entries.peek() {
            Some(Ok(entry)) => Some(entry.path.clone()),
            // Its error is taken with it.
            Some(Err(_)) => match self.entries.next() {
                Some(Err(error)) => return Err(error.into()),
                _ => None,
            },
            None => None,
        };
        let written = self.left.peek().map(|(path, _)| (*path).clone());
        Ok(entry.into_iter().chain(written).min())
    }

    /// What it has at this path, where that is the next one.
    fn take(
        &mut self,
        path: &EntryPath,
        is_apart: bool,
    ) -> Result<Option<FileState>, UpgradeError> {
        let entry = match self.entries.peek() {
            Some(Ok(entry)) if entry.path == *path => self.entries.next().transpose()?,
            _ => None,
        };
        let written = self.left.next_if(|(written, _)| *written == path);
        match (written, entry) {
            (Some((_, (mode, content))), _) => Ok(Some(written_state(*mode, content))),
            (None, Some(entry)) => {
                let state = file_state(&entry)?;
                if path.is_root() {
                    return Ok(Some(state));
                }
                let at = SystemPath::new(path.to_string())?;
                Ok(Some(if is_apart { self.note(at, state) } else { self.first_here(at, state) }))
            }
            (None, None) => Ok(None),
        }
    }

    /// Keeps a file of which a further name may come by that is dealt with here.
    fn note(&mut self, at: SystemPath, state: FileState) -> FileState {
        if let Kind::File { .. } = state.kind {
            self.elsewhere.insert(at, (state.clone(), None));
        }
        state
    }

    /// A further name of a file whose first one is dealt with elsewhere: the file itself, or another name of the one
    /// that stands for it here.
    fn first_here(&mut self, at: SystemPath, state: FileState) -> FileState {
        let Kind::Link { to } = &state.kind else { return state };
        match self.elsewhere.get_mut(to) {
            None => state,
            Some((_, Some(first))) => FileState { kind: Kind::Link { to: first.clone() }, ..state },
            Some((file, first)) => {
                *first = Some(at);
                file.clone()
            }
        }
    }
}

fn written_state(mode: u16, content: &[u8]) -> FileState {
    let digest = Digest::of(content).bytes();
    FileState {
        kind: Kind::File { digest, size: content.len() as u64 },
        attributes: Attributes { mode, ..Attributes::default() },
        label: None,
        mtime: UnixTime(0),
    }
}
