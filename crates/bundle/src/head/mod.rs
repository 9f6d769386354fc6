//! The head: what is signed. Everything else in a bundle is covered by the digests in it.

mod payload;
mod terms;

use serde::{Deserialize, Serialize};
use zshield_golden::Digest;
use zshield_golden::key::KeyId;
use zshield_messages::Language;
use zshield_units::{Bytes, UnixTime};

use crate::refusal::Refusal;
use crate::version::Version;

pub use payload::{From, Manager, Package, Payload, Placed, System};
pub use terms::Terms;

/// The format of bundles that this zshield reads and writes.
pub const FORMAT: u64 = 1;

/// What the vendor says of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    format: u64,
    /// The product that it is for, as the machine's own Golden Image names it.
    pub product: String,
    /// The version that it brings.
    pub version: Version,
    /// The machines that it is for, as `uname -m` prints it.
    pub architecture: String,
    /// When it was made.
    pub created: UnixTime,
    /// The oldest version that it can be put over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<Version>,
    /// Once it is in use nothing older than this is installed any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<Version>,
    /// After this moment nobody begins with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<UnixTime>,
    /// How much room it needs.
    pub space: Space,
    /// What has to start again for it to be in use.
    pub restart: Restart,
    /// What becomes of the factory state.
    pub factory: Factory,
    /// Where the initial RAM disks come from.
    pub initrd: Initrd,
    /// What is new, for whoever decides.
    #[serde(default, skip_serializing_if = "Changelog::is_empty")]
    pub changelog: Changelog,
    /// Programs that run on the machine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<Hook>,
    /// Public keys, as in minisign's files, that are trusted from now on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub introduces: Vec<String>,
    /// Keys that are never trusted again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revokes: Vec<KeyId>,
    /// What it brings.
    pub payload: Payload,
    /// The index that follows.
    pub index: IndexRecord,
    /// How many bytes of parts follow the index, up to the end of the file.
    pub parts: u64,
}

/// Room that a machine must have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Space {
    /// On root, for the files that are new or other.
    pub root: Bytes,
    /// On the Golden partition, for the new image; nothing where the factory state stays.
    pub golden: Bytes,
}

/// What has to start again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// Nothing.
    Nothing,
    /// The services whose files change.
    Services,
    /// The machine.
    Machine,
}

/// What becomes of the factory state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Factory {
    /// It stays what was shipped.
    Stays,
    /// It becomes the new version, once that is healthy.
    Follows,
}

/// Where the initial RAM disks come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Initrd {
    /// The bundle carries them as it carries any file.
    Carried,
    /// The machine makes them with the payload's own tool.
    Made,
}

/// What is new, in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changelog {
    /// In Chinese.
    #[serde(default)]
    pub zh: String,
    /// In English.
    #[serde(default)]
    pub en: String,
}

impl Changelog {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.zh.is_empty() && self.en.is_empty()
    }

    /// The text in a language, or in the other one where there is none.
    pub fn text(&self, language: Language) -> &str {
        let (first, second) = match language {
            Language::Chinese => (&self.zh, &self.en),
            Language::English => (&self.en, &self.zh),
        };
        if first.is_empty() { second } else { first }
    }
}

/// A program that runs on the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// When it runs.
    pub stage: Stage,
    /// Its name, for messages.
    pub name: String,
    /// Its content, which is in the index.
    pub blake3: Digest,
}

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Before anything is changed.
    Before,
    /// When everything is in place.
    After,
}

/// The index as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexRecord {
    /// Its length in the file.
    pub stored: u64,
    /// Its length when it is decompressed.
    pub size: u64,
    /// Digest of what is stored.
    pub blake3: Digest,
}

impl Head {
    /// The head of a bundle on these terms.
    pub fn new(
        terms: Terms,
        space: Space,
        hooks: Vec<Hook>,
        payload: Payload,
        index: IndexRecord,
        parts: u64,
    ) -> Self {
        Self {
            format: FORMAT,
            product: terms.product,
            version: terms.version,
            architecture: terms.architecture,
            created: terms.created,
            least: terms.least,
            floor: terms.floor,
            expires: terms.expires,
            space,
            restart: terms.restart,
            factory: terms.factory,
            initrd: terms.initrd,
            changelog: terms.changelog,
            hooks,
            introduces: terms.introduces,
            revokes: terms.revokes,
            payload,
            index,
            parts,
        }
    }

    /// The head of these bytes. Who signed them is not looked at here.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        // What a later format has beside `format` is not for this zshield to judge.
        #[derive(Deserialize)]
        struct Versioned {
            format: u64,
        }
        let malformed = |error: serde_json::Error| Refusal::Malformed { reason: error.to_string() };
        let versioned: Versioned = serde_json::from_slice(bytes).map_err(malformed)?;
        if versioned.format != FORMAT {
            return Err(Refusal::Format { found: versioned.format, known: FORMAT });
        }
        let head: Self = serde_json::from_slice(bytes).map_err(malformed)?;
        head.is_sound()?;
        if head.says_of_keys() && bytes.len() > LONGEST_OF_KEYS {
            return Err(Refusal::LongOfKeys { longest: Bytes(LONGEST_OF_KEYS as u64) });
        }
        Ok(head)
    }

    /// What no type says.
    fn is_sound(&self) -> Result<(), Refusal> {
        let malformed = |reason: &str| Err(Refusal::Malformed { reason: reason.to_owned() });
        let texts = [&self.product, &self.architecture];
        let names = self.hooks.iter().map(|hook| &hook.name);
        for text in texts.into_iter().chain(names) {
            if text.is_empty() || text.len() > LONGEST_NAME || text.chars().any(char::is_control) {
                return malformed("name");
            }
        }
        if self.factory == Factory::Follows && !self.payload.is_system() {
            return malformed("factory");
        }
        if self.payload.is_sound() { Ok(()) } else { malformed("payload") }
    }

    /// Whether it introduces keys or revokes some.
    pub fn says_of_keys(&self) -> bool {
        !(self.introduces.is_empty() && self.revokes.is_empty())
    }

    /// Its bytes, to be signed and stored as they are.
    pub fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }

    /// The contents that it names itself.
    pub fn contents(&self) -> Vec<Digest> {
        let hooks = self.hooks.iter().map(|hook| hook.blake3);
        hooks.chain(self.payload.contents()).collect()
    }
}

/// The longest name of a product, an architecture or a hook, in bytes.
const LONGEST_NAME: usize = 256;

/// The longest head that says something of keys: a machine keeps it for ever.
const LONGEST_OF_KEYS: usize = 16 << 10;

#[cfg(test)]
pub(crate) mod tests;
