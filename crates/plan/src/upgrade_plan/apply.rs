//! The steps by which a new version takes the place of the one that runs.
//!
//! All that the new version brings is made first, beside the system, so that whatever can fail has failed before
//! anything is changed. Then it is noted, and GRUB is told to copy the latest backup back; from there on the system
//! is half of two versions, and every start goes back. One write of GRUB's environment ends that: it takes the
//! recovery back and begins the trial.

use std::time::Duration;

use zshield_messages::say;
use zshield_units::{Bytes, UnixTime};

use crate::appliance::{Appliance, SnapshotSync};
use crate::ledger::Ledger;
use crate::live::Services;
use crate::model::Target;
use crate::plan::{Operation, Plan};
use crate::step::{
    Arm, BeginTrial, HookStage, InstallPackages, NewInitrd, NotePackages, NoteUpgrade,
    ProveUpgrade, PutBoot, PutUpgrade, ReloadManager, RestartServices, RunHooks, StageUpgrade,
    StartServices, Step, StopServices, WriteLedger,
};
use crate::upgrade::packages::Packages;
use crate::upgrade::record::{Record, Refused, System};

/// The directories below the one that an upgrade is staged in.
pub const TREE: &str = "tree";
/// See [`TREE`]: what goes to `/boot`.
pub const BOOT: &str = "boot";
/// See [`TREE`]: the bundle's programs.
pub const HOOKS: &str = "hooks";
/// See [`TREE`]: manifest, signature and policy.
pub const RELEASE: &str = "release";
/// See [`TREE`]: packages.
pub const PACKAGES: &str = "packages";

/// What has to start again for a new version to be in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// Nothing.
    Nothing,
    /// The services whose files change.
    Services,
    /// The machine.
    Machine,
}

/// The files of a new version, as far as a plan speaks of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// How many things are staged.
    pub entries: usize,
    /// Their contents' bytes.
    pub bytes: Bytes,
    /// How many paths change.
    pub changes: usize,
}

/// The programs of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    /// Those that run before anything is changed.
    pub before: Vec<String>,
    /// Those that run when everything is in place.
    pub after: Vec<String>,
    /// How long each may take.
    pub limit: Duration,
}

/// What changes on `/boot`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BootChange {
    /// What is put there, by paths below it.
    pub files: Vec<String>,
    /// Initial RAM disks that the machine makes.
    pub initrds: Vec<NewInitrd>,
    /// The menu.
    pub menu: String,
    /// What goes.
    pub removed: Vec<String>,
}

/// What an upgrade is planned from.
pub struct Inputs<'a> {
    /// The appliance.
    pub appliance: &'a Appliance,
    /// Its ledger.
    pub ledger: &'a Ledger,
    /// Where its root is: `/`.
    pub root: &'a str,
    /// The directory of root that the upgrade is staged in.
    pub staging: &'a str,
    /// The new version.
    pub to: System,
    /// The record in which the upgrade has begun.
    pub record: Record,
    /// Its files.
    pub extent: Extent,
    /// Packages that it consists of in place of files.
    pub packages: Option<Packages>,
    /// Its programs.
    pub programs: Programs,
    /// What becomes of services.
    pub services: &'a Services,
    /// What changes on `/boot`.
    pub boot: BootChange,
    /// What starts again.
    pub restart: Restart,
    /// The time.
    pub now: UnixTime,
}

/// Why an upgrade is not planned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPlan {
    /// There is no latest backup that it could go back to.
    #[error("{}", say::upgrade::no_way_back())]
    NoWayBack,
    /// A disk is missing: the old version can't be kept.
    #[error("{}", say::upgrade::disk_missing())]
    DiskMissing,
    /// The system was started without its snapshots: nor can it.
    #[error("{}", say::backup::apart())]
    Detached,
    /// A recovery has begun.
    #[error("{}", say::upgrade::recovery_begun())]
    RecoveryBegun,
    /// The record says no.
    #[error(transparent)]
    Record(#[from] Refused),
}

/// The disks are there that the backup before an upgrade needs.
pub fn ensure_whole(appliance: &Appliance) -> Result<(), NoPlan> {
    if appliance.partial {
        return Err(NoPlan::DiskMissing);
    }
    match appliance.sync {
        SnapshotSync::Detached => Err(NoPlan::Detached),
        SnapshotSync::InSync | SnapshotSync::Stale => Ok(()),
    }
}

