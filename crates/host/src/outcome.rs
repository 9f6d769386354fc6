//! How the last operation ended: two copies beside the ledger, where no snapshot has to follow.

use std::path::Path;

use serde::{Deserialize, Serialize};
use zshield_messages::Said;
use zshield_plan::machine_files::OUTCOME;
use zshield_units::UnixTime;

use zshield_linux::IoError;
use zshield_linux::ab_record::DurableJson;

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Its name.
    pub operation: String,
    /// When it began, in seconds since 1970, UTC.
    pub began: UnixTime,
    /// When it ended.
    pub ended: UnixTime,
    /// Why it failed; nothing where it succeeded.
    pub failure: Option<Said>,
    /// Whether it has not ended: it is under way, or was cut off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
}

impl Outcome {
    /// An operation that ends now, and well.
    pub fn success(operation: &str, began: UnixTime) -> Self {
        let ended = UnixTime::from(jiff::Timestamp::now());
        Self { operation: operation.to_owned(), began, ended, failure: None, open: false }
    }

    /// An operation that begins now. Where nothing else is noted after this, it was cut off.
    pub fn begun(operation: &str, cut_off: Said) -> Self {
        let now = UnixTime::from(jiff::Timestamp::now());
        let operation = operation.to_owned();
        Self { operation, began: now, ended: now, failure: Some(cut_off), open: true }
    }
}

fn noted(directory: &Path) -> DurableJson {
    DurableJson::in_directory(directory, OUTCOME)
}

/// Notes how an operation ended, in GRUB's directory.
pub fn write(directory: &Path, outcome: &Outcome) -> Result<(), IoError> {
    noted(directory).write(outcome)
}

/// How the last operation ended; nothing where there was none, or where neither copy can be read.
pub fn read(directory: &Path) -> Result<Option<Outcome>, IoError> {
    let content = noted(directory).content()?;
    Ok(content.and_then(|content| serde_json::from_slice(&content).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_outcome_is_read() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(read(directory.path()).unwrap(), None);
        for ended in [5, 6, 7].map(UnixTime) {
            let failure = (ended.0 == 6).then(|| "why".into());
            let outcome = Outcome {
                operation: "backup".into(),
                began: UnixTime(1),
                ended,
                failure,
                open: false,
            };
            write(directory.path(), &outcome).unwrap();
            assert_eq!(read(directory.path()).unwrap(), Some(outcome));
        }
    }

    #[test]
    fn one_that_has_begun_is_open_and_an_earlier_version_s_has_ended() {
        let begun = Outcome::begun("backup", "cut off".into());
        assert!(begun.open && begun.failure.is_some());
        let earlier = r#"{"operation": "backup", "began": 1, "ended": 2, "failure": null}"#;
        assert!(!serde_json::from_str::<Outcome>(earlier).unwrap().open);
    }
}
