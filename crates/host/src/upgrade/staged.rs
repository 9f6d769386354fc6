//! What a decision comes to: the tree that is staged, and the changes by which it takes its place.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use zshield_golden::compare::FileKind;
use zshield_golden::manifest::Entry;
use zshield_golden::unpack::Subset;
use zshield_golden::{Digest, EntryPath};
use zshield_live::{Change as LiveChange, Difference};
use zshield_plan::upgrade::accounts::{Database, IdClash, merged};
use zshield_plan::upgrade::changes::{Change, Decision};
use zshield_plan::upgrade::file::{Attributes, FileState, Kind};
use zshield_units::UnixTime;

use super::state::entry_path;
use super::{Local, UpgradeError, node};

/// What is staged, and how it takes its place.
pub struct Staged {
    /// The entries of the staging tree.
    pub subset: Subset,
    /// What is then done to the system.
    pub difference: Difference,
    /// Contents that neither version has: accounts of both.
    pub texts: HashMap<Digest, Vec<u8>>,
    /// What is put together out of both versions, or laid beside: no version has it so.
    pub own: Vec<EntryPath>,
    /// What is at each path afterwards, and nothing where it is gone: for the proof.
    pub becomes: BTreeMap<EntryPath, Option<FileState>>,
}

/// The accounts of one file, as the old version, the machine and the new version have them.
pub struct Text {
    /// Which file.
    pub database: Database,
    /// What was delivered; nothing where it was not.
    pub old: Vec<u8>,
    /// What is there.
    pub local: Vec<u8>,
    /// What is delivered now.
    pub new: Vec<u8>,
}

/// Why a decision comes to nothing.
#[derive(Debug, thiserror::Error)]
pub enum StagedError {
    /// The machine's files can't be read.
    #[error(transparent)]
    Upgrade(#[from] UpgradeError),
    /// Accounts can't be put together.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))]
    Accounts(Vec<IdClash>),
}

impl Staged {
    /// What a decision comes to on this machine. `text` is asked for the accounts of each file that is put
    /// together; `now` is the time of these.
    pub fn of<E: From<StagedError>>(
        decision: &Decision,
        local: &mut Local,
        text: &mut dyn FnMut(Database) -> Result<Text, E>,
        now: UnixTime,
    ) -> Result<Self, E> {
        let mut staging = Staging {
            local,
            entries: BTreeMap::new(),
            changes: Vec::new(),
            texts: HashMap::new(),
            own: Vec::new(),
            becomes: BTreeMap::new(),
        };
        let goes = staging.removable(&decision.changes).map_err(StagedError::from)?;
        for change in &decision.changes {
            match change {
                Change::Accounts { path, attributes } => {
                    let database = Database::ALL.into_iter().find(|it| it.path() == path.as_str());
                    let Some(database) = database else { continue };
                    let Text { old, local, new, .. } = text(database)?;
                    let bytes =
                        merged(database, &old, &local, &new).map_err(StagedError::Accounts)?;
                    let path = entry_path(path).map_err(StagedError::from)?;
                    staging.accounts(path, bytes, attributes, now).map_err(StagedError::from)?;
                }
                Change::Write { .. }
                | Change::Attributes { .. }
                | Change::Remove { .. }
                | Change::Beside { .. } => {
                    staging.change(change, &goes).map_err(StagedError::from)?;
                }
            }
        }
        Ok(staging.end().map_err(StagedError::from)?)
    }
}

struct Staging<'a> {
    local: &'a mut Local,
    entries: BTreeMap<EntryPath, Entry>,
    changes: Vec<LiveChange>,
    texts: HashMap<Digest, Vec<u8>>,
    own: Vec<EntryPath>,
    becomes: BTreeMap<EntryPath, Option<FileState>>,
}

