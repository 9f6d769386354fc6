//! Tars on their way into a squashfs: read member by member, and written again as what its maker
//! understands. Attributes get the names that a squashfs holds, times its range; what a later member
//! of the same name replaces is left out, as GNU tar does.

mod acl;
mod header;
mod index;
mod problem;
mod records;

use std::io::{self, Read, Write};

use header::{BLOCK, Header, text};
use records::Records;

pub use index::Index;
pub use problem::TarProblem;

/// The most bytes of a name, a list of records, or a file that is read for the names in it.
const LONGEST: u64 = 8 << 20;

/// What a member is, to whoever chooses among them.
#[derive(Debug)]
pub(crate) struct Member {
    /// Its place among the members, from 0.
    pub(crate) number: u64,
    /// Its name without a slash or dot at either end; of the root itself nothing.
    pub(crate) name: Vec<u8>,
    /// The letter of its kind.
    kind: u8,
    /// The first name of a hard link.
    to: Option<Vec<u8>>,
    /// Bytes behind it, before they are filled up to a block.
    size: u64,
}

impl Member {
    const fn is_directory(&self) -> bool {
        self.kind == b'5'
    }
}

/// A member with all that stands before its content.
struct Found {
    member: Member,
    /// Names too long for a header, as they stand there.
    before: Vec<u8>,
    records: Option<(Header, Records)>,
    header: Header,
    /// The rest of the map of a sparse file.
    map: Vec<u8>,
}

struct Members<R> {
    input: R,
    number: u64,
    /// Blocks read.
    block: u64,
}

impl<R: Read> Members<R> {
    const fn of(input: R) -> Self {
        Self { input, number: 0, block: 0 }
    }

    fn next(&mut self) -> Result<Option<Found>, TarProblem> {
        let (mut before, mut records) = (Vec::new(), None);
        let (mut name, mut link) = (None, None);
        loop {
            let Some(header) = self.header()? else { return Ok(None) };
            let size = header.size().ok_or_else(|| self.damaged())?;
            match header.kind() {
                b'x' => {
                    let bytes = self.padded(size)?;
                    let list = Records::parse(first(&bytes, size));
                    records = Some((header, list.ok_or_else(|| self.damaged())?));
                }
                kind @ (b'g' | b'L' | b'K') => {
                    let bytes = self.padded(size)?;
                    let long = Some(text(first(&bytes, size)).to_vec());
                    match kind {
                        b'L' => name = long,
                        b'K' => link = long,
                        _ => {}
                    }
                    before.extend(header.0);
                    before.extend(bytes);
                }
                _ => {
                    let (name, link) = (name.as_deref(), link.as_deref());
                    return self.found(header, before, records, name, link).map(Some);
                }
            }
        }
    }

    fn found(
        &mut self,
        header: Header,
        before: Vec<u8>,
        records: Option<(Header, Records)>,
        name: Option<&[u8]>,
        link: Option<&[u8]>,
    ) -> Result<Found, TarProblem> {
        let said = |key: &str| records.as_ref().and_then(|(_, records)| records.get(key));
        let (own_name, own_link) = (header.name(), header.link());
        let name = said("path").or(name).unwrap_or(&own_name);
        let link = said("linkpath").or(link).unwrap_or(&own_link);
        let size = match said("size") {
            Some(size) => std::str::from_utf8(size).ok().and_then(|size| size.parse().ok()),
            None => header.size(),
        };
        let kind = header.kind();
        let size = match kind {
            b'1'..=b'6' => 0,
            _ => size.ok_or_else(|| self.damaged())?,
        };
        let to = (kind == b'1').then(|| plain(link));
        let member = Member { number: self.number, name: plain(name), kind, to, size };
        self.number += 1;
        let mut map = Vec::new();
        let mut goes_on = header.map_goes_on();
        while goes_on {
            let block = self.block()?.ok_or_else(|| self.damaged())?;
            goes_on = block[504] != 0;
            map.extend(block);
        }
        Ok(Found { member, before, records, header, map })
    }

