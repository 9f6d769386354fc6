//! The new version: a bundle that this machine takes.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use rustix::system::uname;
use zshield_bundle::admission::{Machine, admit};
use zshield_bundle::head::{Payload, System};
use zshield_bundle::index::Index;
use zshield_bundle::keyring::Keyring;
use zshield_bundle::open::{Bundle, OpenError};
use zshield_bundle::version::Version;
use zshield_golden::Digest;
use zshield_golden::manifest::Manifest;
use zshield_golden::signature::{self, Requirement};
use zshield_golden::slot::{Artifact, MANIFEST, SIGNATURE};
use zshield_golden::unpack::Contents as _;
use zshield_messages::say;
use zshield_plan::ledger::Ledger;
use zshield_units::{Bytes, UnixTime};

use super::AnySource;
use super::contents::{NewContents, OldContents};
use crate::error::Refusal;
use crate::installed::Delivered;
use crate::layers;

/// A bundle, with what its version is delivered as: all of it, or the old version with what the bundle puts over it.
pub(super) struct NewVersion {
    pub(super) bundle: Bundle<AnySource>,
    pub(super) index: Index,
    pub(super) manifest: Manifest,
    /// The policy, as it is delivered.
    pub(super) policy: String,
    /// The whole system that it comes from, as the ledger names it.
    pub(super) image: String,
    /// What a check of it goes by: names and contents.
    pub(super) release: Vec<(String, Vec<u8>)>,
    /// Which of the bundles that were put over a whole system it is, counted from 1; of a whole one 0.
    pub(super) layer: usize,
    /// The keys that the machine trusts with what this bundle says of keys.
    pub(super) keyring: Keyring,
}

/// What counts of the machine beside its system.
pub(in crate::upgrade) struct Host {
    pub(in crate::upgrade) now: UnixTime,
    pub(in crate::upgrade) root_free: Bytes,
    pub(in crate::upgrade) golden_free: Bytes,
    pub(in crate::upgrade) floor: Option<Version>,
}

impl NewVersion {
    /// Opens a bundle that a key of the ring has signed, and that this machine takes.
    pub(super) fn open(
        source: AnySource,
        keyring: &Keyring,
        (delivered, old): (&Delivered<'_>, &OldContents<'_>),
        ledger: &Ledger,
        host: Host,
    ) -> Result<Self> {
        let bundle = Bundle::open(source, keyring).map_err(refused)?;
        admit(bundle.head(), &machine(delivered, ledger, host)?).map_err(Refusal::operation)?;
        let index = bundle.index().map_err(refused)?;
        let learned = learned(&bundle, keyring)?;
        match &bundle.head().payload {
            Payload::System(system) => {
                let system = system.clone();
                whole(bundle, index, &system, learned, old)
            }
            Payload::Files { .. } | Payload::Packages { .. } => {
                layered(bundle, index, learned, (delivered, old), ledger)
            }
        }
    }

    /// Whether it is the old version but for what the bundle names.
    pub(super) fn is_layer(&self) -> bool {
        self.layer > 0
    }
}

/// What the machine trusts once the new version is confirmed. The image that comes with the bundle is held against that.
fn learned(bundle: &Bundle<AnySource>, keyring: &Keyring) -> Result<Keyring> {
    let mut learned = keyring.clone();
    if let Some(said) = bundle.said_of_keys() {
        learned.hear(&said.head, &said.signature).map_err(Refusal::operation)?;
    }
    Ok(learned)
}

/// The machine that a bundle is held against.
pub(in crate::upgrade) fn machine(
    delivered: &Delivered<'_>,
    ledger: &Ledger,
    host: Host,
) -> Result<Machine> {
    let Host { now, root_free, golden_free, floor } = host;
    let (system, base) = (uname(), delivered.base());
    Ok(Machine {
        product: base.header().product.clone(),
        version: Version::new(ledger.version.clone())?,
        architecture: system.machine().to_string_lossy().into_owned(),
        manifest: base.digest(),
        floor,
        now,
        root_free,
        golden_free,
    })
}

/// The old version with a bundle's files over it. What packages will make of it nobody knows yet.
fn layered(
    bundle: Bundle<AnySource>,
    index: Index,
    keyring: Keyring,
    (delivered, old): (&Delivered<'_>, &OldContents<'_>),
    ledger: &Ledger,
) -> Result<NewVersion> {
    let layer = layers::of_head(bundle.head(), old.manifest).map_err(Refusal::operation)?;
    let version = bundle.head().version.as_str();
    let manifest = old.manifest.with(version, &layer.unwrap_or_default())?;
    let mut release = delivered.release()?;
    let number = delivered.layers() + 1;
    release.push((layers::seal_name(number), bundle.seal().map_err(refused)?));
    let (policy, image) = (old.policy.to_owned(), ledger.image.clone());
    Ok(NewVersion { bundle, index, manifest, policy, image, keyring, release, layer: number })
}

/// A whole system.
fn whole(
    bundle: Bundle<AnySource>,
    index: Index,
    system: &System,
    keyring: Keyring,
    old: &OldContents<'_>,
) -> Result<NewVersion> {
    let texts = HashMap::default();
    let contents = NewContents { old, bundle: &bundle, index: &index, texts: &texts };
    let text = read(&contents, &system.manifest)?;
    let trusted = keyring.trusted();
    let requirement =
        if trusted.is_empty() { Requirement::UnsignedAccepted } else { Requirement::Signed };
    let signature = system.signature.clone().map(String::into_bytes);
    let manifest =
        signature::accept(Path::new("bundle"), text, signature.clone(), &trusted, requirement)?;
    let record = manifest.header().artifact(Artifact::Policy).copied();
    let record = record.with_context(say::install::no_policy)?;
    // One that both versions have is in no bundle.
    let policy = if Digest::of(old.policy.as_bytes()) == record.blake3 {
        old.policy.to_owned()
    } else {
        String::from_utf8(read(&contents, &record.blake3)?)?
    };
    let file = |name: &str, bytes: Vec<u8>| (name.to_owned(), bytes);
    let mut release = vec![
        file(MANIFEST, manifest.text().to_vec()),
        file(Artifact::Policy.file_name(), policy.clone().into_bytes()),
    ];
    release.extend(signature.map(|text| file(SIGNATURE, text)));
    let image = manifest.digest().to_string();
    Ok(NewVersion { bundle, index, manifest, policy, image, keyring, release, layer: 0 })
}

/// A content whose digest is known and whose length is the index's.
fn read(contents: &NewContents<'_>, digest: &Digest) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    contents.write(digest, 0, &mut bytes).map_err(|why| anyhow::anyhow!(why))?;
    anyhow::ensure!(Digest::of(&bytes) == *digest, say::bundle::base_differs(digest.to_string()));
    Ok(bytes)
}

/// A bundle that is not taken is a refusal; one that can't be read is an error.
pub(super) fn refused(error: OpenError) -> anyhow::Error {
    match error {
        OpenError::Refused(why) => Refusal::operation(why).into(),
        OpenError::Read(_) | OpenError::Write(_) => error.into(),
    }
}
