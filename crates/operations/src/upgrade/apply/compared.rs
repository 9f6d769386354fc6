//! The new version held against what runs: which files change, and what they become.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result};
use zshield_bundle::head::Payload;
use zshield_check::accepted::Accepted;
use zshield_check::classes::Classes;
use zshield_golden::EntryPath;
use zshield_golden::compare::StateDigest;
use zshield_golden::manifest::{Kind, Manifest, Node};
use zshield_host::appliance::Found;
use zshield_host::upgrade::{Local, Overlay, Sides, Staged, StagedError, Text, Triples};
use zshield_host::{BOOT_DIRECTORY, mounted_within};
use zshield_messages::say;
use zshield_plan::install::{Inputs, system_files};
use zshield_plan::live;
use zshield_plan::policy::{Class, Policy};
use zshield_plan::upgrade::accounts::Database;
use zshield_plan::upgrade::answers::Answers;
use zshield_plan::upgrade::changes::{Decision, Rules, decide};
use zshield_plan::upgrade::keys::Statements;
use zshield_plan::upgrade::path::SystemPath;
use zshield_plan::world::World;

use super::contents::NewContents;
use super::version::NewVersion;
use crate::env::{Env, POLICY};
use crate::error::Refusal;

/// The machine's own, beside what a recovery keeps: what zshield notes there belongs to the machine.
const OWN: &str = "var/lib/zshield";

/// What is decided, and what it comes to.
pub(super) struct Compared {
    pub(super) decision: Decision,
    pub(super) staged: Staged,
}

/// What both versions are held against.
pub(super) struct Ground<'a> {
    pub(super) env: &'a Env,
    pub(super) found: &'a Found,
    /// The policy of this machine.
    pub(super) policy: &'a Policy,
    /// The one that was delivered, with its text.
    pub(super) delivered: (&'a Policy, &'a str),
    pub(super) world: &'a World,
    pub(super) answers: &'a Answers,
}

/// Which files change.
pub(super) fn compared(
    ground: &Ground<'_>,
    new: &NewVersion,
    contents: &NewContents<'_>,
) -> Result<Compared> {
    let root = ground.env.root.as_path();
    let mounted = mounted_within(root)?;
    let mut apart: Vec<EntryPath> = mounted.iter().cloned().collect();
    apart.extend(["boot".parse::<EntryPath>()?, OWN.parse()?]);
    let kept = kept(ground.policy, &mounted);
    let classes = classes(ground.policy)?;
    let accepted = Accepted::read(root)?;
    let overlays = overlays(ground, new)?;
    ensure_placed(new, &apart, &kept, &overlays[1])?;
    let sides = Sides {
        old: (contents.old.manifest, &overlays[0]),
        new: (&new.manifest, &overlays[1]),
        apart: &apart,
    };
    let mut triples = Triples::of(root, &sides)?;
    let class = |path: &SystemPath| {
        path.as_str().parse().map_or(Class::System, |path: EntryPath| classes.of(&path))
    };
    let rules = Rules {
        kept: &kept,
        class: &class,
        accepted: &|path| is_accepted(root, &accepted, path),
        answers: ground.answers,
    };
    let decided = decide(&mut triples, rules);
    triples.ended()?;
    let decision = decided.map_err(Refusal::operation)?;
    let mut local = Local::of(root)?;
    let mut text = |database| accounts(database, new, contents);
    let staged = Staged::of::<anyhow::Error>(&decision, &mut local, &mut text, ground.env.now());
    let staged = staged.map_err(|error| match error.downcast::<StagedError>() {
        Ok(StagedError::Accounts(numbers)) => {
            Refusal::operation(StagedError::Accounts(numbers)).into()
        }
        Ok(other) => other.into(),
        Err(other) => other,
    })?;
    Ok(Compared { decision, staged })
}

/// A bundle of files puts one where this machine's own is: it would not get there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::upgrade::placed_on_own(.0.to_string()))]
struct OnOwn(EntryPath);

/// What a bundle names file by file is the system's, and not the machine's own.
fn ensure_placed(
    new: &NewVersion,
    apart: &[EntryPath],
    kept: &[String],
    written: &Overlay,
) -> Result<()> {
    let Payload::Files { files, removed } = &new.bundle.head().payload else { return Ok(()) };
    let boot: EntryPath = "boot".parse()?;
    let menus: EntryPath = BOOT_DIRECTORY.parse()?;
    for path in files.iter().map(|file| &file.path).chain(removed) {
        let is_own = if path.is_within(&boot) {
            *path == boot || path.is_within(&menus)
        } else {
            apart.iter().any(|apart| path.is_within(apart))
                || SystemPath::new(path.to_string())?.is_among(kept)
                || written.contains_key(path)
        };
        if is_own {
            return Err(Refusal::operation(OnOwn(path.clone())).into());
        }
    }
    Ok(())
}

