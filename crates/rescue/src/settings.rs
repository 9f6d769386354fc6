//! What the image was built to allow: `/etc/zshield/rescue.toml` inside the initramfs.

use std::path::Path;

use serde::Deserialize;
use zshield_messages::Language;

/// The place of the settings in the initramfs.
pub(crate) const PLACE: &str = "/etc/zshield/rescue.toml";

/// The settings of a rescue system. Where the file is missing or broken, nothing is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// A root shell may be had with `zshield_shell=1`.
    pub allow_shell: bool,
    /// The language where the command line names none.
    pub language: Option<Language>,
    /// The image was made with `--insecure-unsigned`: it goes on without a signature, and says so.
    pub insecure_unsigned: bool,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    allow_shell: bool,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    insecure_unsigned: bool,
}

impl Settings {
    /// The settings in a file; the second value says what was wrong with it.
    pub fn read(file: &Path) -> (Self, Option<String>) {
        match std::fs::read_to_string(file) {
            Ok(text) => match Self::parse(&text) {
                Ok(settings) => (settings, None),
                Err(error) => (Self::default(), Some(error.to_string())),
            },
            Err(error) => (Self::default(), Some(error.to_string())),
        }
    }

    /// The settings in a text.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        Ok(Self {
            allow_shell: file.allow_shell,
            language: file.language.as_deref().and_then(Language::from_tag),
            insecure_unsigned: file.insecure_unsigned,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_what_is_missing_is_forbidden() {
        let read = Settings::parse("language = \"zh\"\nallow_shell = true\n").unwrap();
        assert_eq!(read.language, Some(Language::Chinese));
        assert!(read.allow_shell && !read.insecure_unsigned);
        assert_eq!(Settings::parse("").unwrap(), Settings::default());
    }

    #[test]
    fn a_broken_file_allows_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("rescue.toml");
        std::fs::write(&file, "allow_shell = true\nlanguage = ").unwrap();
        let (settings, wrong) = Settings::read(&file);
        assert_eq!(settings, Settings::default());
        assert!(wrong.is_some());
    }
}
