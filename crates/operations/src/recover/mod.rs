//! Recoveries: back to a backup, while the system runs, at the next start, or at once where the
//! system does not run.

pub mod at_rest;
mod generation;
pub mod live;
pub mod offline;
mod pending_restarts;
pub mod preview;
mod refusal;
mod rescue_tools;

use std::path::PathBuf;

use anyhow::Context as _;
use zshield_host::appliance::{self, ApplianceError, Found};
use zshield_host::grubenv::Grubenv;
use zshield_host::tools::{self, Lent, LentBy, Tools};
use zshield_host::{execute, live as host, lock, order};
use zshield_messages::{Said, list, say};
use zshield_plan::appliance::Appliance;
use zshield_plan::live::{files_with_identity, may_go_on};
use zshield_plan::model::{Files, Target};
use zshield_plan::policy::{GroupName, Policy};
use zshield_plan::recover::{RestoreSource, restore_source};
use zshield_plan::upgrade::floor::{Against, Purpose};
use zshield_plan::way_back::FileSource;

pub use self::refusal::NotRecovered;
use self::refusal::unavailable;
use crate::env::{self, Env, POLICY};
use crate::error::{Refusal, Result, before_it_began};
use crate::floor;
use crate::interruption;
use crate::question::{Answer, Question};
use crate::text;

/// What a caller wants to go back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// A backup on the machine's own volumes.
    Backup(Target),
    /// The generation of the vault of this name, or the only one whose name begins so.
    Generation(String),
}

/// What the name of a generation begins with, where a person types what a recovery goes back to.
const VAULT: &str = "vault:";

impl From<Target> for Goal {
    fn from(target: Target) -> Self {
        match target {
            Target::Factory | Target::Latest => Self::Backup(target),
            Target::Vault(generation) => Self::Generation(generation.to_string()),
        }
    }
}

impl Goal {
    /// What a person has typed: `factory`, `latest` or `vault:ID`.
    pub fn parse(typed: &str) -> Option<Self> {
        match typed.strip_prefix(VAULT) {
            Some(name) if !name.is_empty() => Some(Self::Generation(name.to_owned())),
            Some(_) => None,
            None => {
                Target::BACKUPS.into_iter().find(|target| target.name() == typed).map(Self::Backup)
            }
        }
    }
}

/// What a caller decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What it goes back to.
    pub goal: Goal,
    /// Whether it is left to the next start in any case.
    pub offline: bool,
    /// These files alone; none where it is all of them.
    pub only: Vec<PathBuf>,
    /// Whether files are compared by their contents, too.
    pub deep: bool,
    /// Whose the machine is afterwards.
    pub identity: Identity,
}

/// By what others know the machine: its id, its SSH host keys, its secrets, and what the policy keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// The machine's own stays.
    #[default]
    Stays,
    /// That of the backup comes back: of a machine that is gone.
    ComesBack,
}

/// A recovery that can be run.
pub enum Prepared {
    /// While the system runs.
    Live(Box<live::Prepared>),
    /// At the next start.
    Offline(Box<offline::Prepared>),
}

/// Whether to go back when the machine is started next, or at once in the rescue system.
fn question() -> Question {
    let (text, declined) = (say::recover::agree(), say::recover::not_agreed());
    Question { text, answer: Answer::Yes, declined }
}

/// What stands against taking a running system back to a state of this version. What has begun was agreed to before.
fn against(found: &Found, target: Target, version: &str) -> Option<Against> {
    match target {
        Target::Latest => return None,
        _ if found.appliance.begun == Some(target) => return None,
        Target::Factory | Target::Vault(_) => {}
    }
    match floor::of_running(found) {
        Ok(floor) => floor.against(version, Purpose::GoBack),
        Err(unknown) => Some(unknown),
    }
}

/// Keeps other operations out, and takes away what they have left mounted.
pub fn hold() -> Result<lock::Held> {
    before_it_began(|| {
        env::needs_root()?;
        let held = lock::hold(lock::Operation::Recover).map_err(Refusal::Busy)?;
        execute::unmount_left()?;
        Ok(held)
    })
}

