//! The manifest's entries, parsed ahead of whoever compares with them.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::manifest::{Entry, Manifest, ManifestError};

/// How many entries are handed over at once, and how often before the parser waits.
const BATCH: usize = 512;
const BATCHES: usize = 4;

/// An entry, or why there is none.
pub(super) type Parsed = Result<Entry, ManifestError>;

/// What parses the manifest, to be run in a thread of its own, and what comes of it.
pub(super) fn ahead(manifest: &Manifest) -> (impl FnOnce() + Send + '_, Entries) {
    let (entries, parsed) = sync_channel(BATCHES);
    let batch = Vec::new().into_iter();
    (move || parse(manifest, &entries), Entries { parsed, batch })
}

fn parse(manifest: &Manifest, entries: &SyncSender<Vec<Parsed>>) {
    let mut reader = match manifest.entries() {
        Ok(reader) => reader,
        // Whoever compared may have ended with an error of his own.
        Err(error) => return drop(entries.send(vec![Err(error)])),
    };
    loop {
        let batch: Vec<Parsed> = reader.by_ref().take(BATCH).collect();
        if batch.is_empty() || entries.send(batch).is_err() {
            return;
        }
    }
}

/// The entries of the manifest as they are parsed.
pub(super) struct Entries {
    parsed: Receiver<Vec<Parsed>>,
    batch: std::vec::IntoIter<Parsed>,
}

impl Iterator for Entries {
    type Item = Parsed;

    fn next(&mut self) -> Option<Parsed> {
        if let Some(entry) = self.batch.next() {
            return Some(entry);
        }
        self.batch = self.parsed.recv().ok()?.into_iter();
        self.batch.next()
    }
}
