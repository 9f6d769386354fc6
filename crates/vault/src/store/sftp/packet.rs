//! Packets that a server sends: SSH File Transfer Protocol, version 3 (draft-ietf-secsh-filexfer-02).

use bytes::Bytes;

/// No packet is longer: the protocol's own limit is 34,000 bytes, some servers send 256 KiB.
const LONGEST: usize = (256 << 10) + 1024;
/// A list in one packet has so many names at most.
const MOST_NAMES: usize = 16 << 10;

/// What it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Status(u32),
    Handle(Vec<u8>),
    Data(Bytes),
    Names(Vec<Entry>),
    Attributes(Attributes),
    /// What an extension answers.
    Extended(Bytes),
}

/// A file in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(crate) attributes: Attributes,
}

/// What is known of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Attributes {
    pub(crate) bytes: Option<u64>,
    pub(crate) mode: Option<u32>,
    /// When it was changed last, in seconds.
    pub(crate) changed: Option<u32>,
}

impl Attributes {
    /// Whether it is a file with a content.
    pub(super) fn is_file(self) -> bool {
        self.mode.is_some_and(|mode| mode & 0o170_000 == 0o100_000)
    }
}

/// Takes the first packet out of what was heard, once all of it was; without its length. An error if it is too long.
pub(crate) fn first(heard: &mut Vec<u8>) -> Result<Option<Vec<u8>>, TooLong> {
    let Some((length, _)) = heard.split_first_chunk::<4>() else { return Ok(None) };
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| TooLong)?;
    if length > LONGEST {
        return Err(TooLong);
    }
    if heard.len() < 4 + length {
        return Ok(None);
    }
    let rest = heard.split_off(4 + length);
    Ok(Some(std::mem::replace(heard, rest).split_off(4)))
}

/// A packet that nobody would send.
#[derive(Debug)]
pub(crate) struct TooLong;

/// The extensions that a server offers, from its first packet. `None` if it speaks another version, or none.
pub(crate) fn extensions(packet: &[u8]) -> Option<Vec<String>> {
    let mut rest = Rest(packet);
    if (rest.byte()?, rest.number()?) != (2, 3) {
        return None;
    }
    let mut names = Vec::new();
    while !rest.0.is_empty() {
        let (name, _value) = (rest.string()?, rest.string()?);
        names.push(String::from_utf8_lossy(name).into_owned());
    }
    Some(names)
}

/// The answer in a packet, and the number of its request. `None` if it is none.
pub(crate) fn answer(packet: &[u8]) -> Option<(u32, Answer)> {
    let mut rest = Rest(packet);
    let (kind, id) = (rest.byte()?, rest.number()?);
    let answer = match kind {
        // A text for people follows.
        101 => Answer::Status(rest.number()?),
        102 => Answer::Handle(rest.string().filter(|handle| handle.len() <= 256)?.to_vec()),
        103 => Answer::Data(Bytes::copy_from_slice(rest.string()?)),
        104 => Answer::Names(names(&mut rest)?),
        105 => Answer::Attributes(rest.attributes()?),
        201 => Answer::Extended(Bytes::copy_from_slice(rest.0)),
        _ => return None,
    };
    Some((id, answer))
}

fn names(rest: &mut Rest<'_>) -> Option<Vec<Entry>> {
    let number = usize::try_from(rest.number()?).ok().filter(|number| *number <= MOST_NAMES)?;
    let mut entries = Vec::new();
    for _ in 0..number {
        let name = rest.string()?.to_vec();
        // As `ls -l` has it.
        let _line = rest.string()?;
        entries.push(Entry { name, attributes: rest.attributes()? });
    }
    Some(entries)
}

/// How much room is left, from what `statvfs@openssh.com` answers.
pub(crate) fn room(answer: &[u8]) -> Option<u64> {
    let (numbers, _) = answer.as_chunks::<8>();
    let [_, fragment, _, _, free, ..] = *numbers else { return None };
    u64::from_be_bytes(fragment).checked_mul(u64::from_be_bytes(free))
}

/// What is not read yet of a packet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|taken| taken[0])
    }

    fn number(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length)
    }

    fn attributes(&mut self) -> Option<Attributes> {
        let flags = self.number()?;
        let mut found = Attributes::default();
        if flags & 1 != 0 {
            found.bytes = Some(self.take(8)?.try_into().ok().map(u64::from_be_bytes)?);
        }
        if flags & 2 != 0 {
            self.take(8)?;
        }
        if flags & 4 != 0 {
            found.mode = Some(self.number()?);
        }
        if flags & 8 != 0 {
            self.number()?;
            found.changed = Some(self.number()?);
        }
        if flags & 0x8000_0000 != 0 {
            for _ in 0..self.number()? {
                self.string()?;
                self.string()?;
            }
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(parts: &[&[u8]]) -> Vec<u8> {
        parts.concat()
    }

    #[test]
    fn answers_are_read() {
        assert_eq!(
            extensions(&packet(&[&[2, 0, 0, 0, 3], &[0, 0, 0, 1], b"a", &[0, 0, 0, 1], b"1"])),
            Some(vec!["a".to_owned()])
        );
        assert_eq!(answer(&[101, 0, 0, 0, 9, 0, 0, 0, 4, 1, 2]), Some((9, Answer::Status(4))));
        let attributes =
            [0, 0, 0, 13, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0x81, 0x80, 0, 0, 0, 1, 0, 0, 0, 5];
        let found = Attributes { bytes: Some(258), mode: Some(0o100_600), changed: Some(5) };
        assert!(found.is_file());
        assert_eq!(
            answer(&packet(&[&[105, 0, 0, 0, 1], &attributes])),
            Some((1, Answer::Attributes(found)))
        );
        let entry = [&[0, 0, 0, 1][..], b"x", &[0, 0, 0, 2], b"ls", &attributes].concat();
        let names = packet(&[&[104, 0, 0, 0, 1, 0, 0, 0, 1], &entry]);
        let listed = vec![Entry { name: b"x".to_vec(), attributes: found }];
        assert_eq!(answer(&names), Some((1, Answer::Names(listed))));
        for cut in 0..names.len() {
            assert_eq!(answer(&names[..cut]), None, "{cut}");
        }
        assert_eq!(
            room(&[[0; 8], 4096_u64.to_be_bytes(), [0; 8], [0; 8], 3_u64.to_be_bytes()].concat()),
            Some(12288)
        );
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for packet in
            [&[][..], &[2, 0, 0, 0, 6], &[103, 0, 0, 0, 1, 255, 255, 255, 255], &[99, 0, 0, 0, 1]]
        {
            assert_eq!(answer(packet), None, "{packet:?}");
            assert_eq!(extensions(packet), None, "{packet:?}");
        }
        assert_eq!(answer(&[104, 0, 0, 0, 1, 255, 255, 255, 255]), None);
    }
}
