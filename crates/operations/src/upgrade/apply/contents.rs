//! Contents of a new version: those that the machine has, and those that a bundle brings.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use zshield_bundle::content::{Base, Content, Part, Place, Way};
use zshield_bundle::index::Index;
use zshield_bundle::open::Bundle;
use zshield_bundle::source::Source;
use zshield_golden::manifest::{Kind, Manifest, ManifestError, Node};
use zshield_golden::slot::Artifact;
use zshield_golden::unpack::{self, ContentsError};
use zshield_golden::{Digest, EntryPath};
use zshield_host::BOOT_DIRECTORY;
use zshield_host::upgrade::Local;
use zshield_messages::say;

use super::AnySource;
use crate::error::Refusal;

/// The old version on this machine.
pub(super) struct OldContents<'a> {
    /// Where its system is.
    pub root: &'a Path,
    /// What it was delivered as.
    pub manifest: &'a Manifest,
    /// The whole system below, of which a bundle may hold patches.
    base: &'a Manifest,
    /// Its policy, as it was delivered.
    pub policy: &'a str,
    /// Where its files with these contents were delivered to.
    paths: HashMap<Digest, EntryPath>,
}

impl<'a> OldContents<'a> {
    /// Those of the system at `root`, with its manifest and that of the whole system below.
    pub(super) fn of(
        root: &'a Path,
        [manifest, base]: [&'a Manifest; 2],
        policy: &'a str,
    ) -> Result<Self, ManifestError> {
        let mut paths = HashMap::new();
        for entry in manifest.entries()? {
            let entry = entry?;
            if let Node::Inode { kind: Kind::File { digest, .. }, .. } = entry.node {
                paths.entry(digest).or_insert(entry.path);
            }
        }
        Ok(Self { root, manifest, base, policy, paths })
    }

    /// The file at a path, whatever is in it now. `/boot` is a filesystem of its own.
    fn open(&self, path: &EntryPath) -> io::Result<File> {
        let open = |root: &Path, path: &EntryPath| {
            Local::of(root).and_then(|mut local| local.open(path)).map_err(io::Error::other)
        };
        match path.as_path().strip_prefix("boot") {
            Ok(below) => {
                let below = EntryPath::new(below.as_os_str().as_encoded_bytes());
                open(&self.root.join("boot"), &below.map_err(io::Error::other)?)
            }
            Err(_) => open(self.root, path),
        }
    }

    /// What a patch needs, where it is there and what it was.
    fn base(&self, base: &Base) -> io::Result<Option<Box<dyn Source>>> {
        let file = match &base.place {
            Place::Root(path) => self.open(path),
            Place::Slot(artifact) => match artifact {
                Artifact::Policy => return Ok(Some(Box::new(self.policy.as_bytes().to_vec()))),
                Artifact::Early | Artifact::Font => File::open(self.in_boot(*artifact)),
                Artifact::Kernel
                | Artifact::Initramfs
                | Artifact::Squashfs
                | Artifact::BootSector
                | Artifact::Core
                | Artifact::Esp => return Ok(None),
            },
            Place::Manifest => return Ok(Some(Box::new(self.base.text().to_vec()))),
        };
        // One that is gone, or another, is none: there may be a way without it.
        let Ok(mut file) = file else { return Ok(None) };
        let is_it = file.metadata()?.len() == base.size
            && Digest::of_reader(&mut file, |_| {})?.0 == base.blake3;
        Ok(is_it.then_some(Box::new(file)))
    }

    fn in_boot(&self, artifact: Artifact) -> PathBuf {
        self.root.join(BOOT_DIRECTORY).join(artifact.file_name())
    }
}

/// Where contents come from.
pub(super) struct NewContents<'a> {
    pub(super) old: &'a OldContents<'a>,
    pub(super) bundle: &'a Bundle<AnySource>,
    pub(super) index: &'a Index,
    /// Those that neither version has.
    pub(super) texts: &'a HashMap<Digest, Vec<u8>>,
}

/// A content that can be had from nowhere.
#[derive(Debug, thiserror::Error)]
#[error("{}", say::upgrade::content_missing(.0.to_string()))]
struct Missing(Digest);

/// A way to a content, with what it is a patch of.
struct Chosen<'a> {
    content: &'a Content,
    way: &'a Way,
    base: Option<Box<dyn Source>>,
}

impl<'a> NewContents<'a> {
    /// The shortest way to a content for which everything is there; nothing where the bundle has none.
    fn chosen(&self, digest: &Digest) -> io::Result<Option<Chosen<'a>>> {
        let Some(content) = self.index.content(digest) else { return Ok(None) };
        let mut ways: Vec<&Way> = content.ways.iter().collect();
        ways.sort_by_key(|way| way.stored());
        for way in ways {
            let base = match &way.base {
                None => None,
                Some(base) => match self.old.base(base)? {
                    None => continue,
                    found => found,
                },
            };
            return Ok(Some(Chosen { content, way, base }));
        }
        Ok(None)
    }

    /// Each of these contents can be had, else it is refused. A source that fetches parts of the bundle is told which.
    pub(super) fn expect(
        &self,
        wanted: impl IntoIterator<Item = (Digest, u64)>,
    ) -> anyhow::Result<()> {
        let mut parts = Vec::new();
        for (digest, size) in wanted {
            let found = self.parts(&digest, size);
            parts.extend(found.map_err(|why| match why.downcast::<Missing>() {
                Ok(missing) => Refusal::operation(*missing).into(),
                Err(why) => anyhow::anyhow!(why),
            })?);
        }
        self.bundle.expect(parts);
        Ok(())
    }

    /// The parts of the bundle that a content is made of, where it can be had.
    fn parts(&self, digest: &Digest, size: u64) -> Result<&'a [Part], ContentsError> {
        if size == 0 || self.texts.contains_key(digest) {
            return Ok(&[]);
        }
        match self.chosen(digest)? {
            Some(chosen) => Ok(&chosen.way.parts),
            None if self.old.paths.contains_key(digest) => Ok(&[]),
            None => Err(Missing(*digest).into()),
        }
    }
}

impl unpack::Contents for NewContents<'_> {
    fn write(&self, digest: &Digest, _size: u64, to: &mut dyn Write) -> Result<(), ContentsError> {
        if let Some(text) = self.texts.get(digest) {
            return Ok(to.write_all(text)?);
        }
        if let Some(Chosen { content, way, base }) = self.chosen(digest)? {
            return Ok(self.bundle.restore(content, way, base.as_deref(), to)?);
        }
        // What the old version has as well is in no bundle.
        let path = self.old.paths.get(digest).ok_or(Missing(*digest))?;
        io::copy(&mut self.old.open(path)?, &mut *to)?;
        Ok(())
    }
}
