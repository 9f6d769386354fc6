use std::fs;

use zshield_plan::health::Condition;
use zshield_units::UnixTime;

use super::*;

/// A dispatcher with one sink, whose thread is the test itself.
fn dispatcher(store: Store) -> (AtWork, Receiver<Batch>) {
    let (jobs, given) = mpsc::channel();
    let worker = SinkWorker { name: "mail".to_owned(), limit: 1000, jobs, busy: false };
    let sender = batch::Sender {
        product: "gateway".to_owned(),
        host: "gw-1".to_owned(),
        zone: jiff::tz::TimeZone::UTC,
    };
    (AtWork::new(store, sender, vec![worker], Shared::default()), given)
}

fn told(batch: &Batch) -> Message {
    Message::Told(Told { sink: 0, numbers: batch.numbers(), dropped: 0, result: Ok(()) })
}

#[test]
fn nothing_is_told_again_while_the_book_can_not_be_written() {
    let directory = tempfile::tempdir().unwrap();
    let (mut dispatcher, given) = dispatcher(Store::in_directories(directory.path(), &[None]));
    let seen = Seen { conditions: vec![Condition::Stale], unseen: vec![] };
    dispatcher.handle(Message::Seen(seen, Box::default()));
    dispatcher.note(UnixTime(0));
    dispatcher.hand_out(UnixTime(10));
    let batch = given.try_recv().unwrap();
    dispatcher.handle(told(&batch));
    // Nobody can hold the list to change it.
    let lock = directory.path().join("run/alarms.lock");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    for now in (20..3600).step_by(60) {
        dispatcher.note(UnixTime(now));
        dispatcher.hand_out(UnixTime(now));
        assert!(given.try_recv().is_err(), "told once more after {now} seconds");
    }
    assert!(dispatcher.unnoted.is_some());
    fs::remove_dir(&lock).unwrap();
    dispatcher.note(UnixTime(3600));
    dispatcher.hand_out(UnixTime(3600));
    assert!(given.try_recv().is_err());
    assert!(dispatcher.unnoted.is_none());
    // And it goes on with what is new.
    dispatcher.handle(Message::Seen(Seen::default(), Box::default()));
    dispatcher.note(UnixTime(3601));
    dispatcher.hand_out(UnixTime(3611));
    assert!(given.try_recv().is_ok());
}
