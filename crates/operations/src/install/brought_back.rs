//! The backup that comes back from the vault on the HDD once the system is made anew around it.

use anyhow::Result;
use zshield_host::generation::{GenerationError, OpenVault, place};
use zshield_plan::id::{DiskName, GenerationId};
use zshield_plan::policy::GroupName;
use zshield_plan::volumes::{VAULT, named};
use zshield_plan::world::World;
use zshield_units::UnixTime;
use zshield_vault::{Generation, Kind};

use crate::vault;

/// A generation of the vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroughtBack {
    /// The generation.
    pub id: GenerationId,
    /// When the backup was taken that it is a copy of.
    pub taken: UnixTime,
    /// The version of its system.
    pub version: Option<String>,
}

impl BroughtBack {
    fn of(generation: Generation) -> Option<Self> {
        let Generation { id, taken, version, .. } = generation;
        Some(Self { id: GenerationId::parse(&id)?, taken, version })
    }
}

/// Which generation a caller wants back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedBack {
    /// The newest copy of a latest backup.
    Newest,
    /// The one of this name, or the only one whose name begins so.
    Named(String),
}

impl WantedBack {
    /// What a person has typed: `newest`, or the name of a generation.
    pub fn parse(typed: &str) -> Self {
        match typed {
            "newest" => Self::Newest,
            name => Self::Named(name.to_owned()),
        }
    }
}

/// The generation in the vault on this HDD; nothing where there is no vault, or none in it.
pub(super) fn found(
    world: &World,
    group: &GroupName,
    hdd: &DiskName,
    wanted: &WantedBack,
) -> Result<Option<BroughtBack>> {
    let is_vault = named(VAULT);
    let mut volumes = world.groups.iter().filter(|it| it.name == *group).flat_map(|it| &it.volumes);
    if !volumes.any(|volume| volume.name == is_vault) {
        return Ok(None);
    }
    let opened = match (OpenVault::open(group, hdd), wanted) {
        (Err(GenerationError::Empty), WantedBack::Newest) => return Ok(None),
        (opened, _) => opened.map_err(vault::generation_told)?,
    };
    match wanted {
        WantedBack::Newest => newest(group, hdd, opened),
        WantedBack::Named(name) => {
            Ok(BroughtBack::of(opened.find(name).map_err(vault::generation_told)?))
        }
    }
}

/// The newest copy of a latest backup that can be opened and has a whole boot set: what comes back has to start.
fn newest(group: &GroupName, hdd: &DiskName, opened: OpenVault) -> Result<Option<BroughtBack>> {
    let all = opened.generations().map_err(vault::generation_told)?;
    drop(opened);
    let latest = all.into_iter().filter(|it| it.kind == Some(Kind::Latest));
    for generation in latest.filter_map(BroughtBack::of) {
        let opened = OpenVault::open(group, hdd).map_err(vault::generation_told)?;
        match opened.mounted(generation.id, &place()).map(|mounted| mounted.starts()) {
            Ok(true) => return Ok(Some(generation)),
            Ok(false) => tracing::warn!("{}: its boot set is damaged", generation.id),
            Err(error) => tracing::warn!("{}: {error}", generation.id),
        }
    }
    Ok(None)
}
