//! What must not go on for ever: echoes, failures, and waiting.

use super::*;

#[test]
fn an_echoing_line_switches_no_language_and_looks_at_nothing_again() {
    let (_, shown) = installs(InstallMode::Menu, [present(), refused()], |person| {
        person.sees("screen=present");
        person.keys.send(Event::Devices).unwrap();
        person.sees("screen=refused");
        person.echo("[S] Look again  [R] Restart  [P] Power off  [L] 中文 (Chinese)\r\n");
        person.presses(Key::Char('p'));
    });
    assert_eq!(shown.matches("screen=refused").count(), 1, "{shown}");
    // One page of each screen, and none in the other language.
    assert!(!shown.contains("[L] English"), "{shown}");
}

#[test]
fn a_recovery_that_fails_each_time_can_be_left_for_another() {
    let course = |session: &mut Session<'_>| session.recovery(RecoveryMode::Latest);
    let (end, shown) = session(VecDeque::new(), Some(Target::Latest), course, |person| {
        person.sees("recover status=begun");
        person.sees("rescue status=failed reason=recover");
        person.echo("[W] Other ways back\r\n");
        person.presses(Key::Char('w'));
        person.sees("screen=recovery");
        // What has begun stands chosen; the factory needs its digits as ever.
        person.types("1");
        let digits = digits_in(&person.sees("screen=confirm"));
        person.types(&digits);
        person.sees("recover status=done");
        person.sees("screen=done");
        person.presses(Key::Char('r'));
    });
    assert_eq!(end, End::Restart);
    assert_eq!(shown.matches("recover status=begun").count(), 2, "{shown}");
}

#[test]
fn other_failures_offer_no_ways_back() {
    let course = |session: &mut Session<'_>| {
        let [what, state, next] = ["gone", "as it was", "restart"].map(Text::fixed);
        failed(session.boot, session.ui, "start", Failure { what, state, next }, None)
    };
    let (end, shown) = session(VecDeque::new(), None, course, |person| {
        person.sees("status=failed reason=start");
        person.presses(Key::Char('w'));
        person.presses(Key::Char('p'));
    });
    assert_eq!(end, End::PowerOff);
    assert!(!shown.contains("[W]") && !shown.contains("screen=recovery"), "{shown}");
}

#[test]
fn the_ways_back_are_looked_for_again_when_a_disk_comes() {
    let course = |session: &mut Session<'_>| session.recovery(RecoveryMode::Menu);
    let (end, shown) = session(VecDeque::new(), Some(Target::Factory), course, |person| {
        person.sees("screen=recovery");
        person.keys.send(Event::Devices).unwrap();
        person.sees("screen=recovery");
        // What was chosen still is.
        person.presses(Key::Enter);
        person.sees("screen=confirm");
        person.keys.send(Event::Devices).unwrap();
        person.sees("screen=recovery");
        person.presses(Key::Char('p'));
    });
    assert_eq!(end, End::PowerOff);
    assert!(!shown.contains("recover status=begun"), "{shown}");
}

#[test]
fn neither_disks_nor_keys_nor_ctrl_alt_del_put_off_what_comes_by_itself() {
    let course = |session: &mut Session<'_>| {
        let keys = session.ui.sender().clone();
        for event in [Event::CtrlAltDel, Event::Devices] {
            keys.send(event).unwrap();
        }
        let screen = Screen::Restart;
        assert_eq!(
            leave(session.ui, &screen, Some(Duration::ZERO), End::PowerOff),
            Left::End(End::PowerOff)
        );
        // Whatever was asked is asked no longer than the screen below it stands.
        session.ui.ask(&screen, Some(Instant::now() + Duration::from_millis(1)));
        End::Restart
    };
    let (end, _) = session(VecDeque::new(), None, course, |_| {});
    assert_eq!(end, End::Restart);
}

#[test]
fn an_older_backup_is_chosen_from_the_vault_and_leaving_that_list_leads_back() {
    let course = |session: &mut Session<'_>| session.recovery(RecoveryMode::Menu);
    let (_, shown) = session(VecDeque::new(), None, course, |person| {
        person.sees("screen=recovery");
        person.presses(Key::Char('3'));
        person.presses(Key::Enter);
        person.sees("screen=recovery");
        // Leaving is chosen there, too.
        person.presses(Key::Enter);
        person.sees("screen=recovery");
        person.presses(Key::Char('3'));
        person.presses(Key::Enter);
        person.sees("screen=recovery");
        person.presses(Key::Char('2'));
        person.presses(Key::Enter);
        let digits = digits_in(&person.sees("screen=confirm"));
        person.types(&digits);
        person.then_restarts();
    });
    assert!(shown.contains("vault:08080808"), "{shown}");
}

#[test]
fn nobody_is_told_to_start_from_an_ssd_without_a_system() {
    let shown = |starts| {
        let Assessment::AppliancePresent { preview, facts, rebuild, restore, lost, .. } = present()
        else {
            panic!("no appliance");
        };
        let there = Assessment::AppliancePresent { preview, facts, rebuild, restore, lost, starts };
        let (_, shown) = installs(InstallMode::Menu, [there], |person| {
            person.sees("screen=present");
            person.presses(Key::Char('p'));
        });
        (shown.contains("press R"), shown.contains("can’t start from its disks"))
    };
    assert_eq!(shown(true), (true, false));
    assert_eq!(shown(false), (false, true));
}
