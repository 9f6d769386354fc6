//! A recovery at the next start, which the rescue system does.

use anyhow::Context as _;
use zshield_host::appliance::{ApplianceError, Found};
use zshield_host::grubenv::Grubenv;
use zshield_host::ledger::LedgerStore;
use zshield_host::tools::Tools;
use zshield_host::{live, lock, order};
use zshield_messages::{Said, say};
use zshield_plan::model::{Files, Target};
use zshield_plan::recover::{RestoreSource, restore_source};
use zshield_plan::upgrade::floor::Against;
use zshield_plan::volumes::GOLDEN;
use zshield_plan::way_back::FileSource;

use super::preview::{OfflinePreview, Way};
use super::refusal::{NotRecovered, unavailable};
use crate::env::Env;
use crate::error::{Refusal, Result};
use crate::floor;
use crate::installed::Installed;
use crate::interruption;
use crate::question::Question;
use crate::text;

/// A recovery that can be scheduled.
pub struct Prepared {
    env: Env,
    /// The appliance; or why nobody could look at it.
    found: Result<Box<Found>, Said>,
    /// Whether `/boot` has lost its ledger, and whatever else.
    lost_boot: bool,
    begun: Option<Target>,
    target: Target,
    /// The files that come back, where the machine becomes the one that they were of.
    files: Option<Files>,
    /// Whose programs are run.
    tools: Tools,
    /// What stands against a state that is too old.
    against: Option<Against>,
    _held: lock::Held,
}

pub(super) fn prepare(
    env: &Env,
    held: lock::Held,
    tools: Tools,
    (found, lost_boot): (Found, bool),
    (target, files): (Target, Option<Files>),
) -> Result<Prepared> {
    let image = ensure_own_rescue(env, &found)?;
    let against = against(&found, target, &image);
    let (env, begun, found) = (env.clone(), found.appliance.begun, Ok(Box::new(found)));
    Ok(Prepared { env, found, lost_boot, begun, target, files, tools, against, _held: held })
}

/// The same where nobody can look at the appliance: its tools give no answer. GRUB is told all the
/// same, for the rescue system has tools of its own.
pub(super) fn unseen(
    env: &Env,
    held: lock::Held,
    tools: Tools,
    target: Target,
    why: ApplianceError,
) -> Result<Prepared> {
    let begun = Grubenv::in_directory(&env.boot()).read()?.begun();
    let found = Err(text::kept(&why.into()));
    let (env, lost_boot) = (env.clone(), false);
    // The rescue system has a person before it, or what was ordered here.
    let (against, files) = (None, None);
    Ok(Prepared { env, found, lost_boot, begun, target, files, tools, against, _held: held })
}

/// What stands against going back; `image` is the version of the Golden Image.
fn against(found: &Found, target: Target, image: &str) -> Option<Against> {
    let version = match restore_source(&found.appliance, target).ok()? {
        RestoreSource::CopyBack { facts, .. } => facts.saved.as_ref()?.version.clone(),
        RestoreSource::Files { saved, .. } => saved.version.clone(),
        RestoreSource::Unpack(_) => image.to_owned(),
    };
    super::against(found, target, &version)
}

/// The rescue system on the Golden partition does it: it has to be that of the image that was
/// installed, signed by a key of the running system. One from elsewhere would bring its own keys.
/// The version of the image.
fn ensure_own_rescue(env: &Env, found: &Found) -> Result<String> {
    let partition = found.appliance.binding.path(&GOLDEN);
    let installed = Installed::of_ruins(&env.root, &partition, &found.ledger);
    let checked = installed.and_then(|installed| {
        installed.check_rescue()?;
        Ok(installed.manifest.header().version.clone())
    });
    Ok(checked.map_err(|why| Refusal::operation(NotRecovered::ForeignImage(text::kept(&why))))?)
}

impl Prepared {
    /// Whose programs are run, where those of the system don't start.
    pub fn note_of_tools(&self) -> Option<String> {
        super::note_of_tools(&self.tools)
    }

    /// Whether the system's own programs may not be able to restart the machine.
    pub const fn needs_restart_by_hand(&self) -> bool {
        match self.tools {
            Tools::Own => false,
            Tools::Lent(_) | Tools::Unsound(_) => true,
        }
    }

    /// What it would do.
    pub fn preview(&self) -> Result<OfflinePreview<'_>, Refusal> {
        let Self { found, begun, target, .. } = self;
        let way = match found {
            Ok(found) => Way::Known(
                restore_source(&found.appliance, *target)
                    .map_err(|why| unavailable(*target, why))?,
            ),
            Err(why) => Way::Unseen(why),
        };
        Ok(OfflinePreview { target: *target, way, begun: *begun })
    }

    /// What the caller has to agree to.
    pub fn question(&self) -> Question {
        let question = self.against.as_ref().map_or_else(super::question, floor::question);
        match self.files {
            None => question,
            Some(_) => Question {
                text: format!("{} {}", say::recover::agree_take_over(), question.text),
                ..question
            },
        }
    }

    /// Has the next start go back. The machine has to be restarted for it.
    pub fn run(&self) -> Result<()> {
        interruption::begin();
        order::schedule_restore(&self.env.boot(), self.begun, self.target, self.files.clone())
            .with_context(|| Said::of(say::recover::order_unknown))?;
        if let (true, Ok(found)) = (self.lost_boot, &self.found) {
            self.put_boot_back(found).map_err(|error| {
                error.into_anyhow().context(Said::of(say::recover::ordered_without_boot))
            })?;
        }
        Ok(())
    }

    /// Nothing goes back at the next start without a menu, and without a ledger.
    fn put_boot_back(&self, found: &Found) -> Result<()> {
        let Self { env, target, .. } = self;
        let Found { appliance, ledger, .. } = found;
        LedgerStore::in_directory(&env.boot()).write(ledger)?;
        let source = restore_source(appliance, *target).map_err(|why| unavailable(*target, why))?;
        let from = match source {
            RestoreSource::CopyBack { from, .. } => Some(FileSource::Backup(from)),
            // A generation's menu may look for another SSD: the system's own is put back.
            RestoreSource::Files { .. } | RestoreSource::Unpack(_) => None,
        };
        live::put_boot_back(&appliance.binding, from, &env.root)?;
        Ok(())
    }
}
