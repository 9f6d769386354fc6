//! An installation from its slot to its record; the command and the rescue system share it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, anyhow};
use rustix::rand::{GetRandomFlags, getrandom};
use zshield_bundle::keyring::Keyring;
use zshield_golden::manifest::Manifest;
use zshield_golden::manifest::SignatureState;
use zshield_golden::signature::{self, Requirement, TrustedKeys};
use zshield_golden::slot::{self, Artifact};
use zshield_host::context::{ExecContext, Image};
use zshield_host::execute;
use zshield_host::keys;
use zshield_host::metadata;
use zshield_host::observe;
use zshield_host::record::Record;
use zshield_messages::say;
use zshield_plan::id::{GenerationId, Slot, Uuid};
use zshield_plan::install::{Assessment, Ids, Inputs, PublicKey, Refusal, assess, unseen_physical};
use zshield_plan::journal::Journal;
use zshield_plan::model::Binding;
use zshield_plan::plan::Plan;
use zshield_plan::policy::Policy;
use zshield_plan::role::Role;
use zshield_plan::upgrade::keys::Statements;
use zshield_plan::world::{ImageFacts, Medium, World};
use zshield_units::{Bytes, UnixTime};

use crate::active_volumes::ActiveVolumes;
use crate::progress::{Progress, Steps};
use crate::text::joined;

/// A slot whose manifest is signed, or accepted unsigned, with the policy that it holds.
pub struct Installer {
    slot: PathBuf,
    medium: Medium,
    manifest: Manifest,
    policy: Policy,
    policy_text: String,
    keys: Vec<PublicKey>,
    rolled_back: AtomicBool,
    active: ActiveVolumes,
}

static NOTHING: Statements = Statements::NONE;

/// What becomes of LVM's metadata where a power cut tore its last change on both disks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TornMetadata {
    /// It stays: nothing at all is written.
    Left,
    /// It is set back to what it was before that change.
    RolledBack,
}

/// The policy in a slot, as its manifest has it, and its text.
pub fn policy_of(slot: &Path, manifest: &Manifest) -> Result<(Policy, String)> {
    let policy = manifest.header().artifact(Artifact::Policy).copied();
    let record = policy.with_context(say::install::no_policy)?;
    let file = slot.join(Artifact::Policy.file_name());
    let text = String::from_utf8(slot::read_artifact(slot, &record)?)
        .with_context(|| file.display().to_string())?;
    let policy = Policy::parse(&text, &file)?;
    Ok((policy, text))
}

impl Installer {
    /// Opens the slot of a medium that is mounted.
    pub fn mounted(slot: &Path, keys: &Path, requirement: Requirement) -> Result<Self> {
        Self::open(slot, observe::partition_of(slot)?, keys, requirement)
    }

    /// Opens the slot in a directory of the partition with this id.
    pub fn open(
        slot: &Path,
        partition: Option<Uuid>,
        keys: &Path,
        requirement: Requirement,
    ) -> Result<Self> {
        let trusted = TrustedKeys::in_directory(keys)?;
        let manifest = signature::open(slot, &trusted, requirement)?;
        Self::of(slot, partition, keys, manifest)
    }

    /// Opens the slot whose manifest this is.
    pub fn of(
        slot: &Path,
        partition: Option<Uuid>,
        keys: &Path,
        manifest: Manifest,
    ) -> Result<Self> {
        let (policy, policy_text) = policy_of(slot, &manifest)?;
        let name = slot.file_name().and_then(|name| name.to_str());
        let directory = if name == Some(Slot::B.directory()) { Slot::B } else { Slot::A };
        let medium = Medium { partition, slot: directory };
        let keys = key_files(keys)?;
        Ok(Self {
            slot: slot.to_owned(),
            medium,
            manifest,
            policy,
            policy_text,
            keys,
            rolled_back: AtomicBool::new(false),
            active: ActiveVolumes::default(),
        })
    }

    /// The policy.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Who signed the image.
    pub fn signature(&self) -> &SignatureState {
        self.manifest.signature()
    }

    /// The version of the image.
    pub fn version(&self) -> String {
        self.manifest.header().version.clone()
    }

    /// The digest of the manifest, which names the image.
    pub fn digest(&self) -> String {
        self.manifest.digest().to_string()
    }

    /// The machine as it is now, and what can be done on it. Torn metadata that was set back is noted.
    pub fn look(&self, torn: TornMetadata) -> Result<(World, Assessment)> {
        let mut world = self.world()?;
        if torn == TornMetadata::RolledBack && self.undo_torn(&world)? {
            self.rolled_back.store(true, Ordering::Relaxed);
            observe::reread_groups(&mut world)?;
        }
        let ids = random_ids()?;
        let assessment = assess(&self.inputs(&world), &ids);
        let said = match &assessment {
            Assessment::AppliancePresent { binding, .. } => said_to(binding),
            Assessment::Ready { .. } | Assessment::Resume { .. } | Assessment::Refused(_) => None,
        };
        let Some(said) = said else { return Ok((world, assessment)) };
        let assessment = match self.revoked(&said)? {
            Some(key) => Assessment::Refused(Refusal::RevokedKey(key)),
            None => assess(&Inputs { said: &said, ..self.inputs(&world) }, &ids),
        };
        Ok((world, assessment))
    }

