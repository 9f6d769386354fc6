//! Writes an image to a stick: a careful `dd`.
//!
//! Only a whole, idle, removable disk is taken, and only after whoever started it has seen model,
//! serial and size. The medium can't be booted from its first written byte on until everything
//! else has been read back from it: the first MiB comes last.

mod copy;
mod disk;
mod medium;
mod source;

use std::io;
use std::path::{Path, PathBuf};

use zshield_messages::say;

pub use copy::{Stage, Target, Written, copy};
pub use disk::{Disk, Host, Refusal};
pub use medium::Medium;
pub use source::Source;

/// Why an image was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The image can't be read.
    #[error("{}", say::medium::image_unreadable(path.display()))]
    Image {
        /// The image.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The image can't be read any more, since the disk was begun. That is not bootable now.
    #[error("{}", say::medium::image_lost(path.display()))]
    ImageLost {
        /// The image.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The image has no sound partition table.
    #[error("{}", say::medium::ImageWithoutTable { path: path.display(), why: table.to_string() })]
    NoTable {
        /// The image.
        path: PathBuf,
        /// What is wrong with it.
        table: gptman::Error,
    },
    /// The disk is not one to be written.
    #[error("{}", say::medium::refused(disk.display()))]
    Refused {
        /// The disk.
        disk: PathBuf,
        /// Why.
        source: Refusal,
    },
    /// The disk can't be opened for this alone. Nothing was changed.
    #[error("{}", say::medium::open_failed(disk.display()))]
    Open {
        /// The disk.
        disk: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk failed. It is not bootable now, and what was on it is lost.
    #[error("{}", say::medium::write_failed(offset))]
    Write {
        /// Where, in bytes.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The disk can't be read. It is not bootable now, and what was on it is lost.
    #[error("{}", say::medium::read_back_failed(offset))]
    ReadBack {
        /// Where, in bytes.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The disk took everything and holds something else: it is broken or a fake.
    #[error("{}", say::medium::differs(offset))]
    Differs {
        /// The first byte that differs.
        offset: u64,
    },
}

/// What the caller decides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Also take a disk that is neither removable nor on USB. Nothing else is forced by this.
    pub internal: bool,
}

/// An image and the disk that it can be written to.
pub struct Prepared {
    source: Source,
    device: PathBuf,
    disk: Disk,
}

/// Looks at the image and at the disk `device`. Nothing is changed.
pub fn prepare(image: &Path, device: &Path, options: Options) -> Result<Prepared, WriteError> {
    let source = Source::open(image)?;
    let refused = |source| WriteError::Refused { disk: device.to_owned(), source };
    let disk = Host::system().examine(device).map_err(refused)?;
    disk.accepts(source.length(), options.internal).map_err(refused)?;
    Ok(Prepared { source, device: device.to_owned(), disk })
}

impl Prepared {
    /// All that is known of the disk.
    pub const fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Writes the image. `progress` is told the stage and bytes dealt with.
    pub fn write(&self, progress: &dyn Fn(Stage, u64)) -> Result<Written, WriteError> {
        let Self { source, device, disk } = self;
        let open = |source| WriteError::Open { disk: device.clone(), source };
        // Whatever has begun to use the disk meanwhile is told by opening it exclusively.
        let mut medium = Medium::open_exclusively(&disk.node).map_err(open)?;
        // Another disk may have come to the name while somebody was asked.
        let number = medium.number().map_err(open)?;
        Host::system()
            .holds_still(disk, number)
            .map_err(|source| WriteError::Refused { disk: device.clone(), source })?;
        copy(source, &mut medium, progress)
    }
}
