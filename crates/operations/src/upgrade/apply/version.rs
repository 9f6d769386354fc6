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
use zshield_golden::slot::Artifact;
use zshield_golden::unpack::Contents as _;
use zshield_messages::say;
use zshield_plan::ledger::Ledger;
use zshield_units::{Bytes, UnixTime};

use super::AnySource;
use super::contents::{NewContents, OldContents};
use crate::error::Refusal;

/// A bundle of a whole system, with what its version is delivered as.
pub(super) struct NewVersion {
    pub(super) bundle: Bundle<AnySource>,
    pub(super) index: Index,
    pub(super) manifest: Manifest,
    /// The manifest's signature, where it has one.
    pub(super) signature: Option<String>,
    /// The policy, as it is delivered.
    pub(super) policy: String,
    /// The keys that the machine trusts with what this bundle says of keys.
    pub(super) keyring: Keyring,
}

/// This kind of bundle is not applied by this command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::upgrade::no_system())]
pub(super) struct NoSystem;

/// What counts of the machine beside its system.
pub(super) struct Host {
    pub(super) now: UnixTime,
    pub(super) root_free: Bytes,
    pub(super) golden_free: Bytes,
    pub(super) floor: Option<Version>,
}

impl NewVersion {
    /// Opens a bundle that a key of the ring has signed, and that this machine takes.
    pub(super) fn open(
        source: AnySource,
        keyring: &Keyring,
        old: &OldContents<'_>,
        ledger: &Ledger,
        host: Host,
    ) -> Result<Self> {
        let bundle = Bundle::open(source, keyring).map_err(refused)?;
        let machine = machine(old, ledger, host)?;
        admit(bundle.head(), &machine).map_err(Refusal::operation)?;
        let Payload::System(system) = &bundle.head().payload else {
            return Err(Refusal::operation(NoSystem).into());
        };
        let system = system.clone();
        let index = bundle.index().map_err(refused)?;
        let keyring = learned(&bundle, keyring)?;
        let (manifest, policy) = delivered(&bundle, &index, &system, &keyring, old)?;
        Ok(Self { bundle, index, manifest, signature: system.signature, policy, keyring })
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

fn machine(old: &OldContents<'_>, ledger: &Ledger, host: Host) -> Result<Machine> {
    let Host { now, root_free, golden_free, floor } = host;
    let system = uname();
    Ok(Machine {
        product: old.manifest.header().product.clone(),
        version: Version::new(ledger.version.clone())?,
        architecture: system.machine().to_string_lossy().into_owned(),
        manifest: old.manifest.digest(),
        floor,
        now,
        root_free,
        golden_free,
    })
}

/// Manifest and policy of the new version.
fn delivered(
    bundle: &Bundle<AnySource>,
    index: &Index,
    system: &System,
    keyring: &Keyring,
    old: &OldContents<'_>,
) -> Result<(Manifest, String)> {
    let texts = HashMap::default();
    let contents = NewContents { old, bundle, index, texts: &texts };
    let text = read(&contents, &system.manifest)?;
    let trusted = keyring.trusted();
    let requirement =
        if trusted.is_empty() { Requirement::UnsignedAccepted } else { Requirement::Signed };
    let signature = system.signature.clone().map(String::into_bytes);
    let manifest = signature::accept(Path::new("bundle"), text, signature, &trusted, requirement)?;
    let record = manifest.header().artifact(Artifact::Policy).copied();
    let record = record.with_context(say::install::no_policy)?;
    // One that both versions have is in no bundle.
    let policy = if Digest::of(old.policy.as_bytes()) == record.blake3 {
        old.policy.to_owned()
    } else {
        String::from_utf8(read(&contents, &record.blake3)?)?
    };
    Ok((manifest, policy))
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
