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
pub(crate) mod tests {
    use zshield_golden::EntryPath;

    use super::*;

    pub(crate) fn terms() -> Terms {
        Terms {
            product: "Gateway".into(),
            version: Version::new("2.0").unwrap(),
            architecture: "x86_64".into(),
            created: UnixTime(500),
            least: None,
            floor: None,
            expires: None,
            restart: Restart::Machine,
            factory: Factory::Follows,
            initrd: Initrd::Made,
            changelog: Changelog { zh: "修复".into(), en: String::new() },
            introduces: vec![],
            revokes: vec![],
        }
    }

    pub(crate) fn head() -> Head {
        let from = From { version: Version::new("1.0").unwrap(), manifest: Digest::of(b"1.0") };
        let system = System {
            manifest: Digest::of(b"2.0"),
            signature: None,
            from: vec![from],
            whole: false,
        };
        let space = Space { root: Bytes(100), golden: Bytes(50) };
        let hook =
            Hook { stage: Stage::Before, name: "stop".into(), blake3: Digest::of(b"#!/bin/sh") };
        let index = IndexRecord { stored: 3, size: 4, blake3: Digest::of(b"index") };
        Head::new(terms(), space, vec![hook], Payload::System(system), index, 7)
    }

    #[test]
    fn a_head_comes_back() {
        let head = head();
        assert_eq!(Head::parse(&head.to_bytes().unwrap()), Ok(head.clone()));
        assert_eq!(head.contents(), [Digest::of(b"#!/bin/sh"), Digest::of(b"2.0")]);
    }

    /// The head of a bundle that brings this in place of a system.
    fn bringing(payload: Payload) -> Head {
        Head { factory: Factory::Stays, payload, ..head() }
    }

    fn is_taken(head: &Head) -> bool {
        let read = Head::parse(&head.to_bytes().unwrap());
        assert!(read.as_ref().is_ok_and(|read| read == head) || read.is_err());
        read.is_ok()
    }

    fn placed(path: &str) -> Placed {
        let path = EntryPath::new(path).unwrap();
        let (mode, uid, gid, label) = (0o644, 0, 0, None);
        Placed { path, mode, uid, gid, label, size: 0, blake3: Digest::of(b"") }
    }

    #[test]
    fn files_have_each_a_place_of_its_own() {
        let head = |files: Vec<Placed>, removed: &[&str]| {
            let removed = removed.iter().map(|path| EntryPath::new(*path).unwrap()).collect();
            bringing(Payload::Files { files, removed })
        };
        let motd = placed("etc/motd");
        assert!(is_taken(&head(vec![motd.clone(), placed("etc/motd.d/a")], &["etc/motd.d"])));
        assert!(is_taken(&head(vec![], &["etc/motd"])));
        for (files, removed) in [
            (vec![], [].as_slice()),
            (vec![Placed { mode: 0o10000, ..motd.clone() }], &[]),
            (vec![motd.clone(), motd.clone()], &[]),
            (vec![motd.clone(), placed("etc/motd/a")], &[]),
            (vec![placed("")], &[]),
            (vec![motd.clone()], &[""]),
        ] {
            assert!(!is_taken(&head(files.clone(), removed)), "{files:?}");
        }
        let follows = Head { factory: Factory::Follows, ..head(vec![motd], &[]) };
        assert!(!is_taken(&follows));
    }

    #[test]
    fn packages_have_names_that_no_program_takes_for_an_option() {
        let package = |name: &str| {
            let name = EntryPath::new(name).unwrap();
            Package { name, size: 0, blake3: Digest::of(b"") }
        };
        let head = |names: &[&str]| {
            let files = names.iter().map(|name| package(name)).collect();
            bringing(Payload::Packages { manager: Manager::Deb, files })
        };
        assert!(is_taken(&head(&["a.deb", "b.deb"])));
        for names in [[].as_slice(), &["a/b.deb"], &[""], &["a.deb", "a.deb"], &["--root.deb"]] {
            assert!(!is_taken(&head(names)), "{names:?}");
        }
    }

    #[test]
    fn what_a_machine_keeps_for_ever_is_short() {
        let mut head = head();
        head.changelog.en = "x".repeat(LONGEST_OF_KEYS);
        assert!(Head::parse(&head.to_bytes().unwrap()).is_ok());
        head.revokes = vec![KeyId::new(1)];
        let refused = Head::parse(&head.to_bytes().unwrap());
        assert!(matches!(refused, Err(Refusal::LongOfKeys { .. })));
        head.changelog.en = "x".into();
        assert!(Head::parse(&head.to_bytes().unwrap()).is_ok());
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let text = String::from_utf8(head().to_bytes().unwrap()).unwrap();
        for (from, to) in [
            (r#""format":1"#, r#""format":1,"x":1"#),
            (r#""kind":"system""#, r#""kind":"system","x":1"#),
            (r#""kind":"system""#, r#""kind":"other""#),
            (r#""product":"Gateway""#, r#""product":"Gate\nway""#),
            (r#""whole":false"#, r#""whole":0"#),
            (r#""version":"2.0""#, r#""version":"""#),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            assert!(
                matches!(Head::parse(changed.as_bytes()), Err(Refusal::Malformed { .. })),
                "{to}"
            );
        }
        let newer = text.replacen(r#""format":1"#, r#""format":2,"x":1"#, 1);
        let expected = Refusal::Format { found: 2, known: 1 };
        assert_eq!(Head::parse(newer.as_bytes()), Err(expected));
    }

    #[test]
    fn a_changelog_is_read_in_the_other_language_where_it_must_be() {
        let changelog = terms().changelog;
        assert_eq!(changelog.text(Language::English), "修复");
        assert_eq!(changelog.text(Language::Chinese), "修复");
    }
}