/// What belongs to the machine.
fn kept(policy: &Policy, mounted: &BTreeSet<EntryPath>) -> Vec<String> {
    let mounted: Vec<String> = mounted.iter().map(EntryPath::to_string).collect();
    live::files(Vec::new(), policy, &mounted, false).kept
}

fn classes(policy: &Policy) -> Result<Classes> {
    let storage = &policy.storage;
    let data = [storage.user.mount.as_str(), storage.audit.mount.as_str()];
    Ok(Classes::new(&policy.check, data)?)
}

/// Whether the state of a path, or of what it lies in, was accepted.
fn is_accepted(root: &Path, accepted: &Accepted, path: &SystemPath) -> bool {
    let Ok(path) = path.as_str().parse::<EntryPath>() else { return false };
    let mut above = std::iter::successors(Some(path), EntryPath::parent);
    above.any(|path| {
        StateDigest::of(&root.join(path.as_path())).is_ok_and(|state| accepted.has(&path, state))
    })
}

/// What is neither version's is meant to be so: a check that follows knows of it.
pub(super) fn accept(env: &Env, paths: &[EntryPath]) -> std::io::Result<()> {
    if paths.is_empty() {
        return Ok(());
    }
    let mut accepted = Accepted::read(&env.root)?;
    for path in paths {
        let state = StateDigest::of(&env.root.join(path.as_path()))?;
        accepted.accept(path.clone(), state, env.now());
    }
    accepted.write(&env.root)
}

/// What an installation of each version writes beside its manifest.
fn overlays(ground: &Ground<'_>, new: &NewVersion) -> Result<[Overlay; 2]> {
    let (old, old_text) = ground.delivered;
    // A later zshield's policy may have keys that this one does not know. What is made from it here are
    // mounts and partitions, which stay.
    let parsed = Policy::parse(&new.policy, POLICY.as_ref());
    let parsed = parsed.inspect_err(|why| tracing::warn!("{why}")).ok();
    Ok([
        overlay(ground, old, old_text)?,
        overlay(ground, parsed.as_ref().unwrap_or(old), &new.policy)?,
    ])
}

fn overlay(ground: &Ground<'_>, policy: &Policy, policy_text: &str) -> Result<Overlay> {
    let root = ground.env.root.as_path();
    let inputs = Inputs {
        policy,
        policy_text,
        keys: &[],
        said: &Statements::NONE,
        world: ground.world,
        now: ground.env.now(),
        brings_back: None,
    };
    let machine = crate::installed::machine(&root.join("etc/machine-id"))?;
    let files = system_files(&inputs, &ground.found.appliance, machine);
    let mut overlay = Overlay::new();
    for file in files.with_context(say::upgrade::no_partitions)? {
        let directory = root.join(&file.path);
        let is_there = directory.parent().is_some_and(Path::is_dir);
        if is_there || !file.needs_its_directory() {
            let mode = u16::try_from(file.mode & 0o7777).unwrap_or(0o600);
            overlay.insert(file.path.parse()?, (mode, file.content.into_bytes()));
        }
    }
    Ok(overlay)
}

/// The accounts of one file, three ways.
fn accounts(database: Database, new: &NewVersion, contents: &NewContents<'_>) -> Result<Text> {
    let path: EntryPath = database.path().parse()?;
    let mut local = Vec::new();
    std::io::copy(&mut Local::of(contents.old.root)?.open(&path)?, &mut local)?;
    let old = delivered(contents.old.manifest, &path, contents)?.unwrap_or_default();
    let new = delivered(&new.manifest, &path, contents)?.unwrap_or_default();
    Ok(Text { database, old, local, new })
}

/// The content that a manifest has at a path.
fn delivered(
    manifest: &Manifest,
    path: &EntryPath,
    contents: &NewContents<'_>,
) -> Result<Option<Vec<u8>>> {
    for entry in manifest.entries()? {
        let entry = entry?;
        if entry.path != *path {
            continue;
        }
        let Node::Inode { kind: Kind::File { digest, size, .. }, .. } = entry.node else {
            return Ok(None);
        };
        let content = zshield_host::upgrade::Content { digest, size };
        return Ok(Some(zshield_host::upgrade::read_content(contents, &content)?));
    }
    Ok(None)
}
