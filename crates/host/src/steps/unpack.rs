//! The payload, unpacked.

use zshield_golden::squashfs::Squashfs;
use zshield_golden::unpack::{self, Source};
use zshield_plan::model::Device;
use zshield_plan::step::Unpack;

use super::Perform;
use super::counter::Counter;
use super::work::Work;
use crate::step_error::StepError;

impl Perform for Unpack {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let manifest = work.context.image()?.manifest;
        let within = work.within();
        let counter = Counter::new(manifest.header().bytes, work.observer, &within);
        let advance = |bytes| counter.add(bytes);
        // Each block is checked by dm-verity as it is read, and each file by the proof.
        let image = Squashfs::open(work.binding().path(&Device::Golden).as_ref())?;
        unpack::unpack_unproved(Source::Image(&image), self.to.as_ref(), manifest, &advance)?;
        Ok(())
    }
}