impl Staging<'_> {
    /// What of that which is to go can: a directory with something in it that stays does.
    fn removable(&mut self, changes: &[Change]) -> Result<BTreeSet<EntryPath>, UpgradeError> {
        let mut goes = BTreeSet::new();
        // What is in a directory comes behind it.
        for change in changes.iter().rev() {
            let Change::Remove { path } = change else { continue };
            let path = entry_path(path)?;
            let is_directory = self.kind(&path)? == Some(FileKind::Directory);
            if !is_directory || self.local.names(&path)?.iter().all(|name| goes.contains(name)) {
                goes.insert(path);
            }
        }
        Ok(goes)
    }

    fn change(&mut self, change: &Change, goes: &BTreeSet<EntryPath>) -> Result<(), UpgradeError> {
        match change {
            Change::Write { path, state } => self.write(entry_path(path)?, state),
            Change::Beside { path, state } => {
                let beside = entry_path(&path.beside())?;
                self.own.push(beside.clone());
                self.write(beside, state)
            }
            Change::Attributes { path, state } => self.attributes(entry_path(path)?, state),
            Change::Remove { path } => {
                let path = entry_path(path)?;
                if let (true, Some(kind)) = (goes.contains(&path), self.kind(&path)?) {
                    self.becomes.insert(path.clone(), None);
                    self.changes.push(LiveChange::Remove { path, kind, names: 1, bytes: 0 });
                }
                Ok(())
            }
            // Its content is put together first.
            Change::Accounts { .. } => Ok(()),
        }
    }

    fn write(&mut self, path: EntryPath, state: &FileState) -> Result<(), UpgradeError> {
        self.becomes.insert(path.clone(), Some(state.clone()));
        if let Kind::Link { to } = &state.kind {
            self.changes.push(LiveChange::Link { path, to: entry_path(to)? });
            return Ok(());
        }
        let was = self.kind(&path)?;
        let (kind, size) = (kind_of(&state.kind), state.kind.size());
        self.stage(path.clone(), state, true)?;
        self.changes.push(LiveChange::Write { path, kind, size, was });
        Ok(())
    }

    fn attributes(&mut self, path: EntryPath, state: &FileState) -> Result<(), UpgradeError> {
        if matches!(state.kind, Kind::Link { .. }) {
            // They are those of its first name.
            return Ok(());
        }
        self.becomes.insert(path.clone(), Some(state.clone()));
        self.stage(path.clone(), state, false)?;
        self.changes.push(LiveChange::Attributes { path, kind: kind_of(&state.kind) });
        Ok(())
    }

    fn accounts(
        &mut self,
        path: EntryPath,
        bytes: Vec<u8>,
        attributes: &Attributes,
        now: UnixTime,
    ) -> Result<(), UpgradeError> {
        self.own.push(path.clone());
        let (digest, size) = (Digest::of(&bytes), bytes.len() as u64);
        self.texts.insert(digest, bytes);
        let kind = Kind::File { digest: digest.bytes(), size };
        let label = self.local.state(&path, [None, None])?.and_then(|state| state.label);
        let state = FileState { kind, attributes: attributes.clone(), label, mtime: now };
        self.write(path, &state)
    }

    /// Puts something into the staging tree.
    fn stage(
        &mut self,
        path: EntryPath,
        state: &FileState,
        with_content: bool,
    ) -> Result<(), UpgradeError> {
        let node = node(state, with_content)?;
        self.entries.insert(path.clone(), Entry { path, node });
        Ok(())
    }

    /// Adds the directories that lead to what is staged: as they are here, for they stay so.
    fn end(mut self) -> Result<Staged, UpgradeError> {
        let mut leading = BTreeSet::from([EntryPath::root()]);
        for path in self.entries.keys() {
            leading.extend(std::iter::successors(path.parent(), EntryPath::parent));
        }
        for path in leading {
            if self.entries.contains_key(&path) {
                continue;
            }
            let here = if path.is_root() {
                Some(self.local.root()?)
            } else {
                self.local.state(&path, [None, None])?
            };
            if let Some(state) = here {
                self.stage(path, &state, false)?;
            }
        }
        let mut changes = self.changes;
        changes.sort_by(|one, other| one.path().cmp(other.path()));
        Ok(Staged {
            subset: Subset::made_of(self.entries.into_values().collect()),
            difference: Difference { changes, held: Vec::new() },
            texts: self.texts,
            own: self.own,
            becomes: self.becomes,
        })
    }

    fn kind(&mut self, path: &EntryPath) -> Result<Option<FileKind>, UpgradeError> {
        let state = self.local.state(path, [None, None])?;
        Ok(state.map(|state| kind_of(&state.kind)))
    }
}

/// The kind that a tree has.
fn kind_of(kind: &Kind) -> FileKind {
    match kind {
        Kind::File { .. } | Kind::Link { .. } => FileKind::File,
        Kind::Directory => FileKind::Directory,
        Kind::Symlink { .. } => FileKind::Symlink,
        Kind::Special { format, .. } => FileKind::of_mode(*format),
    }
}
