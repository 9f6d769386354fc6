//! The rules of files that are put right one by one.

use super::Reader;
use crate::check::finding::Finding;
use crate::check::mounts::{is_view, volume_of};
use crate::check::touched::is_data;
use crate::model::Device;
use crate::plan::Plan;
use crate::step::{NoteOnly, RepairFiles, Step, VerifyFiles};
use crate::volumes::ROOT;

impl Reader {
    /// Root itself is not mounted.
    pub(super) fn at_rest(&mut self, step: &'static str) {
        let rests = !self.mounts.has_volume(ROOT);
        self.findings.require(rests, || Finding::RootNotAtRest(step));
    }

    pub(super) fn repair(&mut self, step: &RepairFiles, name: &'static str) {
        let RepairFiles { from, to, .. } = step;
        let sound = |device: &&Device| {
            let is_sound = |name| self.snapshots.sound(name, None);
            volume_of(device).map_or(is_view(device) && self.snapshots.factory(), is_sound)
        };
        let of_generation = self.generation.as_ref() == Some(from);
        let one = of_generation || self.mounts.at(from).filter(sound).count() == 1;
        self.findings.require(one, || Finding::RepairedFromElsewhere(from.clone()));
        let lost = self.mounts.at(to).filter_map(volume_of).any(is_data);
        self.findings.require(!lost, || Finding::DataLost(name));
        (self.verified, self.repaired) = (false, Some(step.clone()));
    }

    pub(super) fn verify_repair(&mut self, step: &VerifyFiles) {
        let VerifyFiles { from, to, files } = step;
        let same = |it: &RepairFiles| it.from == *from && it.to == *to && it.files == *files;
        self.verified = self.repaired.as_ref().is_some_and(same);
        self.findings.require(self.verified, || Finding::RepairNotVerified(to.clone()));
    }

    /// What has begun must not become a recovery of more, or of less, than was asked for.
    pub(super) fn note_only(&mut self, step: &NoteOnly) {
        let paths = &step.only.files.only;
        let left_out = self.begun.iter().flatten().any(|path| !paths.contains(path));
        let all = self.begun.as_ref().is_some_and(Vec::is_empty) && !paths.is_empty();
        let same = !self.armed && !left_out && !all;
        self.findings.require(same, || Finding::ScopeChanged(paths.clone()));
    }
}

/// Whether what is gone back to has to be looked through before: a fault that is found later would be found at every start,
/// with root half restored.
pub(super) fn must_be_checked(plan: &Plan) -> bool {
    let has = |is_one: fn(&Step) -> bool| plan.steps.iter().any(is_one);
    let of_generation = has(|step| matches!(step, Step::OpenGeneration(_)));
    let with_boot = has(|step| matches!(step, Step::RestoreBoot(_)));
    has(|step| matches!(step, Step::CopyBack(_))) || of_generation && with_boot
}
