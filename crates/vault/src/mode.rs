//! Permissions as the format has them: those of Go's `os.FileMode`.

/// The bits of a mode that Go moves: what Linux has, and where Go has it. Source: <https://pkg.go.dev/io/fs#FileMode>.
const MOVED: [(u32, u32); 3] = [(0o4000, 1 << 23), (0o2000, 1 << 22), (0o1000, 1 << 20)];

/// The type of a thing, in Linux's mode and in Go's.
const TYPES: [(u32, u32); 7] = [
    (0o100_000, 0),
    (0o040_000, 1 << 31),
    (0o120_000, 1 << 27),
    (0o060_000, 1 << 26),
    (0o020_000, 1 << 26 | 1 << 21),
    (0o010_000, 1 << 25),
    (0o140_000, 1 << 24),
];

/// Go's mode for `st_mode`.
pub(crate) fn to_go(mode: u32) -> u32 {
    let kind = TYPES.iter().find(|(linux, _)| *linux == mode & 0o170_000);
    MOVED
        .iter()
        .filter(|(linux, _)| mode & linux != 0)
        .fold(mode & 0o777 | kind.map_or(0, |(_, go)| *go), |mode, (_, go)| mode | go)
}

/// The bits that `chmod` sets, of Go's mode.
pub(crate) fn from_go(mode: u32) -> u32 {
    let moved = MOVED.iter().filter(|(_, go)| mode & go != 0);
    moved.fold(mode & 0o777, |linux, (bit, _)| linux | bit)
}
