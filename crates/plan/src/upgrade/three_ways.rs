//! One path, three ways: what the old version delivered, what is there now, what the new version delivers.
//!
//! Whoever has not touched a path gets the new version's; whoever has keeps what is there. Content, mode,
//! owner and extended attributes are each held against each other for themselves: a mode that was changed here stays on the
//! new version's content. Only where both sides changed the same thing in different ways there is a clash.

use serde::Serialize;
use zshield_messages::say;

use super::file::{Attributes, FileState};

/// Whose something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The machine's.
    Local,
    /// The new version's.
    New,
}

/// What becomes of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// It stays as it is.
    Stays,
    /// It becomes this, with content from this side.
    Becomes(FileState, Side),
    /// It goes.
    Goes,
    /// Both sides changed it.
    Clash(Clash),
}

/// How both sides changed a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clash {
    /// Both have another content.
    Content,
    /// Both have another mode, owner or extended attributes.
    Attributes,
    /// Both added it.
    BothAdded,
    /// It was removed here, and the new version changed it.
    RemovedHere,
    /// It was changed here, and the new version has it no more.
    RemovedThere,
    /// It is another kind of thing here than in the new version, or what lies below it can't be.
    Kind,
}

impl Clash {
    /// What it is called in a list.
    pub fn title(self) -> String {
        match self {
            Self::Content => say::upgrade::clash_content(),
            Self::Attributes => say::upgrade::clash_attributes(),
            Self::BothAdded => say::upgrade::clash_both_added(),
            Self::RemovedHere => say::upgrade::clash_removed_here(),
            Self::RemovedThere => say::upgrade::clash_removed_there(),
            Self::Kind => say::upgrade::clash_kind(),
        }
    }
}

/// What becomes of a path of which this was delivered, this is there, and this is delivered now.
pub fn merged(
    old: Option<&FileState>,
    local: Option<&FileState>,
    new: Option<&FileState>,
) -> Merged {
    if old == new {
        return Merged::Stays;
    }
    if is_same(local, old) || is_same(local, new) {
        return followed(local, new);
    }
    match (old, local, new) {
        (_, None, None) | (None, _, None) => Merged::Stays,
        (_, None, Some(_)) if is_same(old, new) => Merged::Stays,
        (_, None, Some(_)) => Merged::Clash(Clash::RemovedHere),
        (_, Some(local), Some(new)) if is_same(old, Some(new)) => labelled(local, new),
        (Some(_), Some(_), None) => Merged::Clash(Clash::RemovedThere),
        (None, Some(local), Some(new)) if local.kind == new.kind => {
            Merged::Clash(Clash::Attributes)
        }
        (None, Some(local), Some(new)) if local.kind.is_like(&new.kind) => {
            Merged::Clash(Clash::BothAdded)
        }
        (None, Some(_), Some(_)) => Merged::Clash(Clash::Kind),
        (Some(old), Some(local), Some(new)) => of_all_three(old, local, new),
    }
}

/// Whether two states are the same to an administrator, or both absent.
pub fn is_same(one: Option<&FileState>, other: Option<&FileState>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => one.is_as(other),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// The new version's, of a path that nobody touched, or that both sides changed alike.
fn followed(local: Option<&FileState>, new: Option<&FileState>) -> Merged {
    match (local, new) {
        (None, None) => Merged::Stays,
        (Some(_), None) => Merged::Goes,
        (None, Some(new)) => Merged::Becomes(new.clone(), Side::New),
        (Some(local), Some(new)) if local == new => Merged::Stays,
        (Some(local), Some(new)) => {
            let content = if local.kind == new.kind { Side::Local } else { Side::New };
            Merged::Becomes(new.clone(), content)
        }
    }
}

/// What stays, with the new version's label.
fn labelled(local: &FileState, new: &FileState) -> Merged {
    if local.label == new.label || !local.kind.is_like(&new.kind) {
        return Merged::Stays;
    }
    Merged::Becomes(FileState { label: new.label.clone(), ..local.clone() }, Side::Local)
}

/// A path that both sides changed, part by part.
fn of_all_three(old: &FileState, local: &FileState, new: &FileState) -> Merged {
    if !local.kind.is_like(&new.kind) {
        return Merged::Clash(Clash::Kind);
    }
    let Some(content) = picked(&old.kind, &local.kind, &new.kind) else {
        return Merged::Clash(Clash::Content);
    };
    let [was, here, there] = [old, local, new].map(|state| &state.attributes);
    let parts = (
        picked(&was.mode, &here.mode, &there.mode),
        picked(&was.owner, &here.owner, &there.owner),
        picked(&was.xattrs, &here.xattrs, &there.xattrs),
    );
    let (Some(mode), Some(owner), Some(xattrs)) = parts else {
        return Merged::Clash(Clash::Attributes);
    };
    let of = |side| match side {
        Side::Local => here,
        Side::New => there,
    };
    let attributes = Attributes {
        mode: of(mode).mode,
        owner: of(owner).owner,
        xattrs: of(xattrs).xattrs.clone(),
    };
    let (kind, mtime) = match content {
        Side::Local => (local.kind.clone(), local.mtime),
        Side::New => (new.kind.clone(), new.mtime),
    };
    let becomes = FileState { kind, attributes, label: new.label.clone(), mtime };
    if becomes == *local { Merged::Stays } else { Merged::Becomes(becomes, content) }
}

/// The attributes of a file whose content is put together out of both: the machine's where both sides
/// changed them.
pub fn attributes(old: Option<&FileState>, local: &FileState, new: &FileState) -> Attributes {
    let (here, there) = (&local.attributes, &new.attributes);
    let is_untouched = old.is_some_and(|old| old.attributes == *here);
    if is_untouched { there.clone() } else { here.clone() }
}

/// The side that changed it; neither where both did, in different ways.
fn picked<T: PartialEq>(old: &T, local: &T, new: &T) -> Option<Side> {
    if local == new || new == old {
        Some(Side::Local)
    } else if local == old {
        Some(Side::New)
    } else {
        None
    }
}

#[cfg(test)]
pub(in crate::upgrade) mod tests;