    /// The plan that makes the system anew around the data of an appliance, after which a generation of its vault comes
    /// back by itself.
    pub fn rebuild_bringing_back(
        &self,
        world: &World,
        binding: &Binding,
        generation: GenerationId,
    ) -> Result<Plan> {
        let said = said_to(binding).unwrap_or(Statements::NONE);
        let inputs = Inputs { said: &said, brings_back: Some(generation), ..self.inputs(world) };
        match assess(&inputs, &random_ids()?) {
            Assessment::AppliancePresent { rebuild, .. } => Ok(*rebuild?.plan),
            Assessment::Ready { .. } | Assessment::Resume { .. } | Assessment::Refused(_) => {
                Err(anyhow!(say::install::disks_changed()))
            }
        }
    }

    /// The key that signed the image, where the appliance that is here has heard that it was revoked.
    fn revoked(&self, said: &Statements) -> Result<Option<String>> {
        let delivered = Keyring::of(self.keys.iter().map(|key| key.text.as_str()))?;
        let ring = keys::heard(delivered, said);
        Ok(match self.signature() {
            SignatureState::Signed { key_id, .. } if ring.is_revoked(*key_id) => {
                Some(key_id.to_string())
            }
            SignatureState::Signed { .. } | SignatureState::Unsigned => None,
        })
    }

    /// Undoes a change of the appliance's group that a power cut tore on all its disks, for LVM sees no
    /// group then and nobody could keep its data; whether there was one.
    fn undo_torn(&self, world: &World) -> Result<bool> {
        let physical = unseen_physical(&self.policy, world).into_iter().map(PathBuf::from);
        let group = self.policy.storage.group.as_str();
        let undone = metadata::undo_torn(group, &physical.collect::<Vec<_>>())?;
        if undone.is_some() {
            tracing::warn!("{}", say::early::undone());
        }
        Ok(undone.is_some())
    }

    /// Whether LVM's metadata was set back here: one thing was changed before anything was agreed to.
    pub fn has_rolled_back(&self) -> bool {
        self.rolled_back.load(Ordering::Relaxed)
    }

    /// A sentence that nothing was changed, with the one thing that was.
    pub fn but_for_the_tear(&self, text: String) -> String {
        if self.has_rolled_back() { joined(text, say::install::rolled_back()) } else { text }
    }

    /// The machine as it is now, with nothing in use by an earlier look.
    pub fn world(&self) -> Result<World> {
        self.active.settle()?;
        Ok(observe::world(facts(&self.manifest), self.medium.clone())?)
    }

    /// The volumes of this appliance are about to be made active, to be looked into.
    pub(crate) fn activates(&self, binding: Binding) {
        self.active.are_of(binding);
    }

    /// What plans are made from.
    pub fn inputs<'a>(&'a self, world: &'a World) -> Inputs<'a> {
        let now = UnixTime::from(jiff::Timestamp::now());
        let (keys, said) = (&self.keys, &NOTHING);
        Inputs {
            policy: &self.policy,
            policy_text: &self.policy_text,
            keys,
            said,
            world,
            now,
            brings_back: None,
        }
    }

    /// The image, for an operation's steps.
    pub fn image(&self) -> Image<'_> {
        Image { slot: self.slot.clone(), manifest: &self.manifest }
    }

    /// Does what the journal says is still to be done.
    pub fn install(
        &self,
        world: &World,
        journal: Journal,
        binding: Binding,
        log: Option<PathBuf>,
        progress: &dyn Progress,
    ) -> Result<Record> {
        let signer = match self.manifest.signature() {
            SignatureState::Signed { key_id, .. } => Some(key_id.to_string()),
            SignatureState::Unsigned => None,
        };
        let record = Record::new(&journal.plan, world, &self.policy.product.name, signer);
        let mut context = ExecContext::of(binding);
        context.image = Some(self.image());
        context.record = Some(record);
        context.log = log;
        context.stick = stick_for_records(world);
        execute::execute(journal, &mut context, &Steps::of(progress))?;
        context.record.with_context(say::install::no_policy)
    }
}

/// What counts of the image of this manifest.
pub(crate) fn facts(manifest: &Manifest) -> ImageFacts {
    let header = manifest.header();
    ImageFacts {
        digest: manifest.digest().to_string(),
        version: header.version.clone(),
        slot_bytes: header.artifacts.iter().map(|record| Bytes(record.size)).sum(),
        payload_bytes: Bytes(header.bytes),
        payload_entries: header.entries,
        kernel: header.kernel.clone(),
        initrd: header.initrd.clone(),
    }
}

