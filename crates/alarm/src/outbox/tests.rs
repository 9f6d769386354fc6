use proptest::prelude::*;

use super::*;

fn outbox() -> Outbox {
    let mut outbox = Outbox::default();
    outbox.set_sinks(["a", "b"]);
    outbox
}

fn put(outbox: &mut Outbox, now: UnixTime) {
    outbox.put(What::Opened, now, &Condition::Stale, now);
}

fn failure(too_many: bool) -> Failure {
    Failure { why: "down".into(), too_many }
}

fn numbers(outbox: &Outbox, sink: &str, now: UnixTime) -> Vec<Number> {
    let due = outbox.due(sink, now);
    due.into_iter().flat_map(|due| due.events).map(|event| event.number).collect()
}

#[test]
fn a_burst_is_one_message() {
    let mut outbox = outbox();
    for second in 0..5 {
        put(&mut outbox, UnixTime(1000 + second));
    }
    assert_eq!(outbox.due("a", UnixTime(1009)), None);
    assert_eq!(numbers(&outbox, "a", UnixTime(1010)), [0, 1, 2, 3, 4]);
}

#[test]
fn each_sink_has_its_own_queue() {
    let mut outbox = outbox();
    put(&mut outbox, UnixTime(0));
    put(&mut outbox, UnixTime(1));
    outbox.delivered("a", &[0, 1], 0, UnixTime(20));
    assert_eq!(outbox.due("a", UnixTime(100)), None);
    assert_eq!(numbers(&outbox, "b", UnixTime(100)), [0, 1]);
    outbox.set_sinks(["a"]);
    assert!(outbox.events.is_empty());
}

#[test]
fn one_that_is_down_is_tried_again_with_growing_distance() {
    let mut outbox = outbox();
    put(&mut outbox, UnixTime(0));
    let mut now = UnixTime(10);
    for wait in [30, 60, 120, 240, 480, 960, 1920, 3600, 3600] {
        outbox.failed("a", failure(false), now);
        assert_eq!(outbox.due("a", now + (wait - 1)), None);
        assert_eq!(numbers(&outbox, "a", now + wait), [0]);
        now += wait;
    }
    assert_eq!(numbers(&outbox, "b", UnixTime(10)), [0]);
    outbox.delivered("a", &[0], 0, now);
    outbox.failed("a", failure(true), now);
    put(&mut outbox, now);
    assert_eq!(outbox.due("a", now + 599), None);
    assert_eq!(numbers(&outbox, "a", now + 600), [1]);
}

#[test]
fn what_is_too_much_is_dropped_from_the_oldest_and_counted() {
    let mut outbox = outbox();
    for second in 0..507 {
        put(&mut outbox, UnixTime(0));
        outbox.delivered("b", &[second], 0, UnixTime(0));
    }
    let due = outbox.due("a", UnixTime(10_000)).unwrap();
    assert_eq!((due.dropped, due.events.len(), due.events[0].number), (7, MOST_WAITING, 7));
    assert_eq!(outbox.events.len(), MOST_WAITING);
    outbox.delivered("a", &[7], 7, UnixTime(10_000));
    assert_eq!(outbox.due("a", UnixTime(10_010)).unwrap().dropped, 0);
}

#[test]
fn a_clock_that_was_set_back_holds_nothing_up() {
    let mut outbox = outbox();
    put(&mut outbox, UnixTime(1_000_000));
    outbox.failed("a", failure(false), UnixTime(1_000_010));
    assert_eq!(numbers(&outbox, "a", UnixTime(0)), [0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever comes and whatever fails, also over restarts: all of it arrives once, in order, and
    /// no sink hears more in a minute than the strictest robot allows.
    #[test]
    fn all_arrives_in_order_and_within_the_robots_limits(
        steps in prop::collection::vec((0i64..20, 0u8..4, any::<bool>(), any::<bool>()), 1..300)
    ) {
        let mut outbox = outbox();
        let (mut now, mut put_so_far) = (UnixTime(0), 0);
        let mut arrived: Vec<Number> = Vec::new();
        let mut sent: Vec<UnixTime> = Vec::new();
        let mut turn = |outbox: &mut Outbox, now: UnixTime, works: bool| {
            let found = numbers(outbox, "a", now);
            if found.is_empty() {
                return;
            }
            sent.push(now);
            let some = &found[..found.len().div_ceil(2)];
            if works {
                arrived.extend(some);
                outbox.delivered("a", some, 0, now);
            } else {
                outbox.failed("a", failure(false), now);
            }
        };
        for (later, events, works, restarts) in steps {
            now += later;
            for _ in 0..events {
                put(&mut outbox, now);
                put_so_far += 1;
            }
            turn(&mut outbox, now, works);
            if restarts {
                let json = serde_json::to_string(&outbox).unwrap();
                outbox = serde_json::from_str(&json).unwrap();
                outbox.set_sinks(["a", "b"]);
            }
        }
        for _ in 0..20 {
            now += LAST_RETRY;
            turn(&mut outbox, now, true);
        }
        prop_assume!(put_so_far <= MOST_WAITING as u64);
        prop_assert_eq!(arrived, (0..put_so_far).collect::<Vec<_>>());
        for (index, first) in sent.iter().enumerate() {
            let within = sent[index..].iter().take_while(|at| at.distance(*first) < 60).count();
            prop_assert!(within <= 20, "{} messages within a minute", within);
        }
    }
}
