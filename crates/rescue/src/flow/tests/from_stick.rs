//! The ways back, from a stick.

use super::*;

#[test]
fn the_ways_back_lead_back_to_all_else_that_the_stick_can_do() {
    let (end, shown) = installs(InstallMode::Menu, [present()], |person| {
        person.sees("screen=present");
        person.presses(Key::Char('w'));
        person.sees("screen=recovery");
        // Nothing stands chosen but to leave.
        person.presses(Key::Enter);
        person.sees("screen=present");
        person.presses(Key::Char('p'));
    });
    assert_eq!(end, End::PowerOff);
    assert!(!shown.contains("status=begun"), "{shown}");
    assert!(!shown.contains(&say::rescue::recovery_time_out()), "{shown}");
}

#[test]
fn a_way_back_is_taken_with_its_digits_and_the_stick_is_to_be_removed() {
    let (end, shown) = installs(InstallMode::Menu, [present()], |person| {
        person.sees("screen=present");
        person.presses(Key::Char('W'));
        person.sees("screen=recovery");
        person.types("1");
        let digits = digits_in(&person.sees("screen=confirm"));
        person.types(&digits);
        person.sees("::zshield:: recover status=done");
        person.then_restarts();
    });
    assert_eq!(end, End::Restart);
    assert!(shown.contains(&say::rescue::done_remove_stick()), "{shown}");
    assert!(!shown.contains(BEGUN), "{shown}");
}

#[test]
fn a_recovery_that_failed_offers_the_others() {
    let assessments = [present()].into();
    let course = |session: &mut Session<'_>| session.installation(InstallMode::Menu);
    let (end, _) = session(assessments, Some(Target::Latest), course, |person| {
        person.sees("screen=present");
        person.presses(Key::Char('w'));
        person.sees("screen=recovery");
        // What was begun stands chosen.
        person.presses(Key::Enter);
        let digits = digits_in(&person.sees("screen=confirm"));
        person.types(&digits);
        person.sees("rescue status=failed");
        person.presses(Key::Char('w'));
        person.sees("screen=recovery");
        person.presses(Key::Char('p'));
    });
    assert_eq!(end, End::PowerOff);
}

#[test]
fn without_a_system_on_the_ssd_there_is_no_way_back() {
    let Assessment::AppliancePresent { preview, facts, rebuild, restore, lost, .. } = present()
    else {
        unreachable!()
    };
    let nothing_starts =
        Assessment::AppliancePresent { preview, facts, rebuild, restore, lost, starts: false };
    let (_, shown) = installs(InstallMode::Menu, [nothing_starts], |person| {
        person.sees("screen=present");
        person.presses(Key::Char('w'));
        person.presses(Key::Char('p'));
    });
    assert!(!shown.contains("screen=recovery"), "{shown}");
}

#[test]
fn a_repair_says_what_it_writes_and_needs_its_digits() {
    const REPAIR: &str = "::zshield:: repair status=begun";
    let (end, shown) = installs(InstallMode::Menu, [present()], |person| {
        person.sees("screen=present");
        person.presses(Key::Char('f'));
        person.sees("screen=confirm");
        person.presses(Key::Escape);
        person.sees("screen=present");
        assert!(!person.seen.concat().contains(REPAIR));
        person.presses(Key::Char('f'));
        let digits = digits_in(&person.sees("screen=confirm"));
        person.types(&digits);
        person.sees("::zshield:: repair status=done");
        person.then_restarts();
    });
    assert_eq!(end, End::Restart);
    assert!(shown.contains("part-of-boot") && shown.contains("repaired"), "{shown}");
    assert!(shown.contains(&say::rescue::confirm_kept_all()), "{shown}");
    assert!(!shown.contains(&say::rescue::confirm_lost()), "{shown}");
}

#[test]
fn where_nothing_can_be_repaired_it_says_so_and_leads_back() {
    let assessments = [present()].into();
    let course = |session: &mut Session<'_>| session.installation(InstallMode::Menu);
    let (end, shown) = session(assessments, Some(Target::Latest), course, |person| {
        person.sees("screen=present");
        person.presses(Key::Char('f'));
        person.sees("screen=nothing-to-repair");
        person.presses(Key::Escape);
        person.sees("screen=present");
        person.presses(Key::Char('p'));
    });
    assert_eq!(end, End::PowerOff);
    assert!(shown.contains("part-of-boot") && !shown.contains("repair status=begun"), "{shown}");
}
