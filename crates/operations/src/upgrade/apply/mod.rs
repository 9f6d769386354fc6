//! A new version, put in the place of the one that runs.
//!
//! All that can be refused is refused before anything is changed: bundle, machine, damage, clashes, room, services. Then a
//! backup is made, which is the way back, and the plan is carried out ([`zshield_plan::upgrade::steps`]). From the
//! moment at which the recovery is armed the machine goes back at its next start, whatever happens, until the last
//! step puts the new version on trial.

mod boot_change;
mod compared;
mod contents;
mod preview;
mod version;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use zshield_bundle::head::{self, Stage};
use zshield_bundle::keyring::Keyring;
use zshield_bundle::source::Source;
use zshield_golden::manifest::{Kind, Node};
use zshield_golden::signature::key_files;
use zshield_host::appliance::{self, Found};
use zshield_host::context::ExecContext;
use zshield_host::health::before;
use zshield_host::upgrade::{Content, Program, Ready};
use zshield_host::{execute, live as host, lock, services as processes, upgrade_record};
use zshield_messages::{Said, say};
use zshield_plan::live::{self, Changed, Services};
use zshield_plan::model::Binding;
use zshield_plan::plan::Plan;
use zshield_plan::policy::Policy;
use zshield_plan::upgrade::answers::Answers;
use zshield_plan::upgrade::reason::Reason;
use zshield_plan::upgrade::record::{AskedBy, Bundle as BundleName, Golden, Record, System};
use zshield_plan::upgrade::room::{ByPlace, check as check_room, needed};
use zshield_plan::upgrade::steps::{self, Extent, Programs, Restart};
use zshield_plan::volumes::GOLDEN;
use zshield_units::Bytes;

use self::boot_change::BootFiles;
use self::compared::{Compared, Ground};
use self::contents::{NewContents, OldContents};
pub use self::preview::Preview;
use self::version::{Host, NewVersion};
use super::source::{self, Opened};
use crate::backup;
use crate::env::{self, Env};
use crate::error::{Refusal, before_it_began};
use crate::execution::{ensure_valid, with_outcome};
use crate::installed::{Delivered, Installed, KEYS};
use crate::integrity;
use crate::progress::{Progress, Steps};
use crate::question::Question;
use crate::text;

/// Whatever a bundle is read from.
pub type AnySource = Box<dyn Source + Send + Sync>;

/// The directory that an upgrade is staged in, below root.
const STAGING: &str = "var/lib/zshield/upgrade";

/// What a caller decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// A file of answers to clashes.
    pub answers: Option<PathBuf>,
    /// Who wants it.
    pub asked_by: AskedBy,
}

/// The system is not as it was delivered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::upgrade::Drifted { count: *count, paths: example.clone() })]
struct Drifted {
    count: usize,
    example: String,
}

/// An upgrade that can be run.
pub struct Prepared {
    env: Env,
    policy: Policy,
    found: Found,
    new: NewVersion,
    old_manifest: zshield_golden::manifest::Manifest,
    old_policy: String,
    compared: Compared,
    boot: BootFiles,
    services: Services,
    record: Record,
    held: Arc<lock::Held>,
}

/// What comes after an upgrade was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The machine is started again, and then says whether the new version is healthy.
    Restart,
    /// The new version runs, and is looked at now.
    Gate,
}

/// Opens a bundle that was named: a file, or one on a web server, as this machine's policy says.
pub fn open(env: &Env, named: &OsStr) -> crate::Result<Opened> {
    before_it_began(|| Ok(source::open(named, &env.policy()?).map_err(Refusal::operation)?))
}

/// Looks at bundle and machine, and plans the upgrade. It changes nothing but mounts that an operation has left.
pub fn prepare(env: &Env, source: AnySource, options: Options) -> crate::Result<Prepared> {
    before_it_began(|| prepared(env, source, options))
}

fn prepared(env: &Env, source: AnySource, options: Options) -> crate::Result<Prepared> {
    env::needs_root()?;
    let policy = env.policy()?;
    let held = Arc::new(lock::hold("upgrade").map_err(Refusal::Busy)?);
    execute::unmount_left()?;
    let found = appliance::running(&env.root, &policy.storage.group, false)?;
    let answers = answers(options.answers.as_deref())?;
    let factory =
        Installed::open(&env.root, &found.appliance.binding.path(&GOLDEN), &found.ledger)?;
    let delivered = Delivered::to(&env.root, &found.ledger, &factory)?;
    let (old_policy, old_text) = delivered.policy()?;
    let keyring = keyring(&env.root)?;
    let old = OldContents::of(&env.root, delivered.manifest(), &old_text)?;
    let root_free = host::free(&env.root)?;
    let golden_free = host::free(&factory.slot)?;
    let host = Host { now: env.now(), root_free, golden_free, floor: None };
    let new = NewVersion::open(source, &keyring, &old, &found.ledger, host)?;
    ensure_undamaged(env, &policy)?;
    let record = begun(&found, &new, options.asked_by, env)?;
    let texts = Default::default();
    let contents = NewContents { old: &old, bundle: &new.bundle, index: &new.index, texts: &texts };
    let world = crate::installed::world(&new.manifest, &found.ledger)?;
    let ground = Ground {
        env,
        found: &found,
        policy: &policy,
        delivered: (&old_policy, &old_text),
        world: &world,
        answers: &answers,
    };
    let compared = compared::compared(&ground, &new, &contents)?;
    let head = new.bundle.head();
    let boot = boot_change::changes(
        &env.root,
        [delivered.manifest(), &new.manifest],
        head.initrd,
        &policy,
        env.now(),
    )?;
    ensure_room(env, &compared, &boot, root_free)?;
    let texts = &compared.staged.texts;
    expect_contents(&NewContents { texts, ..contents }, &compared, &boot)?;
    let services = services(env, &compared)?;
    let upgraded = match delivered {
        Delivered::Upgraded(release) => Some(release.manifest),
        Delivered::Factory(_) => None,
    };
    let old_manifest = upgraded.unwrap_or(factory.manifest);
    Ok(Prepared {
        env: env.clone(),
        policy,
        found,
        new,
        old_manifest,
        old_policy: old_text,
        compared,
        boot,
        services,
        record,
        held,
    })
}

