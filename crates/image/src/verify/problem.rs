//! What can be wrong with an image.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use zshield_golden::EntryPath;
use zshield_golden::listing::ListingError;
use zshield_golden::manifest::ManifestError;
use zshield_golden::signature::SignatureError;
use zshield_golden::slot::SlotError;
use zshield_golden::verity::VerityError;
use zshield_messages::say;

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The image can't be opened.
    #[error("{}", say::medium::verify_open(path.display()))]
    Open {
        /// The image.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no room for what is read off the medium.
    #[error("{}", say::medium::verify_scratch())]
    Scratch(#[source] io::Error),
}

/// Something that is wrong with an image.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// A file of the slot can't be read or is not there.
    #[error("{}", say::medium::verify_open(path.display()))]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The medium can't be read.
    #[error("{}", say::medium::verify_medium())]
    Medium(#[source] io::Error),
    /// The first partition table.
    #[error("{}", say::medium::verify_table())]
    Table(#[source] gptman::Error),
    /// The second partition table.
    #[error("{}", say::medium::verify_second_table())]
    SecondTable(#[source] gptman::Error),
    /// Both are sound and say different things.
    #[error("{}", say::medium::verify_tables_differ())]
    TablesDiffer,
    /// A partition that is missing or another.
    #[error("{}", say::medium::VerifyPartition { name, number })]
    Partition {
        /// Counted from 1.
        number: u32,
        /// What it should be.
        name: &'static str,
    },
    /// The first sector.
    #[error("{}", say::medium::verify_boot_sector())]
    BootSector,
    /// GRUB's core image.
    #[error("{}", say::medium::verify_core())]
    Core,
    /// The EFI system partition.
    #[error("{}", say::medium::verify_esp())]
    Esp,
    /// The filesystem that holds the slot.
    #[error("{}", say::medium::verify_filesystem(reason))]
    Filesystem {
        /// What its reader said.
        reason: String,
    },
    /// A file that no image has.
    #[error("{}", say::medium::verify_extra(path))]
    Extra {
        /// Where.
        path: String,
    },
    /// GRUB's menu or font.
    #[error("{}", say::medium::verify_menu(path))]
    Menu {
        /// Which file.
        path: String,
    },
    /// The policy in the slot.
    #[error("{}", say::medium::verify_policy())]
    Policy(#[source] Box<dyn Error + Send + Sync>),
    /// The initramfs.
    #[error("{}", say::medium::verify_initramfs(reason))]
    Initramfs {
        /// What its reader said.
        reason: String,
    },
    /// The signature, or the manifest that it is for.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// A line of the manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file of the slot.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// The hash tree.
    #[error(transparent)]
    Verity(#[from] VerityError),
    /// The squashfs.
    #[error(transparent)]
    Squashfs(#[from] ListingError),
    /// The squashfs holds something else than the manifest lists.
    #[error("{}", say::medium::verify_contents(path.to_string()))]
    Contents {
        /// The first path that differs.
        path: EntryPath,
    },
}
