//! What whoever logs in reads: `/run/motd.d/zshield`, which `pam_motd` shows.
//!
//! It is shown after the log-in and not before it (`issue`): what is wrong with a machine is nobody
//! else's business. It lies in memory, so a start begins without it, and nothing is written to disk.

use std::fs;
use std::io;
use std::path::Path;

use zshield_linux::durable_file;
use zshield_messages::say;

use crate::list::AlarmList;

/// The file.
pub(crate) const FILE: &str = "/run/motd.d/zshield";

/// Shows the open alarms; without any there is nothing to be seen.
pub(crate) fn show(list: &AlarmList) -> io::Result<()> {
    show_in(Path::new(FILE), list)
}

fn show_in(file: &Path, list: &AlarmList) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(text) = text(list) else {
        return durable_file::remove(file);
    };
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory)?;
        // The daemon's own files are nobody's to read, but this one is everybody's.
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755))?;
    }
    durable_file::write(file, 0o644, text.as_bytes())
}

fn text(list: &AlarmList) -> Option<String> {
    let line = |alarm: &crate::alarm::Alarm| {
        let text = crate::batch::clean(&alarm.condition.to_string());
        format!("  {}\n", say::alarm::Opened { severity: alarm.severity().to_string(), text })
    };
    let lines: Vec<String> = list.there().filter(|alarm| alarm.is_open()).map(line).collect();
    let head = || say::alarm::banner(lines.len());
    (!lines.is_empty()).then(|| format!("\n{}\n{}\n", head(), lines.concat()))
}

#[cfg(test)]
mod tests {
    use zshield_plan::health::Condition;
    use zshield_units::UnixTime;

    use super::*;
    use crate::list::Seen;

    #[test]
    fn open_alarms_are_shown_and_none_leave_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("motd.d/zshield");
        let mut list = AlarmList::default();
        show_in(&file, &list).unwrap();
        assert!(!file.exists());
        let conditions = vec![Condition::Failed { operation: "x".into(), why: "\u{1b}[2J".into() }];
        list.observe(&Seen { conditions, unseen: vec![] }, UnixTime(0));
        show_in(&file, &list).unwrap();
        assert!(!fs::read_to_string(&file).unwrap().contains('\u{1b}'));
        list.observe(&Seen::default(), UnixTime(10));
        show_in(&file, &list).unwrap();
        assert!(!file.exists());
    }
}
