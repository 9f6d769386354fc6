use std::fs;

use zshield_plan::health::Condition;

use super::*;

/// A desk with one sink, whose thread is the test itself.
fn desk(store: Store) -> (AtWork, Receiver<Digest>) {
    let (jobs, given) = mpsc::channel();
    let clerk = Clerk { name: "mail".to_owned(), limit: 1000, jobs, busy: false };
    let sender = digest::Sender {
        product: "gateway".to_owned(),
        host: "gw-1".to_owned(),
        zone: jiff::tz::TimeZone::UTC,
    };
    (AtWork::new(store, sender, vec![clerk], Shared::default()), given)
}

fn told(digest: &Digest) -> Heard {
    Heard::Told(Told { sink: 0, numbers: digest.numbers(), dropped: 0, result: Ok(()) })
}

#[test]
fn nothing_is_told_again_while_the_book_can_not_be_written() {
    let directory = tempfile::tempdir().unwrap();
    let (mut desk, given) = desk(Store::in_directories(directory.path(), &[None]));
    let seen = Seen { conditions: vec![Condition::Stale], unseen: vec![] };
    desk.hear(Heard::Seen(seen, Box::default()));
    desk.note(0);
    desk.hand_out(10);
    let digest = given.try_recv().unwrap();
    desk.hear(told(&digest));
    // The book's new file can't be made.
    let fresh = directory.path().join("run/alarms.json.new");
    fs::create_dir(&fresh).unwrap();
    for now in (20..3600).step_by(60) {
        desk.note(now);
        desk.hand_out(now);
        assert!(given.try_recv().is_err(), "told once more after {now} seconds");
    }
    assert!(desk.unnoted.is_some());
    fs::remove_dir(&fresh).unwrap();
    desk.note(3600);
    desk.hand_out(3600);
    assert!(given.try_recv().is_err());
    assert!(desk.unnoted.is_none());
    // And it goes on with what is new.
    desk.hear(Heard::Seen(Seen::default(), Box::default()));
    desk.note(3601);
    desk.hand_out(3611);
    assert!(given.try_recv().is_ok());
}
