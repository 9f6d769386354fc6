//! The steps that lay a system down from an opened image, and those that prove it: an
//! installation's, and a recovery's where there is no snapshot to go back to.

use super::files;
use super::inputs::{Ids, Inputs};
use crate::grub::DIRECTORY;
use crate::id::Uuid;
use crate::layout::Layout;
use crate::model::Device;
use crate::own::PartitionIds;
use crate::policy::GroupName;
use crate::role::Role;
use crate::saved::{self, BootSetMeta};
use crate::step::{
    CloseGolden, CopyBootFiles, CreateFilesystem, CreateHostKeys, CreateSnapshot, FilePurpose,
    Mount, MountAs, OpenGolden, RenameVolume, SaveBoot, SaveRelease, Step, Unmount, Unpack,
    VerifySystem, WriteFiles,
};
use crate::vault;
use crate::volumes::{AUDIT, BOOT, FACTORY, FACTORY_NEXT, ROOT, USER, VAULT, named, physical};
use zshield_units::Bytes;

/// Where a system is put together.
pub(crate) const TARGET: &str = "/run/zshield/mnt/target";
/// Where its snapshot is read.
pub(crate) const PROOF: &str = "/run/zshield/mnt/proof";

/// A system that is laid down.
pub(crate) struct System<'a> {
    /// The volume that it is laid down on.
    pub volume: &'static str,
    /// What is planned from.
    pub inputs: &'a Inputs<'a>,
    /// The disks' parts.
    pub places: &'a PartitionIds,
    /// Its machine-id.
    pub machine: Uuid,
    /// What is mounted within it while it is laid down.
    pub parts: Parts,
}

/// What is mounted within a system that is laid down. What is not is a directory of root's own then,
/// behind which the volume that is mounted there later hides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parts {
    /// All of its volumes, which are fresh.
    All,
    /// `/boot`, which is fresh; the data volumes hold data.
    Boot,
    /// None: `/boot` gets its set when all is there.
    None,
}

