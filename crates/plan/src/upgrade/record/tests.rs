use super::*;
use crate::model::Target;

fn bundle(name: &str) -> Bundle {
    Bundle(name.into())
}

fn systems() -> [System; 2] {
    ["1", "2"].map(|version| System {
        version: format!("{version}.0.0"),
        image: format!("image-{version}"),
    })
}

fn begun(record: Record, asked_by: AskedBy) -> Result<Record, Refused> {
    record.begin(bundle("b"), systems(), Golden::MovesAlong, asked_by, UnixTime(10))
}

fn applying() -> Record {
    begun(Record::default(), AskedBy::Person).unwrap()
}

fn on_trial() -> Record {
    applying().try_out(UnixTime(20)).unwrap()
}

fn unhealthy() -> Reason {
    Reason::Unhealthy { reasons: vec!["no network".into()] }
}

fn going_back() -> Record {
    on_trial().go_back(unhealthy(), UnixTime(30)).unwrap()
}

fn settling() -> Record {
    on_trial().confirm(UnixTime(30)).unwrap()
}

fn gone_back() -> Record {
    going_back().gone_back(Reason::CutOff, Some("evidence".into()), UnixTime(40)).unwrap()
}

fn confirmed() -> Record {
    settling().settle(UnixTime(40)).unwrap()
}

