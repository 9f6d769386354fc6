//! The fold as a backup does it, without the rest of a backup: volumes of an appliance's names are all that it
//! needs.

use anyhow::{Context as _, Result, ensure};
use zshield_host::factory_store::{self, Attached, Fold};
use zshield_plan::id::DiskName;
use zshield_plan::model::Binding;
use zshield_plan::policy::GroupName;
use zshield_plan::role::ByRole;
use zshield_plan::volumes::{FACTORY, LATEST, NEXT, named};

fn group() -> Result<GroupName> {
    GroupName::new("vgroup").context("no name of a group")
}

/// Marks the factory snapshot's store as one over the latest backup, as before LVM makes a plain volume of it.
pub(super) fn detach() -> Result<()> {
    let attached = factory_store::mark_attached(&group()?, &named(FACTORY), &named(LATEST))?;
    ensure!(attached == Attached::Marked, "{FACTORY} is no snapshot");
    Ok(())
}

/// Folds the latest backup, of which the factory store lacks so many chunks; the HDD is the one that others use
/// meanwhile.
pub(super) fn fold(hdd: &str, chunks: u64) -> Result<()> {
    let group = group()?;
    let disk = || DiskName(hdd.to_owned());
    let binding = Binding { disks: ByRole { ssd: disk(), hdd: disk() }, group: group.clone() };
    let [from, store, over] = [LATEST, FACTORY, NEXT].map(named);
    let fold = Fold { group: &group, from: &from, store: &store, over: &over };
    let report = factory_store::fold(&binding, fold, &mut |_, _| {})?;
    ensure!(report.appended == chunks, "{report:?}, and not {chunks} chunks");
    Ok(())
}
