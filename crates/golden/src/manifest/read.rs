//! Reading a manifest line by line.

use std::io::{BufRead, Read as _};

use super::entry::Entry;
use super::header::Header;
use super::line;
use super::order::Order;
use super::problem::{ManifestError, Problem};

/// No line is longer: paths and extended attributes are bounded by the kernel.
const LONGEST_LINE: u64 = 1 << 20;

/// Yields the entries of a manifest, strictly: the first line that breaks a rule ends it with an
/// error, and so does an end that comes too early or too late.
pub struct Reader<R> {
    source: R,
    header: Header,
    order: Order,
    /// The line read last, counted from 1.
    line: u64,
    buffer: Vec<u8>,
    ended: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads the header.
    pub fn new(mut source: R) -> Result<Self, ManifestError> {
        let mut buffer = Vec::new();
        let found = next_line(&mut source, &mut buffer)
            .and_then(|found| if found { Header::read(&buffer) } else { Err(Problem::Empty) });
        let header = found.map_err(|problem| problem.on(1))?;
        Ok(Self { source, header, order: Order::default(), line: 1, buffer, ended: false })
    }

    /// The first line.
    pub fn header(&self) -> &Header {
        &self.header
    }

    fn read(&mut self) -> Result<Option<Entry>, Problem> {
        if !next_line(&mut self.source, &mut self.buffer)? {
            let whole =
                self.order.entries == self.header.entries && self.order.bytes == self.header.bytes;
            return if whole { Ok(None) } else { Err(Problem::Totals) };
        }
        let entry = line::read(&self.buffer)?;
        self.order.accept(&entry)?;
        if self.order.entries > self.header.entries {
            return Err(Problem::Totals);
        }
        Ok(Some(entry))
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Entry, ManifestError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        self.line += 1;
        let entry = self.read().transpose();
        self.ended = !matches!(entry, Some(Ok(_)));
        entry.map(|entry| entry.map_err(|problem| problem.on(self.line)))
    }
}

/// Reads a line, without its newline, into `buffer`; false at the end.
fn next_line(source: &mut impl BufRead, buffer: &mut Vec<u8>) -> Result<bool, Problem> {
    buffer.clear();
    let read = source.take(LONGEST_LINE).read_until(b'\n', buffer).map_err(|_| Problem::Cut)?;
    match buffer.pop() {
        None => Ok(false),
        Some(b'\n') => Ok(true),
        Some(_) if read as u64 == LONGEST_LINE => Err(Problem::LineLong),
        Some(_) => Err(Problem::Cut),
    }
}