    /// The next header; nothing at the end of the archive.
    fn header(&mut self) -> Result<Option<Header>, TarProblem> {
        let Some(block) = self.block()? else { return Ok(None) };
        if block.iter().all(|byte| *byte == 0) {
            // What fills its last record is read too, or whoever writes it would complain.
            io::copy(&mut self.input, &mut io::sink())?;
            return Ok(None);
        }
        let header = Header(block);
        if header.is_sound() { Ok(Some(header)) } else { Err(self.damaged()) }
    }

    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, TarProblem> {
        let mut block = [0; BLOCK];
        let mut have = 0;
        while have < BLOCK {
            match self.input.read(&mut block[have..]) {
                Ok(0) if have == 0 => return Ok(None),
                Ok(0) => return Err(self.damaged()),
                Ok(length) => have += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.block += 1;
        Ok(Some(block))
    }

    /// Content that is looked at, with what fills it up to a block.
    fn padded(&mut self, size: u64) -> Result<Vec<u8>, TarProblem> {
        if size > LONGEST {
            return Err(self.damaged());
        }
        let mut bytes = Vec::new();
        self.content(size, &mut bytes)?;
        Ok(bytes)
    }

    /// Hands on a content with what fills it up to a block.
    fn content(&mut self, size: u64, to: &mut impl Write) -> Result<(), TarProblem> {
        let length = size.checked_next_multiple_of(BLOCK as u64).ok_or_else(|| self.damaged())?;
        let copied = io::copy(&mut self.input.by_ref().take(length), to)?;
        self.block += length / BLOCK as u64;
        if copied == length { Ok(()) } else { Err(self.damaged()) }
    }

    const fn damaged(&self) -> TarProblem {
        TarProblem::Damaged { at: self.block * BLOCK as u64 }
    }
}

/// Hands on the members that are to be kept; the names of attributes that no squashfs holds.
pub(crate) fn rewrite(
    input: impl Read,
    mut output: impl Write,
    index: &Index,
    keep: impl Fn(&Member) -> bool,
) -> Result<Vec<String>, TarProblem> {
    let mut members = Members::of(input);
    let mut lost = Vec::new();
    while let Some(found) = members.next()? {
        let Found { member, before, records, mut header, map } = found;
        if !keep(&member) || index.is_superseded(&member) {
            members.content(member.size, &mut io::sink())?;
            continue;
        }
        if let Some((mut list, mut records)) = records {
            let odd = |part| TarProblem::AccessList { name: member.name.clone(), part };
            records.translate(&index.ids, &mut lost).map_err(odd)?;
            let bytes = records.bytes();
            if !bytes.is_empty() {
                list.set_size(bytes.len());
                output.write_all(&list.0)?;
                output.write_all(&bytes)?;
                output
                    .write_all(&[0; BLOCK][..bytes.len().next_multiple_of(BLOCK) - bytes.len()])?;
            }
        }
        header.modernise();
        output.write_all(&before)?;
        output.write_all(&header.0)?;
        output.write_all(&map)?;
        members.content(member.size, &mut output)?;
    }
    output.write_all(&[0; 2 * BLOCK])?;
    lost.sort();
    lost.dedup();
    Ok(lost)
}

/// So many of these bytes.
fn first(bytes: &[u8], size: u64) -> &[u8] {
    usize::try_from(size).ok().and_then(|size| bytes.get(..size)).unwrap_or(bytes)
}

/// Whether a file that begins so is a tar, of any age.
pub(crate) fn begins(start: &[u8]) -> bool {
    start.first_chunk().is_some_and(|block| block[0] != 0 && Header(*block).is_sound())
}

/// A name without what says no more: slashes and dots at its beginning, a slash at its end.
fn plain(name: &[u8]) -> Vec<u8> {
    let names = name.split(|byte| *byte == b'/').filter(|name| !matches!(*name, b"" | b"."));
    names.collect::<Vec<_>>().join(&b'/')
}

#[cfg(test)]
mod tests;
