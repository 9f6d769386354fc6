use std::fs;

use zshield_plan::upgrade::floor::{Floor, Purpose};

use super::*;
use crate::error::Error;
use crate::fixture;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

fn plan_for(world: &str) -> Result<(Plan, Binding)> {
    plan_for_world(
        &file(&format!("crates/plan/tests/worlds/{world}.json")),
        &file("examples/appliance.toml"),
    )
}

fn prepared(installer: &Arc<Installer>, kind: Kind) -> Box<Prepared> {
    let (plan, binding) = plan_for("ssd-64gb").unwrap();
    let (installer, journal) = (Arc::clone(installer), Journal::new(plan));
    Box::new(Prepared {
        installer,
        world: fixture::world(),
        journal,
        binding,
        kind,
        losses: vec![],
        against: None,
        brings_back: None,
    })
}

#[test]
fn only_what_takes_something_away_is_asked_for() {
    let slot = fixture::slot(fixture::POLICY);
    let requirement = Requirement::UnsignedAccepted;
    let installer = Installer::open(slot.path(), None, slot.path(), requirement).unwrap();
    let installer = Arc::new(installer);
    let question = |kind| prepared(&installer, kind).question();
    assert_eq!(question(Kind::Resume), None);
    for kind in [Kind::Fresh, Kind::Rebuild] {
        let question = question(kind).unwrap();
        assert_eq!((question.text, question.answer), (say::install::agree(), Answer::Yes));
    }
    // Only a typed word erases an appliance.
    let erase = question(Kind::Erase).unwrap();
    assert_eq!(erase.answer, Answer::Typed("ERASE"));
    assert!(erase.text.contains("ERASE"), "{}", erase.text);
    // What is too old is asked for by a word of its own, which no switch stands for.
    let floor = Floor::of_version("9.0");
    let against = floor.against("1.0.0", Purpose::Install);
    for (kind, word) in [(Kind::Rebuild, "OLDER"), (Kind::Erase, "ERASE OLDER")] {
        let old = Prepared { against: against.clone(), ..*prepared(&installer, kind) };
        let asked = old.question().unwrap();
        assert_eq!(asked.answer, Answer::Typed(word), "{kind:?}");
        assert!(asked.text.contains("9.0") && asked.text.contains(word), "{}", asked.text);
    }
    // The backup of another machine makes this one that machine.
    let brings_back = Generation {
        id: zshield_plan::id::GenerationId::of([7; 32]),
        taken: UnixTime(0),
        version: None,
        kind: None,
        host: None,
    };
    for (host, is_told) in [(None, false), (Some("gone".to_owned()), true)] {
        let brings_back = Some(Generation { host, ..brings_back.clone() });
        let restored = Prepared { brings_back, ..*prepared(&installer, Kind::Rebuild) };
        let text = restored.question().unwrap().text;
        assert_eq!(text.contains(&say::recover::agree_take_over()), is_told, "{text}");
    }
    let over = |rebuild: bool| {
        Choices::OverAppliance(OverAppliance {
            rebuild: if rebuild {
                Ok(prepared(&installer, Kind::Rebuild))
            } else {
                Err(NoRebuild::NoGroup)
            },
            restore: Ok(None),
            erase: prepared(&installer, Kind::Erase),
        })
    };
    let kind = |choices, keep_data| chosen(choices, keep_data).unwrap().kind();
    assert_eq!(kind(over(true), true), Kind::Rebuild);
    assert_eq!(kind(over(true), false), Kind::Erase);
    assert_eq!(kind(over(false), false), Kind::Erase);
    // Who wants to keep the data does not lose it because it can't be kept.
    let refused = chosen(over(false), true).err().unwrap();
    assert_eq!(fixture::refusal(refused).own(), Some(&NoRebuild::NoGroup));
    // Nothing is asked for data on disks without an appliance, nor for one that goes on.
    for one in [Kind::Fresh, Kind::Resume] {
        assert_eq!(kind(Choices::One(prepared(&installer, one)), true), one);
    }
}

#[test]
fn a_machine_that_is_refused_is_a_refusal_whether_data_is_kept_or_not() {
    for keep_data in [false, true] {
        let refusal = plan::Refusal::Violations(vec![]);
        let choices = Choices::Refused(refusal, Box::new(fixture::world()));
        let error = chosen(choices, keep_data).err().unwrap();
        assert!(fixture::refusal(error).own::<Impossible>().is_some());
    }
}

#[test]
fn the_same_machine_has_the_same_plan() {
    let (first, again) = (plan_for("ssd-64gb").unwrap(), plan_for("ssd-64gb").unwrap());
    assert_eq!(serde_json::to_value(&first.0).unwrap(), serde_json::to_value(&again.0).unwrap());
}

#[test]
fn a_machine_without_a_disk_for_a_role_is_refused_with_all_that_were_looked_at() {
    let directory = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(file("crates/plan/tests/worlds/ssd-64gb.json")).unwrap();
    let world = directory.path().join("world.json");
    fs::write(&world, text.replace("\"transport\": \"sata\"", "\"transport\": \"nvme\"")).unwrap();
    let error = plan_for_world(&world, &file("examples/appliance.toml")).unwrap_err();
    let refusal = fixture::refusal(error);
    assert!(matches!(refusal.own(), Some(Impossible(plan::Refusal::Disks(..)))));
    for disk in ["/dev/sda", "/dev/sdb", "/dev/sdc"] {
        assert!(refusal.to_string().contains(disk), "{refusal}");
    }
}

#[test]
fn a_world_that_is_none_is_a_failure_and_a_mistake_in_the_policy_a_refusal() {
    let directory = tempfile::tempdir().unwrap();
    let (world, policy) = (directory.path().join("world"), directory.path().join("policy"));
    fs::write(&world, "{").unwrap();
    let good = file("crates/plan/tests/worlds/ssd-64gb.json");
    let error = plan_for_world(&world, &file("examples/appliance.toml")).unwrap_err();
    assert!(matches!(error, Error::NotBegun(_)), "{error}");
    fs::write(&policy, "no-such-word = 1").unwrap();
    let error = plan_for_world(&good, &policy).unwrap_err();
    assert!(matches!(error, Error::Refused(Refusal::Policy(_))), "{error}");
}
