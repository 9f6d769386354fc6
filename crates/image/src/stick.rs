//! The stick: which partitions it has and what is on them.

use std::fs;
use std::path::{Path, PathBuf};

use zshield_golden::Digest;
use zshield_golden::slot::Artifact;
use zshield_messages::Language;
use zshield_plan::grub::{self, Rescue};
use zshield_plan::policy::Policy;
use zshield_units::UnixTime;

use crate::error::{BuildError, at};
use crate::ext4::{self, Item};
use crate::fat;
use crate::identity::Guid;
use crate::media::{self, Kind, Partition, Unfinished};

/// The slot's directory on the stick.
const SLOT: &str = "a";

/// GRUB's menu for a stick whose third partition has the identifier `medium`.
pub(crate) fn menu(policy: &Policy, medium: &str) -> String {
    let rescue = Rescue {
        partition: "$disk,gpt3",
        medium,
        slot: SLOT,
        language: Language::from(policy.product.language),
    };
    grub::stick(&policy.menu, policy.image.install, &rescue)
}

/// A stick to be written.
pub struct Stick<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The directory with the slot's files.
    pub slot: &'a Path,
    /// The manifest's digest, which all identifiers come from.
    pub digest: Digest,
    /// The time of the build, in seconds since 1970.
    pub created: UnixTime,
}

impl Stick<'_> {
    /// Writes the image; its length, and how much of it is not zero.
    pub fn write(&self, scratch: &Path, output: &Path) -> Result<(u64, u64), BuildError> {
        let (ext4, log) = (scratch.join("zs-stick"), scratch.join("zs-log"));
        self.make_ext4(&ext4, scratch)?;
        fat::make_log(&log, self.guid("zs-log serial").serial(), self.created)?;
        let artifact = |artifact: Artifact| self.slot.join(artifact.file_name());
        let part = |kind, name, content, at_least| Partition {
            kind,
            name,
            guid: self.guid(name),
            content,
            at_least,
        };
        let partitions = [
            part(Kind::BiosBoot, "zs-bios", artifact(Artifact::Core), crate::grub::CORE_MAX as u64),
            part(Kind::Esp, "zs-esp", artifact(Artifact::Esp), 0),
            part(Kind::Linux, "zs-stick", ext4, 0),
            part(Kind::BasicData, "zs-log", log, 0),
        ];
        let boot = artifact(Artifact::BootSector);
        let boot = fs::read(&boot).map_err(at(&boot))?;
        let mut image = Unfinished::create(output)?;
        let written = media::assemble(image.file(), output, self.guid("disk"), &boot, &partitions)?;
        image.finish()?;
        Ok(written)
    }

    fn make_ext4(&self, image: &Path, scratch: &Path) -> Result<(), BuildError> {
        let medium = self.guid("zs-stick").to_string();
        let staged = |name: &str, content: &[u8]| {
            let path = scratch.join(name);
            fs::write(&path, content).map_err(at(&path))?;
            Ok::<_, BuildError>(Item { path: format!("/{}/{name}", grub::DIRECTORY), source: path })
        };
        let font = Artifact::Font.file_name();
        let mut items = vec![
            staged("grub.cfg", menu(self.policy, &medium).as_bytes())?,
            staged("grubenv", &zshield_plan::grubenv::empty())?,
            Item { path: format!("/{}/{font}", grub::DIRECTORY), source: self.slot.join(font) },
        ];
        items.extend(self.slot_files()?);
        let identity = ext4::Identity {
            label: "zs-stick",
            uuid: &self.guid("zs-stick filesystem").to_string(),
            created: self.created,
        };
        ext4::make(image, &identity, &items)
    }

    fn slot_files(&self) -> Result<Vec<Item>, BuildError> {
        let mut sources: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(self.slot).map_err(at(self.slot))? {
            sources.push(entry.map_err(at(self.slot))?.path());
        }
        sources.sort();
        let item = |source: PathBuf| {
            let name = source.file_name()?.to_str()?;
            Some(Item { path: format!("/{SLOT}/{name}"), source })
        };
        Ok(sources.into_iter().filter_map(item).collect())
    }

    fn guid(&self, purpose: &str) -> Guid {
        Guid::derived(self.digest.to_string().as_bytes(), purpose)
    }
}
