//! The ways back, from the rescue system on the SSD.

use super::*;

#[test]
fn a_recovery_needs_its_digits_and_what_is_unavailable_cant_be_chosen() {
    let course = |session: &mut Session<'_>| session.recovery(RecoveryMode::Menu);
    let (end, shown) = session(VecDeque::new(), None, course, |person| {
        person.sees("screen=recovery");
        person.types("2");
        person.types("1");
        let digits = digits_in(&person.sees("screen=confirm"));
        person.types(&digits);
        person.sees("recover status=done");
        person.then_restarts();
    });
    assert_eq!(end, End::Restart);
    assert!(shown.contains("factory") && !shown.contains("latest\r"), "{shown}");
}

#[test]
fn leaving_the_recovery_restarts_and_is_chosen_from_the_beginning() {
    let course = |session: &mut Session<'_>| session.recovery(RecoveryMode::Menu);
    let (end, shown) = session(VecDeque::new(), None, course, |person| {
        person.sees("screen=recovery");
        person.presses(Key::Enter);
    });
    assert_eq!(end, End::Restart);
    assert!(!shown.contains("recover status=begun"), "{shown}");
}

#[test]
fn what_the_command_line_asks_for_is_done_without_a_question() {
    let course = |session: &mut Session<'_>| session.recovery(RecoveryMode::Factory);
    let (end, shown) = session(VecDeque::new(), None, course, |person| {
        person.sees("recover status=done");
        person.then_restarts();
    });
    assert_eq!(end, End::Restart);
    assert!(!shown.contains("screen=recovery") && !shown.contains("screen=confirm"), "{shown}");
}

#[test]
fn what_the_command_line_asks_for_in_vain_becomes_the_dialog() {
    let course = |session: &mut Session<'_>| session.recovery(RecoveryMode::Latest);
    let (end, shown) = session(VecDeque::new(), None, course, |person| {
        person.sees("recover status=refused reason=unavailable target=latest");
        person.sees("screen=recovery");
        person.presses(Key::Enter);
    });
    assert_eq!(end, End::Restart);
    assert!(!shown.contains("recover status=begun"), "{shown}");
}

#[test]
fn a_recovery_that_was_cut_off_stands_chosen() {
    let course = |session: &mut Session<'_>| session.recovery(RecoveryMode::Menu);
    let (_, shown) = session(VecDeque::new(), Some(Target::Factory), course, |person| {
        person.sees("screen=recovery");
        person.presses(Key::Enter);
        let digits = digits_in(&person.sees("screen=confirm"));
        person.types(&digits);
        person.sees("recover status=done");
        person.then_restarts();
    });
    assert!(shown.contains("recover status=begun"), "{shown}");
}
