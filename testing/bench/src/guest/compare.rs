//! A tree held against a slot's manifest.

use std::path::Path;

use anyhow::{Result, ensure};
use zshield_golden::compare::{self, Expected};
use zshield_golden::manifest::Manifest;
use zshield_golden::signature::{self, Requirement, TrustedKeys};

/// Holds a tree against the manifest of a slot; what differs is an error.
pub(super) fn run(slot: &Path, keys: &Path, tree: &Path) -> Result<()> {
    let report = compare::compare(tree, &manifest(slot, keys)?, &Expected::nothing(), &|_| ())?;
    ensure!(report.drifts.is_empty(), "it differs: {:?}", report.drifts.first());
    Ok(())
}

/// The manifest of a slot, signed or not.
pub(crate) fn manifest(slot: &Path, keys: &Path) -> Result<Manifest> {
    Ok(signature::open(slot, &TrustedKeys::in_directory(keys)?, Requirement::UnsignedAccepted)?)
}
