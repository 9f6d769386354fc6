//! The screens: typed data in, a page out. What is on them is said once, in [`content`]; how it
//! looks in pixels in [`draw`], how it reads as lines in [`plain`].

mod content;
pub(crate) mod draw;
pub(crate) mod page;
pub(crate) mod plain;
mod wrap;

use zshield_plan::model::Target;

use crate::operations::{
    Failure, InstallPreview, Product, Refusal, RestorePoint, RestorePoints, Step,
};
use crate::power::End;
use crate::text::Text;

/// What stands around every screen.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Frame {
    /// The product, once the medium is open.
    pub product: Option<Product>,
    /// What is odd: unknown words on the command line, a console that can't be used.
    pub warnings: Vec<Text>,
}

/// A screen's data.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Screen {
    /// The system starts: what it has done so far.
    Starting(Vec<Text>),
    /// Everything is ready: one key installs.
    Install(InstallPreview),
    /// The disks hold an appliance.
    Present {
        /// The disks.
        preview: InstallPreview,
        /// What is there.
        facts: Vec<Text>,
        /// What is offered.
        offers: Offers,
    },
    /// No installation.
    Refused(Refusal),
    /// An operation is under way.
    Progress(Progress),
    /// It has succeeded.
    Done(Finished),
    /// It has failed.
    Failed {
        /// What is to be said of it.
        failure: Failure,
        /// Whether another way back can be chosen.
        ways: bool,
        /// The name of the log's copy on the stick, if there is one.
        on_stick: Option<String>,
        /// The last lines of the log.
        log: Vec<String>,
    },
    /// What is lost, and digits to type.
    Confirm(Confirm),
    /// The ways back.
    Recovery(Recovery),
    /// There is nothing that a repair could do: what stays damaged, if anything is.
    NothingToRepair(Vec<Text>),
    /// Ctrl-Alt-Del while something runs or stands.
    Restart,
}

/// Which operation a screen is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// An installation.
    Install,
    /// The system made anew around the data that is kept.
    Rebuild,
    /// The same, after which the newest backup in the vault comes back.
    Restore,
    /// A recovery.
    Recover(Target),
    /// What the machine is started by, made whole.
    Repair,
}

impl Operation {
    /// The word for scripts.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Rebuild => "rebuild",
            Self::Restore => "restore",
            Self::Recover(_) => "recover",
            Self::Repair => "repair",
        }
    }
}

/// An operation under way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Progress {
    /// Which.
    pub operation: Operation,
    /// It goes on with one that was interrupted: what is known of that.
    pub resumed: Option<Vec<Text>>,
    /// The steps so far; the last one may be running.
    pub steps: Vec<Step>,
    /// Bytes of the running step: done, and of how many.
    pub bytes: Option<(u64, u64)>,
    /// Seconds since it began.
    pub seconds: u64,
}

/// An operation that has succeeded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finished {
    /// Which.
    pub operation: Operation,
    /// How long it took.
    pub seconds: u64,
    /// What is worth knowing.
    pub notes: Vec<Text>,
    /// The session ends so by itself when this many seconds have passed without a key.
    pub by_itself: Option<(End, u64)>,
}

/// The second confirmation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Confirm {
    /// Of what.
    pub operation: Operation,
    /// What is lost, named.
    pub lost: Vec<Text>,
    /// The digits to type.
    pub digits: String,
    /// What has been typed.
    pub typed: String,
    /// Something else was typed before.
    pub wrong: bool,
}

/// The choice of the ways back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recovery {
    /// The ways.
    pub ways: Vec<RestorePoint>,
    /// A recovery that was cut off.
    pub begun: Option<Target>,
    /// Which line is chosen: a way, or one behind the last of them.
    pub chosen: usize,
    /// Which of them these are.
    pub list: List,
    /// Where the last line leads.
    pub leads_to: LeadsTo,
}

/// Where one comes to who takes none of the ways back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeadsTo {
    /// To the system, by a restart. Nobody has to be there for that.
    System,
    /// To all else that can be done from the stick.
    Stick,
}

/// What is offered for an appliance that is installed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offers {
    /// Its data can be kept.
    pub keeps: bool,
    /// The newest backup in its vault can come back.
    pub restores: bool,
    /// The SSD holds a system that could be started.
    pub starts: bool,
}

/// Which ways back a screen shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// Those on the machine's own volumes; with a vault, a line leads to its generations.
    First {
        /// Whether there is one.
        vault: bool,
    },
    /// The generations of the vault.
    Older,
}

impl Recovery {
    /// The ways that were found, none of them chosen.
    pub(crate) fn of(found: RestorePoints, leads_to: LeadsTo) -> Self {
        let RestorePoints { ways, begun, own_image: _, vault } = found;
        let mut recovery = Self { ways, begun, chosen: 0, list: List::First { vault }, leads_to };
        recovery.chosen = recovery.leave();
        recovery
    }

    /// The line by which one leaves, which is the last.
    pub(crate) const fn leave(&self) -> usize {
        match self.list {
            List::First { vault: true } => self.ways.len() + 1,
            List::First { vault: false } | List::Older => self.ways.len(),
        }
    }
}

impl Screen {
    /// The word for scripts.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Starting(_) => "starting",
            Self::Install(_) => "install",
            Self::Present { .. } => "present",
            Self::Refused(_) => "refused",
            Self::Progress(_) => "progress",
            Self::Done(_) => "done",
            Self::Failed { .. } => "failed",
            Self::Confirm(_) => "confirm",
            Self::Recovery(_) => "recovery",
            Self::NothingToRepair(_) => "nothing-to-repair",
            Self::Restart => "restart",
        }
    }
}

/// A size as it is printed on disks: decimal.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    for (unit, name) in UNITS {
        if bytes >= unit {
            let (whole, tenth) = (bytes / unit, bytes % unit * 10 / unit);
            return if whole < 10 && tenth > 0 {
                format!("{whole}.{tenth} {name}")
            } else {
                format!("{whole} {name}")
            };
        }
    }
    format!("{bytes} B")
}

/// Minutes and seconds.
pub(crate) fn clock(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
