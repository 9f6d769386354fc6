//! All that is looked at before anything is changed.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use zshield_bundle::head;
use zshield_check::report::CheckReport;
use zshield_golden::manifest::{Kind, Node};
use zshield_host::appliance::{self, Found};
use zshield_host::{execute, live as host, lock, services as processes};
use zshield_messages::say;
use zshield_plan::live::{self, Changed, Services};
use zshield_plan::upgrade::answers::Answers;
use zshield_plan::upgrade::floor::Purpose;
use zshield_plan::upgrade::keys::Statement;
use zshield_plan::upgrade::record::{AskedBy, Bundle as BundleName, Golden, Record, System};
use zshield_plan::upgrade::room::{ByPlace, check as check_room, needed};
use zshield_plan::upgrade_plan::apply as steps;
use zshield_plan::volumes::GOLDEN;
use zshield_units::Bytes;

use super::boot_change::{self, BootFiles};
use super::compared::{self, Compared, Ground};
use super::contents::{NewContents, OldContents};
use super::packages::{self, Packages};
use super::version::{Host, NewVersion};
use super::{AnySource, Options, Prepared};
use crate::env::{self, Env};
use crate::error::Refusal;
use crate::floor;
use crate::installed::{Delivered, Installed};
use crate::integrity;

/// The system is not as it was delivered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::upgrade::Drifted { count: *count, paths: example.clone() })]
struct Drifted {
    count: usize,
    example: String,
}

/// Clashes that nobody has answered, and nobody is asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::upgrade::Unanswered { count: *count, path: example.clone() })]
struct Unanswered {
    count: usize,
    example: String,
}

pub(super) fn prepared(env: &Env, source: AnySource, options: Options) -> crate::Result<Prepared> {
    env::needs_root()?;
    let policy = env.policy()?;
    let held = Arc::new(lock::hold(lock::Operation::Upgrade).map_err(Refusal::Busy)?);
    execute::unmount_left()?;
    let found = appliance::running(&env.root, &policy.storage.group, false)?;
    steps::ensure_whole(&found.appliance).map_err(Refusal::operation)?;
    let answers = answers(options.answers.as_deref())?;
    let factory =
        Installed::open(&env.root, &found.appliance.binding.path(&GOLDEN), &found.ledger)?;
    let delivered = Delivered::to(&env.root, &found.ledger, &factory)?;
    let (old_policy, old_text) = delivered.policy()?;
    let old = OldContents::of(&env.root, [delivered.manifest(), delivered.base()], &old_text)?;
    let root_free = host::free(&env.root)?;
    let golden_free = factory.room_for_another(&found.ledger)?;
    let floor = floor::of_running(&found).map_err(Refusal::operation)?;
    let floor = floor.oldest(Purpose::Install).cloned();
    let host = Host { now: env.now(), root_free, golden_free, floor };
    let (keys, from) = (&factory.keys, (&delivered, &old));
    let new = NewVersion::open(source, keys, from, &found.ledger, host)?;
    ensure_undamaged(&integrity::quick(&env.root, &policy)?)?;
    let record = begun(&found, &new, options.asked_by, env)?;
    let world = crate::installed::world(&new.manifest, &found.ledger)?;
    let ground = Ground {
        env,
        found: &found,
        policy: &policy,
        delivered: (&old_policy, &old_text),
        world: &world,
        answers: &answers,
    };
    let packages = {
        let (bundle, index, texts) = (&new.bundle, &new.index, &HashMap::default());
        packages::looked_at(env, &NewContents { old: &old, bundle, index, texts }, &options)?
    };
    let (mut compared, boot) = compare(&ground, &old, &new)?;
    if let Some(packages) = &packages {
        compared.decision.conflicts = packages.clashes(&env.root, old.manifest)?;
    }
    ensure_answered(options.asked_by, &compared)?;
    ensure_room(env, &compared, &boot, packages.as_ref(), root_free)?;
    let services = services(env, &compared, packages.as_ref())?;
    let old_manifest = delivered.into_manifest().unwrap_or(factory.manifest);
    Ok(Prepared {
        env: env.clone(),
        policy,
        found,
        new,
        old_manifest,
        old_policy: old_text,
        compared,
        boot,
        packages,
        services,
        record,
        held,
    })
}

/// What changes on root and on `/boot`. Each content of it can be had.
fn compare(
    ground: &Ground<'_>,
    old: &OldContents<'_>,
    new: &NewVersion,
) -> Result<(Compared, BootFiles)> {
    let (bundle, index, texts) = (&new.bundle, &new.index, HashMap::default());
    let contents = NewContents { old, bundle, index, texts: &texts };
    let compared = compared::compared(ground, new, &contents)?;
    let env = ground.env;
    let manifests = [old.manifest, &new.manifest];
    let initrd = bundle.head().initrd;
    let boot = if new.is_layer() {
        boot_change::of_layer(&env.root, manifests, initrd, ground.policy)?
    } else {
        boot_change::changes(&env.root, manifests, initrd, ground.policy, env.now())?
    };
    let texts = &compared.staged.texts;
    expect_contents(&NewContents { texts, ..contents }, &compared, &boot)?;
    Ok((compared, boot))
}

fn answers(file: Option<&Path>) -> Result<Answers> {
    let Some(file) = file else { return Ok(Answers::default()) };
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Ok(Answers::parse(&text).map_err(Refusal::operation)?)
}

