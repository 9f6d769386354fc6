//! The Golden Image and the factory state follow a confirmed version: cut anywhere and planned anew, there is a way
//! back to a factory state at every moment, and the new one at the end.

use zshield_plan::appliance::Appliance;
use zshield_plan::check::{self, Rule};
use zshield_plan::factory::FactoryRebuild;
use zshield_plan::id::{Slot, Uuid};
use zshield_plan::ledger::Ledger;
use zshield_plan::model::Target;
use zshield_plan::plan::{Operation, Plan};
use zshield_plan::recover::restore_source_with;
use zshield_plan::saved::BootSetMeta;
use zshield_plan::step::{Step, SwitchSlot, WriteFloor, WriteLedger};
use zshield_plan::upgrade::floor::Floor;
use zshield_plan::upgrade::keys::Statement;
use zshield_plan::upgrade::record::{AskedBy, Bundle, Golden, Record, System};
use zshield_plan::upgrade_plan::{golden, settle};
use zshield_units::UnixTime;

use crate::fixture::{appliance, apply, detached, inputs, ledger, name, names, policy, world};

/// A machine, as far as these plans change it.
#[derive(Clone)]
struct Machine {
    appliance: Appliance,
    ledger: Ledger,
    /// The slot that GRUB starts the rescue system from.
    mark: Slot,
    floor: Floor,
}

/// The image in a slot: the old one in the first.
const fn image(slot: Slot) -> &'static str {
    match slot {
        Slot::A => "old",
        Slot::B => "digest",
    }
}

fn record(golden: Golden) -> Record {
    record_saying(golden, None)
}

fn record_saying(golden: Golden, said: Option<Statement>) -> Record {
    let system =
        |version: &str, image: &str| System { version: version.into(), image: image.into() };
    let systems = [system("1.0.0", "old"), system("2.0.0", "digest")];
    Record::default()
        .begin(Bundle("b".into()), systems, golden, AskedBy::Person, UnixTime(1))
        .and_then(|record| record.with_keys(said).try_out(UnixTime(2)))
        .and_then(|record| record.confirm(UnixTime(3)))
        .unwrap()
}

/// One whose new version is confirmed and backed up; its factory state is the old version's, as it may be kept.
fn confirmed(golden: Golden, is_store: bool) -> Machine {
    let mut appliance =
        if is_store { detached(&["snap1"], "snap1") } else { appliance(&["snap0", "snap1"]) };
    let old = BootSetMeta::new(UnixTime(5), "1.0.0".into(), "old".into());
    appliance.snapshots.get_mut(&name("snap0")).unwrap().saved = Some(old);
    appliance.upgrades = record(golden);
    let ledger = ledger(&appliance).with_golden("old".into());
    Machine { appliance, ledger, mark: Slot::A, floor: Floor::default() }
}

impl Machine {
    fn switch(&self) -> Plan {
        let plan = settle::switch(&self.appliance, &self.ledger, "/").unwrap();
        assert_eq!(check::of_running(&plan, &self.appliance), []);
        plan
    }

    fn renew(&self) -> Plan {
        let (policy, mut world) = (policy(), world());
        world.medium.slot = self.ledger.slot;
        world.image.digest = self.ledger.golden_image().into();
        let inputs = inputs(&policy, &world);
        let (machine, filesystem) = (Uuid::random([1; 16]), Uuid::random([2; 16]));
        let anew = FactoryRebuild { inputs: &inputs, machine, filesystem };
        let plan = settle::renew(&self.appliance, &self.ledger, &anew).unwrap();
        assert_eq!(check::of_running(&plan, &self.appliance), []);
        plan
    }

    fn run(&mut self, steps: &[Step]) {
        for step in steps {
            apply(&mut self.appliance, step);
            match step {
                Step::SwitchSlot(SwitchSlot { slot, image: wanted, .. }) => {
                    assert_eq!(image(*slot), wanted);
                    self.mark = *slot;
                }
                Step::WriteLedger(WriteLedger { ledger, .. }) => self.ledger = ledger.clone(),
                Step::WriteFloor(WriteFloor { floor, .. }) => {
                    self.floor = self.floor.clone().raised(floor.clone());
                }
                _ => {}
            }
        }
    }

    /// Whether there is a way back to a factory state and to the latest backup, by the rescue system that GRUB starts.
    fn has_ways_back(&self, at: &str) {
        let image = image(self.mark);
        assert!(self.ledger.is_own(image), "{at}: the rescue system is of another image");
        for target in Target::BACKUPS {
            let source = restore_source_with(&self.appliance, target, &self.ledger, image);
            assert!(source.is_ok(), "{at}: {target:?} {source:?}");
        }
    }

    fn is_settled(&self, at: &str) {
        assert_eq!((self.mark, self.ledger.slot), (Slot::B, Slot::B), "{at}");
        assert_eq!(self.ledger.golden_image(), "digest", "{at}");
        assert_eq!(names(&self.appliance), ["snap0", "snap1"], "{at}");
        assert!(settle::is_renewed(&self.appliance, "digest"), "{at}");
        assert_eq!(self.floor, *self.appliance.upgrades.floor(), "{at}");
        self.has_ways_back(at);
    }
}

