//! The record of upgrades, in two copies beside the ledger.

use std::path::Path;

use zshield_linux::IoError;
use zshield_linux::ab_record::DurableJson;
use zshield_plan::machine_files::UPGRADE;
use zshield_plan::upgrade::record::Record;

/// The record in GRUB's directory. One that can't be understood is none: it may be a later version's, read by
/// the rescue system of an earlier one, and a recovery must not depend on it.
pub fn read(directory: &Path) -> Result<Record, IoError> {
    let content = DurableJson::in_directory(directory, UPGRADE).content()?;
    let read = content.map(|content| serde_json::from_slice(&content)).transpose();
    let read = read.inspect_err(|error| tracing::error!("{}: {error}", UPGRADE[0]));
    Ok(read.ok().flatten().unwrap_or_default())
}

/// Writes it, as the newer of the two.
pub fn write(directory: &Path, record: &Record) -> Result<(), IoError> {
    DurableJson::in_directory(directory, UPGRADE).write(record)
}

#[cfg(test)]
mod tests {
    use zshield_plan::upgrade::record::{AskedBy, Bundle, Golden, System};
    use zshield_units::UnixTime;

    use super::*;

    #[test]
    fn the_newest_record_is_read_and_one_of_another_format_is_none() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(read(directory.path()).unwrap(), Record::default());
        let system = |version: &str| System { version: version.into(), image: version.into() };
        let (systems, by) = ([system("1"), system("2")], AskedBy::Person);
        let begun =
            Record::default().begin(Bundle("b".into()), systems, Golden::Stays, by, UnixTime(1));
        let begun = begun.unwrap();
        for record in [begun.clone(), begun.try_out(UnixTime(2)).unwrap()] {
            write(directory.path(), &record).unwrap();
            assert_eq!(read(directory.path()).unwrap(), record);
        }
        let later = serde_json::json!({ "format": 2, "history": [] });
        DurableJson::in_directory(directory.path(), UPGRADE).write(&later).unwrap();
        assert_eq!(read(directory.path()).unwrap(), Record::default());
    }
}
