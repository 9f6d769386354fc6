//! The steps of a recovery, in order.

use super::source::{RestoreSource, Unavailable, restore_source};
use crate::appliance::{Appliance, BootFilesystem};
use crate::grub::DIRECTORY;
use crate::install::group::{self, Left};
use crate::install::system::{Parts, System, TARGET};
use crate::install::{Ids, Inputs, partition_ids};
use crate::layout::{Layout, worst_case_cow};
use crate::ledger::Ledger;
use crate::model::{Files, RestoreScope, Snapshot, Target};
use crate::opened::{SNAPSHOT, mounted, opened};
use crate::own::PartitionIds;
use crate::plan::{Operation, Plan};
use crate::policy::VolumeName;
use crate::recovered_files::files;
use crate::repair;
use crate::role::{ByRole, Role};
use crate::saved;
use crate::step::{
    ActivateVolumes, Arm, CheckSnapshot, CopyBack, CreateFilesystem, CreateVolume, Disarm,
    ForgetDegraded, ForgetOnly, Mount, MountAs, NoteOnly, NoteOutcome, RestoreBoot, Step, Unmount,
    VerifyCopy, WriteLedger,
};
use crate::volumes::{BOOT, BOOT_AT, BOOT_NAME, FACTORY, FACTORY_NEXT, ROOT, named};
use crate::way_back::{FileSource, WayBack};

/// The whole plan, for the rescue system on the SSD.
///
/// `known` is the ledger that was found; `ids` are for what a recovery that unpacks makes anew.
pub fn plan(
    inputs: &Inputs<'_>,
    appliance: &Appliance,
    known: &Ledger,
    target: Target,
    ids: &Ids,
) -> Result<Plan, Unavailable> {
    let recovery = Recovery { inputs, appliance, known, target };
    let source = restore_source(appliance, target)?;
    let image = &inputs.world.image;
    let (version, digest) = match &source {
        RestoreSource::CopyBack { facts: Snapshot { saved: Some(saved), .. }, .. } => {
            (saved.version.clone(), saved.image.clone())
        }
        RestoreSource::Files { saved, .. } => (saved.version.clone(), saved.image.clone()),
        RestoreSource::CopyBack { .. } | RestoreSource::Unpack(_) => {
            (image.version.clone(), image.digest.clone())
        }
    };
    let (layout, checked, between) = match source {
        RestoreSource::CopyBack { from, .. } => match recovery.narrow() {
            Some(files) => {
                let from = FileSource::Backup(from);
                (None, Vec::new(), repair::rescue_steps(appliance, from, files, None))
            }
            None => (None, recovery.checked(from), recovery.copied_back(from)),
        },
        RestoreSource::Files { generation, .. } => {
            let from = FileSource::Generation(generation);
            let (files, places) = (recovery.files(), recovery.places());
            let places = Some(places.ok_or(Unavailable::Disk)?);
            let steps = repair::rescue_steps(appliance, from, &files, places.as_ref());
            (None, repair::rescue_checks(appliance, from, &files), steps)
        }
        RestoreSource::Unpack(_) => {
            let places = recovery.places().ok_or(Unavailable::Disk)?;
            let layout = recovery.layout()?;
            let steps = recovery.unpacked(&layout, &places, ids);
            (Some(layout), Vec::new(), steps)
        }
    };
    let mut steps: Vec<Step> = appliance.rid_of_unreadable().collect();
    steps.extend(checked);
    steps.extend(recovery.boot_formatted(ids));
    steps.push(Step::Mount(Mount { device: BOOT, at: BOOT_AT.to_owned(), kind: MountAs::Ext4 }));
    steps.extend(recovery.armed(between, &version, &digest));
    steps.push(Step::Unmount(Unmount { at: BOOT_AT.to_owned() }));
    Ok(Plan {
        operation: Operation::Recover(target),
        image: digest,
        version,
        disks: appliance.disks.clone(),
        group: inputs.policy.storage.group.clone(),
        layout,
        steps,
    })
}

struct Recovery<'a> {
    inputs: &'a Inputs<'a>,
    appliance: &'a Appliance,
    known: &'a Ledger,
    target: Target,
}

