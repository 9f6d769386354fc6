//! What a bundle says, for people and for scripts.

use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;
use zshield_bundle::content::{Squashfs, Way};
use zshield_bundle::head::Head;
use zshield_bundle::open::Bundle;
use zshield_golden::key::KeyId;
use zshield_units::Bytes;

use super::unfit;
use crate::error::{Result, before_it_began};

/// What a bundle says of itself. Nobody has looked at its signature.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Its length.
    pub length: Bytes,
    /// The key that it says it was signed with.
    pub signed_by: Option<KeyId>,
    /// What it says.
    pub head: Head,
    /// How many contents there are.
    pub contents: usize,
    /// Bytes of contents that are whole.
    pub whole: Bytes,
    /// Bytes of patches.
    pub patches: Bytes,
    /// Bytes of the new Golden Image's squashfs.
    pub squashfs: Bytes,
}

/// Shows what a bundle says, whoever made it.
pub fn show(bundle: &Path) -> Result<Shown> {
    before_it_began(|| {
        let file = File::open(bundle).with_context(|| bundle.display().to_string())?;
        let bundle = Bundle::open_unproved(file).map_err(unfit)?;
        let index = bundle.index().map_err(unfit)?;
        let ways = || index.contents().flat_map(|content| &content.ways);
        let sum = |ways: &mut dyn Iterator<Item = &Way>| Bytes(ways.map(Way::stored).sum());
        Ok(Shown {
            length: Bytes(bundle.length()),
            signed_by: bundle.signer().key(),
            head: bundle.head().clone(),
            contents: index.contents().count(),
            whole: sum(&mut ways().filter(|way| way.base.is_none())),
            patches: sum(&mut ways().filter(|way| way.base.is_some())),
            squashfs: Bytes(index.squashfs().map(Squashfs::stored).sum()),
        })
    })
}
