//! What an operation works with, and who is told how it goes on.

use std::path::{Path, PathBuf};

use std::sync::{Mutex, PoisonError};

use zshield_bundle::new_slot::NewSlot;
use zshield_formats::cow::Copied;
use zshield_golden::manifest::Manifest;
use zshield_golden::{EntryPath, PathError};
use zshield_live::Made;
use zshield_messages::Said;
use zshield_plan::model::Binding;
use zshield_plan::step::Step;

use crate::factory_view::FactoryView;
use crate::generation::GenerationMount;
use crate::record::Record;
use crate::step_error::StepError;
use crate::upgrade::{Program, Ready, Watch};

/// Told how an operation goes on.
pub trait Observer: Sync {
    /// A step begins; `number` counts from 1.
    fn begin(&self, number: usize, total: usize, step: &Step);
    /// So much of the step that runs is done.
    fn advance(&self, done: u64, total: u64);
    /// The step is done.
    fn end(&self, number: usize, total: usize, step: &Step);
    /// Something went wrong that keeps nothing from going on, and that a person has to hear of.
    fn warn(&self, text: &Said);
}

/// The image that an operation takes a system from.
#[derive(Clone)]
pub struct Image<'a> {
    /// Its slot: a directory that is mounted.
    pub slot: PathBuf,
    /// Its manifest, the signature dealt with.
    pub manifest: &'a Manifest,
}

/// What an operation works with.
pub struct ExecContext<'a> {
    /// Where the plan's disks are now.
    pub binding: Binding,
    /// The image; a backup has none, and no step that asks for it.
    pub image: Option<Image<'a>>,
    /// The upgrade; no other operation has one.
    pub upgrade: Option<&'a Ready<'a>>,
    /// The slot that a bundle leads to, for the step that puts it together.
    pub new_slot: Option<&'a dyn NewSlot>,
    /// What becomes of an installation's record: filled as it goes on.
    pub record: Option<Record>,
    /// The log so far, for the record.
    pub log: Option<PathBuf>,
    /// The partition on the stick that takes records, where there is one.
    pub stick: Option<PathBuf>,
    /// What the repair of a system has made, for its proof.
    repaired: Mutex<Repaired>,
    /// What a copy-back has left, for its proof.
    copied: Mutex<Option<Copied>>,
    /// The factory store over the latest backup, while it is looked into.
    view: Mutex<Option<FactoryView>>,
    /// A generation of the vault, likewise.
    generation: Mutex<Option<GenerationMount>>,
}

/// A system that was put right while it may run.
#[derive(Debug, Default)]
pub(crate) struct Repaired {
    /// What was made; nothing where this run has repaired nothing.
    pub made: Option<Made>,
    /// What was left as it is: somebody writes to it, or it is damaged where it would come from.
    pub left: Vec<EntryPath>,
}

impl<'a> ExecContext<'a> {
    /// What an operation on these disks works with, that has nothing else.
    pub fn of(binding: Binding) -> Self {
        Self {
            binding,
            image: None,
            upgrade: None,
            new_slot: None,
            record: None,
            log: None,
            stick: None,
            repaired: Mutex::default(),
            copied: Mutex::default(),
            view: Mutex::default(),
            generation: Mutex::default(),
        }
    }

    /// Keeps what a repair has made.
    pub(crate) fn keep(&self, repaired: Repaired) {
        *self.repaired.lock().unwrap_or_else(PoisonError::into_inner) = repaired;
    }

    /// What the repair of this run has made.
    pub(crate) fn repaired(&self) -> Repaired {
        std::mem::take(&mut *self.repaired.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps what a copy-back has left.
    pub(crate) fn keep_copied(&self, copied: Copied) {
        *self.copied.lock().unwrap_or_else(PoisonError::into_inner) = Some(copied);
    }

    /// What the copy-back of this run has left; nothing where it has made none.
    pub(crate) fn copied(&self) -> Option<Copied> {
        self.copied.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps the device of the factory store for the steps that look into it.
    pub(crate) fn keep_view(&self, view: FactoryView) {
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = Some(view);
    }

    /// The device of the factory store, where this run has made or found it.
    pub(crate) fn view(&self) -> Option<FactoryView> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps a generation for the steps that read it.
    pub(crate) fn keep_generation(&self, generation: GenerationMount) {
        *self.generation.lock().unwrap_or_else(PoisonError::into_inner) = Some(generation);
    }

    /// Unmounts the generation, where this run has mounted one.
    pub(crate) fn close_generation(&self) {
        drop(self.generation.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// What of the generation that is mounted here is known to be damaged; of anything else nothing is.
    pub(crate) fn damaged(&self, at: &Path) -> Result<Vec<EntryPath>, PathError> {
        let generation = self.generation.lock().unwrap_or_else(PoisonError::into_inner);
        let here = generation.as_ref().filter(|generation| generation.root() == at);
        here.map_or(Ok(Vec::new()), GenerationMount::damaged)
    }

    /// The new slot, likewise.
    pub(crate) fn new_slot(&self) -> Result<&dyn NewSlot, StepError> {
        self.new_slot.ok_or(StepError::NoImage)
    }

    /// The image, for a step that can't do without.
    pub(crate) fn image(&self) -> Result<&Image<'a>, StepError> {
        self.image.as_ref().ok_or(StepError::NoImage)
    }

    /// The upgrade, for a step that can't do without.
    pub(crate) fn upgrade(&self) -> Result<&'a Ready<'a>, StepError> {
        self.upgrade.ok_or(StepError::NoImage)
    }

    /// Its packages, and who looks at what they change, likewise.
    pub(crate) fn packages(&self) -> Result<&'a (Vec<Program>, &'a dyn Watch), StepError> {
        self.upgrade()?.packages.as_ref().ok_or(StepError::NoImage)
    }
}
