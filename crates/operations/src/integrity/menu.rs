//! What in `/boot` starts the system and is no part of the payload: GRUB's menus and what goes with
//! them.
//!
//! They are held against what the image that is signed says, and what the installation wrote. A copy
//! that a backup takes along says nothing: it would be as whatever it was taken of.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use zshield_check::judge::References;
use zshield_golden::compare::{Difference, Drift, FileKind};
use zshield_golden::slot::Artifact;
use zshield_golden::{Digest, EntryPath};
use zshield_host::boot_backup::{self, Entry, MENUS};
use zshield_host::boot_files;
use zshield_plan::grub::{self, DIRECTORY};
use zshield_plan::grubenv::Environment;
use zshield_plan::ledger::Ledger;
use zshield_plan::machine_files::ENVIRONMENT;
use zshield_plan::policy::Policy;
use zshield_plan::saved;

use crate::boot::menu_of;
use crate::installed::{Delivered, Installed};
use crate::installer::policy_of;
use crate::text::chain;

type Files = BTreeMap<PathBuf, Entry>;

/// How it drifts.
pub(super) fn drifts(
    root: &Path,
    policy: &Policy,
    (delivered, golden): (&Delivered<'_>, &Installed),
    ledger: &Ledger,
    references: &dyn References,
) -> Result<Vec<Drift>> {
    let boot = root.join("boot");
    let within = |path: &Path| path.starts_with(DIRECTORY);
    let read = boot_backup::described(&boot, within)
        .and_then(|found| Ok((found, boot_backup::strange(&boot)?)));
    let (found, strange) = match read {
        Ok(read) => read,
        Err(error) => {
            let difference = Difference::Unreadable { reason: chain(&error.into()) };
            return Ok(vec![Drift { path: in_boot(Path::new(DIRECTORY))?, difference }]);
        }
    };
    let header = delivered.manifest().header();
    let records = [Artifact::Early, Artifact::Font].map(|artifact| header.artifact(artifact));
    let mut wanted: BTreeMap<PathBuf, Vec<Digest>> = BTreeMap::new();
    for record in records.into_iter().flatten() {
        wanted.insert(in_directory(record.name.file_name()), vec![record.blake3]);
    }
    wanted.insert(in_directory(MENUS[0]), generated(menu(golden, ledger)));
    wanted.insert(in_directory(MENUS[1]), generated(system(root, policy)));
    let mut differences = differing(&wanted, &found);
    // An older version may have written them otherwise, and it was it that the installation proved.
    if MENUS.iter().any(|menu| differences.contains_key(&in_directory(menu))) {
        let first =
            references.factory().map(|factory| boot_backup::read(&factory.join(saved::DIRECTORY)));
        let first = first.and_then(|set| set.inspect_err(|why| tracing::warn!("{why}")).ok());
        for menu in MENUS.map(in_directory) {
            let digest = first.as_ref().and_then(|set| set.files.get(&menu)).map(|one| one.blake3);
            wanted.entry(menu).or_default().extend(digest);
        }
        differences = differing(&wanted, &found);
    }
    let added = |(path, kind)| (path, Difference::Added { kind });
    differences.extend(strange.into_iter().map(added));
    if has_foreign_words(&root.join("boot").join(DIRECTORY)) {
        differences.insert(in_directory(ENVIRONMENT[0]), Difference::Content);
    }
    let drift =
        |(path, difference): (PathBuf, Difference)| Ok(Drift { path: in_boot(&path)?, difference });
    differences.into_iter().map(drift).collect()
}

/// How files differ from what they may be.
fn differing(
    wanted: &BTreeMap<PathBuf, Vec<Digest>>,
    found: &Files,
) -> BTreeMap<PathBuf, Difference> {
    let paths: BTreeSet<&PathBuf> = wanted.keys().chain(found.keys()).collect();
    let difference = |path: &PathBuf| match (wanted.get(path), found.get(path)) {
        (None, _) => Some(Difference::Added { kind: FileKind::File }),
        (_, None) => Some(Difference::Missing),
        (Some(wanted), Some(entry)) if !wanted.contains(&entry.blake3) => Some(Difference::Content),
        // Whoever may write it starts what he likes.
        (_, Some(entry)) if entry.mode & 0o022 != 0 => Some(Difference::Mode {
            expected: permissions(entry.mode & !0o022),
            actual: permissions(entry.mode),
        }),
        _ => None,
    };
    paths.into_iter().filter_map(|path| Some((path.clone(), difference(path)?))).collect()
}

/// The bits of a mode that fit where a manifest has them.
fn permissions(mode: u32) -> u16 {
    u16::try_from(mode & 0o7777).unwrap_or_default()
}

/// What a menu may be, where it can be said.
fn generated(text: Result<Option<String>>) -> Vec<Digest> {
    let text = text.inspect_err(|why| tracing::warn!("{}", chain(why))).ok().flatten();
    text.map(|text| Digest::of(text.as_bytes())).into_iter().collect()
}

/// The first menu, by the image's own policy.
fn menu(golden: &Installed, ledger: &Ledger) -> Result<Option<String>> {
    let (policy, _) = policy_of(&golden.slot, &golden.manifest)?;
    Ok(Some(grub::installed(&policy, &ledger.own())))
}

/// The menu of the newest kernel, as a package that brings one has it written.
fn system(root: &Path, policy: &Policy) -> Result<Option<String>> {
    let newest = boot_files::newest(root)?;
    newest.map(|newest| menu_of(policy, &newest)).transpose()
}

/// Whether GRUB's environment holds words that are not ours. One that is missing or can't be read
/// holds none: the next word that is written makes it anew.
fn has_foreign_words(directory: &Path) -> bool {
    std::fs::read(directory.join(ENVIRONMENT[0]))
        .is_ok_and(|block| Environment::has_foreign_words(&block))
}

/// A path in GRUB's directory, relative to `/boot`.
fn in_directory(name: &str) -> PathBuf {
    Path::new(DIRECTORY).join(name)
}

/// A path below `/boot`, as the system has it.
fn in_boot(path: &Path) -> Result<EntryPath> {
    let full = Path::new("boot").join(path);
    let shown = || full.display().to_string();
    EntryPath::new(full.clone().into_os_string().into_encoded_bytes()).with_context(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str, mode: u32) -> Entry {
        Entry { size: text.len() as u64, mode, blake3: Digest::of(text.as_bytes()) }
    }

    #[test]
    fn words_of_others_in_the_environment_are_found() {
        let directory = tempfile::tempdir().unwrap();
        assert!(!has_foreign_words(directory.path()));
        let mut block = b"# GRUB Environment Block\nprefix=(hd0,gpt3)/zshield/ledger.d\n".to_vec();
        block.resize(1024, b'#');
        std::fs::write(directory.path().join("grubenv"), block).unwrap();
        assert!(has_foreign_words(directory.path()));
    }

    #[test]
    fn whatever_is_missing_added_changed_or_open_to_others_differs() {
        let wanted = ["early.img", "grub.cfg", "menu.pf2", "system.cfg"]
            .map(|name| {
                (PathBuf::from(name), vec![Digest::of(b"as delivered"), Digest::of(b"new")])
            })
            .into();
        let files = |files: &[(&str, &str, u32)]| -> Files {
            files.iter().map(|(name, text, mode)| (name.into(), entry(text, *mode))).collect()
        };
        let sound = files(&[
            ("early.img", "as delivered", 0o644),
            ("grub.cfg", "as delivered", 0o600),
            ("menu.pf2", "as delivered", 0o644),
            ("system.cfg", "new", 0o644),
        ]);
        assert_eq!(differing(&wanted, &sound), BTreeMap::new());
        let other = files(&[
            ("grub.cfg", "another menu", 0o644),
            ("menu.pf2", "as delivered", 0o666),
            ("more.cfg", "new", 0o644),
            ("system.cfg", "new", 0o644),
        ]);
        let found = differing(&wanted, &other);
        let of = |name: &str| found.get(Path::new(name));
        assert_eq!(of("early.img"), Some(&Difference::Missing));
        assert_eq!(of("grub.cfg"), Some(&Difference::Content));
        let open = Difference::Mode { expected: 0o644, actual: 0o666 };
        assert_eq!(of("menu.pf2"), Some(&open));
        assert_eq!(of("more.cfg"), Some(&Difference::Added { kind: FileKind::File }));
        assert_eq!(found.len(), 4);
    }
}
