//! What the names of units' files say.

use std::ffi::OsStr;
use std::path::Path;

/// What the directories of units are called.
const UNITS: &str = "/systemd/system";
/// The kinds of units that are started and stopped here. What is mounted is left alone.
const KINDS: [&str; 4] = ["service", "timer", "socket", "path"];

/// Whether what is named in a directory is started by another unit.
pub(super) fn enables(directory: &str) -> bool {
    let end = Path::new(directory).extension();
    end.is_some_and(|end| end == "wants" || end == "requires")
}

/// Whether a name is one of a unit that is started and stopped here.
pub(super) fn is_unit(name: &str) -> bool {
    let end = Path::new(name).extension().and_then(OsStr::to_str);
    end.is_some_and(|end| KINDS.contains(&end))
}

/// Whether a unit is made of this template.
pub(super) fn is_template(template: &str, unit: &str) -> bool {
    template.split_once('@').is_some_and(|(name, end)| {
        let of = unit.split_once('@').filter(|(it, _)| *it == name);
        end.starts_with('.') && of.is_some_and(|(_, instance)| instance.ends_with(end))
    })
}

/// Directory and name of a path that is a unit's.
pub(super) fn unit_in(path: &str) -> Option<(&str, &str)> {
    let (directory, name) = path.rsplit_once('/')?;
    (directory.contains(UNITS) && is_unit(name)).then_some((directory, name))
}

/// The unit that a file defines, itself or by what it adds.
pub(super) fn defines(path: &str) -> Option<&str> {
    if let Some((directory, name)) = unit_in(path) {
        return (!enables(directory)).then_some(name);
    }
    let (directory, file) = path.rsplit_once('/')?;
    let (above, name) = directory.rsplit_once('/')?;
    let name = name.strip_suffix(".d").filter(|name| is_unit(name))?;
    let adds = Path::new(file).extension().is_some_and(|end| end == "conf");
    (above.contains(UNITS) && adds).then_some(name)
}

/// Whether the manager reads a file of this path for one of its units, whatever kind that is.
pub(super) fn is_read(path: &str) -> bool {
    path == "/etc/fstab"
        || path.find(UNITS).is_some_and(|at| {
            let rest = &path[at + UNITS.len()..];
            rest.is_empty() || rest.starts_with('/')
        })
}
