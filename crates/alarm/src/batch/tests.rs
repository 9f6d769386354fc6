use proptest::prelude::*;
use zshield_plan::health::Condition;

use super::*;

fn sender() -> Sender {
    Sender { product: "网关".into(), host: "gw-1".into(), zone: TimeZone::UTC }
}

fn event(number: Number, what: What, why: &str) -> Event {
    let condition = Condition::Failed { operation: "backup".into(), why: why.into() };
    Event { number, at: UnixTime(1_800_000_000), what, since: UnixTime(1_800_000_000), condition }
}

#[test]
fn a_message_says_what_since_when_and_what_to_do() {
    let events = [event(1, What::Opened, "the disk is full"), event(2, What::Cleared, "x")];
    let events: Vec<&Event> = events.iter().collect();
    let text = Batch::fitted(&sender(), &events, 3, 20_000).text();
    for part in ["网关", "gw-1", "the disk is full", "2027-01-15 08:00:00", "failed:backup", "3"]
    {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
}

#[test]
fn nothing_in_a_name_moves_a_cursor_or_begins_a_header() {
    let event = event(1, What::Opened, "a\u{1b}[2Jb\r\nBcc: c@d");
    let batch = Batch::fitted(&sender(), &[&event], 0, 20_000);
    assert!(!line(&event).contains(['\u{1b}', '\r', '\n']), "{}", line(&event));
    assert!(!batch.title().contains(['\r', '\n']));
}

#[test]
fn programs_get_the_facts() {
    let event = event(7, What::Acknowledged { who: "w".into(), reason: "r".into() }, "why");
    let json = Batch::fitted(&sender(), &[&event], 0, 20_000).json();
    assert_eq!(json["events"][0]["number"], 7);
    assert_eq!(json["events"][0]["id"], "failed:backup");
    assert_eq!(json["events"][0]["what"]["acknowledged"]["who"], "w");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn no_message_is_longer_than_it_may_be_and_none_is_skipped(
        whys in prop::collection::vec(".{0,900}", 1..70), limit in 1_500usize..20_000,
    ) {
        let events: Vec<Event> =
            whys.iter().zip(0..).map(|(why, number)| event(number, What::Opened, why)).collect();
        let events: Vec<&Event> = events.iter().collect();
        let batch = Batch::fitted(&sender(), &events, 0, limit);
        let text = batch.text();
        prop_assert!(serde_json::to_string(&text).unwrap().len() <= limit);
        let count = batch.events.len();
        prop_assert!((1..=MOST).contains(&count));
        prop_assert_eq!(batch.numbers(), (0..count as u64).collect::<Vec<_>>());
        prop_assert_eq!(batch.more, events.len() - count);
    }
}