/// Each state that a record can have, by name.
fn all() -> [(&'static str, Record); 6] {
    [
        ("none", Record::default()),
        ("applying", applying()),
        ("trial", on_trial()),
        ("going-back", going_back()),
        ("settling", settling()),
        ("gone-back", gone_back()),
    ]
}

/// Which transitions each state allows, a letter each: begin, try out, go back, gone back, confirm, settle.
#[test]
fn each_state_allows_its_own_transitions_and_refuses_the_others() {
    let at = UnixTime(50);
    for (name, record) in all() {
        let allowed: String = [
            ('b', begun(record.clone(), AskedBy::Person)),
            ('t', record.clone().try_out(at)),
            ('g', record.clone().go_back(Reason::Aborted, at)),
            ('n', record.clone().gone_back(Reason::CutOff, None, at)),
            ('c', record.clone().confirm(at)),
            ('s', record.settle(at)),
        ]
        .into_iter()
        .filter_map(|(letter, result)| result.is_ok().then_some(letter))
        .collect();
        let wanted = match name {
            "none" | "gone-back" => "b",
            "applying" => "tgn",
            "trial" => "gnc",
            "going-back" => "n",
            "settling" => "s",
            other => panic!("{other}"),
        };
        assert_eq!(allowed, wanted, "{name}");
    }
}

#[test]
fn nothing_is_confirmed_that_was_not_applied_and_started() {
    let confirmed = |record: &Record| record.history().iter().any(Ended::is_confirmed);
    assert!(all().iter().all(|(_, record)| !confirmed(record)));
    assert!(confirmed(&super::tests::confirmed()));
    for record in [applying(), going_back(), gone_back()] {
        assert!(record.clone().confirm(UnixTime(50)).is_err());
        assert!(record.settle(UnixTime(50)).is_err());
    }
}

#[test]
fn the_reason_that_was_noted_first_is_the_one_that_stays() {
    let record = gone_back();
    let [ended] = record.history() else { panic!() };
    let wanted = Outcome::GoneBack { why: unhealthy(), evidence: Some("evidence".into()) };
    assert_eq!(ended.outcome, wanted);
    let cut = on_trial().gone_back(Reason::NoStart, None, UnixTime(40)).unwrap();
    let wanted = Outcome::GoneBack { why: Reason::NoStart, evidence: None };
    assert_eq!(cut.history()[0].outcome, wanted);
}

#[test]
fn a_bundle_that_was_left_is_tried_again_by_a_person_alone() {
    let refused = begun(gone_back(), AskedBy::Itself);
    assert_eq!(refused, Err(Refused::FailedBefore("2.0.0".into())));
    assert!(begun(gone_back(), AskedBy::Person).is_ok());
    let other = |record: Record| {
        record.begin(bundle("c"), systems(), Golden::Stays, AskedBy::Itself, UnixTime(50))
    };
    assert!(other(gone_back()).is_ok() && begun(confirmed(), AskedBy::Itself).is_ok());
    // It was left, tried again and stayed: that is how it ended last.
    let again = begun(gone_back(), AskedBy::Person).unwrap().try_out(UnixTime(60)).unwrap();
    let stayed = again.confirm(UnixTime(61)).unwrap().settle(UnixTime(62)).unwrap();
    assert!(begun(stayed, AskedBy::Itself).is_ok());
    assert_eq!(begun(applying(), AskedBy::Person), Err(Refused::UnderWay("2.0.0".into())));
}

#[test]
fn the_last_ones_are_kept() {
    let mut record = Record::default();
    for number in 0..20 {
        let of = bundle(&number.to_string());
        let asked_by = AskedBy::Itself;
        let began = record.begin(of, systems(), Golden::Stays, asked_by, UnixTime(number)).unwrap();
        record = began.gone_back(Reason::CutOff, None, UnixTime(number)).unwrap();
    }
    let kept: Vec<&str> = record.history().iter().map(|it| it.upgrade.bundle.0.as_str()).collect();
    assert_eq!(kept, ["12", "13", "14", "15", "16", "17", "18", "19"]);
}

#[test]
fn what_follows_is_in_the_table() {
    let found = |image, recovered| Found { image, trial: true, recovered };
    let (old, new) = ("image-1", "image-2");
    let factory = Reason::Recovered { target: Target::Factory };
    let gone = Next::NoteGoneBack;
    for (name, image, recovered, next) in [
        ("none", old, None, Next::Nothing),
        ("gone-back", old, Some(Target::Latest), Next::Nothing),
        ("applying", old, None, gone(Reason::CutOff)),
        ("applying", old, Some(Target::Latest), gone(Reason::CutOff)),
        ("applying", new, None, Next::NoteTrial),
        ("trial", new, None, Next::Judge),
        ("trial", old, Some(Target::Latest), gone(Reason::NoStart)),
        ("trial", old, Some(Target::Factory), gone(factory)),
        ("going-back", new, None, Next::OrderRecovery),
        ("going-back", old, Some(Target::Latest), gone(unhealthy())),
        ("settling", new, None, Next::Settle),
        ("settling", old, Some(Target::Latest), Next::NoteSettled),
    ] {
        let (_, record) = all().into_iter().find(|(of, _)| *of == name).unwrap();
        assert_eq!(record.next(&found(image, recovered)), next, "{name} {image}");
    }
}

#[test]
fn where_the_image_stays_the_same_the_word_of_the_trial_says_what_root_has() {
    let [from, _] = systems();
    let same = [from.clone(), from];
    let applying = Record::default()
        .begin(bundle("b"), same, Golden::Stays, AskedBy::Person, UnixTime(1))
        .unwrap();
    let trial = applying.clone().try_out(UnixTime(2)).unwrap();
    let found = |trial| Found { image: "image-1", trial, recovered: None };
    assert_eq!(applying.next(&found(false)), Next::NoteGoneBack(Reason::CutOff));
    assert_eq!(trial.next(&found(true)), Next::Judge);
    assert_eq!(trial.next(&found(false)), Next::NoteGoneBack(Reason::NoStart));
    assert_eq!(trial.confirm(UnixTime(3)).unwrap().next(&found(false)), Next::Settle);
}

#[test]
fn a_record_survives_being_written_and_no_other_format_is_read() {
    for (name, record) in all().into_iter().chain([("confirmed", confirmed())]) {
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record, "{name}");
    }
    let text = serde_json::to_string(&on_trial()).unwrap();
    assert!(text.starts_with(r#"{"format":1,"now":{"bundle":"b","#), "{text}");
    assert!(text.contains(r#""phase":"trial","since":20"#), "{text}");
    let other = text.replacen(r#""format":1"#, r#""format":2"#, 1);
    assert!(serde_json::from_str::<Record>(&other).is_err());
    // A phase that there is not, and an end that is both.
    let unknown = text.replacen("trial", "success", 1);
    assert!(serde_json::from_str::<Record>(&unknown).is_err());
}

#[test]
fn the_floor_rises_with_a_confirmation_and_stays_in_the_record() {
    let version = |text: &str| zshield_units::Version::new(text).unwrap();
    let trial = on_trial();
    assert!(trial.floor().is_none());
    let named = trial.clone().with_floor(Some(version("1.5"))).confirm(UnixTime(30)).unwrap();
    let floor = Floor { binding: Some(version("1.5")), newest: Some(version("2.0.0")) };
    assert_eq!(*named.floor(), floor);
    let settled = named.settle(UnixTime(40)).unwrap();
    assert_eq!(*settled.floor(), floor);
    let text = serde_json::to_string(&settled).unwrap();
    assert!(text.ends_with(r#""floor":{"binding":"1.5","newest":"2.0.0"}}"#), "{text}");
    // What was left raises nothing.
    let left = trial.gone_back(unhealthy(), None, UnixTime(30)).unwrap();
    assert!(left.floor().is_none());
    // A record of before has none.
    let before = r#"{"format":1,"history":[]}"#;
    assert_eq!(serde_json::from_str::<Record>(before).unwrap(), Record::default());
}

#[test]
fn what_was_said_of_keys_counts_from_the_confirmation_and_stays_in_the_record() {
    let said = |text: &str| Statement { head: text.into(), signature: "s".into() };
    let trial = on_trial().with_keys(Some(said("first")));
    assert!(trial.keys().is_empty());
    let text = serde_json::to_string(&trial).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), trial);
    let left = trial.clone().gone_back(unhealthy(), None, UnixTime(30)).unwrap();
    assert!(left.keys().is_empty());
    let confirmed = trial.confirm(UnixTime(30)).unwrap();
    let first = Statements::NONE.joined([said("first")]);
    assert_eq!(*confirmed.keys(), first);
    // Somebody recovered it, and another one says more.
    let next = begun(confirmed.settle(UnixTime(40)).unwrap(), AskedBy::Person).unwrap();
    let next = next.with_keys(Some(said("second"))).try_out(UnixTime(50)).unwrap();
    let both = next.confirm(UnixTime(60)).unwrap().settle(UnixTime(70)).unwrap();
    assert_eq!(*both.keys(), first.joined([said("second")]));
    let text = serde_json::to_string(&both).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), both);
    assert!(both.without_keys().keys().is_empty());
}
