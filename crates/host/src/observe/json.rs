//! Values of the tools that answer in JSON.

use serde_json::Value;

/// A number, or a text that is one: smartctl writes those as text that JavaScript can't hold, and the
/// tools of the cards write most of theirs so.
pub(super) fn number(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_may_be_written_as_text_and_nothing_else_is_one() {
        let number = |json: &str| number(Some(&serde_json::from_str(json).unwrap()));
        assert_eq!(number("7"), Some(7));
        assert_eq!(number("\" 18446744073709551615 \""), Some(u64::MAX));
        for none in ["-1", "0.5", "\"seven\"", "null", "[7]", "true"] {
            assert_eq!(number(none), None, "{none}");
        }
        assert_eq!(super::number(None), None);
    }
}
