//! A comparison, and how it is shown.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Bytes,
}

impl Unit {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Bytes => "bytes",
        }
    }

    fn shown(self, amount: f64) -> String {
        match self {
            Self::Seconds if amount < 0.1 => format!("{:.1} ms", amount * 1e3),
            Self::Seconds if amount < 10.0 => format!("{amount:.2} s"),
            Self::Seconds => format!("{amount:.1} s"),
            Self::Bytes if amount < 1e6 => format!("{:.0} kB", amount / 1e3),
            Self::Bytes => format!("{:.1} MB", amount / 1e6),
        }
    }
}

/// One comparison. A ratio above 1 says that zshield is the better one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) bench: &'static str,
    pub(super) case: String,
    pub(super) unit: Unit,
    pub(super) ours: f64,
    pub(super) peer: Option<(&'static str, f64)>,
    /// What explains it: requests, bytes.
    pub(super) note: String,
}

impl Row {
    /// Two times.
    pub(super) const fn seconds(
        bench: &'static str,
        case: String,
        ours: f64,
        peer: &'static str,
        theirs: f64,
        note: String,
    ) -> Self {
        Self { bench, case, unit: Unit::Seconds, ours, peer: Some((peer, theirs)), note }
    }

    /// The peer's amount for one of ours.
    pub(super) fn ratio(&self) -> Option<f64> {
        self.peer.map(|(_, theirs)| theirs / self.ours)
    }

    /// As scripts read it.
    pub(super) fn json(&self) -> Value {
        let suffix = self.unit.suffix();
        let mut row = json!({ "bench": self.bench, "case": self.case });
        row[format!("ours_{suffix}")] = json!(self.ours);
        row["peer"] = json!(self.peer.map(|(name, _)| name));
        row[format!("peer_{suffix}")] = json!(self.peer.map(|(_, theirs)| theirs));
        row["ratio"] = json!(self.ratio());
        if !self.note.is_empty() {
            row["note"] = json!(self.note);
        }
        row
    }

    fn cells(&self) -> [String; 6] {
        let digits = |ratio: f64| if ratio < 0.1 { 3 } else { 2 };
        let shown = |ratio: f64| format!("{ratio:.*}", digits(ratio));
        let ratio = self.ratio().map(shown).unwrap_or_default();
        let (peer, theirs) = self
            .peer
            .map(|(name, theirs)| (name.to_owned(), self.unit.shown(theirs)))
            .unwrap_or_default();
        [self.case.clone(), self.unit.shown(self.ours), peer, theirs, ratio, self.note.clone()]
    }
}

/// A table of a bench's rows, in Markdown.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = "| case | zshield | peer | it takes | ratio | seen |\n".to_owned();
    text += "|---|---:|---|---:|---:|---|\n";
    for row in rows {
        // Writing to a string does not fail.
        let _ = writeln!(text, "| {} |", row.cells().join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row::seconds("restore", "64k".to_owned(), 0.5, "dd", 2.0, String::new())
    }

    #[test]
    fn scripts_read_the_rows_that_were_promised() {
        let wanted = json!({ "bench": "restore", "case": "64k", "ours_s": 0.5, "peer": "dd",
                             "peer_s": 2.0, "ratio": 4.0 });
        assert_eq!(row().json(), wanted);
        let alone = Row { peer: None, unit: Unit::Bytes, ours: 7e6, ..row() };
        let wanted = json!({ "bench": "restore", "case": "64k", "ours_bytes": 7e6, "peer": null,
                             "peer_bytes": null, "ratio": null });
        assert_eq!(alone.json(), wanted);
    }

    #[test]
    fn what_is_short_is_shown_in_milliseconds() {
        let text =
            table(&[Row::seconds("write", "64k".to_owned(), 1.2, "dd", 0.0072, String::new())]);
        assert!(text.ends_with("| 64k | 1.20 s | dd | 7.2 ms | 0.006 |  |\n"), "{text}");
    }

    #[test]
    fn a_table_says_where_we_lose() {
        let lost = Row { ours: 40.0, note: "12 requests".to_owned(), ..row() };
        let text = table(&[lost]);
        assert!(text.ends_with("| 64k | 40.0 s | dd | 2.00 s | 0.050 | 12 requests |\n"), "{text}");
    }
}