/// A damaged system is not upgraded: of what would be left of it nobody knows what it is. Configuration is an
/// administrator's to change, and put together with the new version's.
pub(super) fn ensure_undamaged(report: &CheckReport) -> Result<()> {
    let mut found = report.findings.iter().filter(|finding| finding.alarm().is_some());
    let Some(example) = found.next() else { return Ok(()) };
    let (count, example) = (found.count() + 1, example.named());
    Err(Refusal::operation(Drifted { count, example }).into())
}

/// The record in which the upgrade has begun.
fn begun(found: &Found, new: &NewVersion, asked_by: AskedBy, env: &Env) -> Result<Record> {
    let head = new.bundle.head();
    let name = zshield_golden::Digest::of(&head.to_bytes()?).to_string();
    let ledger = &found.ledger;
    let from = System { version: ledger.version.clone(), image: ledger.image.clone() };
    let golden = match head.factory {
        head::Factory::Stays => Golden::Stays,
        head::Factory::Follows => Golden::MovesAlong,
    };
    let record = found.appliance.upgrades.clone();
    let begun = record.begin(BundleName(name), [from, to(new)], golden, asked_by, env.now());
    let said = new
        .bundle
        .said_of_keys()
        .map(|said| Statement { head: said.head.clone(), signature: said.signature.clone() });
    Ok(begun.map_err(Refusal::operation)?.with_floor(head.floor.clone()).with_keys(said))
}

pub(super) fn to(new: &NewVersion) -> System {
    let version = new.bundle.head().version.to_string();
    System { version, image: new.image.clone() }
}

/// A person sees the clashes before agreeing. Where there is none, somebody has to have answered them beforehand.
fn ensure_answered(asked_by: AskedBy, compared: &Compared) -> Result<()> {
    match asked_by {
        AskedBy::Person => return Ok(()),
        AskedBy::Itself => {}
    }
    let mut open = compared.decision.conflicts.iter().filter(|conflict| !conflict.said);
    let Some(first) = open.next() else { return Ok(()) };
    let (count, example) = (open.count() + 1, first.path.to_string());
    Err(Refusal::operation(Unanswered { count, example }).into())
}

fn ensure_room(
    env: &Env,
    compared: &Compared,
    boot: &BootFiles,
    packages: Option<&Packages>,
    root: Bytes,
) -> Result<()> {
    let at = env.root.join("boot");
    let mut needs = needed(&compared.decision.changes, boot.written(&at), None);
    // What goes to `/boot` is staged on root first.
    needs.root = needs.root + Bytes(boot.files.iter().map(|file| file.content.size).sum());
    if let Some([of_root, of_boot]) = packages.map(Packages::room) {
        let files = packages.map_or(Bytes::ZERO, |packages| packages.planned().bytes);
        (needs.root, needs.boot) = (needs.root + files + of_root, needs.boot + of_boot);
    }
    let free = ByPlace { root, boot: host::free(&at)?, golden: None };
    Ok(check_room(&needs, &free).map_err(Refusal::operation)?)
}

/// Each content can be had: else it is refused before a backup is made. A web server is told which parts of the
/// bundle will be asked for.
fn expect_contents(
    contents: &NewContents<'_>,
    compared: &Compared,
    boot: &BootFiles,
) -> Result<()> {
    let of_root = compared.staged.subset.entries().iter().filter_map(|entry| match entry.node {
        Node::Inode { kind: Kind::File { size, digest, .. }, .. } => Some((digest, size)),
        Node::Inode { .. } | Node::HardLink { .. } => None,
    });
    let beside = boot.files.iter().map(|file| (file.content.digest, file.content.size));
    let hooks = contents.bundle.head().hooks.iter().map(|hook| (hook.blake3, 1));
    contents.expect(of_root.chain(beside).chain(hooks))
}

/// What becomes of services.
fn services(env: &Env, compared: &Compared, packages: Option<&Packages>) -> Result<Services> {
    let mut changed = changed(compared);
    changed.written.extend(packages.into_iter().flat_map(Packages::paths));
    if !env.runs() {
        return Ok(Services::default());
    }
    let all = changed.written.iter().chain(&changed.removed);
    let settings: Vec<String> = all.filter(|path| path.starts_with("/etc/")).cloned().collect();
    let writers = host::writers(&compared.staged.difference, &env.root)?;
    let (inventory, _) = processes::facts(&settings, &writers)?;
    let mut services = live::services(&changed, &inventory);
    if packages.is_some() {
        // Their scripts stop and start what is theirs; what runs on with an old file of theirs starts again.
        services.restart.extend(std::mem::take(&mut services.stop));
        services.start.clear();
    }
    Ok(services)
}

/// The files whose content changes, as the running system names them.
fn changed(compared: &Compared) -> Changed {
    let mut changed = Changed::default();
    let all = compared.staged.difference.changes.iter();
    for change in all.filter(|change| change.replaces()) {
        let path = format!("/{}", change.path());
        let names = match change {
            zshield_live::Change::Remove { .. } => &mut changed.removed,
            zshield_live::Change::Write { .. }
            | zshield_live::Change::Link { .. }
            | zshield_live::Change::Attributes { .. } => &mut changed.written,
        };
        names.insert(path);
    }
    changed
}
