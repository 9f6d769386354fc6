//! An installation from its slot to its record; the command and the rescue system share it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::rand::{GetRandomFlags, getrandom};
use zshield_golden::manifest::Manifest;
use zshield_golden::signature::{self, Requirement, SignatureState, TrustedKeys};
use zshield_golden::slot::{self, Artifact};
use zshield_host::execute;
use zshield_host::observe;
use zshield_host::record::Record;
use zshield_host::workplace::{Image, Observer, Workplace};
use zshield_messages::say;
use zshield_plan::id::{Slot, Uuid};
use zshield_plan::install::{Ids, Inputs, Outlook, outlook};
use zshield_plan::journal::Journal;
use zshield_plan::plan::Binding;
use zshield_plan::policy::Policy;
use zshield_plan::size::Bytes;
use zshield_plan::world::{ImageFacts, Medium, World};

/// A slot whose manifest is signed, or accepted unsigned, with the policy that it holds.
pub(crate) struct Installer {
    slot: PathBuf,
    medium: Medium,
    manifest: Manifest,
    policy: Policy,
    policy_text: String,
}

impl Installer {
    /// Opens the slot in a folder of the partition with this id.
    pub(crate) fn open(
        slot: &Path,
        partition: Option<Uuid>,
        keys: &Path,
        requirement: Requirement,
    ) -> Result<Self> {
        let keys = TrustedKeys::in_folder(keys)?;
        let manifest = signature::open(slot, &keys, requirement)?;
        let policy = manifest.header().artifact(Artifact::Policy).copied();
        let record = policy.with_context(say::install::no_policy)?;
        slot::check_artifact(slot, &record, &|_| {})?;
        let file = slot.join(Artifact::Policy.file_name());
        let policy_text =
            std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let policy = Policy::parse(&policy_text, &file)?;
        let name = slot.file_name().and_then(|name| name.to_str());
        let folder = if name == Some(Slot::B.folder()) { Slot::B } else { Slot::A };
        let medium = Medium { partition, slot: folder };
        Ok(Self { slot: slot.to_owned(), medium, manifest, policy, policy_text })
    }

    /// The policy.
    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Who signed the image.
    pub(crate) fn signature(&self) -> &SignatureState {
        self.manifest.signature()
    }

    /// The machine as it is now, and what can be done on it.
    pub(crate) fn look(&self) -> Result<(World, Outlook)> {
        let world = self.world()?;
        let ids = random_ids()?;
        let outlook = outlook(&self.inputs(&world), &ids);
        Ok((world, outlook))
    }

    /// The machine as it is now.
    pub(crate) fn world(&self) -> Result<World> {
        Ok(observe::world(self.facts(), self.medium.clone())?)
    }

    /// What plans are made from.
    pub(crate) fn inputs<'a>(&'a self, world: &'a World) -> Inputs<'a> {
        let now = jiff::Timestamp::now().as_second();
        Inputs { policy: &self.policy, policy_text: &self.policy_text, world, now }
    }

    /// The image, for an operation's steps.
    pub(crate) fn image(&self) -> Image<'_> {
        Image { slot: self.slot.clone(), manifest: &self.manifest }
    }

    fn facts(&self) -> ImageFacts {
        let header = self.manifest.header();
        ImageFacts {
            digest: self.manifest.digest().to_string(),
            version: header.version.clone(),
            slot_bytes: header.artifacts.iter().map(|record| Bytes(record.size)).sum(),
            payload_bytes: Bytes(header.bytes),
            payload_entries: header.entries,
            kernel: header.kernel.clone(),
            initrd: header.initrd.clone(),
        }
    }

    /// Does what the journal says is still to be done.
    pub(crate) fn install(
        &self,
        world: &World,
        journal: Journal,
        binding: Binding,
        log: Option<PathBuf>,
        observer: &dyn Observer,
    ) -> Result<Record> {
        let signer = match self.manifest.signature() {
            SignatureState::Signed { key_id, .. } => Some(key_id.to_string()),
            SignatureState::Unsigned => None,
        };
        let record = Record::new(&journal.plan, world, &self.policy.product.name, signer);
        let mut workplace = Workplace {
            binding,
            image: Some(self.image()),
            record: Some(record),
            log,
            stick: stick_for_records(world),
        };
        execute::execute(journal, &mut workplace, observer)?;
        workplace.record.with_context(say::install::no_policy)
    }
}

/// The partition of the medium that takes records, where it has one.
fn stick_for_records(world: &World) -> Option<PathBuf> {
    let disk = world.disks.iter().find(|disk| disk.holds(&world.medium))?;
    let label = |label: &Option<String>| label.as_deref() == Some("zs-log");
    let found = disk.partitions.iter().find(|partition| label(&partition.label))?;
    Some(disk.name.partition(found.number).into())
}

/// Fresh ids for a plan.
pub(crate) fn random_ids() -> Result<Ids> {
    let mut failure = None;
    let ids = Ids::new(|| {
        let mut bytes = [0; 16];
        if let Err(error) = getrandom(&mut bytes[..], GetRandomFlags::empty()) {
            failure = Some(error);
        }
        Uuid::random(bytes)
    });
    failure.map_or(Ok(ids), |error| Err(error).with_context(say::install::no_randomness))
}
