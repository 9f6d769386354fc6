//! What the rescue system can carry out, as the dialog sees it: texts for a person, and what a
//! choice leads to. The machine implements it with `operations`; tests and the example `init` only
//! pretend. So these types hold nothing that needs a machine: no plan, no disk that was looked at,
//! no operation that can be run.

use zshield_golden::manifest::SignatureState;
use zshield_messages::say;
use zshield_operations::recover::at_rest::AskedBy;
use zshield_plan::model::Target;

use crate::medium::Medium;
use crate::text::Text;

/// The operations. They run in a thread of their own while the screens go on.
pub trait Operations: Send {
    /// Opens the slot and checks its manifest's signature; everything later relies on it.
    fn open(&mut self, medium: &Medium) -> Result<Product, Failure>;

    /// Looks at the machine anew: what an installation would do. Changes nothing.
    fn look(&mut self) -> Assessment;

    /// Carries out (or goes on with) the installation of the last [`look`](Self::look). Over an
    /// appliance, `data` says which of its two kinds.
    fn install(&mut self, data: Data, observer: &mut dyn Observer) -> Result<Done, Failure>;

    /// The ways back that a person can choose between. Changes nothing.
    fn ways_back(&mut self) -> RestorePoints;

    /// The generations of the vault on the HDD, the newest first; or why there is none. Changes nothing.
    fn generations(&mut self) -> Result<Vec<RestorePoint>, Text>;

    /// What is damaged of what the machine is started by; or why that can't be seen. Changes nothing.
    fn damage(&mut self) -> Result<Damaged, Text>;

    /// Makes that whole. The system, its backups, user and audit volumes are kept.
    fn repair(&mut self, observer: &mut dyn Observer) -> Result<Done, Failure>;

    /// Carries out a recovery. User and audit volumes are kept.
    fn recover(
        &mut self,
        target: Target,
        asked_by: AskedBy,
        observer: &mut dyn Observer,
    ) -> Result<Done, Failure>;
}

/// What becomes of customer data and logs where an appliance is installed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// They stay; the system is made anew around them.
    Kept,
    /// They stay, and after that the newest backup in the vault comes back.
    KeptWithBackup,
    /// They are lost with everything else.
    Erased,
}

/// What the medium holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// The vendor's name for it.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Who vouches for it.
    pub signature: SignatureState,
    /// How it stands to what the machine knows of itself.
    pub origin: Origin,
}

/// How an image stands to what the machine knows of itself. The keys by which the rescue system checks
/// the signature came with the same image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is on the medium that somebody has put in.
    Medium,
    /// It lies on the SSD, and was not compared with the machine's ledger.
    NotCompared,
    /// It is the one that the machine was installed from.
    Installed,
    /// It is another one.
    Foreign,
}

impl Origin {
    /// That of an image on the SSD, by whether it is the one in the ledger, where there is one.
    pub const fn of_installed(is_own: Option<bool>) -> Self {
        match is_own {
            None => Self::NotCompared,
            Some(true) => Self::Installed,
            Some(false) => Self::Foreign,
        }
    }
}

/// What a screen says of who vouches for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vouched {
    /// Whoever has this key.
    By(String),
    /// Nobody can say yet.
    NotCompared,
    /// It belongs to no image of this machine, whoever has signed it.
    Foreign,
    /// Nobody: it was built so.
    Nobody,
}

impl Product {
    /// Who vouches for it here.
    pub fn vouched(&self) -> Vouched {
        match (&self.signature, self.origin) {
            (_, Origin::Foreign) => Vouched::Foreign,
            (SignatureState::Unsigned, _) => Vouched::Nobody,
            (SignatureState::Signed { .. }, Origin::NotCompared) => Vouched::NotCompared,
            (SignatureState::Signed { key_id, .. }, Origin::Medium | Origin::Installed) => {
                Vouched::By(key_id.to_string())
            }
        }
    }
}

/// What an installation would do. The choices of `operations` hold installations that can be run;
/// these are what a screen says of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Assessment {
    /// Exactly one disk for each role, none of which holds an appliance.
    Ready(InstallPreview),
    /// An interrupted installation of this image on these disks: it goes on by itself.
    Resume {
        /// The disks.
        preview: InstallPreview,
        /// What is known of it: when it began, how far it came.
        facts: Vec<Text>,
        /// Whether it makes the system anew around data that is kept.
        data: Data,
    },
    /// The disks hold an installed appliance: it goes only with a second confirmation.
    AppliancePresent {
        /// The disks.
        preview: InstallPreview,
        /// What is there: product, version, when it was installed.
        facts: Vec<Text>,
        /// What is lost where the system is made anew and the data kept; nothing where it can't
        /// be kept, which is among the facts.
        rebuild: Option<Vec<Text>>,
        /// What is lost where the newest backup in the vault comes back after that; nothing where there is none.
        restore: Option<Vec<Text>>,
        /// What is lost for ever where everything is erased.
        lost: Vec<Text>,
        /// Whether the SSD holds a system that could be started.
        starts: bool,
    },
    /// No installation.
    Refused(Refusal),
}