/// Looks at the appliance, and plans the recovery. It changes nothing but mounts that an operation
/// has left, and what is lost of `/dev`.
pub fn prepare(env: &Env, options: &Options) -> Result<Prepared> {
    before_it_began(|| {
        if let (Goal::Backup(_), Identity::ComesBack) = (&options.goal, options.identity) {
            return Err(Refusal::Caller(say::recover::take_over_vault_only()).into());
        }
        let held = hold()?;
        // A system that does not run is looked at by the one that does.
        let tools = if env.runs() {
            rescue_tools::or_of_rescue(env, tools::ready(appliance::group_of(&env.root)?.as_ref())?)
        } else {
            Tools::Own
        };
        let policy = env.policy();
        let group = group(env, &policy)?;
        let offline = options.offline || options.identity == Identity::ComesBack;
        let mut lost_boot = false;
        let mut found = match appliance::running(&env.root, &group, true) {
            Ok(found) => found,
            Err(why) if has_lost_ledger(&why) && options.only.is_empty() => {
                lost_boot = true;
                appliance::without_ledger(&env.root, &group)?.ok_or(why)?
            }
            Err(why) if may_be_unseen(&why, options) => {
                let Goal::Backup(target) = options.goal else { return Err(why.into()) };
                let prepared = offline::unseen(env, held, tools, target, why)?;
                return Ok(Prepared::Offline(Box::new(prepared)));
            }
            Err(why) => return Err(why.into()),
        };
        let target = generation::target(&mut found, &options.goal)?;
        let source =
            restore_source(&found.appliance, target).map_err(|why| unavailable(target, why))?;
        let only = live::only(&env.root, &options.only)?;
        let begins = match &tools {
            Tools::Own | Tools::Lent(Lent { by: LentBy::Snapshot(_), .. }) => {
                live_from(&found.appliance, target, &source, offline, &only)
            }
            // Nobody sees to the services.
            Tools::Lent(Lent { by: LentBy::Rescue, .. }) | Tools::Unsound(_) => None,
        };
        if let Some(from) = begins {
            let (policy, policy_of_backup) = match policy {
                Ok(policy) => (policy, None),
                Err(why) => (policy_of_backup(&found, from)?, Some(why)),
            };
            let deep = options.deep;
            let lost_ledger = lost_boot;
            let wanted =
                live::Wanted { target, from, policy, policy_of_backup, only, deep, lost_ledger };
            return Ok(Prepared::Live(Box::new(live::prepare(env, held, tools, found, wanted)?)));
        }
        if !options.only.is_empty() {
            return Err(Refusal::operation(NotRecovered::OnlyLive).into());
        }
        let files = with_identity(options.identity, found.appliance.begun, policy)?;
        let prepared = offline::prepare(env, held, tools, (found, lost_boot), (target, files))?;
        Ok(Prepared::Offline(Box::new(prepared)))
    })
}

/// The files that come back with the identity of the machine that they were of; nothing where this machine's stays.
fn with_identity(
    identity: Identity,
    begun: Option<Target>,
    policy: anyhow::Result<Policy>,
) -> anyhow::Result<Option<Files>> {
    match (identity, begun) {
        (Identity::Stays, _) => Ok(None),
        (Identity::ComesBack, None) => Ok(Some(files_with_identity(&policy?))),
        (Identity::ComesBack, Some(begun)) => {
            Err(Refusal::operation(NotRecovered::Begun(begun)).into())
        }
    }
}

/// Whose programs are run, for a person, where those of the system don't start.
fn note_of_tools(tools: &Tools) -> Option<String> {
    match tools {
        Tools::Own => None,
        Tools::Lent(Lent { by, instead_of, .. }) => {
            let names = list(instead_of);
            Some(match by {
                LentBy::Snapshot(snapshot) => {
                    say::recover::ToolsLent { names, snapshot: snapshot.to_string() }.to_string()
                }
                LentBy::Rescue => say::recover::tools_of_rescue(names),
            })
        }
        Tools::Unsound(names) => Some(say::recover::tools_unsound(list(names))),
    }
}

/// Whether the next start may be told to go back though nobody knows what it finds: the system's
/// tools give no answer, and those of the rescue system will.
fn may_be_unseen(why: &ApplianceError, options: &Options) -> bool {
    options.only.is_empty()
        && match why {
            ApplianceError::Observe(_) => true,
            ApplianceError::Io(_)
            | ApplianceError::Clear(_)
            | ApplianceError::NoLedger(_)
            | ApplianceError::BootLost(_)
            | ApplianceError::LedgerNotMade(_)
            | ApplianceError::LedgerDamaged(_)
            | ApplianceError::DiskGone { .. } => false,
        }
}

/// Whether this is an appliance for all that, with `/boot` to be put back.
const fn has_lost_ledger(why: &ApplianceError) -> bool {
    match why {
        ApplianceError::BootLost(_) | ApplianceError::LedgerDamaged(_) => true,
        ApplianceError::Io(_)
        | ApplianceError::Observe(_)
        | ApplianceError::Clear(_)
        | ApplianceError::NoLedger(_)
        | ApplianceError::LedgerNotMade(_)
        | ApplianceError::DiskGone { .. } => false,
    }
}

