//! What other machines answer and ask, and the book of alarms.

use zshield_alarm::book::Book;
use zshield_alarm::fuzzing;
use zshield_alarm::metrics::{self, Vitals};

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

pub fn book(bytes: &[u8]) {
    let Ok(book) = serde_json::from_slice::<Book>(bytes) else { return };
    let printed = serde_json::to_vec(&book).expect("printed");
    assert_eq!(serde_json::from_slice::<Book>(&printed).expect("parsed"), book);
    assert!(book.all().len() <= book.alarms.len());
    assert!(metrics::text(&book, &Vitals::default()).ends_with("# EOF\n"));
}
