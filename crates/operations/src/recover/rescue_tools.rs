//! The rescue system's programs, for a running system whose own don't start and whose snapshots have none
//! either.

use zshield_golden::slot::Artifact;
use zshield_host::ledger::LedgerStore;
use zshield_host::observe;
use zshield_host::tools::{self, Tools};
use zshield_image::lent;
use zshield_linux::IoError;
use zshield_plan::role::Role;
use zshield_plan::volumes::GOLDEN_PARTITION;

use crate::env::Env;
use crate::installed::Installed;

/// The programs that are run: where nobody else has any, those of the rescue system on the SSD. What keeps
/// them from being lent is told, and no reason to fail: the next start has them.
pub(super) fn or_of_rescue(env: &Env, tools: Tools) -> Tools {
    let Tools::Unsound(unsound) = tools else { return tools };
    let lent = lent(env, &unsound).inspect_err(|why| {
        tracing::warn!("the rescue system lends no programs: {why:#}");
    });
    lent.ok().flatten().unwrap_or(Tools::Unsound(unsound))
}

/// Nobody's programs are run but those of the image that the ledger names.
fn lent(env: &Env, unsound: &[&'static str]) -> anyhow::Result<Option<Tools>> {
    let Some(ledger) = LedgerStore::in_directory(&env.boot()).read()? else { return Ok(None) };
    let Some(disk) = observe::own_disk(&observe::disks()?, Role::Ssd, &ledger) else {
        return Ok(None);
    };
    let partition = disk.name.partition(GOLDEN_PARTITION);
    let installed = Installed::of_ruins(&env.root, &partition, &ledger)?;
    installed.check_rescue()?;
    let initramfs = installed.slot.join(Artifact::Initramfs.file_name());
    let initramfs = std::fs::read(&initramfs).map_err(IoError::at(&initramfs))?;
    Ok(tools::lend_rescue(unsound, |at| lent::unpack(&initramfs, at))?)
}
