//! What makes a tar unfit for an image.

use std::io;

use zshield_golden::escape;
use zshield_messages::say;

/// Why a tar can't become an image.
#[derive(Debug, thiserror::Error)]
pub enum TarProblem {
    /// It can't be read, or what takes it not written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is none, or cut short, at this byte.
    #[error("{}", say::image::tar_damaged(at.to_string()))]
    Damaged {
        /// Bytes before the place.
        at: u64,
    },
    /// An access list names somebody whom the payload does not know, or is no such list.
    #[error("{}", say::image::TarAccessList { name: escape(name), part: escape(part.as_bytes()) })]
    AccessList {
        /// Whose it is.
        name: Vec<u8>,
        /// The part of it.
        part: String,
    },
    /// It leads out of the payload.
    #[error("{}", say::image::tar_leads_out(escape(name)))]
    LeadsOut {
        /// The name.
        name: Vec<u8>,
    },
    /// A hard link's first name is not there before it.
    #[error("{}", say::image::TarLinkLost { name: escape(name), to: escape(to) })]
    LinkLost {
        /// The hard link.
        name: Vec<u8>,
        /// The first name.
        to: Vec<u8>,
    },
    /// A name is there twice, in a way that only unpacking would tell which counts.
    #[error("{}", say::image::tar_twice(escape(name)))]
    Twice {
        /// The name.
        name: Vec<u8>,
    },
    /// A name leads through what is no directory.
    #[error("{}", say::image::TarThrough { link: escape(link), name: escape(name) })]
    Through {
        /// The name.
        name: Vec<u8>,
        /// What it leads through.
        link: Vec<u8>,
    },
}

impl TarProblem {
    /// Whether its text says what to do about it.
    pub(crate) const fn advises(&self) -> bool {
        match self {
            Self::AccessList { .. }
            | Self::LeadsOut { .. }
            | Self::LinkLost { .. }
            | Self::Twice { .. }
            | Self::Through { .. } => true,
            Self::Io(_) | Self::Damaged { .. } => false,
        }
    }
}
