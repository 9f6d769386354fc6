//! What was recorded below the filesystems: every write and flush of all disks, in the one order
//! in which they arrived.

use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

/// One request to a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Bytes for a place.
    Write {
        /// Where, in bytes.
        at: u64,
        /// What.
        data: Vec<u8>,
        /// Whether it is durable when it is done (forced unit access), and not at the next flush.
        durable: bool,
    },
    /// All that was written to this disk before is durable when it is done.
    Flush,
}

/// A request, and the disk that it was made to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Which disk.
    pub disk: usize,
    /// What was asked of it.
    pub request: Request,
}

impl Event {
    /// Whether something is durable after it that was not before.
    pub(crate) fn is_boundary(&self) -> bool {
        matches!(self.request, Request::Flush | Request::Write { durable: true, .. })
    }
}

const MAGIC: &[u8; 8] = b"ZSDISKS1";
/// Kind, disk, place, length.
const HEAD: usize = 1 + 1 + 8 + 4;
/// More than the kernel ever sends at once.
const LONGEST: usize = 64 << 20;

/// Writes a recording to a file.
pub(crate) fn save(events: &[Event], path: &Path) -> Result<()> {
    let file = File::create(path).with_context(|| format!("cannot make {}", path.display()))?;
    let mut file = BufWriter::new(file);
    write(events, &mut file).with_context(|| format!("cannot write {}", path.display()))
}

fn write(events: &[Event], to: &mut impl Write) -> Result<()> {
    to.write_all(MAGIC)?;
    for event in events {
        let (kind, at, data) = match &event.request {
            Request::Flush => (b'f', 0, [].as_slice()),
            Request::Write { at, data, durable: false } => (b'w', *at, data.as_slice()),
            Request::Write { at, data, durable: true } => (b'd', *at, data.as_slice()),
        };
        to.write_all(&[kind, u8::try_from(event.disk)?])?;
        to.write_all(&at.to_le_bytes())?;
        to.write_all(&u32::try_from(data.len())?.to_le_bytes())?;
        to.write_all(data)?;
    }
    Ok(to.flush()?)
}

/// Reads a recording from a file.
pub(crate) fn load(path: &Path) -> Result<Vec<Event>> {
    let file = File::open(path).with_context(|| format!("no {}", path.display()))?;
    read(&mut BufReader::new(file)).with_context(|| format!("{} is unusable", path.display()))
}

fn read(from: &mut impl Read) -> Result<Vec<Event>> {
    let mut magic = [0; MAGIC.len()];
    from.read_exact(&mut magic)?;
    ensure!(&magic == MAGIC, "no recording");
    let mut events = Vec::new();
    let mut head = [0; HEAD];
    loop {
        match from.read(&mut head[..1]) {
            Ok(0) => return Ok(events),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        }
        from.read_exact(&mut head[1..])?;
        let [kind, disk, rest @ ..] = head;
        let (at, length) = rest.split_at(8);
        let at = u64::from_le_bytes(at.try_into()?);
        let length = usize::try_from(u32::from_le_bytes(length.try_into()?))?;
        ensure!(length <= LONGEST, "a request of {length} bytes");
        let mut data = vec![0; length];
        from.read_exact(&mut data)?;
        let request = match kind {
            b'f' => Request::Flush,
            b'w' => Request::Write { at, data, durable: false },
            b'd' => Request::Write { at, data, durable: true },
            other => bail!("a request of kind {other}"),
        };
        events.push(Event { disk: disk.into(), request });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording() -> Vec<Event> {
        let write = |at, durable| Request::Write { at, data: vec![7; 512], durable };
        [(0, write(1024, false)), (2, write(u64::MAX - 512, true)), (1, Request::Flush)]
            .into_iter()
            .map(|(disk, request)| Event { disk, request })
            .collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = Vec::new();
        write(&recording(), &mut bytes).unwrap();
        assert_eq!(read(&mut bytes.as_slice()).unwrap(), recording());
    }

    #[test]
    fn what_is_cut_short_or_strange_is_refused() {
        let mut bytes = Vec::new();
        write(&recording(), &mut bytes).unwrap();
        let first = MAGIC.len() + HEAD + 512;
        for length in (0..bytes.len()).filter(|length| *length != MAGIC.len()) {
            let whole = [first, first + HEAD + 512].contains(&length);
            assert_eq!(read(&mut &bytes[..length]).is_ok(), whole, "{length}");
        }
        bytes[MAGIC.len()] = b'x';
        assert!(read(&mut bytes.as_slice()).is_err());
        bytes[0] = b'x';
        assert!(read(&mut bytes.as_slice()).is_err());
    }

    #[test]
    fn flushes_and_forced_writes_are_boundaries() {
        let found: Vec<bool> = recording().iter().map(Event::is_boundary).collect();
        assert_eq!(found, [false, true, true]);
    }
}
