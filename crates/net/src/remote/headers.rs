//! What a server says of a file in the headers of an answer. None of it is believed without being looked at.

use std::time::Duration;

use ureq::http::header::{CONTENT_RANGE, DATE, ETAG, HeaderName, LAST_MODIFIED, RETRY_AFTER};
use ureq::http::{HeaderMap, HeaderValue};

/// No `ETag` and no date that is sent back is longer.
const LONGEST: usize = 256;

/// `Content-Range`: which bytes of a file an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentRange {
    /// These, of so many where that is said.
    Bytes {
        /// The first.
        first: u64,
        /// The last, which is not before the first.
        last: u64,
        /// How many the file has; more than the last one's place.
        length: Option<u64>,
    },
    /// None of them: the file has so many.
    None(u64),
}

impl ContentRange {
    /// Reads the header's text, as RFC 9110 has it: `bytes 0-99/1000`, `bytes 0-99/*`, `bytes */1000`.
    pub fn parse(text: &str) -> Option<Self> {
        let (unit, rest) = text.trim().split_once(' ')?;
        let (range, length) = rest.trim().split_once('/')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        if range == "*" {
            return Some(Self::None(number(length)?));
        }
        let (first, last) = range.split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        let length = if length == "*" { None } else { Some(number(length)?) };
        // No file is so long that nothing can stand behind it.
        let sound = first <= last && last < length.unwrap_or(u64::MAX);
        sound.then_some(Self::Bytes { first, last, length })
    }

    /// The header of an answer, where it is there once.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        Self::parse(single(headers, &CONTENT_RANGE)?)
    }
}

/// `Retry-After`: when it is worth asking again. A date counts from the answer's own `Date`, for the clock here
/// may be wrong.
pub fn retry_after(text: &str, date: Option<&str>) -> Option<Duration> {
    if let Some(seconds) = number(text.trim()) {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(text.trim()).ok()?;
    let now = httpdate::parse_http_date(date?.trim()).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

pub(super) fn retry_after_of(headers: &HeaderMap) -> Option<Duration> {
    retry_after(single(headers, &RETRY_AFTER)?, single(headers, &DATE))
}

/// Digits alone: Rust would take a sign too.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

pub(super) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    let one = all.next()?.to_str().ok()?;
    all.next().is_none().then_some(one)
}

/// Which file it is that a server answered from: what the first answer said, and each later one must agree with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pin {
    etag: Option<HeaderValue>,
    modified: Option<HeaderValue>,
    /// How long the file is.
    pub(super) length: Option<u64>,
}

impl Pin {
    /// What an answer says of a file that is so long.
    pub(super) fn of(headers: &HeaderMap, length: Option<u64>) -> Self {
        let kept = |name: &HeaderName| {
            let text = single(headers, name)?;
            (text.len() <= LONGEST).then(|| headers.get(name).cloned()).flatten()
        };
        // A weak one names a content that is as good, not the same bytes.
        let strong = |etag: &HeaderValue| etag.as_bytes().starts_with(b"\"");
        Self { etag: kept(&ETAG).filter(strong), modified: kept(&LAST_MODIFIED), length }
    }

    /// What is said with a request, so that another file is answered as a whole.
    pub(super) fn if_range(&self) -> Option<&HeaderValue> {
        self.etag.as_ref().or(self.modified.as_ref())
    }

    /// Whether a later answer may be from the same file.
    pub(super) fn agrees(&self, later: &Self) -> bool {
        fn equal<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> Option<bool> {
            Some(one? == other?)
        }
        let same = equal(self.etag.as_ref(), later.etag.as_ref())
            .or_else(|| equal(self.modified.as_ref(), later.modified.as_ref()));
        same != Some(false) && equal(self.length.as_ref(), later.length.as_ref()) != Some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_taken_as_the_standard_has_it() {
        let bytes = |first, last, length| Some(ContentRange::Bytes { first, last, length });
        for (text, wanted) in [
            ("bytes 0-99/1000", bytes(0, 99, Some(1000))),
            ("bytes 5-5/6", bytes(5, 5, Some(6))),
            ("BYTES 0-99/*", bytes(0, 99, None)),
            ("bytes */1000", Some(ContentRange::None(1000))),
            (
                "bytes 0-18446744073709551614/18446744073709551615",
                bytes(0, u64::MAX - 1, Some(u64::MAX)),
            ),
            ("bytes 0-18446744073709551616/*", None),
            ("bytes 0-1000/1000", None),
            ("bytes 9-8/1000", None),
            ("bytes +1-8/1000", None),
            ("bytes -8/1000", None),
            ("bytes 0-/1000", None),
            ("bytes 0-8", None),
            ("bytes */*", None),
            ("bytes=0-8/9", None),
            ("lines 0-8/9", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::parse(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_date_to_come_back_counts_from_the_servers_clock() {
        let now = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        for (text, date, wanted) in [
            ("120", None, Some(120)),
            (" 0 ", now, Some(0)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", now, Some(30)),
            ("Sun, 06 Nov 1994 08:49:07 GMT", now, Some(0)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", None, None),
            ("-1", now, None),
            ("soon", now, None),
        ] {
            assert_eq!(retry_after(text, date), wanted.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn a_file_is_another_where_anything_that_both_say_differs() {
        let pin = |etag: &'static str, modified: &'static str, length| {
            let mut headers = HeaderMap::new();
            for (name, value) in [(ETAG, etag), (LAST_MODIFIED, modified)] {
                if !value.is_empty() {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            Pin::of(&headers, length)
        };
        let first = pin("\"a\"", "monday", Some(9));
        assert_eq!(first.if_range().unwrap(), "\"a\"");
        for (later, agrees) in [
            (pin("\"a\"", "monday", Some(9)), true),
            // A server among several, whose clock differs.
            (pin("\"a\"", "tuesday", None), true),
            (pin("\"b\"", "monday", Some(9)), false),
            (pin("\"a\"", "monday", Some(8)), false),
            (pin("W/\"b\"", "monday", Some(9)), true),
            (pin("", "tuesday", Some(9)), false),
            (pin("", "", None), true),
        ] {
            assert_eq!(first.agrees(&later), agrees, "{later:?}");
        }
        assert_eq!(pin("W/\"a\"", "monday", None).if_range().unwrap(), "monday");
        assert_eq!(pin("W/\"a\"", "", None).if_range(), None);
    }
}
