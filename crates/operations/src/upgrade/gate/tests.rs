use std::cell::{Cell, RefCell};

use zshield_host::health::before;
use zshield_host::health::programs::Ran;
use zshield_host::upgrade_record;
use zshield_plan::grubenv::EnvKey;
use zshield_plan::upgrade::gate::{BeforeAndNow, Check, End, Facts, Program, Weight};
use zshield_plan::upgrade::record::Outcome;
use zshield_plan::upgrade::room::ByPlace;
use zshield_units::Bytes;

use super::fixture::{Boot, applying, on_trial};
use super::*;
use crate::boot::gate_counts;

/// A machine of which this is seen; what else happens meanwhile happens first.
struct Seen<F>(F);

impl<F: Fn(&dyn Fn() -> bool) -> Option<Observed> + Send + Sync> Machine for Seen<F> {
    fn observe(&self, is_open: &dyn Fn() -> bool) -> Option<Observed> {
        self.0(is_open)
    }

    fn wait_for_target(&self) {}
}

fn well() -> Facts {
    Facts {
        target: true,
        inactive: Vec::new(),
        failed: BeforeAndNow::default(),
        network: BeforeAndNow::default(),
        free: ByPlace { root: Bytes::gib(1), boot: Bytes::gib(1), golden: None },
        check: Check::Clean,
        programs: Vec::new(),
    }
}

fn healthy() -> Arc<dyn Machine> {
    Arc::new(Seen(|_: &dyn Fn() -> bool| Some(Observed::of(well(), Vec::new()))))
}

/// Of which a program says that it is not well.
fn sick() -> Arc<dyn Machine> {
    Arc::new(Seen(|_: &dyn Fn() -> bool| {
        let program =
            Program { name: "10-db".into(), weight: Weight::Required, end: End::Exited(1) };
        let ran = vec![Ran { program: program.clone(), output: "no answer".into() }];
        Some(Observed::of(Facts { programs: vec![program], ..well() }, ran))
    }))
}

/// What a start did.
#[derive(Debug, PartialEq, Eq)]
struct Did {
    restarts: u32,
    told: String,
}

fn start(boot: &Boot, machine: Arc<dyn Machine>) -> Did {
    start_within(boot, machine, Duration::from_mins(1))
}

fn start_within(boot: &Boot, machine: Arc<dyn Machine>, limit: Duration) -> Did {
    let (restarts, told) = (Cell::new(0), RefCell::new(String::new()));
    let restart = || {
        restarts.set(restarts.get() + 1);
        Ok(())
    };
    let tell = |text: &str| told.borrow_mut().push_str(text);
    let gate = Gate {
        env: &boot.env,
        policy: boot.env.policy(),
        machine: Some(machine),
        limit,
        restart: &restart,
        tell: &tell,
    };
    gate.at_start().unwrap();
    Did { restarts: restarts.get(), told: told.into_inner() }
}

fn phase(boot: &Boot) -> Option<Phase> {
    boot.found().record.now().map(|now| now.phase.clone())
}

fn words(boot: &Boot) -> (bool, u32, Option<Target>) {
    let words = boot.found().words;
    (words.is_trial(), words.tries(), words.ordered())
}

/// Keeps the facts from before, as the version that applies does.
fn keep_before(boot: &Boot) -> std::path::PathBuf {
    let path = boot.env.root.join(before::FILE);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "{}").unwrap();
    path
}

#[test]
fn a_healthy_version_is_confirmed_and_grub_counts_no_more() {
    let boot = Boot::on_trial();
    let before = keep_before(&boot);
    let did = start(&boot, healthy());
    assert_eq!((phase(&boot), did.restarts), (Some(Phase::Settling), 0));
    assert_eq!(words(&boot), (false, 0, None));
    assert!(!before.exists());
}