fn answers(file: Option<&Path>) -> Result<Answers> {
    let Some(file) = file else { return Ok(Answers::default()) };
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Ok(Answers::parse(&text).map_err(Refusal::operation)?)
}

/// The keys that this machine trusts.
fn keyring(root: &Path) -> Result<Keyring> {
    let mut keyring = Keyring::default();
    for path in key_files(&root.join(KEYS))? {
        let named = || path.display().to_string();
        let text = std::fs::read_to_string(&path).with_context(named)?;
        keyring.add(&text).with_context(named)?;
    }
    Ok(keyring)
}

/// A damaged system is not upgraded: of what would be left of it nobody knows what it is.
fn ensure_undamaged(env: &Env, policy: &Policy) -> Result<()> {
    let last = zshield_check::last::Last::read(&env.root).ok().flatten();
    let depth = zshield_check::depth::Depth::Quick;
    let report = integrity::run(&env.root, policy, depth, last.as_ref())?;
    let mut found = report.unexpected();
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
    Ok(begun.map_err(Refusal::operation)?)
}

fn to(new: &NewVersion) -> System {
    let version = new.bundle.head().version.to_string();
    System { version, image: new.manifest.digest().to_string() }
}

fn ensure_room(env: &Env, compared: &Compared, boot: &BootFiles, root: Bytes) -> Result<()> {
    let at = env.root.join("boot");
    let mut needs = needed(&compared.decision.changes, boot.written(&at), None);
    // What goes to `/boot` is staged on root first.
    needs.root = needs.root + Bytes(boot.files.iter().map(|file| file.content.size).sum());
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
    let of_boot = boot.files.iter().map(|file| (file.content.digest, file.content.size));
    let hooks = contents.bundle.head().hooks.iter().map(|hook| (hook.blake3, 1));
    let mut parts = Vec::new();
    for (digest, size) in of_root.chain(of_boot).chain(hooks) {
        let found = contents.parts(&digest, size);
        parts.extend(found.map_err(|why| match why.downcast::<contents::Missing>() {
            Ok(missing) => Refusal::operation(*missing).into(),
            Err(why) => anyhow::anyhow!(why),
        })?);
    }
    contents.bundle.expect(parts);
    Ok(())
}

/// What becomes of services.
fn services(env: &Env, compared: &Compared) -> Result<Services> {
    let changed = changed(compared);
    if !env.runs() {
        return Ok(Services::default());
    }
    let all = changed.written.iter().chain(&changed.removed);
    let settings: Vec<String> = all.filter(|path| path.starts_with("/etc/")).cloned().collect();
    let writers = host::writers(&compared.staged.difference, &env.root)?;
    let (inventory, _) = processes::facts(&settings, &writers)?;
    Ok(live::services(&changed, &inventory))
}

