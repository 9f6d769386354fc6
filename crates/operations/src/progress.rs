//! How an operation tells its caller where it stands: one way for all of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use zshield_check::depth::Depth;
use zshield_host::context::Observer;
use zshield_image::{progress as image, verify, write};
use zshield_messages::{Said, say};
use zshield_plan::step::Step;

/// A part of an operation, of which one runs at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The check of the system's files.
    Check(Depth),
    /// A part of an image's build.
    Build(image::Phase),
    /// A part of the verification of an image.
    Verify(verify::Stage),
    /// A part of the writing of an image.
    Write(write::Stage),
    /// A part of work on a bundle.
    Bundle(BundleStage),
    /// A backup is fetched from a place off the machine.
    Fetch,
}

impl Part<'_> {
    /// Its title for a person, in the current language.
    pub fn title(&self) -> String {
        match self {
            Self::Step { step, .. } => step.title(),
            Self::Check(Depth::Quick) => say::check::part_quick(),
            Self::Check(Depth::Deep) => say::check::part_deep(),
            Self::Build(phase) => phase.to_string(),
            Self::Verify(verify::Stage::Read) => say::image::stage_read(),
            Self::Verify(verify::Stage::Artifacts) => say::image::stage_artifacts(),
            Self::Verify(verify::Stage::Verity) => say::image::stage_verity(),
            Self::Verify(verify::Stage::Contents) => say::image::stage_contents(),
            Self::Write(write::Stage::Write) => say::image::stage_write(),
            Self::Write(write::Stage::Compare) => say::image::stage_compare(),
            Self::Bundle(stage) => stage.title(),
            Self::Fetch => say::vault::part_fetch(),
        }
    }
}

/// A part of work on a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleStage {
    /// The slot of an image is read off it.
    Read,
    /// The files of a slot are hashed.
    Check,
    /// Contents are packed.
    Pack,
    /// The bundle is held against its digests.
    Verify,
}

impl BundleStage {
    fn title(self) -> String {
        match self {
            Self::Read => say::bundle::stage_read(),
            Self::Check => say::bundle::stage_check(),
            Self::Pack => say::bundle::stage_pack(),
            Self::Verify => say::bundle::stage_verify(),
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
    /// Something went wrong that keeps nothing from going on. Where a person has to hear of it, the
    /// outcome tells it too.
    fn warn(&self, text: &str);
    /// Somebody wants it to end, and it goes on: he is told why, at once.
    fn tell(&self, text: &str) {
        self.warn(text);
    }
}

/// The steps of a plan, told to the caller; warnings are kept for the outcome too.
pub(crate) struct Steps<'a> {
    progress: &'a dyn Progress,
    warnings: Mutex<Vec<Said>>,
}

impl<'a> Steps<'a> {
    /// Those of one run.
    pub(crate) const fn of(progress: &'a dyn Progress) -> Self {
        Self { progress, warnings: Mutex::new(Vec::new()) }
    }

    /// What went wrong beside an operation that was done, one by one.
    pub(crate) fn warnings(self) -> Vec<Said> {
        self.warnings.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Steps<'_> {
    fn begin(&self, number: usize, total: usize, step: &Step) {
        self.progress.begin(&Part::Step { number, total, step });
    }

    fn advance(&self, done: u64, total: u64) {
        self.progress.advance(done, Some(total));
    }

    fn end(&self, number: usize, total: usize, step: &Step) {
        self.progress.end(&Part::Step { number, total, step });
    }

    fn warn(&self, text: &Said) {
        self.progress.warn(&text.to_string());
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(text.clone());
    }
}

/// The parts of work on an image, told to the caller.
pub(crate) struct Parts<'a> {
    progress: &'a dyn Progress,
    now: Mutex<Option<Part<'static>>>,
    done: AtomicU64,
}

impl<'a> Parts<'a> {
    pub(crate) const fn of(progress: &'a dyn Progress) -> Self {
        Self { progress, now: Mutex::new(None), done: AtomicU64::new(0) }
    }

    /// So many bytes more of this part are done; it begins, unless it is the one that runs.
    pub(crate) fn go_on(&self, part: &Part<'static>, bytes: u64) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.as_ref() != Some(part) {
            *now = Some(part.clone());
            self.done.store(0, Ordering::Relaxed);
            self.progress.begin(part);
        }
        drop(now);
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.progress.advance(done, None);
    }
}

impl image::Progress for Parts<'_> {
    fn begin(&self, phase: image::Phase) {
        self.go_on(&Part::Build(phase), 0);
    }

    fn advance(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.progress.advance(done, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Told(Mutex<Vec<String>>);

    impl Progress for Told {
        fn begin(&self, part: &Part<'_>) {
            self.0.lock().unwrap().push(part.title());
        }
        fn advance(&self, done: u64, total: Option<u64>) {
            self.0.lock().unwrap().push(format!("{done} of {total:?}"));
        }
        fn end(&self, _: &Part<'_>) {}
        fn warn(&self, text: &str) {
            self.0.lock().unwrap().push(text.to_owned());
        }
    }

    #[test]
    fn bytes_are_counted_anew_for_each_part() {
        let told = Told::default();
        let parts = Parts::of(&told);
        for (stage, bytes) in
            [(write::Stage::Write, 3), (write::Stage::Write, 4), (write::Stage::Compare, 5)]
        {
            parts.go_on(&Part::Write(stage), bytes);
        }
        let (write, compare) = (say::image::stage_write(), say::image::stage_compare());
        let expected = [&write, "3 of None", "7 of None", &compare, "5 of None"];
        assert_eq!(*told.0.lock().unwrap(), expected);
    }

    #[test]
    fn a_warning_is_told_at_once_and_kept_for_the_outcome() {
        let told = Told::default();
        let steps = Steps::of(&told);
        steps.warn(&"x.service".into());
        assert_eq!(steps.warnings(), ["x.service".into()]);
        assert_eq!(*told.0.lock().unwrap(), ["x.service"]);
    }
}
