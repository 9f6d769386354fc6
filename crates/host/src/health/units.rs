//! What systemd says of units, from version 219 on.

use std::collections::BTreeSet;
use std::time::Duration;

use zshield_linux::program::{Program, ProgramError};
use zshield_plan::policy::UnitName;

/// It answers at once, or does not.
const LIMIT: Duration = Duration::from_mins(1);

/// The target that a start is for.
const DEFAULT_TARGET: &str = "default.target";
/// What a vendor can make units a part of; unknown before systemd 240.
const BOOT_COMPLETE: &str = "boot-complete.target";

/// How far a start has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Whether the default target is reached.
    pub target: bool,
    /// Those of the asked units that are not active, and `boot-complete.target` where a part of it failed.
    pub inactive: Vec<UnitName>,
}

/// How a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    is_loaded: bool,
    is_active: bool,
}

/// How far this start has come.
pub fn started(units: &[UnitName]) -> Result<Started, ProgramError> {
    let names: Vec<&str> = units.iter().map(UnitName::as_str).collect();
    let asked = [&[DEFAULT_TARGET, BOOT_COMPLETE], &names[..]].concat();
    let states = states(&asked)?;
    let is_active = |at: usize| states.get(at).is_some_and(|state| state.is_active);
    let inactive = units.iter().enumerate().filter(|(at, _)| !is_active(at + 2));
    let missed = states.get(1).copied().filter(|state| is_missed(*state));
    let missed = missed.and_then(|_| UnitName::new(BOOT_COMPLETE));
    let inactive = missed.into_iter().chain(inactive.map(|(_, unit)| unit.clone())).collect();
    Ok(Started { target: is_active(0), inactive })
}

/// Whether what the vendor made a part of `boot-complete.target` failed. A systemd before 240 does
/// not know that target, and then nothing is a part of it.
pub fn boot_complete_was_missed() -> Result<bool, ProgramError> {
    Ok(states(&[BOOT_COMPLETE])?.into_iter().any(is_missed))
}

const fn is_missed(state: State) -> bool {
    state.is_loaded && !state.is_active
}

/// All units that have failed.
pub fn failed() -> Result<BTreeSet<String>, ProgramError> {
    let words = ["list-units", "--all", "--state=failed", "--no-legend", "--no-pager", "--full"];
    Ok(listed(&Program::new("systemctl", LIMIT).args(words).text()?))
}

fn states(units: &[&str]) -> Result<Vec<State>, ProgramError> {
    let words = ["show", "--property=Id,LoadState,ActiveState", "--"];
    Ok(shown(&Program::new("systemctl", LIMIT).args(words).args(units).text()?))
}

/// One block for each unit that was asked for, in that order: an alias has another `Id`.
fn shown(text: &str) -> Vec<State> {
    let state = |block: &str| {
        let is = |line: &str| block.lines().any(|said| said == line);
        State { is_loaded: is("LoadState=loaded"), is_active: is("ActiveState=active") }
    };
    text.trim_end().split("\n\n").map(state).collect()
}

/// The names in a list; a mark may stand before each.
fn listed(text: &str) -> BTreeSet<String> {
    let name =
        |line: &str| line.split_whitespace().find(|word| word.contains('.')).map(str::to_owned);
    text.lines().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As systemd 252 and 219 print it.
    #[test]
    fn failed_units_are_read_with_and_without_a_mark() {
        let text = "\
* gateway.service                loaded failed failed Gateway
  dev-disk-by\\x2dlabel-x.mount  loaded failed failed /x
\u{25cf} kdump.service loaded failed failed Crash recovery kernel arming. At v1.2
";
        let found: Vec<String> = listed(text).into_iter().collect();
        assert_eq!(found, ["dev-disk-by\\x2dlabel-x.mount", "gateway.service", "kdump.service"]);
        assert!(listed("").is_empty());
    }

    #[test]
    fn each_block_is_a_unit_in_the_order_in_which_they_were_asked_for() {
        let text = "\
Id=multi-user.target
LoadState=loaded
ActiveState=active

Id=boot-complete.target
LoadState=not-found
ActiveState=inactive

Id=a.service
LoadState=loaded
ActiveState=activating
";
        let found = shown(text);
        let state = |is_loaded, is_active| State { is_loaded, is_active };
        assert_eq!(found, [state(true, true), state(false, false), state(true, false)]);
        assert!(!is_missed(found[1]) && is_missed(found[2]));
    }
}
