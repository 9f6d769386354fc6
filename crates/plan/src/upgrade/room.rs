//! Whether a new version fits, before anything of it is written.

use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::say;
use zshield_units::Bytes;

use super::changes::Change;

/// A filesystem that an upgrade writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The system's.
    Root,
    /// `/boot`.
    Boot,
    /// The Golden partition, where the factory state moves along.
    Golden,
}

impl Place {
    /// What it is called.
    fn title(self) -> String {
        match self {
            Self::Root => say::upgrade::place_root(),
            Self::Boot => say::upgrade::place_boot(),
            Self::Golden => say::upgrade::place_golden(),
        }
    }
}

/// A number for each of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByPlace<T> {
    /// The system's.
    pub root: T,
    /// `/boot`'s.
    pub boot: T,
    /// The Golden partition's; nothing where the factory state stays.
    pub golden: Option<T>,
}

/// A filesystem that has too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lacking {
    /// Which.
    pub place: Place,
    /// What is needed.
    pub needs: Bytes,
    /// What is free.
    pub has: Bytes,
}

/// A new version does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}", message(.0))]
pub struct NoRoom(pub Vec<Lacking>);

fn message(lacking: &[Lacking]) -> String {
    say::upgrade::no_room(lacking.iter().map(Lacking::to_string).collect::<Vec<_>>().join("; "))
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, needs, has) =
            (self.place.title(), self.needs.to_string(), self.has.to_string());
        say::upgrade::RoomOf { place, needs, has }.fmt(f)
    }
}

/// What each new name takes beside its content: an inode, and its part of a directory.
const NAME: u64 = 512;
/// The blocks that contents are written in.
const BLOCK: Bytes = Bytes(4096);
/// A filesystem that is filled to the brim is slow, and the system goes on writing meanwhile.
const RESERVE: ByPlace<Bytes> =
    ByPlace { root: Bytes::mib(64), boot: Bytes::mib(4), golden: Some(Bytes::mib(4)) };

/// A system goes on with this much, and a backup of it can be made. An upgrade leaves more.
const LEAST: ByPlace<Bytes> = ByPlace { root: Bytes::mib(16), boot: Bytes::mib(1), golden: None };

/// The filesystems that a new version has filled.
pub fn filled(free: &ByPlace<Bytes>) -> impl Iterator<Item = Lacking> {
    let of = |place, needs, has| (has < needs).then_some(Lacking { place, needs, has });
    let root = of(Place::Root, LEAST.root, free.root);
    root.into_iter().chain(of(Place::Boot, LEAST.boot, free.boot))
}

/// What changes write to root and `/boot`, whatever they free: what is replaced stays on the disk as long as a
/// program has it open. `boot` is what is made on the machine for the new version beside that, such as its
/// initial RAM disk.
pub fn needed(changes: &[Change], boot: Bytes, golden: Option<Bytes>) -> ByPlace<Bytes> {
    let mut needs = ByPlace { root: Bytes(0), boot, golden };
    for change in changes {
        let size = match change {
            Change::Write { state, .. } | Change::Beside { state, .. } => {
                Bytes(state.kind.size()).round_up(BLOCK) + Bytes(NAME)
            }
            Change::Accounts { .. } => BLOCK + BLOCK,
            Change::Attributes { .. } | Change::Remove { .. } => Bytes(0),
        };
        let place = if change.path().is_within("boot") { &mut needs.boot } else { &mut needs.root };
        *place = *place + size;
    }
    needs
}

/// Whether what is needed is free.
pub fn check(needs: &ByPlace<Bytes>, free: &ByPlace<Bytes>) -> Result<(), NoRoom> {
    let with = |needs: Bytes, reserve: Bytes| if needs.0 == 0 { needs } else { needs + reserve };
    let of = |place, needs: Bytes, reserve, has: Bytes| {
        let needs = with(needs, reserve);
        (needs > has).then_some(Lacking { place, needs, has })
    };
    let golden = needs.golden.and_then(|needs| {
        let has = free.golden.unwrap_or(Bytes(0));
        of(Place::Golden, needs, RESERVE.golden.unwrap_or(Bytes(0)), has)
    });
    let lacking = [
        of(Place::Root, needs.root, RESERVE.root, free.root),
        of(Place::Boot, needs.boot, RESERVE.boot, free.boot),
        golden,
    ];
    let lacking: Vec<Lacking> = lacking.into_iter().flatten().collect();
    if lacking.is_empty() { Ok(()) } else { Err(NoRoom(lacking)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upgrade::file::{Attributes, FileState, Kind};
    use crate::upgrade::path::SystemPath;
    use zshield_units::UnixTime;

    fn write(path: &str, size: u64) -> Change {
        let kind = Kind::File { digest: [0; 32], size };
        let attributes = Attributes::default();
        let state = FileState { kind, attributes, label: None, mtime: UnixTime(0) };
        Change::Write { path: SystemPath::new(path).unwrap(), state }
    }

    #[test]
    fn what_is_written_is_counted_where_it_is_written() {
        let changes = [
            write("usr/bin/a", 5000),
            write("boot/vmlinuz", 1),
            write("boot-loader", 0),
            Change::Remove { path: SystemPath::new("usr/bin/b").unwrap() },
        ];
        let needs = needed(&changes, Bytes::mib(30), Some(Bytes::gib(1)));
        assert_eq!(needs.root, Bytes(8192 + 2 * 512));
        assert_eq!(needs.boot, Bytes::mib(30) + Bytes(4096 + 512));
        assert_eq!(needs.golden, Some(Bytes::gib(1)));
    }

    #[test]
    fn a_filesystem_is_full_before_nothing_can_be_written_any_more() {
        let places = |root, boot| {
            let free = ByPlace { root: Bytes::mib(root), boot: Bytes::mib(boot), golden: None };
            filled(&free).map(|it| it.place).collect::<Vec<_>>()
        };
        assert_eq!(places(16, 1), []);
        assert_eq!(places(15, 1), [Place::Root]);
        assert_eq!(places(0, 0), [Place::Root, Place::Boot]);
        // What an upgrade asks for is more than what it is left for.
        assert!(LEAST.root < RESERVE.root && LEAST.boot < RESERVE.boot);
    }

    #[test]
    fn each_filesystem_that_has_too_little_is_named_with_both_numbers() {
        let needs =
            ByPlace { root: Bytes::mib(100), boot: Bytes::mib(50), golden: Some(Bytes::mib(10)) };
        let free =
            ByPlace { root: Bytes::mib(164), boot: Bytes::mib(54), golden: Some(Bytes::mib(14)) };
        assert_eq!(check(&needs, &free), Ok(()));
        let less = ByPlace { root: Bytes::mib(163), boot: Bytes(0), golden: None };
        let NoRoom(lacking) = check(&needs, &less).unwrap_err();
        let places: Vec<Place> = lacking.iter().map(|it| it.place).collect();
        assert_eq!(places, [Place::Root, Place::Boot, Place::Golden]);
        let text = NoRoom(lacking).to_string();
        assert!(text.contains("164 MiB") && text.contains("163 MiB"), "{text}");
        // Where nothing is written, nothing has to be free.
        let none = ByPlace { root: Bytes(0), boot: Bytes(0), golden: None };
        assert_eq!(check(&none, &none), Ok(()));
    }
}