#[test]
fn a_sick_version_is_left_with_its_reason_and_the_word_of_the_trial_stays() {
    let boot = Boot::on_trial();
    let before = keep_before(&boot);
    let did = start(&boot, sick());
    let Some(Phase::GoingBack { why }) = phase(&boot) else { panic!() };
    assert!(why.to_string().contains("10-db") && why.to_string().contains("no answer"), "{why}");
    assert!(did.told.contains("no answer"), "{did:?}");
    assert_eq!(did.restarts, 1);
    assert_eq!(words(&boot), (true, 1, Some(Target::Latest)));
    // It goes with the root that it lies on.
    assert!(before.exists());
}

#[test]
fn a_machine_that_hangs_is_left_within_the_time() {
    let boot = Boot::on_trial();
    let (kept, never) = mpsc::channel::<()>();
    let never = std::sync::Mutex::new(never);
    let hangs = Seen(move |_: &dyn Fn() -> bool| {
        let _ = never.lock().unwrap().recv();
        None
    });
    let did = start_within(&boot, Arc::new(hangs), Duration::from_millis(50));
    let Some(Phase::GoingBack { why }) = phase(&boot) else { panic!() };
    let overdue = Reason::Unhealthy { reasons: vec![Said::of(say::gate::overdue)] };
    assert_eq!((why, did.restarts), (overdue, 1));
    drop(kept);
}

#[test]
fn a_policy_that_can_t_be_read_is_a_reason() {
    let boot = Boot::on_trial();
    std::fs::write(boot.env.root.join(env::POLICY), "no-such-word = 1").unwrap();
    let did = start(&boot, healthy());
    assert!(matches!(phase(&boot), Some(Phase::GoingBack { .. })));
    assert_eq!(did.restarts, 1);
}

#[test]
fn what_a_person_decides_meanwhile_counts() {
    let boot = Boot::on_trial();
    let directory = boot.env.boot();
    let confirmed = Seen(move |is_open: &dyn Fn() -> bool| {
        assert!(is_open());
        let settling = on_trial().confirm(UnixTime(30)).unwrap();
        upgrade_record::write(&directory, &settling).unwrap();
        assert!(!is_open());
        Some(Observed::of(Facts { target: false, ..well() }, Vec::new()))
    });
    let did = start(&boot, Arc::new(confirmed));
    assert_eq!((phase(&boot), did.restarts), (Some(Phase::Settling), 0));
    assert_eq!(words(&boot).2, None);
}

#[test]
fn a_version_that_was_left_is_not_judged_again() {
    let boot = Boot::going_back();
    let did = start(&boot, healthy());
    assert_eq!(phase(&boot), Some(Phase::GoingBack { why: Reason::Aborted }));
    assert_eq!((did.restarts, words(&boot).2), (1, Some(Target::Latest)));
}

#[test]
fn the_old_version_says_why_it_is_back() {
    let boot = Boot::on_trial();
    let before = keep_before(&boot);
    boot.root_is("old");
    let did = start(&boot, sick());
    let gone = Outcome::GoneBack { why: Reason::NoStart, evidence: None };
    assert_eq!((boot.ended(), did.restarts), (gone, 0));
    assert!(did.told.contains(&Reason::NoStart.to_string()), "{did:?}");
    assert!(did.told.ends_with(&say::gate::no_log()), "{did:?}");
    assert!(!before.exists() && !words(&boot).0);
}

#[test]
fn a_record_that_lost_its_newest_copy_is_put_right_before_the_gate() {
    let boot = Boot::on_trial();
    boot.record_is(&applying());
    boot.set(&[(EnvKey::Trial, None)]);
    let directory = boot.env.boot();
    let looks = Seen(move |is_open: &dyn Fn() -> bool| {
        assert!(is_open() && Found::read(&directory).unwrap().words.is_trial());
        Some(Observed::of(well(), Vec::new()))
    });
    start(&boot, Arc::new(looks));
    assert_eq!(phase(&boot), Some(Phase::Settling));
}