#[test]
fn cut_anywhere_and_planned_anew_the_factory_state_is_the_new_version_s() {
    for is_store in [false, true] {
        let begun = confirmed(Golden::MovesAlong, is_store);
        let first = begun.switch();
        for cut in 0..=first.steps.len() {
            let mut left = begun.clone();
            left.run(&first.steps[..cut]);
            left.has_ways_back(&format!("switch cut after {cut}"));
            left.run(&left.switch().steps);
            let second = left.renew();
            for cut_again in 0..=second.steps.len() {
                let at = format!("cut after {cut} and {cut_again}");
                let mut end = left.clone();
                for step in &second.steps[..cut_again] {
                    end.run(std::slice::from_ref(step));
                    end.has_ways_back(&at);
                }
                end.run(&end.switch().steps);
                end.run(&end.renew().steps);
                end.is_settled(&at);
            }
        }
    }
}

#[test]
fn what_is_settled_is_not_made_again_and_what_stays_is_left() {
    let mut machine = confirmed(Golden::MovesAlong, true);
    machine.run(&machine.switch().steps);
    machine.run(&machine.renew().steps);
    machine.is_settled("at the end");
    let names: Vec<&str> = machine.renew().steps.iter().map(Step::name).collect();
    assert_eq!(names, ["renew-boot-loader"]);
    // A cut in the last change of the group may have torn LVM's notes of it.
    assert_eq!(machine.switch().steps[0].name(), "update-metadata");
    let mut machine = confirmed(Golden::Stays, true);
    let names: Vec<&str> = machine.switch().steps.iter().map(Step::name).collect();
    assert_eq!(names, ["update-metadata", "mount", "write-floor", "unmount"]);
    // What was said of keys goes the same way.
    let said = Statement { head: "{}".into(), signature: "s".into() };
    machine.appliance.upgrades = record_saying(Golden::Stays, Some(said));
    let names: Vec<&str> = machine.switch().steps.iter().map(Step::name).collect();
    assert_eq!(names, ["update-metadata", "mount", "write-floor", "write-keys", "unmount"]);
}

#[test]
fn nothing_follows_what_is_not_confirmed_or_not_on_root() {
    let machine = confirmed(Golden::MovesAlong, true);
    let refused = |appliance: &Appliance, ledger: &Ledger| {
        settle::switch(appliance, ledger, "/").unwrap_err()
    };
    let none = Appliance { upgrades: Record::default(), ..machine.appliance.clone() };
    assert_eq!(refused(&none, &machine.ledger), settle::Refusal::NotSettling);
    let old = machine.ledger.clone().with_system("1.0.0".into(), "old".into());
    let other = settle::Refusal::OtherSystem("2.0.0".into());
    assert_eq!(refused(&machine.appliance, &old), other);
    let mut unsaved = machine.appliance.clone();
    let latest = unsaved.snapshots.get_mut(&name("snap1")).unwrap();
    latest.saved = Some(BootSetMeta::new(UnixTime(5), "1.0.0".into(), "old".into()));
    assert_eq!(refused(&unsaved, &machine.ledger), settle::Refusal::NoBackup);
    let ordered = Appliance { ordered: Some(Target::Latest), ..machine.appliance.clone() };
    assert_eq!(refused(&ordered, &machine.ledger), settle::Refusal::Later);
}

/// The rules that a plan breaks on an appliance.
fn broken(plan: &Plan, appliance: &Appliance) -> Vec<Rule> {
    check::of_running(plan, appliance).into_iter().map(|found| found.rule()).collect()
}

#[test]
fn the_golden_image_is_switched_in_the_plan_that_settles_a_confirmed_version_alone() {
    let machine = confirmed(Golden::MovesAlong, true);
    let (switch, renew) = (machine.switch(), machine.renew_after_switch());
    for plan in [&switch, &renew] {
        for operation in [Operation::Backup, Operation::Upgrade, Operation::Recover(Target::Latest)]
        {
            let plan = Plan { operation, ..plan.clone() };
            assert!(
                broken(&plan, &machine.appliance).contains(&Rule::GoldenIsKept),
                "{operation:?}"
            );
        }
        let stays = Appliance { upgrades: record(Golden::Stays), ..machine.appliance.clone() };
        assert!(broken(plan, &stays).contains(&Rule::GoldenIsKept));
        let open = Appliance { upgrades: Record::default(), ..machine.appliance.clone() };
        assert!(broken(plan, &open).contains(&Rule::GoldenIsKept));
    }
    // Nor does the old factory state go before the new one is proved.
    let mut unproved = renew.clone();
    unproved.steps.retain(|step| step.name() != "prove");
    assert!(broken(&unproved, &machine.appliance).contains(&Rule::KeepsFactory));
}

impl Machine {
    fn renew_after_switch(&self) -> Plan {
        let mut switched = self.clone();
        switched.run(&self.switch().steps);
        switched.renew()
    }
}

#[test]
fn the_inactive_slot_is_put_together_before_an_upgrade_and_no_other() {
    let appliance = appliance(&["snap0", "snap1"]);
    let plan = golden::build(&appliance, &ledger(&appliance), "new");
    assert_eq!(check::of_running(&plan, &appliance), []);
    let mut active = plan.clone();
    for step in &mut active.steps {
        if let Step::BuildSlot(it) = step {
            it.to = it.from;
        }
    }
    assert!(broken(&active, &appliance).contains(&Rule::GoldenIsKept));
    for upgrades in [record(Golden::MovesAlong), record(Golden::Stays)] {
        let open = Appliance { upgrades, ..appliance.clone() };
        assert!(broken(&plan, &open).contains(&Rule::GoldenIsKept));
    }
}
