//! What a repair has made, each thing as it was right after that: what is another one later was
//! changed by somebody else, for the system runs.

use std::collections::BTreeMap;
use std::path::Path;

use zshield_golden::EntryPath;
use zshield_golden::descent::Descent;

use crate::difference::Difference;
use crate::error::LiveError;
use crate::node::InodeMetadata;

/// What was made.
#[derive(Debug, Default)]
pub struct Made(BTreeMap<EntryPath, Option<InodeMetadata>>);

/// What still differs after a repair.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct StillDiffers {
    /// What somebody else has changed since.
    pub by_others: Vec<EntryPath>,
    /// What is as it was made, and differs all the same.
    pub as_made: Vec<EntryPath>,
}

impl StillDiffers {
    /// All of a difference, which nobody is known to have changed.
    pub fn all(difference: &Difference) -> Self {
        let as_made = difference.changes.iter().map(|change| change.path().clone()).collect();
        Self { by_others: Vec::new(), as_made }
    }
}

impl Made {
    pub(super) fn note(&mut self, path: &EntryPath, metadata: Option<InodeMetadata>) {
        self.0.insert(path.clone(), metadata);
    }

    /// Notes anew what has lost another name since it was made, and is the same otherwise.
    pub(super) fn note_renamed(&mut self, tree: &mut Descent) {
        for (path, made) in &mut self.0 {
            if let (Some(made), Some(now)) = (made, now(tree, path))
                && made.is_renamed(&now)
            {
                *made = now;
            }
        }
    }

    /// Whose each change of a later difference is. Of what was not made nothing differed before.
    pub fn judge(&self, later: &Difference, root: &Path) -> Result<StillDiffers, LiveError> {
        let mut tree = Descent::unmounted(root)?;
        let mut found = StillDiffers::default();
        for path in later.changes.iter().map(crate::Change::path) {
            let is_as_made =
                self.0.get(path).is_some_and(|made| match (made, now(&mut tree, path)) {
                    (Some(made), Some(now)) => made.is_untouched(&now),
                    (None, None) => true,
                    (Some(_), None) | (None, Some(_)) => false,
                });
            let all = if is_as_made { &mut found.as_made } else { &mut found.by_others };
            all.push(path.clone());
        }
        Ok(found)
    }
}

/// What is there now; nothing too where it can't be reached any more.
fn now(tree: &mut Descent, path: &EntryPath) -> Option<InodeMetadata> {
    let directory = tree.directory(&path.parent().unwrap_or_default()).ok()?;
    InodeMetadata::at(&directory, path.name().unwrap_or(b".")).ok()?
}
