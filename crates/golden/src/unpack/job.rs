//! A file to be made, as it is handed to a worker.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use crate::digest::Digest;
use crate::manifest::Attributes;
use crate::path::EntryPath;
use crate::squashfs::FileData;

/// A file to be made.
pub(super) struct Job {
    /// The directory that it comes into.
    pub(super) directory: Arc<OwnedFd>,
    pub(super) path: EntryPath,
    pub(super) attributes: Attributes,
    pub(super) size: u64,
    pub(super) digest: Digest,
    pub(super) content: Content,
}

/// Where its content is.
pub(super) enum Content {
    /// Under the same name in this directory.
    Mounted(Arc<OwnedFd>),
    /// In the image.
    Image(FileData),
    /// With whoever is asked for it.
    Asked,
}
