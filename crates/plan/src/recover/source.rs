//! How a target can be reached, and why it can't.

use zshield_messages::say;

use crate::appliance::Appliance;
use crate::ledger::Ledger;
use crate::model::{Snapshot, Target};
use crate::role::Role;
use crate::volumes::{FACTORY, LATEST, NEXT, OLD};

/// How a target can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreSource<'a> {
    /// By copying back from a snapshot, which stays.
    CopyBack {
        /// The volume.
        snapshot: &'static str,
        /// What is known of it.
        facts: &'a Snapshot,
    },
    /// By unpacking the Golden Image anew, since there is no sound factory snapshot.
    Unpack(Unavailable),
}

/// Why a snapshot can't be gone back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// There is none.
    #[error("{}", say::recover::lack_absent())]
    Absent,
    /// Its store overflowed or can't be read.
    #[error("{}", say::recover::lack_invalid())]
    Invalid,
    /// Root was written while the disk with the snapshots was missing.
    #[error("{}", say::recover::lack_stale())]
    Stale,
    /// A disk of the group is missing.
    #[error("{}", say::recover::lack_disk())]
    Disk,
    /// What it carries of `/boot` can't be read.
    #[error("{}", say::recover::lack_boot())]
    Boot,
    /// A system would have to be made from an image that is not the installed one.
    #[error("{}", say::recover::lack_image())]
    Image,
}

/// How a target can be reached with the image of this digest at hand; where it can't, why not. Of what
/// image a machine is, its ledger says: a signature says no more than that the image is signed by a key
/// that came with it.
pub fn restore_source_with<'a>(
    appliance: &'a Appliance,
    target: Target,
    ledger: &Ledger,
    image: &str,
) -> Result<RestoreSource<'a>, Unavailable> {
    let source = restore_source(appliance, target)?;
    let unpacks = matches!(source, RestoreSource::Unpack(_));
    if unpacks && ledger.image != image { Err(Unavailable::Image) } else { Ok(source) }
}

/// How a target can be reached; where it can't, why not.
pub fn restore_source(
    appliance: &Appliance,
    target: Target,
) -> Result<RestoreSource<'_>, Unavailable> {
    let sound = |name: &'static str| {
        let facts = appliance.valid(name).ok_or(Unavailable::Invalid)?;
        facts
            .saved
            .is_some()
            .then_some(RestoreSource::CopyBack { snapshot: name, facts })
            .ok_or(Unavailable::Boot)
    };
    if appliance.there && !appliance.members.contains(&Role::Hdd) {
        // The group is whole but for the disk with the data, which is there and does not say so.
        // To make the group whole without it would lose the data for good.
        return Err(Unavailable::Disk);
    }
    let lack = match target {
        _ if appliance.partial || appliance.root().is_none() => Unavailable::Disk,
        _ if appliance.is_stale() => Unavailable::Stale,
        Target::Factory if appliance.cannot_read(&[FACTORY]) => Unavailable::Invalid,
        Target::Factory if !appliance.has(FACTORY) => Unavailable::Absent,
        Target::Factory => match sound(FACTORY) {
            Ok(source) => return Ok(source),
            Err(lack) => lack,
        },
        Target::Latest => match appliance.latest() {
            Some(latest) => return sound(latest),
            None if appliance.cannot_read(&[LATEST, OLD, NEXT]) => Unavailable::Invalid,
            None => Unavailable::Absent,
        },
    };
    match target {
        Target::Factory => Ok(RestoreSource::Unpack(lack)),
        Target::Latest => Err(lack),
    }
}
