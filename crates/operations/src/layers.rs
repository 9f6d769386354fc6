//! What bundles of files or packages have put over the version that a system was delivered as: their signed heads, in its
//! release.
//!
//! The head of one of files names each with its digest, so the manifest of the system as it is now follows from the version's
//! own and from these, all of them signed. What packages make of a system is known only when they are installed: beside their
//! head stands what this machine has noted then. A bundle of a whole system takes the place of all of it.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result};
use zshield_bundle::head::{Head, Payload};
use zshield_bundle::layer;
use zshield_bundle::open::signed_head;
use zshield_golden::manifest::{Layer, Manifest};
use zshield_golden::signature::TrustedKeys;

/// A manifest with everything that was put over it, and the files that say so, by their names in the release.
pub(crate) struct Layers {
    /// The manifest of the system as it is now.
    pub(crate) manifest: Manifest,
    /// What names each of them.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    /// How many there are.
    pub(crate) count: usize,
}

/// What was put over this manifest, by the release in a directory; nothing where nothing was.
pub(crate) fn over(base: &Manifest, release: &Path, keys: &TrustedKeys) -> Result<Option<Layers>> {
    let mut found: Option<Layers> = None;
    for number in 1.. {
        let name = seal_name(number);
        let path = release.join(&name);
        let seal = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            read => read.with_context(|| path.display().to_string())?,
        };
        let below = found.as_ref().map_or(base, |layers| &layers.manifest);
        let put = || {
            let head = signed_head(&seal, keys)?;
            let (layer, noted) = if let Some(layer) = of_head(&head, below)? {
                (layer, None)
            } else {
                let name = noted_name(number);
                let noted = fs::read(release.join(&name))?;
                (Layer::parse(&noted)?, Some((name, noted)))
            };
            anyhow::Ok((below.with(head.version.as_str(), &layer)?, noted))
        };
        let (manifest, noted) = put().with_context(|| path.display().to_string())?;
        let mut files = found.map(|layers| layers.files).unwrap_or_default();
        files.push((name, seal));
        files.extend(noted);
        found = Some(Layers { manifest, files, count: number });
    }
    Ok(found)
}

/// The file of the bundle that was put over the others as this one, counted from 1.
pub(crate) fn seal_name(number: usize) -> String {
    format!("bundle-{number:03}")
}

/// The file of what was noted of its packages.
pub(crate) fn noted_name(number: usize) -> String {
    format!("noted-{number:03}")
}

/// What a bundle puts over a version; nothing where it brings no files alone.
pub(crate) fn of_head(head: &Head, over: &Manifest) -> Result<Option<Layer>, layer::LayerError> {
    match &head.payload {
        Payload::Files { files, removed } => {
            layer::of_files(files, removed, head.created, over).map(Some)
        }
        Payload::System(_) | Payload::Packages { .. } => Ok(None),
    }
}
