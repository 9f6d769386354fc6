//! The writes of an upgrade's moves, made one after the other.

use std::path::Path;

use zshield_host::grubenv::Grubenv;
use zshield_host::health::before;
use zshield_host::{order, upgrade_record};
use zshield_linux::IoError;
use zshield_plan::model::Target;
use zshield_plan::upgrade::moves::{self, Write};
use zshield_plan::upgrade::reason::Reason;
use zshield_plan::upgrade::record::Record;
use zshield_units::UnixTime;

/// Makes them, in GRUB's directory; each is durable before the next one begins.
pub(super) fn make(boot: &Path, writes: &[Write]) -> Result<(), IoError> {
    writes.iter().try_for_each(|write| make_one(boot, write))
}

fn make_one(boot: &Path, write: &Write) -> Result<(), IoError> {
    match write {
        Write::Record(record) => upgrade_record::write(boot, record),
        Write::Words(words) => Grubenv::in_directory(boot).set(words),
        Write::Order => {
            let begun = Grubenv::in_directory(boot).read()?.begun();
            order::schedule_restore(boot, begun, Target::Latest, None)
        }
    }
}

/// Leaves the new version: the record with its reason, then the order. What can't be written of the record is told, and
/// keeps nobody from going back.
pub(super) fn leave(boot: &Path, record: Record, why: Reason, at: UnixTime) -> anyhow::Result<()> {
    for write in moves::left(record, why, at)? {
        match (make_one(boot, &write), &write) {
            (Ok(()), _) => {}
            (Err(error), Write::Record(_)) => tracing::error!("{error}"),
            (Err(error), Write::Words(_) | Write::Order) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Root has one version alone again. What can't be removed is removed by the next backup's start, or stays: nothing goes by
/// it where the record says otherwise.
pub(super) fn forget_before(root: &Path) {
    if let Err(error) = before::remove(root) {
        tracing::warn!("{error}");
    }
}
