//! The steps that plans are made of: a closed set, each one effect, each defined in one file.
//!
//! A step's name is how journals on disks know it: it never changes, whatever the type is called.

mod activate_volumes;
mod adopt_partitions;
mod arm;
mod build_slot;
mod check_snapshot;
mod copy_back;
mod copy_boot_files;
mod copy_golden;
mod create_filesystem;
mod create_host_keys;
mod create_physical_volume;
mod create_snapshot;
mod create_volume;
mod create_volume_group;
mod detach_factory;
mod erase_disk;
mod factory_view;
mod fold_store;
mod forget_degraded;
mod generation;
mod golden;
mod group;
mod kind;
mod make_bootable;
mod mount;
mod note_only;
mod note_outcome;
mod order_recovery;
mod packages;
mod partition_disk;
mod put_boot;
mod remove_volume;
mod rename_volume;
mod renew_boot_loader;
mod repair_files;
mod restore_boot;
mod restore_table;
mod run_hooks;
mod save_boot;
mod save_release;
mod services;
mod switch_slot;
mod unpack;
mod update_metadata;
mod upgrade_files;
mod upgrade_record;
mod verify_backup;
mod verify_copy;
mod verify_system;
mod write_boot_loader;
mod write_files;
mod write_floor;
mod write_keys;
mod write_ledger;
mod write_record;

use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::model::Binding;

pub(crate) use golden::close as close_golden;
pub use kind::{Named, Persistence, RetryPolicy, StepKind};
pub use mount::MountAs;
pub use partition_disk::{NewPartition, PartitionKind, PartitionTable};
pub use put_boot::{MadeBy, NewInitrd};
pub use run_hooks::HookStage;
pub use write_files::{FilePurpose, NewFile};

/// Makes the closed set of steps of its list, and all that is the same for each of them. The first
/// token is a `$`, for the macro that it defines itself.
macro_rules! steps {
    ($dollar:tt $($name:literal $file:ident::$kind:ident;)+) => {
        $(pub use $file::$kind;)+

        /// One step of a plan.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "step")]
        pub enum Step {
            $(
                #[doc = concat!("See [`", stringify!($kind), "`].")]
                #[serde(rename = $name)]
                $kind($kind),
            )+
        }

        impl Step {
            /// The names of all kinds, as journals have them.
            pub const KINDS: &[&str] = &[$($name),+];
        }

        $(
            impl Named for $kind {
                const NAME: &'static str = $name;
            }

            impl From<$kind> for Step {
                fn from(step: $kind) -> Self {
                    Self::$kind(step)
                }
            }
        )+

        /// Does the same with a step, whichever it is: `each_step!(step, it => it.name())`.
        #[macro_export]
        macro_rules! each_step {
            ($dollar step:expr, $dollar it:ident => $dollar done:expr) => {
                match $dollar step {
                    $($crate::step::Step::$kind($dollar it) => $dollar done,)+
                }
            };
        }
    };
}

steps! { $
    "erase-disk" erase_disk::EraseDisk;
    "partition-disk" partition_disk::PartitionDisk;
    "create-physical-volume" create_physical_volume::CreatePhysicalVolume;
    "create-volume-group" create_volume_group::CreateVolumeGroup;
    "activate-volumes" activate_volumes::ActivateVolumes;
    "create-volume" create_volume::CreateVolume;
    "create-filesystem" create_filesystem::CreateFilesystem;
    "open-golden" golden::OpenGolden;
    "close-golden" golden::CloseGolden;
    "mount" mount::Mount;
    "unmount" mount::Unmount;
    "unpack" unpack::Unpack;
    "write-files" write_files::WriteFiles;
    "create-host-keys" create_host_keys::CreateHostKeys;
    "copy-golden" copy_golden::CopyGolden;
    "copy-boot-files" copy_boot_files::CopyBootFiles;
    "write-ledger" write_ledger::WriteLedger;
    "write-boot-loader" write_boot_loader::WriteBootLoader;
    "create-snapshot" create_snapshot::CreateSnapshot;
    "remove-volume" remove_volume::RemoveVolume;
    "rename-volume" rename_volume::RenameVolume;
    "update-metadata" update_metadata::UpdateMetadata;
    "reduce-group" group::ReduceGroup;
    "extend-group" group::ExtendGroup;
    "save-boot" save_boot::SaveBoot;
    "save-release" save_release::SaveRelease;
    "prove-backup" verify_backup::VerifyBackup;
    "check-snapshot" check_snapshot::CheckSnapshot;
    "arm" arm::Arm;
    "disarm" arm::Disarm;
    "forget-degraded" forget_degraded::ForgetDegraded;
    "note-outcome" note_outcome::NoteOutcome;
    "copy-back" copy_back::CopyBack;
    "prove-copy" verify_copy::VerifyCopy;
    "restore-boot" restore_boot::RestoreBoot;
    "note-only" note_only::NoteOnly;
    "forget-only" note_only::ForgetOnly;
    "put-right" repair_files::RepairFiles;
    "prove-right" repair_files::VerifyFiles;
    "stop-services" services::StopServices;
    "reload-manager" services::ReloadManager;
    "start-services" services::StartServices;
    "restart-services" services::RestartServices;
    "prove" verify_system::VerifySystem;
    "write-record" write_record::WriteRecord;
    "make-bootable" make_bootable::MakeBootable;
    "detach-factory" detach_factory::DetachFactory;
    "fold-store" fold_store::FoldStore;
    "open-factory" factory_view::OpenFactory;
    "close-factory" factory_view::CloseFactory;
    "open-generation" generation::OpenGeneration;
    "close-generation" generation::CloseGeneration;
    "check-generation" generation::CheckGeneration;
    "order-recovery" order_recovery::OrderRecovery;
    "adopt-partitions" adopt_partitions::AdoptPartitions;
    "stage-upgrade" upgrade_files::StageUpgrade;
    "note-upgrade" upgrade_record::NoteUpgrade;
    "run-hooks" run_hooks::RunHooks;
    "put-upgrade" upgrade_files::PutUpgrade;
    "prove-upgrade" upgrade_files::ProveUpgrade;
    "install-packages" packages::InstallPackages;
    "note-packages" packages::NotePackages;
    "put-boot" put_boot::PutBoot;
    "begin-trial" upgrade_record::BeginTrial;
    "build-slot" build_slot::BuildSlot;
    "switch-slot" switch_slot::SwitchSlot;
    "write-floor" write_floor::WriteFloor;
    "write-keys" write_keys::WriteKeys;
    "renew-boot-loader" renew_boot_loader::RenewBootLoader;
    "restore-table" restore_table::RestoreTable;
}

impl Step {
    /// The step's name, for journals, messages and scripts.
    pub fn name(&self) -> &'static str {
        each_step!(self, it => it.name())
    }

    /// What doing it again means.
    pub fn retry(&self) -> RetryPolicy {
        each_step!(self, it => policies(it).0)
    }

    /// How long its effect lasts.
    pub fn persistence(&self) -> Persistence {
        each_step!(self, it => policies(it).1)
    }

    /// Its actions in order: they are run, and shown.
    pub fn actions(&self, binding: &Binding) -> Vec<Action> {
        each_step!(self, it => it.actions(binding))
    }

    /// What it is called for a person, in their language.
    pub fn title(&self) -> String {
        each_step!(self, it => it.title())
    }
}

fn policies<Kind: StepKind>(_: &Kind) -> (RetryPolicy, Persistence) {
    (Kind::RETRY, Kind::PERSISTENCE)
}