impl<'a> Recovery<'a> {
    /// The recovery by these steps, to this version: GRUB goes on with it after a cut, until it is
    /// done.
    fn armed(&self, between: Vec<Step>, version: &str, image: &str) -> Vec<Step> {
        let Self { inputs, appliance, target, .. } = *self;
        let directory = || format!("{BOOT_AT}/{DIRECTORY}");
        let (is_narrow, is_noted) = (self.narrow().is_some(), self.noted().is_some());
        let mut steps = Vec::new();
        match self.identity_comes_along() {
            Some(files) => {
                let only = RestoreScope { target, files: files.clone() };
                // A cut before the next step leaves the one before, without the identity: it can be asked for once more.
                steps.push(Step::NoteOnly(NoteOnly { at: directory(), only }));
            }
            // What is armed below is about all of the system.
            None if appliance.only.is_some() && !is_noted => {
                steps.push(Step::ForgetOnly(ForgetOnly { at: directory() }));
            }
            None => {}
        }
        steps.push(Step::Arm(Arm { at: directory(), target }));
        steps.extend(between);
        if !is_narrow {
            let ledger = self.ledger(version.to_owned(), image.to_owned());
            steps.extend(
                ledger.map(|ledger| Step::WriteLedger(WriteLedger { at: directory(), ledger })),
            );
        }
        if appliance.is_stale() && self.replaces_snapshots() {
            // Of the snapshots that could not follow, none is left.
            steps.push(Step::ForgetDegraded(ForgetDegraded { at: directory() }));
        }
        steps.extend([
            Step::NoteOutcome(NoteOutcome {
                at: directory(),
                operation: format!("{} {}", Operation::Recover(target).name(), target.name()),
                began: inputs.now,
            }),
            Step::Disarm(Disarm { at: directory() }),
        ]);
        let has_note = is_noted || self.identity_comes_along().is_some();
        steps.extend(has_note.then(|| Step::ForgetOnly(ForgetOnly { at: directory() })));
        steps
    }

