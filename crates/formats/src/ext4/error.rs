//! Why a filesystem can't be read beneath the system.

use std::io;

use zshield_messages::say;

/// A filesystem that is not read from its device: the system's own calls have to do.
#[derive(Debug, thiserror::Error)]
pub enum Ext4Error {
    /// Its device can't be read.
    #[error("{}", say::check::ext4_read())]
    Read(#[from] io::Error),
    /// It is no ext4.
    #[error("{}", say::check::ext4_none())]
    None,
    /// It has a feature that could give its inodes or directories another meaning.
    #[error("{}", say::check::ext4_feature(format!("{:#x}", .0)))]
    Feature(u32),
    /// Its numbers don't fit together.
    #[error("{}", say::check::ext4_geometry())]
    Geometry,
}