/// Takes back the order for the next start; what it was, where there was one.
pub fn cancel(env: &Env) -> Result<Option<Target>> {
    let _held = hold()?;
    let grubenv = Grubenv::in_directory(&env.boot());
    let environment = before_it_began(|| Ok(grubenv.read()?))?;
    if let Some(target) = environment.begun() {
        return Err(Refusal::operation(NotRecovered::Begun(target)).into());
    }
    let ordered = environment.ordered();
    interruption::begin();
    // Also the note of an order that GRUB has taken and that was not carried out.
    order::cancel(&env.boot()).with_context(|| Said::of(say::recover::order_unknown))?;
    Ok(ordered)
}

/// What the running system is compared with; nothing where the recovery is left to the
/// next start.
fn live_from(
    appliance: &Appliance,
    target: Target,
    source: &RestoreSource<'_>,
    is_offline: bool,
    only: &[String],
) -> Option<FileSource> {
    if is_offline || !may_go_on(appliance, target, only) {
        return None;
    }
    match source {
        RestoreSource::CopyBack { from, .. } => Some(FileSource::Backup(*from)),
        RestoreSource::Files { generation, .. } => Some(FileSource::Generation(*generation)),
        RestoreSource::Unpack(_) => None,
    }
}

/// This machine's group, whatever has become of its policy.
fn group(env: &Env, policy: &anyhow::Result<Policy>) -> anyhow::Result<GroupName> {
    match policy {
        Ok(policy) => Ok(policy.storage.group.clone()),
        Err(why) => {
            let group = appliance::group_of(&env.root)?;
            Ok(group.ok_or_else(|| NotRecovered::NoGroup(text::kept(why)))?)
        }
    }
}

/// The policy of the system that comes back, in place of one that can't be read.
fn policy_of_backup(found: &Found, from: FileSource) -> anyhow::Result<Policy> {
    let text = host::text_of(&found.appliance.binding, from, POLICY)?;
    Ok(Policy::parse(&text, POLICY.as_ref()).map_err(Refusal::Policy)?)
}

#[cfg(test)]
mod tests {
    use zshield_plan::appliance::Generation;
    use zshield_plan::id::GenerationId;
    use zshield_plan::saved::BootSetMeta;
    use zshield_plan::way_back::WayBack;
    use zshield_units::UnixTime;

    use super::*;
    use crate::fixture::{appliance, valid};

    fn way(appliance: &Appliance, target: Target, offline: bool) -> Option<FileSource> {
        let source = restore_source(appliance, target).unwrap();
        live_from(appliance, target, &source, offline, &[])
    }

    const fn snapshot(name: &'static str) -> FileSource {
        FileSource::Backup(WayBack::Snapshot(name))
    }

    #[test]
    fn a_running_system_goes_back_at_once_unless_it_has_to_wait_for_the_next_start() {
        let both = appliance(&[("snap0", valid(1)), ("snap1", valid(2))]);
        assert_eq!(way(&both, Target::Latest, false), Some(snapshot("snap1")));
        assert_eq!(way(&both, Target::Factory, false), Some(snapshot("snap0")));
        assert_eq!(way(&both, Target::Latest, true), None);
        // Nothing to compare with: it is unpacked from the image.
        assert_eq!(way(&appliance(&[("snap1", valid(2))]), Target::Factory, false), None);
    }

    #[test]
    fn a_generation_is_compared_with_while_the_system_runs_though_no_snapshot_follows_root() {
        let mut none = appliance(&[]);
        let id = GenerationId::of([7; 32]);
        let saved = BootSetMeta::new(UnixTime(1), "1".into(), "i".into());
        let facts = Generation { taken: UnixTime(1), saved: Some(saved) };
        none.generations.insert(id, facts);
        assert_eq!(way(&none, Target::Vault(id), false), Some(FileSource::Generation(id)));
        assert_eq!(way(&none, Target::Vault(id), true), None);
        none.begun = Some(Target::Vault(id));
        assert_eq!(way(&none, Target::Vault(id), false), Some(FileSource::Generation(id)));
        none.begun = Some(Target::Latest);
        assert_eq!(way(&none, Target::Vault(id), false), None);
    }

    #[test]
    fn a_generation_is_named_by_its_beginning() {
        assert_eq!(Goal::parse("latest"), Some(Goal::Backup(Target::Latest)));
        assert_eq!(Goal::parse("vault:07ab"), Some(Goal::Generation("07ab".into())));
        assert_eq!((Goal::parse("vault:"), Goal::parse("last")), (None, None));
    }

    #[test]
    fn a_plain_yes_agrees_to_a_recovery_at_the_next_start() {
        assert_eq!(question().answer, Answer::Yes);
    }

    #[test]
    fn one_that_has_begun_goes_on_and_another_one_waits_for_the_next_start() {
        let mut begun = appliance(&[("snap0", valid(1)), ("snap1", valid(2))]);
        begun.begun = Some(Target::Latest);
        assert_eq!(way(&begun, Target::Latest, false), Some(snapshot("snap1")));
        assert_eq!(way(&begun, Target::Factory, false), None);
    }
}
