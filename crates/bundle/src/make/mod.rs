//! A bundle is made: contents are packed into a spool, then head, index and parts are written in one go.

mod bases;
mod image;
mod pack;
mod sign;
mod spool;
mod squashfs;
mod system;

use std::io;
use std::path::PathBuf;

use zshield_golden::manifest::ManifestError;
use zshield_golden::signature::SignatureError;
use zshield_golden::slot::SlotError;
use zshield_golden::squashfs::SquashfsError;
use zshield_golden::{EntryPath, FileError};
use zshield_messages::say;

pub use image::Image;
pub use pack::Packed;
pub use sign::sign;
pub use spool::Spool;
pub use system::{Options, system};

use crate::refusal::Refusal;

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// A file can't be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An image's signature, or its manifest.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// A line of a manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file of an image's slot.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// A squashfs.
    #[error(transparent)]
    Squashfs(#[from] SquashfsError),
    /// A squashfs holds something else than its manifest lists.
    #[error("{}", say::bundle::MakeContent { image: image.display(), path: path.to_string() })]
    Content {
        /// The image.
        image: PathBuf,
        /// The first such path.
        path: EntryPath,
    },
    /// The images are of different products.
    #[error("{}", say::bundle::MakeProduct { new, old })]
    Product {
        /// The new image's.
        new: String,
        /// An old image's.
        old: String,
    },
    /// What an image calls its version is none.
    #[error("{}", say::bundle::make_version(.0))]
    Version(String),
    /// What was put together is no bundle.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Compressing fails, or there is no room for it.
    #[error("{}", say::bundle::make_spool())]
    Spool(#[source] io::Error),
}
