//! What can go wrong while an image is built.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use zshield_golden::key::KeyError;
use zshield_golden::listing::ListingError;
use zshield_golden::manifest::{ManifestError, Problem};
use zshield_golden::signature::SignatureError;
use zshield_golden::verity::VerityError;
use zshield_messages::say;
use zshield_units::{Bytes, UnixTime};

use crate::missing::Missing;
use crate::tar::TarProblem;
use crate::tool::ToolError;

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A file could not be read or written.
    #[error("{}", say::image::file(.0.display()))]
    File(PathBuf, #[source] io::Error),
    /// There is no room for scratch files.
    #[error("{}", say::image::scratch())]
    Scratch(#[source] io::Error),
    /// A program of the build host failed.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// Payload or build host lack something.
    #[error("{}", say::image::lacking(items(.0)))]
    Lacking(Vec<Missing>),
    /// The payload is not there.
    #[error("{}", say::image::payload_absent(.0.display()))]
    PayloadAbsent(PathBuf),
    /// The payload is none of what a payload can be.
    #[error("{}", say::image::payload_unknown(.0.display()))]
    PayloadUnknown(PathBuf),
    /// The payload's directory has a running system's filesystem mounted in it.
    #[error("{}", say::image::payload_mounted(.0.display()))]
    PayloadMounted(PathBuf),
    /// The payload's tar is unfit.
    #[error("{}", say::image::tar_unfit(.0.display()))]
    Tar(PathBuf, #[source] TarProblem),
    /// Files of the payload's directory that this user can't read; the first of them.
    #[error("{}", say::image::unreadable(items(&shown(.0))))]
    Unreadable(Vec<PathBuf>),
    /// There are several kernels, and the policy names none.
    #[error("{}", say::image::many_kernels(items(&shown(.0))))]
    ManyKernels(Vec<PathBuf>),
    /// A kernel or initrd that the policy names is not in the payload.
    #[error("{}", say::image::named_file_absent(.0.display()))]
    NamedFileAbsent(PathBuf),
    /// What should be a kernel is none.
    #[error("{}", say::image::not_a_kernel(.0.display()))]
    NotAKernel(PathBuf),
    /// A kernel module that `depmod` listed is not there.
    #[error("{}", say::image::module_absent(.0.display()))]
    ModuleAbsent(PathBuf),
    /// What should be a program is none.
    #[error("{}", say::image::not_a_program(.0.display()))]
    NotAProgram(PathBuf),
    /// A library of a program is not in the payload.
    #[error("{}", say::image::LibraryAbsent { library, program: program.display() })]
    LibraryAbsent {
        /// The library.
        library: String,
        /// What needs it.
        program: PathBuf,
    },
    /// zshield needs libraries, which a rescue system does not have.
    #[error("{}", say::image::init_not_static(.0.display()))]
    InitNotStatic(PathBuf),
    /// GRUB's images are not of the form that this zshield knows.
    #[error("{}", say::image::grub_unfit(.0.display()))]
    GrubUnfit(PathBuf),
    /// The partition table could not be written.
    #[error("{}", say::image::table(.0.display()))]
    Table(PathBuf, #[source] gptman::Error),
    /// The squashfs could not be listed.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// The manifest would not be valid.
    #[error(transparent)]
    Manifest(#[from] Problem),
    /// The listing of the payload's files is not valid.
    #[error(transparent)]
    Entries(#[from] ManifestError),
    /// The hash tree could not be made.
    #[error(transparent)]
    Verity(#[from] VerityError),
    /// A public key is of no use.
    #[error(transparent)]
    PublicKey(#[from] SignatureError),
    /// The secret key is of no use.
    #[error(transparent)]
    SecretKey(#[from] KeyError),
    /// No secret key was given, and no unsigned image asked for.
    #[error("{}", say::image::would_be_unsigned())]
    WouldBeUnsigned,
    /// The rescue system would not trust the key that signs.
    #[error("{}", say::image::key_not_trusted(.0))]
    KeyNotTrusted(String),
    /// The policy's Golden partition has no room for the image.
    #[error("{}", say::image::GoldenTooSmall { needs: needs.to_string(), size: size.to_string() })]
    GoldenTooSmall {
        /// What the policy gives it.
        size: Bytes,
        /// What it must have.
        needs: Bytes,
    },
    /// The time given is none.
    #[error("{}", say::image::bad_time(.0.0.to_string()))]
    BadTime(UnixTime),
}

impl BuildError {
    /// Whether its text says what to do about it.
    pub const fn advises(&self) -> bool {
        match self {
            Self::Lacking(_)
            | Self::PayloadMounted(_)
            | Self::Unreadable(_)
            | Self::ManyKernels(_)
            | Self::ModuleAbsent(_)
            | Self::InitNotStatic(_)
            | Self::WouldBeUnsigned
            | Self::KeyNotTrusted(_)
            | Self::GoldenTooSmall { .. }
            | Self::Tool(ToolError::Absent(_)) => true,
            Self::Tar(_, problem) => problem.advises(),
            Self::File(..)
            | Self::Scratch(_)
            | Self::Tool(ToolError::Unusable(..) | ToolError::Failed { .. })
            | Self::PayloadAbsent(_)
            | Self::PayloadUnknown(_)
            | Self::NamedFileAbsent(_)
            | Self::NotAKernel(_)
            | Self::NotAProgram(_)
            | Self::LibraryAbsent { .. }
            | Self::GrubUnfit(_)
            | Self::Table(..)
            | Self::Listing(_)
            | Self::Manifest(_)
            | Self::Entries(_)
            | Self::Verity(_)
            | Self::PublicKey(_)
            | Self::SecretKey(_)
            | Self::BadTime(_) => false,
        }
    }

    /// An error of a scratch file that has no name yet.
    pub(crate) fn scratch(error: io::Error) -> Self {
        Self::Scratch(error)
    }

    /// An error of a library that a program needs.
    pub(crate) fn lost_library(library: &str, program: &Path) -> Self {
        Self::LibraryAbsent { library: library.to_owned(), program: program.to_owned() }
    }
}

/// Names the file of an input or output error.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> BuildError + '_ {
    move |error| BuildError::File(path.to_owned(), error)
}

fn shown(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.display().to_string()).collect()
}

/// A list with each item on its own line.
pub(crate) fn items<T: ToString>(items: &[T]) -> String {
    items.iter().fold(String::new(), |mut text, item| {
        let _ = write!(text, "\n  - {}", item.to_string());
        text
    })
}
