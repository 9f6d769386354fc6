//! Why a step failed.

use zshield_bundle::open::RestoreError;
use zshield_golden::compare::CompareError;
use zshield_golden::signature::SignatureError;
use zshield_golden::slot::SlotError;
use zshield_golden::squashfs::SquashfsError;
use zshield_golden::unpack::UnpackError;
use zshield_linux::IoError;
use zshield_linux::lvm::LvmError;
use zshield_linux::program::ProgramError;
use zshield_messages::{list, say};
use zshield_plan::upgrade::room::NoRoom;

use crate::boot_backup::BootSetError;
use crate::generation::GenerationError;
use crate::hooks::HookError;
use crate::observe::ObserveError;

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// A command failed.
    #[error(transparent)]
    Command(#[from] ProgramError),
    /// A step wants to run what its list of actions has not, or leaves out what it has: a defect
    /// in this program.
    #[error("{}", say::host::unplanned_command(.0))]
    Unplanned(&'static str),
    /// Something can't be read or written.
    #[error(transparent)]
    Io(#[from] IoError),
    /// A tool's output can't be understood.
    #[error(transparent)]
    Observe(#[from] ObserveError),
    /// A generation of the vault can't be read.
    #[error(transparent)]
    Generation(#[from] GenerationError),
    /// The payload could not be unpacked.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// The image can't be read.
    #[error(transparent)]
    Image(#[from] SquashfsError),
    /// The system could not be compared.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// The slot is damaged.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// The new slot can't be made.
    #[error(transparent)]
    NewSlot(#[from] RestoreError),
    /// The manifest in a slot is not the one that it should be.
    #[error(transparent)]
    Manifest(#[from] SignatureError),
    /// There is no room for a new slot.
    #[error(transparent)]
    Room(#[from] NoRoom),
    /// The slot that would be put together anew is the one that the machine starts from.
    #[error("{}", say::host::slot_active(.0))]
    SlotActive(&'static str),
    /// What was written reads back otherwise.
    #[error("{}", say::host::reads_back_otherwise(.0))]
    ReadsBackOtherwise(String),
    /// The group has other physical volumes now than when the step was planned.
    #[error("{}", say::host::OtherMembers { group, keeps })]
    OtherMembers {
        /// The group.
        group: String,
        /// Those that it had.
        keeps: String,
    },
    /// Volumes that are to stay would go with what is missing of the group.
    #[error("{}", say::host::WouldLose { group, volumes })]
    WouldLose {
        /// The group.
        group: String,
        /// The volumes.
        volumes: String,
    },
    /// The snapshot can't be gone back to.
    #[error("{}", say::host::SnapshotUnusable { reason, snapshot })]
    Snapshot {
        /// Which, as `group/volume`.
        snapshot: String,
        /// Why not.
        reason: String,
    },
    /// The system differs from the manifest.
    #[error("{}", say::host::SystemDiffers { count, differences: list(differences) })]
    Differs {
        /// How many differences there are.
        count: usize,
        /// The first of them.
        differences: Vec<String>,
    },
    /// Something that must be there for booting is not.
    #[error("{}", say::host::boot_file_missing(.0))]
    BootFile(String),
    /// A step asks for an image, and the operation has none: a defect in this program.
    #[error("{}", say::host::no_image())]
    NoImage,
    /// The boot set is not as it should be.
    #[error(transparent)]
    BootSet(#[from] BootSetError),
    /// A hook failed.
    #[error(transparent)]
    Hook(#[from] HookError),
    /// The COW store or the filesystem can't be used.
    #[error(transparent)]
    Store(#[from] zshield_formats::cow::CowError),
    /// The factory store can't be used.
    #[error(transparent)]
    FactoryStore(#[from] crate::factory_store::StoreError),
    /// The factory state can't be looked into.
    #[error(transparent)]
    FactoryView(#[from] crate::factory_view::ViewError),
    /// A filesystem has errors.
    #[error("{}", say::host::FilesystemDamaged { device, output })]
    Filesystem {
        /// Its device.
        device: String,
        /// The output of the check.
        output: String,
    },
    /// The files could not be compared or put right.
    #[error(transparent)]
    Live(#[from] zshield_live::LiveError),
    /// The files of a new version can't be held against the machine's.
    #[error(transparent)]
    Upgrade(#[from] crate::upgrade::UpgradeError),
    /// Something still differs after everything was put right.
    #[error("{}", say::host::LeftOver { count, names: &names.join(", ") })]
    LeftOver {
        /// How many names still differ.
        count: usize,
        /// The first of them.
        names: Vec<String>,
    },
    /// The boot loader is larger than its place.
    #[error("{}", say::host::too_large(.0))]
    TooLarge(String),
}

impl StepError {
    /// Whether it is the factory store that can't be used.
    pub(crate) const fn is_factory_store_useless(&self) -> bool {
        if let Self::FactoryStore(error) = self { error.is_store_useless() } else { false }
    }

    /// Whether it is what is gone back to that can't be used: one of its stores, or the boot set in it.
    pub(crate) const fn is_way_back_useless(&self) -> bool {
        matches!(self, Self::Store(_) | Self::BootSet(_)) || self.is_factory_store_useless()
    }
}

impl From<LvmError> for StepError {
    fn from(error: LvmError) -> Self {
        Self::Observe(error.into())
    }
}
