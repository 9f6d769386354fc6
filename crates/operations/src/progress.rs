//! How an operation tells its caller where it stands: one way for all of them.

use std::sync::atomic::{AtomicU64, Ordering};

use zshield_host::context::Observer;
use zshield_image::{progress as image, verify, write};
use zshield_messages::say;
use zshield_plan::step::Step;

use crate::titles;

/// A part of an operation, of which one runs at a time.
#[derive(Clone, Debug)]
pub enum Part<'a> {
    /// A step of a plan.
    Step {
        /// Its number, from 1.
        number: usize,
        /// How many there are.
        total: usize,
        /// The step.
        step: &'a Step,
    },
    /// A part of an image's build.
    Build(image::Phase),
    /// A part of the verification of an image.
    Verify(verify::Stage),
    /// A part of the writing of an image.
    Write(write::Stage),
}

impl Part<'_> {
    /// Its title for a person, in the current language.
    pub fn title(&self) -> String {
        match self {
            Self::Step { step, .. } => titles::title(step),
            Self::Build(phase) => phase.to_string(),
            Self::Verify(verify::Stage::Read) => say::cli::stage_read(),
            Self::Verify(verify::Stage::Artifacts) => say::cli::stage_artifacts(),
            Self::Verify(verify::Stage::Verity) => say::cli::stage_verity(),
            Self::Verify(verify::Stage::Contents) => say::cli::stage_contents(),
            Self::Write(write::Stage::Write) => say::cli::stage_write(),
            Self::Write(write::Stage::Compare) => say::cli::stage_compare(),
        }
    }
}

/// Told how an operation goes on, from any thread.
pub trait Progress: Sync {
    /// A part begins; the one before it is done.
    fn begin(&self, part: &Part<'_>);
    /// So many bytes of the part are done, and of how many where that is known.
    fn advance(&self, done: u64, total: Option<u64>);
    /// The part is done. Only steps say so; another part ends when the next one begins.
    fn end(&self, part: &Part<'_>);
    /// Something went wrong that keeps nothing from going on, and that a person has to hear of.
    fn warn(&self, text: &str);
}

/// The steps of a plan, told to the caller.
pub struct Steps<'a>(pub &'a dyn Progress);

impl Observer for Steps<'_> {
    fn begin(&self, number: usize, total: usize, step: &Step) {
        self.0.begin(&Part::Step { number, total, step });
    }

    fn advance(&self, done: u64, total: u64) {
        self.0.advance(done, Some(total));
    }

    fn end(&self, number: usize, total: usize, step: &Step) {
        self.0.end(&Part::Step { number, total, step });
    }

    fn warn(&self, text: &str) {
        self.0.warn(text);
    }
}

/// The parts of work on an image, told to the caller.
pub struct Parts<'a> {
    progress: &'a dyn Progress,
    done: AtomicU64,
}

impl<'a> Parts<'a> {
    /// Those of work on an image.
    pub const fn of(progress: &'a dyn Progress) -> Self {
        Self { progress, done: AtomicU64::new(0) }
    }

    /// A part begins.
    pub fn begin(&self, part: &Part<'_>) {
        self.done.store(0, Ordering::Relaxed);
        self.progress.begin(part);
    }

    /// So many bytes more of the part are done.
    pub fn advance(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.progress.advance(done, None);
    }
}

impl image::Progress for Parts<'_> {
    fn begin(&self, phase: image::Phase) {
        self.begin(&Part::Build(phase));
    }

    fn advance(&self, bytes: u64) {
        self.advance(bytes);
    }
}
