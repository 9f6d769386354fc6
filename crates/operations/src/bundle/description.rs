//! `bundle.toml`: what the vendor says of a bundle.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use zshield_bundle::head::{Changelog, Factory, Initrd, Manager, Restart, Stage};
use zshield_bundle::version::Version;
use zshield_golden::EntryPath;
use zshield_golden::key::KeyId;
use zshield_golden::manifest::SignatureState;
use zshield_messages::say;
use zshield_plan::policy::PolicyError;
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
    #[error(transparent)]
    Toml(#[from] PolicyError),
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
    /// It says what the image says.
    #[error("{}", say::bundle::description_of_image(.0))]
    OfImage(&'static str),
    /// Two files go to one place, or one package is named twice.
    #[error("{}", say::bundle::description_twice(.0))]
    Twice(String),
    /// The image is signed with a key that the bundle revokes.
    #[error("{}", say::bundle::description_revokes_image(.0.to_string()))]
    RevokesImage(KeyId),
    /// A condition is newer than the bundle's own version.
    #[error("{}", say::bundle::DescriptionNewer { name, said: said.as_str(), version: version.as_str() })]
    Newer {
        /// Its key.
        name: &'static str,
        /// What it says.
        said: Version,
        /// What the bundle brings.
        version: Version,
    },
}

impl Description {
    /// The description of this text; `path` names it in errors.
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, DescriptionError> {
        Ok(toml::from_str(text).map_err(|error| PolicyError::of_parser(&error, text, path))?)
    }

    /// What needs no image to be seen, found before one is read: packing takes minutes.
    pub(super) fn check(&self, has_image: bool) -> Result<(), DescriptionError> {
        for (name, is_said) in
            [("product", self.product.is_some()), ("version", self.version.is_some())]
        {
            match (has_image, is_said) {
                (true, true) => return Err(DescriptionError::OfImage(name)),
                (false, false) => return Err(DescriptionError::Missing(name)),
                (true, false) | (false, true) => {}
            }
        }
        let packages = self.packages.iter().flat_map(|packages| &packages.files);
        let packages =
            packages.filter_map(|path| path.file_name()).map(|name| name.display().to_string());
        let mut seen = HashSet::new();
        let places = self.files.iter().map(|file| format!("/{}", file.path));
        let twice = places.chain(packages).find(|name| !seen.insert(name.clone()));
        if let Some(name) = twice {
            return Err(DescriptionError::Twice(name));
        }
        for file in &self.files {
            file.mode()?;
        }
        self.expires()?;
        self.version.as_ref().map_or(Ok(()), |version| self.check_order(version))
    }

    /// The image is not signed with a key that the bundle revokes: no machine would take it.
    pub(super) fn check_signer(&self, image: &SignatureState) -> Result<(), DescriptionError> {
        match image {
            SignatureState::Signed { key_id, .. } if self.revokes.contains(key_id) => {
                Err(DescriptionError::RevokesImage(*key_id))
            }
            SignatureState::Signed { .. } | SignatureState::Unsigned => Ok(()),
        }
    }

    /// Neither condition is newer than the version that the bundle brings: no machine could meet it.
    pub(super) fn check_order(&self, version: &Version) -> Result<(), DescriptionError> {
        for (name, said) in [("least", &self.least), ("floor", &self.floor)] {
            if let Some(said) = said.as_ref().filter(|said| *said > version) {
                let (said, version) = (said.clone(), version.clone());
                return Err(DescriptionError::Newer { name, said, version });
            }
        }
        Ok(())
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
        assert!(matches!(parsed("chunk = 1"), Err(DescriptionError::Toml(_))));
        assert!(matches!(parsed("restart = \"never\""), Err(DescriptionError::Toml(_))));
        assert!(matches!(parsed("revokes = [\"1F48\"]"), Err(DescriptionError::Toml(_))));
        let Err(DescriptionError::Toml(mistake)) = parsed("\nverison = \"1\"") else { panic!() };
        assert_eq!((mistake.line, mistake.column), (2, 1));
        assert!(mistake.to_string().contains("version"), "{mistake}");
        let expires = parsed("expires = \"soon\"").unwrap().expires();
        assert!(matches!(expires, Err(DescriptionError::Date(_))));
        let file = |mode| format!("[[file]]\nsource=\"a\"\npath=\"a\"\nmode=\"{mode}\"");
        for mode in ["644", "0888", "+644"] {
            let found = parsed(&file(mode)).unwrap().files[0].mode();
            assert!(matches!(found, Err(DescriptionError::Mode(_))), "{mode}");
        }
    }

    #[test]
    fn what_no_machine_could_take_is_told_before_anything_is_packed() {
        let checked = |text: &str, has_image| parsed(text).unwrap().check(has_image);
        let is = |found: Result<(), DescriptionError>, wanted: fn(&DescriptionError) -> bool| {
            assert!(found.as_ref().is_err_and(wanted), "{found:?}");
        };
        let named = "product = \"Gateway\"\nversion = \"1.1\"\n";
        assert!(checked("", true).is_ok() && checked(named, false).is_ok());
        is(checked("", false), |error| matches!(error, DescriptionError::Missing("product")));
        is(checked("version = \"1.1\"", true), |error| {
            matches!(error, DescriptionError::OfImage("version"))
        });
        let file = "[[file]]\nsource = \"a\"\npath = \"a\"\nmode = \"0644\"\n";
        let twice = format!("{named}{file}{file}");
        is(checked(&twice, false), |error| matches!(error, DescriptionError::Twice(_)));
        let bad = format!("{named}{}", file.replace("0644", "644"));
        is(checked(&bad, false), |error| matches!(error, DescriptionError::Mode(_)));
        let soon = format!("{named}expires = \"soon\"");
        is(checked(&soon, false), |error| matches!(error, DescriptionError::Date(_)));
        let newer = format!("{named}floor = \"1.2\"");
        is(checked(&newer, false), |error| matches!(error, DescriptionError::Newer { .. }));
    }

    #[test]
    fn conditions_are_not_newer_than_what_the_bundle_brings() {
        let version = Version::new("1.9").unwrap();
        let is_newer = |text: &str| parsed(text).unwrap().check_order(&version).is_err();
        for name in ["least", "floor"] {
            assert!(!is_newer(&format!("{name} = \"1.9\"")), "{name}");
            assert!(is_newer(&format!("{name} = \"1.10\"")), "{name}");
        }
    }

    #[test]
    fn a_bundle_does_not_revoke_the_key_of_its_image() {
        let description = parsed("revokes = [\"1F48F281E6144573\"]").unwrap();
        let signed = |key| SignatureState::Signed {
            key_id: KeyId::new(key),
            trusted_comment: String::new(),
        };
        assert!(description.check_signer(&signed(0x1F48_F281_E614_4573)).is_err());
        assert!(description.check_signer(&signed(1)).is_ok());
        assert!(description.check_signer(&SignatureState::Unsigned).is_ok());
    }
}