/// What was said of keys to the appliance on these disks; nothing where there is nothing, or where it can't be read: whether
/// that is taken is asked for with the floor, which lies beside it.
fn said_to(binding: &Binding) -> Option<Statements> {
    let said = keys::of_ssd(binding.disks.of(Role::Ssd));
    let said = said.inspect_err(|why| tracing::warn!("{why}: {}", why.source)).ok()?;
    Some(said).filter(|said| !said.is_empty())
}

/// The files of public keys in a directory, in the order of their names.
fn key_files(directory: &Path) -> Result<Vec<PublicKey>> {
    let mut keys = Vec::new();
    // An unsigned image may have come without any.
    for entry in std::fs::read_dir(directory).into_iter().flatten() {
        let path = entry?.path();
        let is_key = path.extension().is_some_and(|extension| extension == "pub");
        let name = path.file_name().and_then(|name| name.to_str());
        if let Some(name) = name.filter(|_| is_key) {
            let text =
                std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            keys.push(PublicKey { name: name.to_owned(), text });
        }
    }
    keys.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(keys)
}

/// The partition of the medium that takes records, where it has one.
fn stick_for_records(world: &World) -> Option<PathBuf> {
    let disk = world.disks.iter().find(|disk| disk.holds(&world.medium))?;
    let label = |label: &Option<String>| label.as_deref() == Some("zs-log");
    let found = disk.partitions.iter().find(|partition| label(&partition.label))?;
    Some(disk.name.partition(found.number).into())
}

/// Fresh ids for a plan.
pub fn random_ids() -> Result<Ids> {
    let mut failure = None;
    let ids = Ids::new(|| {
        random_id().unwrap_or_else(|error| {
            failure = Some(error);
            Uuid::random([0; 16])
        })
    });
    failure.map_or(Ok(ids), Err)
}

/// A fresh id.
pub fn random_id() -> Result<Uuid> {
    let mut bytes = [0; 16];
    getrandom(&mut bytes[..], GetRandomFlags::empty()).with_context(say::install::no_randomness)?;
    Ok(Uuid::random(bytes))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use zshield_plan::world::Partition;

    use super::*;
    use crate::fixture::{POLICY, slot, world};

    fn open(slot: &Path, keys: &Path) -> Result<Installer> {
        Installer::open(slot, None, keys, Requirement::UnsignedAccepted)
    }

    #[test]
    fn an_image_that_nobody_signed_is_opened_only_where_that_is_accepted() {
        let slot = slot(POLICY);
        let keys = tempfile::tempdir().unwrap();
        assert!(Installer::open(slot.path(), None, keys.path(), Requirement::Signed).is_err());
        let installer = open(slot.path(), keys.path()).unwrap();
        assert_eq!(installer.policy().product.name, "Gateway");
        assert_eq!(*installer.signature(), SignatureState::Unsigned);
    }

    #[test]
    fn a_policy_that_is_not_the_one_of_the_manifest_is_refused() {
        let slot = slot(POLICY);
        let policy = slot.path().join(Artifact::Policy.file_name());
        fs::write(&policy, POLICY.replace("Gateway", "Another")).unwrap();
        assert!(open(slot.path(), slot.path()).is_err());
        fs::remove_file(&policy).unwrap();
        assert!(open(slot.path(), slot.path()).is_err());
    }

    #[test]
    fn a_mistake_in_the_policy_of_an_image_is_refused() {
        let slot = slot(&format!("{POLICY}[no-such-table]\n"));
        let error = open(slot.path(), slot.path()).err().unwrap();
        assert!(error.to_string().contains("no-such-table"), "{error}");
    }

    #[test]
    fn keys_are_taken_by_their_names_and_nothing_else_is() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["b.pub", "a.pub", "notes.txt"] {
            fs::write(directory.path().join(name), name).unwrap();
        }
        let keys = key_files(directory.path()).unwrap();
        let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
        assert_eq!(names, ["a.pub", "b.pub"]);
        assert!(key_files(&directory.path().join("none")).unwrap().is_empty());
    }

    #[test]
    fn records_go_to_the_medium_and_to_no_other_disk() {
        let mut world = world();
        let partition = |number, id, label: &str| Partition {
            number,
            size: Bytes::gib(1),
            id: Some(Uuid::random([id; 16])),
            label: Some(label.to_owned()),
            content: None,
        };
        world.disks[0].partitions = vec![partition(1, 7, "zs-slot"), partition(3, 8, "zs-log")];
        assert_eq!(stick_for_records(&world), None);
        world.medium.partition = Some(Uuid::random([7; 16]));
        let place = stick_for_records(&world).unwrap();
        assert_eq!(place, Path::new(&world.disks[0].name.partition(3)));
    }
}
