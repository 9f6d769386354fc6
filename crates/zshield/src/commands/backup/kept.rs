//! The backups that there are: listed, mounted and unmounted.

use std::path::Path;
use std::process::ExitCode;

use zshield_messages::say;
use zshield_operations::backups::{self, Kind, ListedBackup};
use zshield_operations::{Env, Result, text};
use zshield_plan::model::Target;

pub(super) fn list(env: &Env, json: bool) -> Result<ExitCode> {
    let listing = backups::list(env)?;
    if json {
        out!("{:#}", serde_json::to_value(&listing)?);
        return Ok(ExitCode::SUCCESS);
    }
    if listing.backups.is_empty() {
        out!("{}", say::backup::list_none());
    }
    for backup in &listing.backups {
        out!("{}", line(backup));
    }
    for directory in &listing.mounted {
        out!("{}", say::backup::list_mounted(directory.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn line(backup: &ListedBackup) -> String {
    let ListedBackup { target, created, version, kind, fill, sound } = backup;
    let kind = match kind {
        Kind::Snapshot => say::backup::kind_snapshot(),
        Kind::Store => say::backup::kind_store(),
    };
    say::backup::ListEntry {
        target: target.to_string(),
        time: text::time(*created),
        version: version.clone().unwrap_or_else(say::status::unknown),
        kind,
        fill: fill.map_or_else(say::status::unknown, |fill| fill.to_string()),
        state: if *sound { say::backup::sound() } else { say::backup::unsound() },
    }
    .to_string()
}

pub(super) fn mount(env: &Env, target: Target, directory: &Path) -> Result<ExitCode> {
    backups::mount(env, target, directory)?;
    let directory = directory.display().to_string();
    out!("{}", say::backup::Mounted { directory, target: target.to_string() });
    Ok(ExitCode::SUCCESS)
}

pub(super) fn umount(env: &Env, directory: &Path) -> Result<ExitCode> {
    backups::umount(env, directory)?;
    out!("{}", say::backup::unmounted(directory.display()));
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use zshield_units::{FillRatio, UnixTime};

    use super::*;

    #[test]
    fn a_line_says_how_a_backup_is_kept_and_whether_it_can_be_gone_back_to() {
        let listed = |kind, sound| ListedBackup {
            target: Target::Factory,
            created: UnixTime(0),
            version: Some("1.2.3".into()),
            kind,
            fill: Some(FillRatio(150)),
            sound,
        };
        let said = line(&listed(Kind::Store, true));
        assert!(said.contains("1.2.3") && said.contains("factory store"), "{said}");
        assert!(said.contains("1.50 %") && said.ends_with("sound"), "{said}");
        assert!(line(&listed(Kind::Snapshot, false)).contains("can't"));
    }
}
