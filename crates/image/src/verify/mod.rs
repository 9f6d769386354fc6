//! Verifies an image, or a stick that it was written to: everything, down to each file's content.
//!
//! What is independent is checked even where something else is wrong, so that one run tells all.

mod keys;
mod medium;
mod open_slot;
mod problem;

use std::fmt;
use std::fs::{self, File};
use std::path::Path;

use zshield_golden::manifest::{Header, Listing, Manifest, SignatureState};
use zshield_golden::signature::{self, Requirement, TrustedKeys};
use zshield_golden::slot::{self, Artifact};
use zshield_golden::verity;
use zshield_messages::say;
use zshield_plan::grub;
use zshield_plan::policy::Policy;

use crate::scratch::Directory;
use crate::stick;
use medium::{Medium, PARTITIONS};
pub use open_slot::{OpenSlot, OpenSlotError};
pub use problem::{Problem, VerifyError};

/// Where the slot is on a stick.
const SLOT: &str = "/a";
/// GRUB's directory and what may be in it. Its environment may hold anything: it decides nothing.
const MENU: &str = "grub.cfg";
const ENVIRONMENT: &str = "grubenv";

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The slot is read off the medium.
    Read,
    /// Its files are hashed.
    Artifacts,
    /// The squashfs is held against its hash tree.
    Verity,
    /// The files in the squashfs are held against the manifest.
    Contents,
}

/// Told the stage and the bytes dealt with since the last time; from any thread.
pub type Progress<'a> = &'a (dyn Fn(Stage, u64) + Sync);

/// Who answers for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// A key that the caller trusts.
    GivenKey(SignatureState),
    /// A key in the image itself: whoever made the image put it there.
    OwnKey(SignatureState),
    /// Nobody.
    Unsigned,
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::GivenKey(SignatureState::Signed { key_id, .. }) => {
                say::medium::trust_given_key(key_id.to_string())
            }
            Self::OwnKey(SignatureState::Signed { key_id, .. }) => {
                say::medium::trust_own_key(key_id.to_string())
            }
            Self::GivenKey(SignatureState::Unsigned)
            | Self::OwnKey(SignatureState::Unsigned)
            | Self::Unsigned => say::medium::trust_none(),
        })
    }
}

/// What a verification found.
#[derive(Debug)]
pub struct Verification {
    /// What the image says it is, as far as it could be read.
    pub header: Option<Header>,
    /// Who answers for it; `None` if the signature is wrong.
    pub trust: Option<Trust>,
    /// All that is wrong. The image is good if there is nothing.
    pub problems: Vec<Problem>,
}

/// Verifies the image or stick at `path`. With `keys`, only they count, and an image without a
/// signature is refused; without, the keys in the image are tried, which proves that it is whole
/// but not who made it.
pub fn verify(
    path: &Path,
    keys: Option<&TrustedKeys>,
    progress: Progress<'_>,
) -> Result<Verification, VerifyError> {
    let file =
        File::open(path).map_err(|source| VerifyError::Open { path: path.to_owned(), source })?;
    let scratch = Directory::new().map_err(VerifyError::Scratch)?;
    let mut check = Check {
        slot: scratch.path(),
        progress,
        found: Verification { header: None, trust: None, problems: Vec::new() },
    };
    if let Err(problem) = check.everything(file, keys) {
        check.found.problems.push(problem);
    }
    Ok(check.found)
}

struct Check<'a> {
    /// Where the slot is read to.
    slot: &'a Path,
    progress: Progress<'a>,
    found: Verification,
}

