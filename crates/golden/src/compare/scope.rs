//! How much of what there is is compared.

use super::drift::FileKind;
use crate::path::EntryPath;

/// How much of one path is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regard {
    /// Nothing, nor anything below it: it may be there or not, whatever it is.
    Nothing,
    /// Nothing of itself; but what is below it may be.
    Within,
    /// It may be there or not; where the payload has it too, all but the time of its last change.
    IfThere,
    /// All but the time of its last change.
    ButTime,
    /// All.
    Whole,
}

/// What is compared.
pub trait Scope: Sync {
    /// How much of this path is, where it is of this kind.
    fn regard(&self, path: &EntryPath, kind: FileKind) -> Regard;

    /// Whether what is mounted there belongs to the payload. Any other mounted filesystem hides
    /// what the payload has there, which is then not compared.
    fn is_entered(&self, path: &EntryPath) -> bool;

    /// Whether it is in order that something else is mounted over a path.
    fn may_be_hidden(&self, _path: &EntryPath) -> bool {
        true
    }
}
