//! `bundle.toml`: what the vendor says of a bundle.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use zshield_bundle::head::{Changelog, Factory, Initrd, Manager, Restart, Stage};
use zshield_bundle::version::Version;
use zshield_golden::EntryPath;
use zshield_golden::key::KeyId;
use zshield_messages::say;
use zshield_units::UnixTime;

/// The vendor's words, as the file has them. What is missing has a default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    /// For a system these two come from its image.
    pub(super) product: Option<String>,
    pub(super) version: Option<Version>,
    pub(super) architecture: Option<String>,
    pub(super) least: Option<Version>,
    pub(super) floor: Option<Version>,
    expires: Option<String>,
    pub(super) restart: Option<Restart>,
    pub(super) factory: Option<Factory>,
    pub(super) initrd: Option<Initrd>,
    #[serde(default)]
    pub(super) changelog: Changelog,
    #[serde(default, rename = "hook")]
    pub(super) hooks: Vec<Hook>,
    /// Files of public keys.
    #[serde(default)]
    pub(super) introduces: Vec<PathBuf>,
    #[serde(default)]
    pub(super) revokes: Vec<KeyId>,
    pub(super) packages: Option<Packages>,
    #[serde(default, rename = "file")]
    pub(super) files: Vec<PlacedFile>,
    /// From the root, without a slash before it.
    #[serde(default)]
    pub(super) removes: Vec<EntryPath>,
}

/// A program that runs on the machine.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hook {
    pub(super) stage: Stage,
    pub(super) file: PathBuf,
}

/// Packages in place of a system.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Packages {
    pub(super) manager: Manager,
    pub(super) files: Vec<PathBuf>,
}

/// A file in place of a system.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlacedFile {
    pub(super) source: PathBuf,
    /// From the root, without a slash before it.
    pub(super) path: EntryPath,
    mode: String,
    #[serde(default)]
    pub(super) uid: u32,
    #[serde(default)]
    pub(super) gid: u32,
    /// The label of `SELinux`.
    pub(super) label: Option<String>,
}

/// What is wrong with a description.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    /// No TOML, or a key or value that nobody knows.
    #[error("{}", say::bundle::DescriptionToml { path: path.display(), reason })]
    Toml {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        reason: String,
    },
    /// No date.
    #[error("{}", say::bundle::description_date(.0))]
    Date(String),
    /// No permissions.
    #[error("{}", say::bundle::description_mode(.0))]
    Mode(String),
    /// Neither an image nor anything else to bring, or several.
    #[error("{}", say::bundle::description_payload())]
    Payload,
    /// A factory state is made of a whole system alone.
    #[error("{}", say::bundle::description_factory())]
    Factory,
    /// Nothing says what only an image would.
    #[error("{}", say::bundle::description_missing(.0))]
    Missing(&'static str),
}

impl Description {
    /// The description of this text; `path` names it in errors.
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, DescriptionError> {
        toml::from_str(text).map_err(|error| DescriptionError::Toml {
            path: path.to_owned(),
            reason: error.to_string().trim_end().to_owned(),
        })
    }

    /// The last moment: of a date it is the end of that day.
    pub(super) fn expires(&self) -> Result<Option<UnixTime>, DescriptionError> {
        let Some(text) = &self.expires else { return Ok(None) };
        let moment = || {
            if let Ok(moment) = text.parse::<Timestamp>() {
                return Some(moment);
            }
            let next = text.parse::<Date>().ok()?.tomorrow().ok()?;
            Some(next.to_zoned(TimeZone::UTC).ok()?.timestamp())
        };
        let moment = moment().ok_or_else(|| DescriptionError::Date(text.clone()))?;
        Ok(Some(moment.into()))
    }
}

impl PlacedFile {
    /// The permissions that four octal digits say.
    pub(super) fn mode(&self) -> Result<u16, DescriptionError> {
        Some(self.mode.as_str())
            .filter(|text| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|text| u16::from_str_radix(text, 8).ok())
            .ok_or_else(|| DescriptionError::Mode(self.mode.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Description, DescriptionError> {
        Description::parse(text, Path::new("bundle.toml"))
    }

    #[test]
    fn a_description_says_what_the_head_will_say() {
        let text = r#"
            least = "1.0"
            expires = "2027-06-30"
            restart = "services"
            revokes = ["1F48F281E6144573"]
            [changelog]
            zh = "修复"
            [[hook]]
            stage = "before"
            file = "stop.sh"
            [[file]]
            source = "motd"
            path = "etc/motd"
            mode = "0644"
        "#;
        let found = parsed(text).unwrap();
        assert_eq!(found.restart, Some(Restart::Services));
        assert_eq!(found.changelog.zh, "修复");
        assert_eq!(found.hooks[0].stage, Stage::Before);
        assert_eq!(found.files[0].mode().unwrap(), 0o644);
        // The end of the day, and a moment as it is.
        assert_eq!(found.expires().unwrap(), Some(UnixTime(1_814_400_000)));
        let moment = parsed("expires = \"2027-07-01T00:00:00Z\"").unwrap();
        assert_eq!(moment.expires().unwrap(), Some(UnixTime(1_814_400_000)));
    }

    #[test]
    fn mistakes_are_told() {
        assert!(matches!(parsed("chunk = 1"), Err(DescriptionError::Toml { .. })));
        assert!(matches!(parsed("restart = \"never\""), Err(DescriptionError::Toml { .. })));
        assert!(matches!(parsed("revokes = [\"1F48\"]"), Err(DescriptionError::Toml { .. })));
        let expires = parsed("expires = \"soon\"").unwrap().expires();
        assert!(matches!(expires, Err(DescriptionError::Date(_))));
        let file = |mode| format!("[[file]]\nsource=\"a\"\npath=\"a\"\nmode=\"{mode}\"");
        for mode in ["644", "0888", "+644"] {
            let found = parsed(&file(mode)).unwrap().files[0].mode();
            assert!(matches!(found, Err(DescriptionError::Mode(_))), "{mode}");
        }
    }
}
