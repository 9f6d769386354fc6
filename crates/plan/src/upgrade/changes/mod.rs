//! Which files an upgrade touches, decided before the first of them is.
//!
//! Both manifests are read beside each other, in the order of manifests: a directory before what is in it,
//! and that right behind it. Neither is held in memory: [`decide`] takes one path after the other and
//! keeps what is to be changed.
//!
//! What the two versions have in common is not touched, whatever is there. What differs from the old version
//! outside of configuration, and was not accepted, is damage: nothing is built upon it.

mod tree;

use std::collections::BTreeSet;

use serde::Serialize;
use zshield_messages::say;

use super::answers::Answers;
use super::etc::Conflict;
use super::file::{Attributes, FileState};
use super::path::SystemPath;
use crate::policy::Class;
use tree::Walk;

/// One path, three ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triple {
    /// Which.
    pub path: SystemPath,
    /// What the old version delivered: by its manifest, or as its installation writes it.
    pub old: Option<FileState>,
    /// What is there.
    pub local: Option<FileState>,
    /// What the new version delivers, likewise.
    pub new: Option<FileState>,
}

/// One change to root or `/boot`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is made anew beside its place, with the new version's content, and takes it. Over a directory,
    /// all that is in it goes.
    Write {
        /// Where.
        path: SystemPath,
        /// What it becomes.
        state: FileState,
    },
    /// Its content stays, and it becomes this.
    Attributes {
        /// What.
        path: SystemPath,
        /// What it becomes.
        state: FileState,
    },
    /// It goes; a directory only if nothing is left in it. What is in a directory comes behind it here, and
    /// goes before it.
    Remove {
        /// What.
        path: SystemPath,
    },
    /// The new version's is laid beside what stays.
    Beside {
        /// Beside what.
        path: SystemPath,
        /// What is laid there.
        state: FileState,
    },
    /// The accounts of both are put together, and it becomes that.
    Accounts {
        /// Which file of accounts.
        path: SystemPath,
        /// What it becomes but for its content.
        attributes: Attributes,
    },
}

impl Change {
    /// The path that it is about.
    pub const fn path(&self) -> &SystemPath {
        match self {
            Self::Write { path, .. }
            | Self::Attributes { path, .. }
            | Self::Remove { path }
            | Self::Beside { path, .. }
            | Self::Accounts { path, .. } => path,
        }
    }
}

/// What a decision goes by.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// What belongs to the machine: [`live::files`](crate::live::files) says what is kept.
    pub kept: &'a [String],
    /// The class that a check has for a path.
    pub class: &'a dyn Fn(&SystemPath) -> Class,
    /// Whether somebody has accepted what is there now, or the state of what it lies in.
    pub accepted: &'a dyn Fn(&SystemPath) -> bool,
    /// What somebody said of clashes beforehand.
    pub answers: &'a Answers,
}

/// What is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The changes, in the order of manifests; second names of files that are made anew come last.
    pub changes: Vec<Change>,
    /// The clashes, with what becomes of them.
    pub conflicts: Vec<Conflict>,
    /// What changes by itself, was changed on both sides, and stays as it is here.
    pub left: Vec<SystemPath>,
    /// What was accepted as it is here, and is not as the old version had it.
    pub accepted: Vec<SystemPath>,
}

/// Why nothing is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The system is not as its version delivered it.
    #[error("{}", drifted(.0))]
    Drift(Vec<SystemPath>),
    /// Answers were given for paths that nobody has.
    #[error("{}", say::upgrade::answers_unknown(list(.0)))]
    UnknownAnswers(Vec<SystemPath>),
}

/// How many paths a message names.
const NAMED: usize = 5;

fn list(paths: &[SystemPath]) -> String {
    paths.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn drifted(paths: &[SystemPath]) -> String {
    say::upgrade::Drifted { count: paths.len(), paths: list(paths) }.to_string()
}

/// What is done about these paths, which come in the order of manifests: all of both manifests, with what is
/// there; and, below a directory that the new version has no more, what is there alone.
pub fn decide(
    paths: impl IntoIterator<Item = Triple>,
    rules: Rules<'_>,
) -> Result<Decision, Refusal> {
    let mut walk = Walk::new(rules);
    let mut seen = BTreeSet::new();
    for triple in paths {
        if rules.answers.get(&triple.path).is_some() {
            seen.insert(triple.path.clone());
        }
        walk.step(triple);
    }
    let decided = walk.end()?;
    let unknown = rules.answers.beside(&seen);
    if unknown.is_empty() { Ok(decided) } else { Err(Refusal::UnknownAnswers(unknown)) }
}

#[cfg(test)]
mod tests;
