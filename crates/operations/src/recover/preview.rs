//! What a recovery would do, as values for people and for scripts.

use std::path::PathBuf;

use serde::{Serialize, Serializer};
use zshield_golden::EntryPath;
use zshield_host::live::Seen;
use zshield_live::Change;
use zshield_messages::{Said, say};
use zshield_plan::id::GenerationId;
use zshield_plan::live::{Left, Room, Services};
use zshield_plan::model::{Snapshot, Target};
use zshield_plan::policy::VolumeName;
use zshield_plan::recover::RestoreSource;
use zshield_plan::saved::BootSetMeta;

use super::refusal::NotRecovered;
use crate::error::Refusal;
use crate::question::{Answer, Question};

/// What a recovery without a restart would change.
#[derive(Clone, Copy)]
pub struct LivePreview<'a> {
    /// What it goes back to.
    pub target: Target,
    /// How the system differs.
    pub seen: &'a Seen,
    /// What becomes of services.
    pub services: &'a Services,
    /// Whether `/boot` goes back too.
    pub with_boot: bool,
}

/// A recovery without a restart for scripts: before it is run, or after it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct LiveReport<'a> {
    target: Target,
    way: &'static str,
    changes: &'a [Change],
    held: &'a [EntryPath],
    boot: &'a [PathBuf],
    services: &'a Services,
    restart: Restart<'a>,
    done: bool,
    still_running: Option<&'a [Left]>,
    warnings: Option<&'a [String]>,
    room: RoomReport<'a>,
}

#[derive(Debug, Serialize)]
struct Restart<'a> {
    kernel: bool,
    processes: &'a [Left],
}

#[derive(Debug, Serialize)]
struct RoomReport<'a> {
    needed: u64,
    free: u64,
    is: &'a Room,
}

impl<'a> LivePreview<'a> {
    /// Whether there is nothing to do.
    pub fn is_nothing(&self) -> bool {
        self.seen.difference.is_none() && self.boot().is_empty()
    }

    /// What the caller has to agree to; a refusal where there is no room for it.
    pub fn question(&self) -> Result<Question, Refusal> {
        match self.seen.room {
            Room::Short => Err(Refusal::operation(NotRecovered::NoRoom)),
            Room::Enough | Room::AfterRemoving => Ok(Question {
                text: say::live::agree(),
                answer: Answer::Yes,
                declined: say::recover::not_agreed(),
            }),
        }
    }

    /// Whether the kernel that runs, or how it is started, is another one than after it.
    pub fn kernel(&self) -> bool {
        let starts = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let kernel = ["vmlinu", "initrd", "initramfs"];
            kernel.iter().any(|kernel| name.starts_with(kernel)) || name == "system.cfg"
        };
        self.boot().iter().any(starts)
    }

    /// The files of `/boot` that go back.
    pub fn boot(&self) -> &'a [PathBuf] {
        if self.with_boot { &self.seen.boot } else { &[] }
    }

    /// The same for scripts; with what is left, where it was done.
    pub fn report(&self, done: Option<&'a Remains>) -> LiveReport<'a> {
        let Self { seen, services, .. } = *self;
        let difference = &seen.difference;
        LiveReport {
            target: self.target,
            way: "live",
            changes: &difference.changes,
            held: &difference.held,
            boot: self.boot(),
            services,
            restart: Restart { kernel: self.kernel(), processes: &services.left },
            done: done.is_some(),
            still_running: done.map(|remains| remains.left.as_slice()),
            warnings: done.map(|remains| remains.warnings.as_slice()),
            room: RoomReport { needed: difference.written(), free: seen.free.0, is: &seen.room },
        }
    }
}

/// What a recovery that is done leaves to a person.
#[derive(Clone, Debug)]
pub struct Remains {
    /// Whether the kernel that runs, or how it is started, was another one before.
    pub kernel: bool,
    /// Who goes on with what was replaced.
    pub left: Vec<Left>,
    /// Units whose changes count from the next start on.
    pub waiting: Vec<String>,
    /// Which services did not stop or start, and why.
    pub warnings: Vec<String>,
}

impl Remains {
    /// Whether the machine has to be restarted.
    pub const fn restart_needed(&self) -> bool {
        self.kernel
            || !self.left.is_empty()
            || !self.waiting.is_empty()
            || !self.warnings.is_empty()
    }
}

