//! Accounts that both sides changed, put together line by line, by name.
//!
//! A new version brings a new system user, an administrator has added people and changed passwords: neither may be lost, so
//! no side can win as a whole. Line by line:
//!
//! - What one side alone has added is there.
//! - What both have is put together field by field; where both changed one, the machine's stays: a password, a shell,
//!   a home directory are its own. Of members of a group, each side's additions and removals count.
//! - What was removed here stays removed.
//! - What the new version has no more stays: files of its data may belong to it, and a freed number would be given to
//!   the next one, with these files.
//!
//! Numbers can't be put together: the new version's files are owned by its own. Where a number that it brings belongs
//! to another name here, or a name to another number, the upgrade is refused ([`IdClash`]), for either choice would
//! give files to somebody else. Ranges of subordinate numbers own no delivered file: a new one that overlaps
//! another is moved behind all of them.

mod lines;
mod ranges;

use std::fmt;

use zshield_messages::say;

use lines::{Entry, Line, find, parsed, printed};

/// One of the files that hold accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// `/etc/passwd`
    Passwd,
    /// `/etc/group`
    Group,
    /// `/etc/shadow`
    Shadow,
    /// `/etc/gshadow`
    Gshadow,
    /// `/etc/subuid`
    Subuid,
    /// `/etc/subgid`
    Subgid,
}

impl Database {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Passwd, Self::Group, Self::Shadow, Self::Gshadow, Self::Subuid, Self::Subgid];

    /// Its path in the system.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Passwd => "etc/passwd",
            Self::Group => "etc/group",
            Self::Shadow => "etc/shadow",
            Self::Gshadow => "etc/gshadow",
            Self::Subuid => "etc/subuid",
            Self::Subgid => "etc/subgid",
        }
    }

    /// The field with the number by which files are owned.
    const fn id_field(self) -> Option<usize> {
        match self {
            Self::Passwd | Self::Group => Some(2),
            Self::Shadow | Self::Gshadow | Self::Subuid | Self::Subgid => None,
        }
    }

    /// Whether a field is a list of names.
    const fn is_list(self, field: usize) -> bool {
        match self {
            Self::Group => field == 3,
            Self::Gshadow => field == 2 || field == 3,
            Self::Passwd | Self::Shadow | Self::Subuid | Self::Subgid => false,
        }
    }
}

/// A number that the new version brings, and that is somebody else's here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct IdClash {
    /// Of which file.
    pub path: &'static str,
    /// The new version's name.
    pub name: String,
    /// The number that it has there.
    pub id: String,
    /// What is here: the name that has the number, or the number that the name has.
    pub here: String,
}

impl fmt::Display for IdClash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, name, id, here } = self;
        let (path, name, id, here) = (format!("/{path}"), name.clone(), id.clone(), here.clone());
        say::upgrade::IdClash { path, name, id, here }.fmt(f)
    }
}

/// The accounts of both sides, where they can be put together.
pub fn merged(
    database: Database,
    old: &[u8],
    local: &[u8],
    new: &[u8],
) -> Result<Vec<u8>, Vec<IdClash>> {
    let [old, local, new] = [old, local, new].map(parsed);
    match database {
        Database::Subuid | Database::Subgid => Ok(printed(&ranges::merged(&old, local, &new))),
        Database::Passwd | Database::Group | Database::Shadow | Database::Gshadow => {
            let lines = by_name(database, &old, local, &new);
            let clashes = id_clashes(database, &old, &lines, &new);
            if clashes.is_empty() { Ok(printed(&lines)) } else { Err(clashes) }
        }
    }
}

fn by_name(database: Database, old: &[Line], local: Vec<Line>, new: &[Line]) -> Vec<Line> {
    let added: Vec<Line> = lines::entries(new)
        .filter(|it| find(old, it.name()).is_none() && find(&local, it.name()).is_none())
        .map(|it| Line::Entry(it.clone()))
        .collect();
    let mut lines: Vec<Line> = local
        .into_iter()
        .map(|line| match line {
            Line::Entry(here) => {
                let there = find(new, here.name());
                let was = find(old, here.name());
                Line::Entry(there.map_or(here.clone(), |there| both(database, was, &here, there)))
            }
            Line::Other(text) => Line::Other(text),
        })
        .collect();
    // Behind a line that includes a directory of the network's accounts nothing of the machine's is found.
    let is_network = |line: &Line| matches!(line, Line::Other(text) if text.starts_with(b"+"));
    let at = lines.iter().position(is_network).unwrap_or(lines.len());
    lines.splice(at..at, added);
    lines
}

/// An entry that both sides have, field by field.
fn both(database: Database, was: Option<&Entry>, here: &Entry, there: &Entry) -> Entry {
    let count = here.fields.len();
    if there.fields.len() != count || was.is_some_and(|was| was.fields.len() != count) {
        return here.clone();
    }
    let field = |index: usize| {
        let (here, there) = (&here.fields[index], &there.fields[index]);
        let was = was.map(|was| &was.fields[index]);
        if database.is_list(index) {
            lines::united(was.map_or(&[], Vec::as_slice), here, there)
        } else if was == Some(here) {
            there.clone()
        } else {
            here.clone()
        }
    };
    Entry { fields: (0..count).map(field).collect() }
}

/// Numbers that the new version brings, and that are somebody else's.
fn id_clashes(database: Database, old: &[Line], lines: &[Line], new: &[Line]) -> Vec<IdClash> {
    let Some(field) = database.id_field() else { return Vec::new() };
    let id = |entry: &Entry| entry.fields.get(field).cloned().unwrap_or_default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let clash = |there: &Entry, here: String| IdClash {
        path: database.path(),
        name: text(there.name()),
        id: text(&id(there)),
        here,
    };
    let brought =
        lines::entries(new).filter(|there| find(old, there.name()).map(id) != Some(id(there)));
    brought
        .filter_map(|there| {
            let here = find(lines, there.name())?;
            if id(here) != id(there) {
                return Some(clash(there, text(&id(here))));
            }
            let is_shared = |name: &[u8]| find(new, name).map(id) == Some(id(there));
            let other =
                lines::entries(lines).find(|it| id(it) == id(there) && !is_shared(it.name()));
            other.map(|it| clash(there, text(it.name())))
        })
        .collect()
}

#[cfg(test)]
mod tests;
