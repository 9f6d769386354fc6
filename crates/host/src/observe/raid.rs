//! LSI RAID cards: their arrays, disks and batteries, as the tools of their makers tell them.

mod answer;

use std::fs;
use std::io;
use std::path::Path;

use zshield_linux::program::{self, Program, ProgramError};
use zshield_plan::health::{Array, Card, DiskHealth};

pub(super) use answer::arrays;

/// Cards of one driver, and the tools that speak with them: of Broadcom, and of Dell.
struct Family {
    driver: &'static str,
    tools: &'static [&'static str],
}

const FAMILIES: [Family; 2] = [
    Family { driver: "megaraid_sas", tools: &["storcli64", "storcli", "perccli64", "perccli"] },
    Family { driver: "mpi3mr", tools: &["storcli2", "perccli2"] },
];

/// The directories that their packages put them in, outside every path.
const DIRECTORIES: [&str; 5] = [
    "",
    "/opt/MegaRAID/storcli/",
    "/opt/MegaRAID/perccli/",
    "/opt/MegaRAID/storcli2/",
    "/opt/MegaRAID/perccli2/",
];

/// The health of all cards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Their arrays.
    pub arrays: Vec<Array>,
    /// The cards themselves.
    pub cards: Vec<Card>,
    /// The disks that they call failing.
    pub failing: Vec<DiskHealth>,
}

/// What came of asking the cards.
#[derive(Debug)]
pub enum Asked {
    /// There is none.
    NoCard,
    /// There is one, and no tool to ask it.
    NoTool,
    /// They have said how they are.
    Told(Told),
    /// A tool is there, and no card answered it.
    Silent(io::Error),
}

/// Asks them all.
pub fn ask() -> Asked {
    let mut all = Asked::NoCard;
    for family in FAMILIES.iter().filter(|family| is_bound(family.driver)) {
        all = both(all, family.ask());
    }
    all
}

/// What cards of two families have said together: what is not watched is said above all.
fn both(one: Asked, other: Asked) -> Asked {
    match (one, other) {
        (Asked::Told(mut all), Asked::Told(more)) => {
            all.arrays.extend(more.arrays);
            all.cards.extend(more.cards);
            all.failing.extend(more.failing);
            Asked::Told(all)
        }
        (Asked::NoCard, only) | (only, Asked::NoCard) => only,
        (Asked::Silent(why), _) | (_, Asked::Silent(why)) => Asked::Silent(why),
        (Asked::NoTool, _) | (_, Asked::NoTool) => Asked::NoTool,
    }
}

/// Whether this driver has taken a device. Without one there is no card to ask.
fn is_bound(driver: &str) -> bool {
    let entries = fs::read_dir(Path::new("/sys/bus/pci/drivers").join(driver));
    // A device is a link named by its PCI address.
    let is_device = |name: &std::ffi::OsStr| name.as_encoded_bytes().contains(&b':');
    entries.is_ok_and(|entries| entries.flatten().any(|entry| is_device(&entry.file_name())))
}

impl Family {
    /// Asks by the first tool that sees a card: one of them may be for other cards.
    fn ask(&self) -> Asked {
        let mut all = Asked::NoTool;
        let paths = DIRECTORIES.iter();
        for path in
            paths.flat_map(|directory| self.tools.iter().map(move |it| format!("{directory}{it}")))
        {
            match run(&path, &["/call/vall", "show"]) {
                Ok(json) => match arrays(&json) {
                    Some(arrays) => return Asked::Told(told(&path, arrays)),
                    None => all = Asked::Silent(io::Error::other(format!("{path}: no card"))),
                },
                Err(ProgramError::Absent { .. }) => {}
                Err(why) => all = Asked::Silent(why.into()),
            }
        }
        all
    }
}

/// What else they say. A card without enclosures refuses one question, a card without a battery tells of
/// none: what is not said is not known, and hides nothing.
fn told(tool: &str, arrays: Vec<Array>) -> Told {
    let ask = |place: &str| {
        run(tool, &[place, "show", "all"]).inspect_err(|why| tracing::error!("{why}")).ok()
    };
    let failing = ["/call/eall/sall", "/call/sall"].iter().filter_map(|place| ask(place));
    let failing = failing.flat_map(|json| answer::failing(&json)).collect();
    let cards = ask("/call").map(|json| answer::cards(&json)).unwrap_or_default();
    Told { arrays, cards, failing }
}

fn run(tool: &str, question: &[&str]) -> Result<Vec<u8>, ProgramError> {
    let program = Program::new(tool, program::READING).args(question).args(["J", "nolog"]);
    // It would leave a log wherever it is started.
    Ok(program.within(Path::new("/run")).run()?.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_watched_is_said_above_all() {
        let told = |name: &str| {
            let arrays = vec![Array { name: name.to_owned(), state: "Optl".to_owned() }];
            Asked::Told(Told { arrays, ..Told::default() })
        };
        let silent = || Asked::Silent(io::ErrorKind::TimedOut.into());
        assert!(matches!(both(Asked::NoCard, told("c0-v0")), Asked::Told(_)));
        assert!(matches!(both(told("c0-v0"), Asked::NoTool), Asked::NoTool));
        assert!(matches!(both(told("c0-v0"), silent()), Asked::Silent(_)));
        let Asked::Told(all) = both(told("c0-v0"), told("c1-v0")) else { panic!("not told") };
        assert_eq!(all.arrays.len(), 2);
    }

    #[test]
    fn there_is_no_card_where_no_driver_has_one() {
        assert!(!is_bound("no-such-driver"));
    }
}