impl Check<'_> {
    /// An error here is one that leaves nothing more to be checked.
    fn everything(&mut self, file: File, keys: Option<&TrustedKeys>) -> Result<(), Problem> {
        let mut medium = Medium::open(file)?;
        self.note(medium.second_table());
        for (number, name) in (1..).zip(PARTITIONS) {
            self.note(medium.is_named(number, name));
        }
        let stick = medium.filesystem()?;
        let extra = medium::read_slot(&stick, SLOT, self.slot, &|bytes| {
            (self.progress)(Stage::Read, bytes);
        })?;
        self.found.problems.extend(extra);
        self.note(self.boot_files(&medium));
        self.note(self.menu(&medium, &stick));
        let manifest = self.manifest(keys)?;
        self.slot_files(&manifest);
        Ok(())
    }

    fn note(&mut self, checked: Result<(), Problem>) {
        self.found.problems.extend(checked.err());
    }

    /// Whether what firmware starts from is what the slot holds.
    fn boot_files(&self, medium: &Medium) -> Result<(), Problem> {
        let artifact = |artifact: Artifact| {
            let path = self.slot.join(artifact.file_name());
            fs::read(&path).map_err(|source| Problem::File { path, source })
        };
        let boot = artifact(Artifact::BootSector)?;
        let boot = boot.get(..crate::media::BOOT_CODE).unwrap_or(&boot);
        if !medium.holds(boot, 0)? {
            return Err(Problem::BootSector);
        }
        if !medium.holds(&artifact(Artifact::Core)?, medium.start_of(1)?)? {
            return Err(Problem::Core);
        }
        if !medium.holds(&artifact(Artifact::Esp)?, medium.start_of(2)?)? {
            return Err(Problem::Esp);
        }
        Ok(())
    }

    /// The menu decides which kernel starts and with which parameters, and no signature covers
    /// it: it must be the one that the signed policy gives.
    fn menu(&self, medium: &Medium, stick: &ext4_view::Ext4) -> Result<(), Problem> {
        let menu = stick::menu(&self.policy()?, &medium.guid_of(3)?.to_string());
        let directory = format!("/{}", grub::DIRECTORY);
        let font = Artifact::Font.file_name();
        medium::only_has(stick, "/", &[grub::DIRECTORY, &SLOT[1..], "lost+found"])?;
        medium::only_has(stick, &directory, &[MENU, ENVIRONMENT, font])?;
        let font_path = self.slot.join(font);
        let font_text =
            fs::read(&font_path).map_err(|source| Problem::File { path: font_path, source })?;
        for (name, wanted) in [(MENU, menu.as_bytes()), (font, &font_text)] {
            let path = format!("{directory}/{name}");
            if medium::read_file(stick, &path)? != wanted {
                return Err(Problem::Menu { path });
            }
        }
        Ok(())
    }

    fn policy(&self) -> Result<Policy, Problem> {
        let path = self.slot.join(Artifact::Policy.file_name());
        let text = fs::read_to_string(&path)
            .map_err(|source| Problem::File { path: path.clone(), source })?;
        Policy::parse(&text, &path).map_err(|source| Problem::Policy(source.into()))
    }

    fn manifest(&mut self, keys: Option<&TrustedKeys>) -> Result<Manifest, Problem> {
        let manifest = if let Some(keys) = keys {
            signature::open(self.slot, keys, Requirement::Signed)?
        } else {
            let own = keys::in_initramfs(&self.slot.join(Artifact::Initramfs.file_name()))?;
            signature::open(self.slot, &own, Requirement::UnsignedAccepted)?
        };
        let state = manifest.signature().clone();
        self.found.trust = Some(match (&state, keys) {
            (SignatureState::Unsigned, _) => Trust::Unsigned,
            (SignatureState::Signed { .. }, Some(_)) => Trust::GivenKey(state),
            (SignatureState::Signed { .. }, None) => Trust::OwnKey(state),
        });
        self.found.header = Some(manifest.header().clone());
        Ok(manifest)
    }

    fn slot_files(&mut self, manifest: &Manifest) {
        let header = manifest.header();
        let progress = self.progress;
        for record in &header.artifacts {
            let checked = slot::check_artifact(self.slot, record, &|bytes| {
                progress(Stage::Artifacts, bytes);
            });
            self.note(checked.map_err(Problem::from));
        }
        let squashfs = self.slot.join(Artifact::Squashfs.file_name());
        let checked =
            verity::verify(&squashfs, &header.verity, &|bytes| progress(Stage::Verity, bytes));
        self.note(checked.map_err(Problem::from));
        // That the policy can't be read has been noted with the menu.
        let Ok(policy) = self.policy() else { return };
        let mounted = crate::slot::mounted(&policy.storage);
        let listed = Listing::from_squashfs(&squashfs, &mounted, &|bytes| {
            progress(Stage::Contents, bytes);
        });
        let checked = listed.map_err(Problem::from).and_then(|listing| {
            match manifest.first_difference(&listing)? {
                Some(path) => Err(Problem::Contents { path }),
                None => Ok(()),
            }
        });
        self.note(checked);
    }
}
