//! GRUB's environment block: the few words that the boot menu and the running system leave for
//! each other. Source of the format: GRUB's manual, "The GRUB environment block".
//!
//! It is a file of 1,024 bytes: a first line that names it, `key=value` lines, and `#` to the end.

use crate::model::Target;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The block's size in bytes.
pub const SIZE: usize = 1024;
const HEAD: &str = "# GRUB Environment Block\n";

/// A word of ours in the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EnvKey {
    /// A recovery that has begun, by its [`Target::word`]. GRUB goes on with it until it is cleared.
    Recover,
    /// What the next boot alone is asked for: `menu` or a [`Target::word`]. GRUB clears it.
    Request,
    /// How many starts in a row have not come to a healthy system.
    Tries,
    /// That root has a new version: [`TRIAL`], and GRUB begins the recovery to the latest backup by itself where its
    /// starts are used up; or [`HEALTHY`].
    Trial,
}

/// The value of [`EnvKey::Trial`] for a version on trial.
pub const TRIAL: &str = "1";
/// Its value for one that was healthy, until the record says so: GRUB takes it back no more.
pub const HEALTHY: &str = "healthy";

impl EnvKey {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Recover, Self::Request, Self::Tries, Self::Trial];

    /// Its key in the block.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Recover => "zshield_recover",
            Self::Request => "zshield_request",
            Self::Tries => "zshield_tries",
            Self::Trial => "zshield_trial",
        }
    }
}

/// What one boot is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// The dialog.
    Menu,
    /// A recovery, without a question.
    Recover(Target),
}

impl Request {
    /// Its value in the block.
    pub fn value(self) -> String {
        match self {
            Self::Menu => "menu".to_owned(),
            Self::Recover(target) => target.word(),
        }
    }
}

/// The words of ours in a block. Others are not read, and go with the next writing: nobody but GRUB's
/// menu has a use for the block, and it loads ours alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    values: BTreeMap<EnvKey, String>,
}

/// A block that can't be written: the values take more room than it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", zshield_messages::say::plan::environment_full())]
pub struct Full;

/// A block that holds nothing.
pub fn empty() -> Vec<u8> {
    let mut block = HEAD.as_bytes().to_vec();
    block.resize(SIZE, b'#');
    block
}

/// The keys and values of a block; `None` where it is none.
fn pairs(block: &[u8]) -> Option<Vec<(&str, &str)>> {
    let text = std::str::from_utf8(block).ok()?;
    if block.len() != SIZE {
        return None;
    }
    let lines = text.strip_prefix(HEAD)?.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once('=')).collect()
}

/// The word of ours with this key.
fn word(key: &str) -> Option<EnvKey> {
    EnvKey::ALL.into_iter().find(|ours| ours.key() == key)
}

impl Environment {
    /// What a block holds; `None` where it is none.
    pub fn parse(block: &[u8]) -> Option<Self> {
        let ours = |(key, value): (&str, &str)| Some((word(key)?, value.to_owned()));
        let values = pairs(block)?.into_iter().filter_map(ours);
        Some(Self { values: values.collect() })
    }

    /// Whether a block holds a word that is not ours. One that is damaged holds none.
    pub fn has_foreign_words(block: &[u8]) -> bool {
        pairs(block).unwrap_or_default().iter().any(|(key, _)| word(key).is_none())
    }

    /// The value of a word; an empty one is none.
    pub fn get(&self, word: EnvKey) -> Option<&str> {
        self.values.get(&word).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Sets a word, or takes it out.
    #[must_use]
    pub fn with(mut self, word: EnvKey, value: Option<&str>) -> Self {
        match value {
            Some(value) => drop(self.values.insert(word, value.to_owned())),
            None => drop(self.values.remove(&word)),
        }
        self
    }

    /// The recovery that has begun.
    pub fn begun(&self) -> Option<Target> {
        self.get(EnvKey::Recover).and_then(Target::parse)
    }

    /// The recovery that was ordered for the next start.
    pub fn ordered(&self) -> Option<Target> {
        self.get(EnvKey::Request).and_then(Target::parse)
    }

    /// How many starts in a row have not come to a healthy system.
    pub fn tries(&self) -> u32 {
        self.get(EnvKey::Tries).and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    /// Whether a new version is on trial, or was just found healthy.
    pub fn is_trial(&self) -> bool {
        self.get(EnvKey::Trial).is_some()
    }

    /// The block.
    pub fn block(&self) -> Result<Vec<u8>, Full> {
        let lines = self.values.iter().map(|(word, value)| format!("{}={value}\n", word.key()));
        let mut block = [HEAD.to_owned()].into_iter().chain(lines).collect::<String>().into_bytes();
        if block.len() > SIZE {
            return Err(Full);
        }
        block.resize(SIZE, b'#');
        Ok(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_set_and_cleared_and_those_of_others_go() {
        let mut block = HEAD.as_bytes().to_vec();
        block.extend(b"prefix=(hd0,gpt3)/zshield/ledger.d\nzshield_tries=2\n");
        block.resize(SIZE, b'#');
        let read = Environment::parse(&block).unwrap();
        assert_eq!((read.tries(), read.begun()), (2, None));
        let armed = read.with(EnvKey::Recover, Some("latest")).with(EnvKey::Tries, None);
        let again = Environment::parse(&armed.block().unwrap()).unwrap();
        assert_eq!((again.tries(), again.begun()), (0, Some(Target::Latest)));
        assert!(!String::from_utf8_lossy(&again.block().unwrap()).contains("prefix"));
    }

    #[test]
    fn words_of_others_are_seen() {
        let armed = Environment::default().with(EnvKey::Recover, Some("latest")).block().unwrap();
        let text = String::from_utf8(armed.clone()).unwrap();
        let foreign = text.replacen("latest\n##############", "latest\nprefix=(hd0)/x\n", 1);
        let foreign = &foreign.as_bytes()[..SIZE];
        assert!(Environment::has_foreign_words(foreign));
        assert_eq!(Environment::parse(foreign).unwrap().begun(), Some(Target::Latest));
        // GRUB leaves an empty value where it clears a word, in an order of its own.
        let cleared = text.replacen("latest\n###############", "latest\nzshield_tries=\n", 1);
        assert!(!Environment::has_foreign_words(&cleared.as_bytes()[..SIZE]));
        for ours in [&armed[..], &empty()[..], b"damaged"] {
            assert!(!Environment::has_foreign_words(ours));
        }
    }

    #[test]
    fn a_new_block_is_what_grub_makes() {
        assert_eq!(Environment::default().block().unwrap(), empty());
        assert_eq!(Environment::parse(&empty()), Some(Environment::default()));
    }

    #[test]
    fn what_is_no_block_is_none() {
        assert_eq!(Environment::parse(b""), None);
        assert_eq!(Environment::parse(&[b'#'; SIZE]), None);
    }

    #[test]
    fn a_block_has_an_end() {
        let long = "x".repeat(SIZE);
        assert_eq!(Environment::default().with(EnvKey::Request, Some(&long)).block(), Err(Full));
    }
}
