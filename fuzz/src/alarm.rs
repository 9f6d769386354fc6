//! What other machines answer and ask, and the list of alarms.

use zshield_alarm::fuzzing;
use zshield_alarm::list::AlarmList;
use zshield_alarm::metrics::{self, MetricsInput};

pub fn getent(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let found = fuzzing::getent(&text);
    assert!(found.len() <= text.lines().count());
}

pub fn request(bytes: &[u8]) {
    assert!(!fuzzing::is_for_metrics(bytes) || bytes.starts_with(b"GET /metrics"));
}

/// A status of two bytes, then what was answered.
pub fn robots(bytes: &[u8]) {
    let Some((status, body)) = bytes.split_first_chunk() else { return };
    let status = u16::from_le_bytes(*status);
    let taken = fuzzing::robots(status, &String::from_utf8_lossy(body));
    assert!(taken == 0 || status == 200);
}

pub fn list(bytes: &[u8]) {
    let Ok(list) = serde_json::from_slice::<AlarmList>(bytes) else { return };
    let printed = serde_json::to_vec(&list).expect("printed");
    assert_eq!(serde_json::from_slice::<AlarmList>(&printed).expect("parsed"), list);
    assert!(list.all().len() <= list.alarms.len());
    assert!(metrics::text(&list, &MetricsInput::default()).ends_with("# EOF\n"));
}
