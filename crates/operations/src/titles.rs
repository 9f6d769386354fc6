//! What each step is called for a person.

use zshield_messages::say::step as say;
use zshield_plan::model::Device;
use zshield_plan::step::{FilePurpose, Step};

/// A step's title in the current language.
pub fn title(step: &Step) -> String {
    match step {
        Step::EraseDisk { disk } => say::erase_disk(disk.to_string()),
        Step::PartitionDisk { disk, .. } => say::partition_disk(disk.to_string()),
        Step::CreatePhysicalVolume { device, .. } => say::create_physical_volume(name(device)),
        Step::CreateVolumeGroup { group, .. } => say::create_volume_group(group.as_str()),
        Step::ActivateVolumes { .. } => say::activate_volumes(),
        Step::CreateVolume { volume, size, .. } => {
            say::CreateVolume { size: size.to_string(), volume: volume.as_str() }.to_string()
        }
        Step::CreateFilesystem { label, .. } => say::create_filesystem(label),
        Step::OpenGolden { .. } => say::open_golden(),
        Step::CloseGolden => say::close_golden(),
        Step::Mount { device, .. } => say::mount(name(device)),
        Step::Unmount { at } => say::unmount(at.rsplit('/').next().unwrap_or(at)),
        Step::Unpack { .. } => say::unpack(),
        Step::WriteFiles { purpose: FilePurpose::System, .. } => say::write_system_files(),
        Step::WriteFiles { purpose: FilePurpose::BootMenu, .. } => say::write_boot_menu(),
        Step::CreateHostKeys { .. } => say::create_host_keys(),
        Step::CopyGolden { .. } => say::copy_golden(),
        Step::CopyBootFiles { .. } => say::copy_boot_files(),
        Step::WriteLedger { .. } => say::write_ledger(),
        Step::WriteBootLoader { .. } => say::write_boot_loader(),
        Step::CreateSnapshot { snapshot, .. } => say::create_snapshot(snapshot.as_str()),
        Step::RemoveVolume { volume, .. } => say::remove_volume(volume.as_str()),
        Step::RenameVolume { to, .. } => say::rename_volume(to.as_str()),
        Step::UpdateMetadata { group } => say::update_metadata(group.as_str()),
        Step::ReduceGroup { group } => say::reduce_group(group.as_str()),
        Step::ExtendGroup { device, .. } => say::extend_group(name(device)),
        Step::SaveBoot { .. } => say::save_boot(),
        Step::ProveBackup { .. } => say::prove_backup(),
        Step::CheckSnapshot { .. } => say::check_snapshot(),
        Step::Arm { .. } => say::arm(),
        Step::Disarm { .. } => say::disarm(),
        Step::ForgetDegraded { .. } => say::forget_degraded(),
        Step::NoteOutcome { .. } => say::note_outcome(),
        Step::CopyBack { .. } => say::copy_back(),
        Step::ProveCopy { .. } => say::prove_copy(),
        Step::RestoreBoot { .. } => say::restore_boot(),
        Step::NoteOnly { .. } => say::note_only(),
        Step::ForgetOnly { .. } => say::forget_only(),
        Step::PutRight { .. } => say::put_right(),
        Step::ProveRight { .. } => say::prove_right(),
        Step::StopServices { units } => say::stop_services(units.join(" ")),
        Step::ReloadManager { .. } => say::reload_manager(),
        Step::StartServices { units } => say::start_services(units.join(" ")),
        Step::RestartServices { units } => say::restart_services(units.join(" ")),
        Step::Prove { .. } => say::prove(),
        Step::WriteRecord { .. } => say::write_record(),
        Step::MakeBootable { disk } => say::make_bootable(disk.to_string()),
    }
}

fn name(device: &Device) -> String {
    match device {
        Device::Partition(role, number) => format!("{role} {number}"),
        Device::Volume(_, volume) => volume.to_string(),
        Device::Golden => say::golden(),
    }
}