/// The whole plan.
pub fn plan(inputs: Inputs<'_>) -> Result<Plan, NoPlan> {
    let Inputs { appliance, ledger, root, .. } = inputs;
    ensure_whole(appliance)?;
    if appliance.begun.is_some() {
        return Err(NoPlan::RecoveryBegun);
    }
    if appliance.latest().is_none() {
        return Err(NoPlan::NoWayBack);
    }
    let trial = inputs.record.clone().try_out(inputs.now)?;
    let at = format!("{}/boot/zshield", root.trim_end_matches('/'));
    let System { version, image } = inputs.to.clone();
    let ledger = Ledger {
        disks: appliance.disks.clone(),
        ..ledger.clone().with_system(version.clone(), image.clone())
    };
    let hooks = [HookStage::Before, HookStage::After].map(|stage| inputs.hooks(stage));
    let (services, restart) = (inputs.services, inputs.restart);
    let mut steps = inputs.staged_and_armed(&at);
    let [before, after] = hooks;
    steps.extend(before);
    steps.extend(inputs.put());
    steps.push(Step::WriteLedger(WriteLedger { at: at.clone(), ledger }));
    steps.extend(after);
    steps.push(Step::BeginTrial(BeginTrial { at, record: trial }));
    steps.extend(started(services, restart));
    Ok(Plan {
        operation: Operation::Upgrade,
        image,
        version,
        disks: appliance.disks.clone(),
        group: appliance.binding.group.clone(),
        layout: None,
        steps,
    })
}

impl Inputs<'_> {
    /// All is made ready, and each start goes back.
    fn staged_and_armed(&self, at: &str) -> Vec<Step> {
        let Extent { mut entries, mut bytes, .. } = self.extent;
        if let Some(packages) = &self.packages {
            (entries, bytes) = (packages.files.len(), packages.bytes);
        }
        let at = || at.to_owned();
        vec![
            Step::StageUpgrade(StageUpgrade { at: self.staging.to_owned(), entries, bytes }),
            Step::NoteUpgrade(NoteUpgrade { at: at(), record: self.record.clone() }),
            Step::Arm(Arm { at: at(), target: Target::Latest }),
        ]
    }

    /// The new version's files take their places.
    fn put(self) -> Vec<Step> {
        let root = self.root.to_owned();
        let units = self.services.stop.clone();
        let mut steps = Vec::new();
        if !units.is_empty() {
            steps.push(Step::StopServices(StopServices { units }));
        }
        let from = |what| format!("{}/{what}", self.staging);
        let changes = self.extent.changes;
        steps.extend(match self.packages {
            None => [
                Step::PutUpgrade(PutUpgrade { from: from(TREE), to: root.clone(), changes }),
                Step::ProveUpgrade(ProveUpgrade { root: root.clone() }),
            ],
            Some(Packages { manager, files, .. }) => {
                let at = within(&root, &from(PACKAGES));
                let files = files.iter().map(|file| format!("{at}/{file}")).collect();
                [
                    Step::InstallPackages(InstallPackages { root: root.clone(), manager, files }),
                    Step::NotePackages(NotePackages { root: root.clone(), from: from(RELEASE) }),
                ]
            }
        });
        let BootChange { files, initrds, menu, removed } = self.boot;
        steps.push(Step::PutBoot(PutBoot {
            from: from(BOOT),
            root,
            files,
            initrds,
            menu,
            removed,
        }));
        steps
    }

    /// The programs of a stage.
    fn hooks(&self, stage: HookStage) -> Option<Step> {
        let programs = match stage {
            HookStage::Before => &self.programs.before,
            HookStage::After => &self.programs.after,
        };
        (!programs.is_empty()).then(|| {
            Step::RunHooks(RunHooks {
                stage,
                from: format!("{}/{HOOKS}", self.staging),
                programs: programs.clone(),
                limit: self.programs.limit,
                versions: [self.ledger.version.clone(), self.to.version.clone()],
            })
        })
    }
}

/// A path as the system at `root` has it.
fn within(root: &str, path: &str) -> String {
    let below = path.strip_prefix(root.trim_end_matches('/')).unwrap_or(path);
    format!("/{}", below.trim_start_matches('/'))
}

/// What starts again while the machine runs on.
fn started(services: &Services, restart: Restart) -> Vec<Step> {
    match restart {
        Restart::Machine => return Vec::new(),
        Restart::Nothing | Restart::Services => {}
    }
    let mut steps = Vec::new();
    if services.reload || services.anew {
        steps.push(Step::ReloadManager(ReloadManager { anew: services.anew }));
    }
    let (start, again) = (services.start.clone(), services.restart.clone());
    if !start.is_empty() {
        steps.push(Step::StartServices(StartServices { units: start }));
    }
    if !again.is_empty() && restart == Restart::Services {
        steps.push(Step::RestartServices(RestartServices { units: again }));
    }
    steps
}