#[test]
fn a_confirmed_version_is_counted_no_more_and_ends_where_it_is_not_on_root() {
    let boot = Boot::settling();
    assert_eq!(start(&boot, sick()).restarts, 0);
    assert_eq!((phase(&boot), words(&boot)), (Some(Phase::Settling), (false, 0, None)));
    boot.root_is("old");
    start(&boot, sick());
    assert_eq!(boot.ended(), Outcome::Confirmed);
}

#[test]
fn nothing_is_done_where_nothing_is_under_way_or_a_recovery_is() {
    let without = Boot::without();
    assert_eq!(start(&without, sick()), Did { restarts: 0, told: String::new() });
    let armed = Boot::applying();
    armed.set(&[(EnvKey::Recover, Some("latest"))]);
    assert_eq!(start(&armed, sick()), Did { restarts: 0, told: String::new() });
    assert_eq!(phase(&armed), Some(Phase::Applying));
}

/// Of which neither copy can be used.
fn ruin(boot: &Boot) {
    for name in zshield_plan::machine_files::UPGRADE {
        let path = boot.env.boot().join(name);
        let _ = std::fs::remove_file(&path);
        std::fs::create_dir(&path).unwrap();
    }
}

#[test]
fn a_record_that_can_t_be_written_keeps_nobody_from_going_back() {
    let boot = Boot::on_trial();
    ruin(&boot);
    moves::leave(&boot.env.boot(), on_trial(), Reason::Aborted, UnixTime(30)).unwrap();
    let words = Grubenv::in_directory(&boot.env.boot()).read().unwrap();
    assert_eq!(words.ordered(), Some(Target::Latest));
}

#[test]
fn a_gate_that_ended_without_a_result_ends_like_a_sick_version() {
    let failed = |boot: &Boot| {
        let restarts = Cell::new(0);
        let restart = || {
            restarts.set(restarts.get() + 1);
            Ok(())
        };
        failed_with(&boot.env, &|_| {}, &restart).unwrap();
        restarts.get()
    };
    let boot = Boot::on_trial();
    assert_eq!(failed(&boot), 1);
    let ended = Reason::Unhealthy { reasons: vec![Said::of(say::gate::ended)] };
    assert_eq!(phase(&boot), Some(Phase::GoingBack { why: ended }));
    assert_eq!(words(&boot).2, Some(Target::Latest));
    // Whatever else it was about is no reason to restart.
    for boot in [Boot::without(), Boot::applying(), Boot::settling()] {
        assert_eq!((failed(&boot), words(&boot).2), (0, None));
    }
    // Where the record can't be read, GRUB's word says enough.
    let boot = Boot::on_trial();
    ruin(&boot);
    assert_eq!(failed(&boot), 1);
    let words = Grubenv::in_directory(&boot.env.boot()).read().unwrap();
    assert_eq!(words.ordered(), Some(Target::Latest));
}

#[test]
fn the_count_of_starts_is_the_gate_s_while_the_version_may_be_left() {
    let counts = |boot: &Boot| gate_counts(&boot.env.boot()).unwrap();
    assert!(counts(&Boot::on_trial()) && counts(&Boot::going_back()));
    assert!(!counts(&Boot::without()) && !counts(&Boot::applying()) && !counts(&Boot::settling()));
    // A word that nothing is known of.
    let boot = Boot::without();
    boot.set(&[(EnvKey::Trial, Some("1"))]);
    assert!(!counts(&boot));
}

#[test]
fn without_a_ledger_the_word_of_the_trial_says_what_root_has() {
    let boot = Boot::on_trial();
    for name in zshield_plan::machine_files::LEDGER {
        let _ = std::fs::remove_file(boot.env.boot().join(name));
    }
    assert_eq!(boot.found().next(), Next::Judge);
    boot.set(&[(EnvKey::Trial, None)]);
    assert_eq!(boot.found().next(), Next::NoteGoneBack(Reason::NoStart));
}

#[test]
fn failed_starts_are_named_by_the_second_in_which_the_upgrade_began() {
    let record = on_trial();
    assert_eq!(name(record.now().unwrap()), "19700101T000010Z");
}