    /// The files that it is about, where a recovery of some files alone has begun and can be gone
    /// on with.
    fn narrow(&self) -> Option<&'a Files> {
        self.noted().filter(|files| !files.only.is_empty())
    }

    /// The note that it begins with, where it can be gone on with.
    fn noted(&self) -> Option<&'a Files> {
        let compares = matches!(
            restore_source(self.appliance, self.target),
            Ok(RestoreSource::CopyBack { .. } | RestoreSource::Files { .. })
        );
        let asked = self.appliance.begun.or(self.appliance.ordered) == Some(self.target);
        let noted = self.appliance.begun_with().or_else(|| self.appliance.ordered_with());
        noted.filter(|_| asked && compares)
    }

    /// The files that are made those of a generation: as they are noted, else as in a running system.
    fn files(&self) -> Files {
        let whole = || files(Vec::new(), self.inputs.policy, &[], false);
        self.noted().or_else(|| self.identity_comes_along()).cloned().unwrap_or_else(whole)
    }

    /// The files that a recovery is about which has begun, where the machine gets its identity with it, and somebody has chosen
    /// another generation since: that one brings it then.
    fn identity_comes_along(&self) -> Option<&'a Files> {
        let is_vault = |target: Target| matches!(target, Target::Vault(_));
        let whole = self.appliance.begun_with().filter(|files| files.only.is_empty());
        whole.filter(|_| self.noted().is_none() && is_vault(self.target))
    }

    /// Whether none of the snapshots is left that could not follow root.
    const fn replaces_snapshots(&self) -> bool {
        match self.target {
            Target::Factory | Target::Latest => true,
            Target::Vault(_) => false,
        }
    }

    /// A new filesystem for `/boot`, where the one that was there is destroyed. It has none that could be
    /// told of the recovery before: until it is, GRUB finds no menu there and starts the rescue system.
    fn boot_formatted(&self, ids: &Ids) -> Option<Step> {
        match self.appliance.boot {
            BootFilesystem::Mountable => None,
            BootFilesystem::Destroyed => {
                let (label, id) = (BOOT_NAME.to_owned(), ids.boot);
                Some(Step::CreateFilesystem(CreateFilesystem {
                    device: BOOT,
                    label,
                    id,
                    inodes: None,
                }))
            }
        }
    }

    /// Looks through the snapshot, under the name that it has now. What is found wrong in it later
    /// would be found at every start, with root half restored.
    fn checked(&self, from: WayBack) -> Vec<Step> {
        let group = &self.inputs.policy.storage.group;
        let check = Step::CheckSnapshot(CheckSnapshot {
            group: group.clone(),
            snapshot: from.volume(),
            over: from.over(),
            origin: named(ROOT),
            set: format!("{SNAPSHOT}/{}", saved::DIRECTORY),
        });
        let mut steps = vec![Step::ActivateVolumes(ActivateVolumes { group: group.clone() })];
        steps.extend(opened(group, from, mounted(group, from, vec![check])));
        steps
    }

    /// Copies back from the snapshot, which stays, and `/boot` from what the snapshot carries.
    fn copied_back(&self, from: WayBack) -> Vec<Step> {
        let group = &self.inputs.policy.storage.group;
        // Tidied up first, the latest has its name.
        let from = from.with_latest_named();
        let mut steps = self.appliance.cleanup_steps();
        let copy = Step::CopyBack(CopyBack {
            group: group.clone(),
            snapshot: from.volume(),
            over: from.over(),
            origin: named(ROOT),
        });
        let verify = Step::VerifyCopy(VerifyCopy {
            group: group.clone(),
            snapshot: from.volume(),
            over: from.over(),
            origin: named(ROOT),
        });
        let restore = Step::RestoreBoot(RestoreBoot {
            from: format!("{SNAPSHOT}/{}", saved::DIRECTORY),
            to: BOOT_AT.to_owned(),
        });
        // What is written to root meanwhile changes nothing in it.
        let read = [vec![copy, verify], mounted(group, from, vec![restore])].concat();
        steps.extend(opened(group, from, read));
        steps
    }

    /// Unpacks the image anew, and takes a new factory snapshot. A latest backup that is valid
    /// stays so; what is left of the factory snapshot goes.
    fn unpacked(&self, layout: &Layout, places: &PartitionIds, ids: &Ids) -> Vec<Step> {
        let system = System {
            volume: ROOT,
            inputs: self.inputs,
            places,
            machine: ids.machine,
            parts: Parts::None,
        };
        let mut steps = self.group(layout, ids);
        let made = |name: &str| {
            let is_it = |step: &Step| matches!(step, Step::CreateVolume(CreateVolume { volume, .. }) if *volume == named(name));
            name == ROOT || steps.iter().any(is_it)
        };
        let filesystems = system.filesystems(ids, layout, made);
        steps.extend(filesystems);
        let restore = Step::RestoreBoot(RestoreBoot {
            from: format!("{TARGET}/{}", saved::DIRECTORY),
            to: BOOT_AT.to_owned(),
        });
        steps.extend(system.install_steps([restore]));
        steps.push(system.snapshot(FACTORY_NEXT, layout.cow));
        steps.extend(system.proved(FACTORY_NEXT));
        steps.push(system.factory_named());
        steps
    }

    /// The group made whole, with room for a root that is made anew.
    fn group(&self, layout: &Layout, ids: &Ids) -> Vec<Step> {
        let group = &self.inputs.policy.storage.group;
        let keeps = self.keeps_latest();
        let goes = |name: &&VolumeName| !keeps || name.as_str() == FACTORY;
        let is_remnant =
            |name: &VolumeName| self.appliance.remnants().any(|it| name.as_str() == it);
        // LVM names it still, and removes it with the disk that is gone.
        let root_stays = self.appliance.members.contains(&layout.root_on)
            && !self.appliance.partial_volumes.iter().any(|name| name == ROOT);
        let stays = |name: &&VolumeName| {
            (root_stays || name.as_str() != ROOT) && (keeps || !is_remnant(name))
        };
        // Else the cleanup has removed them.
        let remnants = self.appliance.volumes.keys().filter(|name| !keeps && is_remnant(name));
        let left = Left {
            members: self.appliance.members.clone(),
            partial: self.appliance.partial,
            kept: self.appliance.volumes.keys().filter(stays).cloned().collect(),
            removed: self
                .appliance
                .snapshots
                .keys()
                .filter(goes)
                .chain(remnants)
                .cloned()
                .collect(),
        };
        let mut steps = if keeps { self.appliance.cleanup_steps() } else { Vec::new() };
        steps.extend(group::steps(group, layout, ids, self.appliance.there.then_some(&left)));
        steps
    }

    /// Whether the latest backup stays: where it can still be gone back to.
    fn keeps_latest(&self) -> bool {
        let appliance = self.appliance;
        let latest = appliance.latest().and_then(|name| appliance.valid(name));
        let whole = !appliance.is_stale() && !appliance.partial && appliance.root().is_some();
        whole && latest.is_some()
    }

    /// The sizes that are there.
    fn layout(&self) -> Result<Layout, Unavailable> {
        let Inputs { policy, world, .. } = self.inputs;
        let storage = &policy.storage;
        let disks = &self.appliance.disks;
        let sizes = ByRole { ssd: disks.ssd.size, hdd: disks.hdd.size };
        let mut layout = Layout::new(storage, policy.vault.size, &sizes, world.image.slot_bytes)
            .map_err(|_| Unavailable::Disk)?;
        // A vault is made with the volumes beside it. Whether an HDD that stays has room for one, is
        // not for a recovery to find out.
        layout.vault = layout.vault.filter(|_| !self.appliance.members.contains(&Role::Hdd));
        if let Some(root) = self.appliance.root() {
            layout.root = root;
            layout.cow = worst_case_cow(root, storage.chunk);
        }
        Ok(layout)
    }

    fn places(&self) -> Option<PartitionIds> {
        let world = self.inputs.world;
        partition_ids(&self.appliance.binding, &world.disks, world.medium.slot)
    }

    fn ledger(&self, version: String, image: String) -> Option<Ledger> {
        let places = self.places()?;
        // A cut may have left the slot that the rescue system was started from and the ledger's two different ones.
        // An image that is not the machine's own does not become it by that.
        let here = &self.inputs.world.image.digest;
        let (slot, golden) = if self.known.is_own(here) {
            (places.slot, here.as_str())
        } else {
            (self.known.slot, self.known.golden_image())
        };
        let ledger = Ledger {
            version,
            image,
            slot,
            golden_image: None,
            golden: places.own.golden,
            hdd: places.own.hdd,
            disks: self.appliance.disks.clone(),
        };
        Some(ledger.with_golden(golden.to_owned()))
    }
}
