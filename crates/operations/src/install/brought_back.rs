//! The backup that comes back from the vault on the HDD once the system is made anew around it.

use anyhow::Result;
use zshield_host::generation::{GenerationError, OpenVault, Whose, place};
use zshield_plan::id::DiskName;
use zshield_plan::policy::GroupName;
use zshield_plan::volumes::{VAULT, named};
use zshield_plan::world::World;
use zshield_vault::Kind;

use crate::recover::at_rest::Generation;
use crate::vault::{self, WantedBack};

/// The generation in the vault on this HDD; nothing where there is no vault, or none in it.
pub(super) fn found(
    world: &World,
    group: &GroupName,
    hdd: &DiskName,
    wanted: &WantedBack,
) -> Result<Option<Generation>> {
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
            let (whose, found) = opened.find(name).map_err(vault::generation_told)?;
            Ok(Generation::of(whose, &found))
        }
    }
}

/// The newest copy of a latest backup that can be opened and has a whole boot set: what comes back has to start.
fn newest(group: &GroupName, hdd: &DiskName, opened: OpenVault) -> Result<Option<Generation>> {
    let all = opened.generations().map_err(vault::generation_told)?;
    let mut opened = Some(opened);
    // What was brought from elsewhere may be another machine's: nobody gets that back unasked.
    let is_latest = |(whose, it): &&(Whose, zshield_vault::Generation)| {
        *whose == Whose::Own && it.kind == Some(Kind::Latest)
    };
    for (_, one) in all.iter().filter(is_latest) {
        let opened = match opened.take() {
            Some(opened) => opened,
            // The look before has closed it.
            None => OpenVault::open(group, hdd).map_err(vault::generation_told)?,
        };
        match opened.mounted(one, &place()).map(|mounted| mounted.starts()) {
            Ok(true) => return Ok(Generation::of(Whose::Own, one)),
            Ok(false) => tracing::warn!("{}: its boot set is damaged", one.id),
            Err(error) => tracing::warn!("{}: {error}", one.id),
        }
    }
    Ok(None)
}
