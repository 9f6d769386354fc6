//! Stopped after any step, gone on with, stopped again: it ends installed.

use proptest::prelude::*;

use super::{ready, world};
use crate::journal::{Journal, JournalState};
use crate::model::Device;
use crate::plan::Plan;
use crate::step::{
    CreateFilesystem, CreatePhysicalVolume, CreateVolume, CreateVolumeGroup, Mount, Persistence,
    Step, Unmount, Unpack,
};

/// A machine reduced to what its steps need of one another.
#[derive(Default)]
struct Machine {
    facts: Vec<String>,
}

impl Machine {
    /// Does a step, or a part of it, and fails where what it needs is not there.
    // One arm for each step.
    #[allow(clippy::too_many_lines)]
    fn run(&mut self, step: &Step, whole: bool) {
        let fact = match step {
            Step::CreatePhysicalVolume(CreatePhysicalVolume { device, .. }) => {
                self.facts.retain(|fact| !fact.starts_with("group") && !fact.starts_with("volume"));
                format!("physical {device:?}")
            }
            Step::CreateVolumeGroup(CreateVolumeGroup { devices, .. }) => {
                assert!(!self.facts.iter().any(|fact| fact.starts_with("group")), "group is there");
                for device in devices {
                    self.needs(&format!("physical {device:?}"));
                }
                "group".to_owned()
            }
            Step::CreateVolume(CreateVolume { volume, .. }) => {
                self.needs("group");
                format!("volume {volume}")
            }
            Step::CreateFilesystem(CreateFilesystem { device, .. }) => {
                if let Device::Volume(_, volume) = device {
                    self.needs(&format!("volume {volume}"));
                }
                format!("clean {device:?}")
            }
            Step::Mount(Mount { device, at, .. }) => {
                if let Device::Volume(_, volume) = device {
                    self.needs(&format!("volume {volume}"));
                }
                if *device == Device::Golden {
                    self.needs("open");
                }
                format!("mount {at}")
            }
            Step::Unmount(Unmount { at }) => {
                self.needs(&format!("mount {at}"));
                self.facts.retain(|fact| *fact != format!("mount {at}"));
                return;
            }
            Step::Unpack(Unpack { to }) => {
                self.needs("open");
                self.needs(&format!("mount {to}"));
                let clean = self
                    .facts
                    .iter()
                    .position(|fact| fact.contains("lv-root\")") && fact.starts_with("clean"));
                self.facts.remove(clean.expect("unpacks onto an empty filesystem"));
                "unpacked".to_owned()
            }
            Step::OpenGolden(_) => "open".to_owned(),
            Step::CloseGolden(_) => {
                self.facts.retain(|fact| fact != "open");
                return;
            }
            Step::CreateSnapshot(_) => {
                self.needs("unpacked");
                "volume snap0".to_owned()
            }
            Step::MakeBootable(_) => {
                self.needs("volume snap0");
                "bootable".to_owned()
            }
            _ => return,
        };
        if whole {
            self.facts.push(fact);
        } else if matches!(step, Step::CreateVolumeGroup(_) | Step::Unpack(_)) {
            // Half of these is worse than nothing: whoever redoes them must clear it away.
            self.facts.push(format!("{fact} in part"));
        }
    }

    fn needs(&self, fact: &str) {
        assert!(self.facts.iter().any(|have| have == fact), "{fact} is missing");
    }

    /// What a boot takes away.
    fn restart(&mut self) {
        self.facts.retain(|fact| !fact.starts_with("mount") && fact != "open");
    }
}

fn converges(plan: &Plan, cuts: &[(usize, bool)]) -> Machine {
    let mut machine = Machine::default();
    let mut journal = Journal::new(plan.clone());
    for &(cut, whole) in cuts {
        machine.restart();
        for (_, step) in journal.clone().lost() {
            machine.run(step, true);
        }
        let first = journal.next();
        for step in first..plan.steps.len() {
            let durable = plan.steps[step].persistence() == Persistence::Durable;
            if durable {
                journal.state = JournalState::Within(step);
            }
            if step == cut {
                machine.run(&plan.steps[step], whole);
                break;
            }
            machine.run(&plan.steps[step], true);
            journal.state = JournalState::Before(step + 1);
        }
    }
    machine
}

proptest! {
    #[test]
    fn stopping_anywhere_and_going_on_ends_installed(
        mut cuts in prop::collection::vec((0usize..60, any::<bool>()), 0..6)
    ) {
        let (plan, _) = ready(&world("ssd-64gb"));
        cuts.push((usize::MAX, true));
        let machine = converges(&plan, &cuts);
        machine.needs("bootable");
        prop_assert!(!machine.facts.iter().any(|fact| fact.starts_with("mount")));
    }
}
