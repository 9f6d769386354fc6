//! What other machines answer and ask, and the list of alarms.

use zshield_alarm::fuzzing;
use zshield_alarm::list::AlarmList;
use zshield_alarm::metrics::{self, MetricsInput};

pub(crate) fn request(bytes: &[u8]) {
    assert!(!fuzzing::is_for_metrics(bytes) || bytes.starts_with(b"GET /metrics"));
}

/// A status of two bytes, then what was answered.
pub(crate) fn robots(bytes: &[u8]) {
    let Some((status, body)) = bytes.split_first_chunk() else { return };
    let status = u16::from_le_bytes(*status);
    let taken = fuzzing::robots(status, &String::from_utf8_lossy(body));
    assert!(taken == 0 || status == 200);
}

pub(crate) fn list(bytes: &[u8]) {
    let Ok(read) = serde_json::from_slice::<AlarmList>(bytes) else { return };
    let again = |list: &AlarmList| {
        let printed = serde_json::to_vec(list).expect("printed");
        serde_json::from_slice::<AlarmList>(&printed).expect("parsed")
    };
    // An alarm that has a field twice is known only once it is printed.
    let list = again(&read);
    assert_eq!(again(&list), list);
    assert!(list.all().len() <= list.alarms.len());
    assert!(metrics::text(&list, &MetricsInput::default()).ends_with("# EOF\n"));
}