/// The files whose content changes, as the running system names them.
fn changed(compared: &Compared) -> Changed {
    let mut changed = Changed::default();
    let changes = &compared.staged.difference.changes;
    for change in changes.iter().filter(|change| change.replaces()) {
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

impl Prepared {
    /// What it would do.
    pub fn preview(&self) -> Preview<'_> {
        Preview {
            from: &self.found.ledger.version,
            head: self.new.bundle.head(),
            decision: &self.compared.decision,
            services: &self.services,
            restart: self.restart(),
        }
    }

    /// What the caller has to agree to.
    pub fn question(&self) -> Question {
        self.preview().question()
    }

    /// The plan, as it would be with the backup that is made first; and where its disks are now.
    pub fn plan(&self) -> crate::Result<(Plan, &Binding)> {
        let plan = self.planned(&self.found)?;
        Ok((plan, &self.found.appliance.binding))
    }

    fn restart(&self) -> Restart {
        match self.new.bundle.head().restart {
            head::Restart::Nothing => Restart::Nothing,
            head::Restart::Services => Restart::Services,
            head::Restart::Machine => Restart::Machine,
        }
    }

    fn planned(&self, found: &Found) -> Result<Plan> {
        let head = self.new.bundle.head();
        let programs = |stage| {
            let of_stage =
                head.hooks.iter().enumerate().filter(move |(_, hook)| hook.stage == stage);
            of_stage.map(|(number, _)| program_name(number)).collect::<Vec<_>>()
        };
        let staged = &self.compared.staged;
        let plan = steps::plan(steps::Inputs {
            appliance: &found.appliance,
            ledger: &found.ledger,
            root: &self.env.root.to_string_lossy(),
            staging: &self.env.root.join(STAGING).to_string_lossy(),
            to: to(&self.new),
            record: self.record.clone(),
            extent: Extent {
                entries: staged.subset.entries().len(),
                bytes: Bytes(staged.subset.bytes()),
                changes: staged.difference.changes.len(),
            },
            programs: Programs {
                before: programs(Stage::Before),
                after: programs(Stage::After),
                limit: self.policy.backup.hook_limit.0,
            },
            services: &self.services,
            boot: self.boot.change.clone(),
            restart: self.restart(),
            now: self.env.now(),
        });
        Ok(plan.map_err(Refusal::operation)?)
    }

    /// Makes the backup, and applies the new version.
    pub fn run(self, progress: &dyn Progress) -> crate::Result<Next> {
        let made = backup::prepare_holding(&self.env, backup::Options::default(), &self.held)?;
        made.run(progress)?;
        let group = &self.policy.storage.group;
        let found = appliance::running(&self.env.root, group, true)?;
        let plan = self.planned(&found)?;
        ensure_valid(&plan, &found.appliance)?;
        if self.env.runs() {
            before::write(&self.env.root)?;
        }
        let next = match self.restart() {
            Restart::Machine => Next::Restart,
            Restart::Nothing | Restart::Services => Next::Gate,
        };
        with_outcome(&self.env.root, plan.operation, || self.apply(&plan, &found, progress))?;
        Ok(next)
    }

    fn apply(&self, plan: &Plan, found: &Found, progress: &dyn Progress) -> Result<()> {
        let Self { new, compared, .. } = self;
        let old = OldContents::of(&self.env.root, &self.old_manifest, &self.old_policy)?;
        let (bundle, index, texts) = (&new.bundle, &new.index, &compared.staged.texts);
        let contents = NewContents { old: &old, bundle, index, texts };
        let programs = bundle.head().hooks.iter().enumerate().map(|(number, hook)| {
            let size = index.content(&hook.blake3).map_or(0, |content| content.size);
            Program { name: program_name(number), content: Content { digest: hook.blake3, size } }
        });
        let ready = Ready {
            staged: &compared.staged,
            contents: &contents,
            boot: self.boot.files.clone(),
            programs: programs.collect(),
            release: self.release(),
            accept: &|paths| compared::accept(&self.env, paths),
        };
        let mut context = ExecContext::of(found.appliance.binding.clone());
        context.upgrade = Some(&ready);
        let steps = Steps::of(progress);
        let done = execute::execute_unjournaled(plan, &context, &steps);
        done.map_err(|why| self.left(why.into()))
    }

    /// What a check of the new version goes by.
    fn release(&self) -> Vec<(String, Vec<u8>)> {
        use zshield_golden::slot::{Artifact, MANIFEST, SIGNATURE};
        let NewVersion { manifest, signature, policy, .. } = &self.new;
        let file = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
        let mut files = vec![
            file(MANIFEST, manifest.text()),
            file(Artifact::Policy.file_name(), policy.as_bytes()),
        ];
        files.extend(signature.iter().map(|text| file(SIGNATURE, text.as_bytes())));
        files
    }

    /// An upgrade that failed: where it had begun, the record says so before anybody reads it, and the machine goes
    /// back at its next start.
    fn left(&self, why: anyhow::Error) -> anyhow::Error {
        let boot = self.env.boot();
        let is_begun = |record: &Record| record.now().is_some();
        let armed = zshield_host::grubenv::Grubenv::in_directory(&boot)
            .read()
            .is_ok_and(|environment| environment.begun().is_some());
        let record = upgrade_record::read(&boot).ok().filter(is_begun);
        let Some(record) = record.filter(|_| armed) else {
            return why.context(Said::of(say::upgrade::failed_before_change));
        };
        let reason = Reason::Step { step: step_of(&why), why: text::kept(&why) };
        let noted = record.go_back(reason, self.env.now()).map_err(anyhow::Error::from);
        let noted = noted.and_then(|record| Ok(upgrade_record::write(&boot, &record)?));
        if let Err(error) = noted {
            tracing::error!("{error:#}");
        }
        why.context(Said::of(say::upgrade::failed_goes_back))
    }
}

/// The name of the step that failed.
fn step_of(why: &anyhow::Error) -> String {
    match why.downcast_ref::<execute::ExecuteError>() {
        Some(execute::ExecuteError::Step { name, .. }) => (*name).to_owned(),
        Some(execute::ExecuteError::Journal(_) | execute::ExecuteError::Clear(_)) | None => {
            String::new()
        }
    }
}

/// The file of a bundle's program.
fn program_name(number: usize) -> String {
    format!("{number:02}")
}