impl System<'_> {
    fn group(&self) -> &GroupName {
        &self.inputs.policy.storage.group
    }

    /// One of the group's volumes.
    pub(crate) fn volume(&self, name: &str) -> Device {
        Device::Volume(self.group().clone(), named(name))
    }

    /// Where the parts of the system are mounted when its root is mounted somewhere.
    fn mounts(&self, root: Device, at: &str, kind: MountAs) -> Vec<Step> {
        let storage = &self.inputs.policy.storage;
        let mut parts = vec![(root, at.to_owned())];
        if self.parts != Parts::None {
            parts.push((BOOT, format!("{at}/boot")));
        }
        if self.parts == Parts::All {
            parts.extend([
                (self.volume(USER), format!("{at}{}", storage.user.mount)),
                (self.volume(AUDIT), format!("{at}{}", storage.audit.mount)),
            ]);
        }
        // Whichever lies within another comes after it.
        parts.sort_by_key(|(_, at)| at.matches('/').count());
        parts.into_iter().map(|(device, at)| Step::Mount(Mount { device, at, kind })).collect()
    }

    /// Unpacks the payload and makes it this machine's; `also` comes before it is unmounted.
    pub(crate) fn install_steps(&self, also: impl IntoIterator<Item = Step>) -> Vec<Step> {
        let target = self.mounts(self.volume(self.volume), TARGET, MountAs::Ext4);
        let boot = format!("{TARGET}/boot");
        let image = &self.inputs.world.image;
        let mut steps = vec![Step::OpenGolden(OpenGolden { slot: self.inputs.world.medium.slot })];
        steps.extend(target.iter().cloned());
        steps.extend([
            Step::Unpack(Unpack { to: TARGET.to_owned() }),
            Step::WriteFiles(WriteFiles {
                purpose: FilePurpose::System,
                at: TARGET.to_owned(),
                files: files::system(self.inputs, self.places, self.machine),
            }),
            Step::CreateHostKeys(CreateHostKeys { root: TARGET.to_owned() }),
            Step::WriteFiles(WriteFiles {
                purpose: FilePurpose::BootMenu,
                at: boot.clone(),
                files: files::boot_menu(self.inputs, self.places),
            }),
            Step::CopyBootFiles(CopyBootFiles { to: format!("{boot}/{DIRECTORY}") }),
            Step::SaveRelease(SaveRelease { to: format!("{TARGET}/{}", saved::RELEASE) }),
            Step::SaveBoot(SaveBoot {
                boot,
                to: format!("{TARGET}/{}", saved::DIRECTORY),
                saved: BootSetMeta::new(
                    self.inputs.now,
                    image.version.clone(),
                    image.digest.clone(),
                ),
            }),
        ]);
        steps.extend(also);
        steps.extend(unmounts(&target));
        steps.push(Step::CloseGolden(CloseGolden {}));
        steps
    }

    /// Takes the factory snapshot of an unmounted root, and reads the system through it.
    pub(crate) fn factory_snapshot(&self, layout: &Layout) -> Vec<Step> {
        let mut steps = vec![self.snapshot(FACTORY, layout.cow)];
        steps.extend(self.proved(FACTORY));
        steps
    }

    /// Takes a snapshot of root.
    pub(crate) fn snapshot(&self, name: &str, size: Bytes) -> Step {
        Step::CreateSnapshot(CreateSnapshot {
            group: self.group().clone(),
            origin: named(ROOT),
            snapshot: named(name),
            chunk: self.inputs.policy.storage.chunk,
            size,
            on: physical(Role::Hdd),
            hooks: None,
        })
    }

    /// Gives the factory snapshot that was made its name, once it is proved.
    pub(crate) fn factory_named(&self) -> Step {
        Step::RenameVolume(RenameVolume {
            group: self.group().clone(),
            from: named(FACTORY_NEXT),
            to: named(FACTORY),
        })
    }

    /// Makes filesystems on those of the group's volumes that are fresh.
    pub(crate) fn filesystems(
        &self,
        ids: &Ids,
        layout: &Layout,
        is_fresh: impl Fn(&str) -> bool,
    ) -> Vec<Step> {
        let volumes = [(ROOT, "zs-root"), (USER, "zs-user"), (AUDIT, "zs-audit")];
        let fresh = volumes.into_iter().zip(ids.volumes).filter(|((name, _), _)| is_fresh(name));
        let usual = fresh.map(|((name, label), id)| {
            Step::CreateFilesystem(CreateFilesystem {
                device: self.volume(name),
                label: label.to_owned(),
                id,
                inodes: None,
            })
        });
        let vault = layout.vault.filter(|_| is_fresh(VAULT));
        let vault = vault.map(|size| vault::filesystem(self.volume(VAULT), size, ids.vault));
        usual.chain(vault).collect()
    }

    /// Reads the system through a snapshot.
    pub(crate) fn proved(&self, snapshot: &str) -> Vec<Step> {
        let proof = self.mounts(self.volume(snapshot), PROOF, MountAs::Ext4Frozen);
        let mut steps = proof.clone();
        steps.push(Step::VerifySystem(VerifySystem {
            group: self.group().clone(),
            snapshot: named(snapshot),
            root: PROOF.to_owned(),
            written: written(),
            parts: self.entered(),
        }));
        steps.extend(unmounts(&proof));
        steps
    }

    /// The paths within root where its other parts are mounted.
    fn entered(&self) -> Vec<String> {
        let all = self.inputs.policy.storage.mount_points();
        let mounted: &[&str] = match self.parts {
            Parts::All => &all,
            Parts::Boot => &["/boot"],
            Parts::None => &[],
        };
        mounted.iter().map(|at| at.trim_start_matches('/').to_owned()).collect()
    }
}

/// What is written beside the payload, as paths within root.
pub fn written() -> Vec<String> {
    [
        "etc/fstab",
        "etc/machine-id",
        files::UDEV_RULE,
        "etc/zshield",
        "etc/ssh/ssh_host_*",
        "var/lib/zshield",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([format!("boot/{DIRECTORY}")])
    .collect()
}

/// Unmounts what these steps mount, the last first.
pub(crate) fn unmounts(mounts: &[Step]) -> Vec<Step> {
    mounts
        .iter()
        .rev()
        .filter_map(|step| match step {
            Step::Mount(Mount { at, .. }) => Some(Step::Unmount(Unmount { at: at.clone() })),
            _ => None,
        })
        .collect()
}
