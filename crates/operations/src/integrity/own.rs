//! What a check itself goes by: the policy, which says what is looked at, and the keys.
//!
//! No pattern says what becomes of them, and no backup has them in order: somebody has to say that
//! a change is meant to be.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

use anyhow::Result;
use zshield_check::judge::References;
use zshield_golden::EntryPath;
use zshield_golden::compare::{Difference, Drift, FileKind, StateDigest};

use crate::env::POLICY;
use crate::installed::{Delivered, KEYS};
use crate::text::chain;

/// How it drifts.
pub(super) fn drifts(
    root: &Path,
    delivered: &Delivered<'_>,
    references: &dyn References,
) -> Result<Vec<Drift>> {
    let mut drifts = Vec::new();
    // An image whose policy is not the manifest's is told of by itself.
    let delivered = delivered.policy().inspect_err(|why| tracing::warn!("{}", chain(why))).ok();
    if let Some((_, text)) = delivered
        && let Some(difference) = policy(&root.join(POLICY), &text)
    {
        drifts.push(Drift { path: POLICY.parse()?, difference });
    }
    // Without the factory snapshot there is nothing to hold them against.
    if let Some(factory) = references.factory() {
        for (name, difference) in keys(&factory.join(KEYS), &root.join(KEYS))? {
            let path = KEYS.parse::<EntryPath>()?.join(name.as_encoded_bytes())?;
            drifts.push(Drift { path, difference });
        }
    }
    Ok(drifts)
}

/// How the policy differs from the one that was delivered.
fn policy(file: &Path, delivered: &str) -> Option<Difference> {
    match fs::read(file) {
        Ok(text) => (text != delivered.as_bytes()).then_some(Difference::Content),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Difference::Missing),
        Err(error) => Some(Difference::Unreadable { reason: error.to_string() }),
    }
}

/// How the keys in one directory differ from those in another, by their names.
fn keys(delivered: &Path, now: &Path) -> io::Result<Vec<(OsString, Difference)>> {
    let (before, after) = (names(delivered)?, names(now)?);
    let mut found = Vec::new();
    for name in before.union(&after) {
        let difference = match (before.contains(name), after.contains(name)) {
            (false, _) => Difference::Added { kind: FileKind::File },
            (_, false) => Difference::Missing,
            _ if StateDigest::of(&delivered.join(name))? == StateDigest::of(&now.join(name))? => {
                continue;
            }
            _ => Difference::Content,
        };
        found.push((name.clone(), difference));
    }
    Ok(found)
}

/// The names in a directory; none where there is no directory.
fn names(directory: &Path) -> io::Result<BTreeSet<OsString>> {
    match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| Ok(entry?.file_name())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_policy_and_other_keys_drift() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        let file = write("policy", "[check]\n");
        assert_eq!(policy(&file, "[check]\n"), None);
        assert_eq!(policy(&file, "[alarm]\n"), Some(Difference::Content));
        assert_eq!(policy(&directory.path().join("none"), ""), Some(Difference::Missing));
        let (old, new) = (directory.path().join("old"), directory.path().join("new"));
        for (name, text) in [
            ("old/a", "a"),
            ("old/b", "b"),
            ("old/c", "c"),
            ("new/a", "a"),
            ("new/b", "x"),
            ("new/d", "d"),
        ] {
            write(name, text);
        }
        let found = keys(&old, &new).unwrap();
        let wanted = [
            ("b", Difference::Content),
            ("c", Difference::Missing),
            ("d", Difference::Added { kind: FileKind::File }),
        ];
        assert_eq!(found, wanted.map(|(name, difference)| (OsString::from(name), difference)));
        assert_eq!(keys(&old, &old).unwrap(), []);
        assert_eq!(keys(&old, &directory.path().join("none")).unwrap().len(), 3);
    }
}