/// The disks of an installation.
#[derive(Clone, Debug, PartialEq)]
pub struct InstallPreview {
    /// One for each role.
    pub disks: Vec<Disk>,
    /// What will be erased, in words.
    pub erased: Vec<Text>,
    /// Where the system goes, and how much room it gets.
    pub root: Option<Text>,
}

/// A disk as a person tells it from others; a plan's disk is what decides about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Disk {
    /// What it is for, or what it is: "SSD", "HDD".
    pub role: Text,
    /// `/dev/sda`.
    pub device: String,
    /// Vendor and model.
    pub model: String,
    /// The serial number.
    pub serial: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Why there is no installation: a plan's refusal, or a machine that could not be looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// One word for scripts: `no-ssd`, `several-hdds`.
    pub code: &'static str,
    /// The reasons, most important first.
    pub reasons: Vec<Text>,
    /// Every disk that was looked at, and why it was passed over.
    pub disks: Vec<(Disk, Text)>,
}

/// A way back, whether it can be taken or not.
#[derive(Clone, Debug, PartialEq)]
pub struct RestorePoint {
    /// Where it leads.
    pub target: Target,
    /// What is known of it: date, version, whether it was found sound.
    pub facts: Vec<Text>,
    /// Why it can't be taken, if it can't.
    pub unavailable: Option<Text>,
    /// What is lost by taking it.
    pub lost: Vec<Text>,
}

/// The ways back.
#[derive(Clone, Debug, PartialEq)]
pub struct RestorePoints {
    /// Each of them.
    pub ways: Vec<RestorePoint>,
    /// A recovery that was cut off: until it ends, the system is not started.
    pub begun: Option<Target>,
    /// Whether the image is the one that the machine was installed from; nothing where nobody knows.
    pub own_image: Option<bool>,
    /// Whether there is a vault, with more of them.
    pub vault: bool,
}

/// What is damaged of what the machine is started by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Damaged {
    /// What a repair makes whole.
    pub mended: Vec<Text>,
    /// What it can't, each with the reason.
    pub left: Vec<Text>,
}

/// What a person is told of a part that stays damaged.
pub(crate) fn stays_damaged(what: Text) -> Text {
    Text::said(move || say::rescue::repair_not(what.to_string()))
}

/// Hears how an operation goes. Calls are cheap; call `bytes` as often as it suits.
pub trait Observer: Send {
    /// A step has begun or ended.
    fn step(&mut self, step: Step);
    /// Bytes moved within the step: done, and of how many.
    fn bytes(&mut self, done: u64, total: u64);
}

/// A step of an operation, by its names: a screen knows nothing else of a plan's step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its number, from 1.
    pub number: u32,
    /// How many there are.
    pub total: u32,
    /// The name for scripts: `create-root`.
    pub name: String,
    /// The name for people.
    pub title: Text,
    /// Where it stands.
    pub status: Status,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It has begun.
    Begun,
    /// It is done.
    Done,
}

impl Status {
    /// The word for scripts.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Done => "ok",
        }
    }
}

/// An operation that succeeded.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// What is worth knowing, beyond that it is done.
    pub notes: Vec<Text>,
}

/// An operation that failed, or never began.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What happened: the chain of causes, outermost first.
    pub what: Text,
    /// In which state the machine is.
    pub state: Text,
    /// What to do next.
    pub next: Text,
}

#[cfg(test)]
mod tests {
    use zshield_golden::key::KeyId;

    use super::*;

    #[test]
    fn a_signature_counts_only_for_the_image_that_was_installed_or_brought_in() {
        let key_id = KeyId::new(7);
        let signed = SignatureState::Signed { key_id, trusted_comment: String::new() };
        let vouched = |signature: &SignatureState, origin| {
            let (name, version, signature) = (String::new(), String::new(), signature.clone());
            Product { name, version, signature, origin }.vouched()
        };
        let by = Vouched::By(key_id.to_string());
        assert_eq!(vouched(&signed, Origin::Medium), by);
        assert_eq!(vouched(&signed, Origin::of_installed(Some(true))), by);
        assert_eq!(vouched(&signed, Origin::of_installed(None)), Vouched::NotCompared);
        for signature in [signed, SignatureState::Unsigned] {
            assert_eq!(vouched(&signature, Origin::of_installed(Some(false))), Vouched::Foreign);
        }
        assert_eq!(vouched(&SignatureState::Unsigned, Origin::Installed), Vouched::Nobody);
    }
}