/// What a recovery at the next start would do.
#[derive(Debug, Serialize)]
pub struct OfflinePreview<'a> {
    /// What it goes back to.
    pub target: Target,
    /// From what.
    #[serde(serialize_with = "way")]
    pub way: Way<'a>,
    /// The recovery that has begun, which it takes the place of.
    #[serde(skip)]
    pub begun: Option<Target>,
}

/// What a recovery at the next start makes the system from.
#[derive(Debug)]
pub enum Way<'a> {
    /// From this.
    Known(RestoreSource<'a>),
    /// Nobody could look, for this reason: the rescue system will.
    Unseen(&'a Said),
}

/// A way for scripts.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum WayForScripts<'a> {
    CopyBack { snapshot: VolumeName, facts: &'a Snapshot },
    Files { generation: GenerationId, saved: &'a BootSetMeta },
    Unpack,
    Unseen { why: String },
}

fn way<S: Serializer>(way: &Way<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    let way = match way {
        Way::Known(RestoreSource::CopyBack { from, facts }) => {
            WayForScripts::CopyBack { snapshot: from.volume(), facts }
        }
        Way::Known(RestoreSource::Files { generation, saved }) => {
            WayForScripts::Files { generation: *generation, saved }
        }
        Way::Known(RestoreSource::Unpack(_)) => WayForScripts::Unpack,
        Way::Unseen(why) => WayForScripts::Unseen { why: why.to_string() },
    };
    way.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zshield_units::Bytes;

    use super::*;

    fn seen(boot: &[&str]) -> Seen {
        Seen {
            difference: zshield_live::Difference::default(),
            boot: boot.iter().map(PathBuf::from).collect(),
            room: Room::Enough,
            free: Bytes(7),
            writers: Vec::new(),
        }
    }

    #[test]
    fn another_kernel_or_menu_asks_for_a_restart_and_other_files_of_boot_do_not() {
        let services = Services::default();
        let kernel = |boot: &[&str], with_boot| {
            let seen = seen(boot);
            LivePreview { target: Target::Latest, seen: &seen, services: &services, with_boot }
                .kernel()
        };
        assert!(kernel(&["vmlinuz-6.1"], true) && kernel(&["zshield/system.cfg"], true));
        assert!(!kernel(&["vmlinuz-6.1"], false) && !kernel(&["config-6.1"], true));
    }

    #[test]
    fn it_is_asked_for_where_there_is_room_and_refused_where_there_is_none() {
        let question = |room| {
            let (seen, services) = (Seen { room, ..seen(&[]) }, Services::default());
            let (target, with_boot) = (Target::Latest, true);
            LivePreview { target, seen: &seen, services: &services, with_boot }.question()
        };
        for room in [Room::Enough, Room::AfterRemoving] {
            let question = question(room).unwrap();
            assert_eq!((question.text, question.answer), (say::live::agree(), Answer::Yes));
        }
        assert_eq!(question(Room::Short).unwrap_err().own(), Some(&NotRecovered::NoRoom));
    }

    #[test]
    fn scripts_read_the_same_names_before_and_after() {
        let (seen, services) = (seen(&[]), Services::default());
        let preview = LivePreview {
            target: Target::Latest,
            seen: &seen,
            services: &services,
            with_boot: true,
        };
        assert!(preview.is_nothing());
        let before = serde_json::to_value(preview.report(None)).unwrap();
        assert_eq!(before["target"], "latest");
        assert_eq!(before["way"], "live");
        assert_eq!(before["done"], false);
        assert_eq!(before["still-running"], json!(null));
        assert_eq!(before["restart"], json!({ "kernel": false, "processes": [] }));
        assert_eq!(before["room"], json!({ "needed": 0, "free": 7, "is": "enough" }));
        let warnings = vec!["x.service".to_owned()];
        let remains = Remains { kernel: false, left: vec![], waiting: vec![], warnings };
        assert!(remains.restart_needed());
        let after = serde_json::to_value(preview.report(Some(&remains))).unwrap();
        assert_eq!((&after["done"], &after["warnings"]), (&json!(true), &json!(["x.service"])));
        let names = |value: &serde_json::Value| {
            value.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(names(&before), names(&after));
    }
}
