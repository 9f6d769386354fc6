//! How a target can be reached, and why it can't.

use zshield_messages::say;

use crate::appliance::{Appliance, Factory, FactoryLoss};
use crate::id::GenerationId;
use crate::ledger::Ledger;
use crate::model::{Snapshot, Target};
use crate::saved::BootSetMeta;
use crate::volumes::{LATEST, NEXT, OLD};
use crate::way_back::WayBack;

/// How a target can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreSource<'a> {
    /// By copying back from a snapshot, which stays.
    CopyBack {
        /// The volumes that it is read from.
        from: WayBack,
        /// What is known of it.
        facts: &'a Snapshot,
    },
    /// By making each file what it is in a generation of the vault, which stays.
    Files {
        /// The generation.
        generation: GenerationId,
        /// What it says of itself.
        saved: &'a BootSetMeta,
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
    /// The backup that the factory store stands over is gone or can't be read.
    #[error("{}", say::recover::lack_base())]
    Base,
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

impl From<FactoryLoss> for Unavailable {
    fn from(loss: FactoryLoss) -> Self {
        match loss {
            FactoryLoss::Invalid => Self::Invalid,
            FactoryLoss::Base => Self::Base,
            FactoryLoss::Stale => Self::Stale,
        }
    }
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
    if unpacks && !ledger.is_own(image) { Err(Unavailable::Image) } else { Ok(source) }
}

/// How a target can be reached; where it can't, why not.
pub fn restore_source(
    appliance: &Appliance,
    target: Target,
) -> Result<RestoreSource<'_>, Unavailable> {
    let sound = |target| {
        let (from, facts) = appliance.way_back(target).ok_or(Unavailable::Invalid)?;
        let has_boot = facts.saved.is_some();
        has_boot.then_some(RestoreSource::CopyBack { from, facts }).ok_or(Unavailable::Boot)
    };
    if appliance.there && appliance.lacks_data() {
        // Of the disk with the data, or of another that somebody has added, LVM sees nothing now. To make
        // the group whole without it would lose what lies there for good.
        return Err(Unavailable::Disk);
    }
    let lack = match target {
        _ if appliance.partial || appliance.root().is_none() => Unavailable::Disk,
        // It needs no snapshot that follows root.
        Target::Vault(generation) => return of_vault(appliance, generation),
        _ if appliance.is_stale() => Unavailable::Stale,
        Target::Factory => match appliance.factory() {
            Factory::Absent => Unavailable::Absent,
            Factory::Lost(loss) => loss.into(),
            Factory::Snapshot(_) | Factory::Store(..) => match sound(target) {
                Ok(source) => return Ok(source),
                Err(lack) => lack,
            },
        },
        Target::Latest => match appliance.latest() {
            Some(_) => return sound(target),
            None if appliance.cannot_read(&[LATEST, OLD, NEXT]) => Unavailable::Invalid,
            None => Unavailable::Absent,
        },
    };
    match target {
        Target::Factory => Ok(RestoreSource::Unpack(lack)),
        Target::Latest | Target::Vault(_) => Err(lack),
    }
}

fn of_vault(
    appliance: &Appliance,
    generation: GenerationId,
) -> Result<RestoreSource<'_>, Unavailable> {
    let found = appliance.generations.get(&generation).ok_or(Unavailable::Absent)?;
    let saved = found.saved.as_ref().ok_or(Unavailable::Boot)?;
    Ok(RestoreSource::Files { generation, saved })
}
