//! The index: JSON lines, one for each content, and one for each way to the new Golden Image's squashfs.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};

use serde::{Deserialize, Serialize};
use zshield_golden::Digest;

use crate::content::{Content, LARGEST_BASE, LARGEST_PART, Part, Piece, Squashfs, Way};
use crate::frame;
use crate::refusal::Refusal;

/// No index is larger, as it is stored and as it is read.
pub const LARGEST_STORED: u64 = 32 << 20;
/// See [`LARGEST_STORED`].
pub const LARGEST: u64 = 64 << 20;
/// zstd's window: what reading an index takes of memory.
const WINDOW: u32 = 22;
/// zstd's level.
const LEVEL: i32 = 19;

/// Everything that the file holds behind the index.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// In the order of their parts.
    lines: Vec<Line>,
    /// The line of each content.
    places: HashMap<Digest, usize>,
    /// How many bytes the parts have that were met so far.
    parts: u64,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Content(Content),
    Squashfs(Squashfs),
}

impl Index {
    /// Adds a content. Its parts follow those of what was added before.
    pub fn push(&mut self, mut content: Content) -> Result<(), Refusal> {
        if content.ways.is_empty() {
            return Err(malformed("a content without a way"));
        }
        for way in &mut content.ways {
            self.place(&mut way.parts, content.size)?;
            way_is_sound(way)?;
        }
        if self.places.insert(content.blake3, self.lines.len()).is_some() {
            return Err(malformed("a content twice"));
        }
        self.lines.push(Line::Content(content));
        Ok(())
    }

    /// Adds a way to the squashfs, likewise.
    pub fn push_squashfs(&mut self, mut squashfs: Squashfs) -> Result<(), Refusal> {
        let (mut size, mut literal) = (0_u64, 0_u64);
        for piece in &squashfs.pieces {
            match piece {
                Piece::Literal(length) => literal = literal.saturating_add(*length),
                Piece::Copy(_) if squashfs.base.is_none() => {
                    return Err(malformed("a copy of nothing"));
                }
                Piece::Copy(stretch) => {
                    stretch.range().ok_or_else(|| malformed("a stretch"))?;
                }
            }
            let length = piece.length();
            size = size
                .checked_add(length)
                .filter(|_| length > 0)
                .ok_or_else(|| malformed("a piece"))?;
        }
        self.place(&mut squashfs.parts, literal)?;
        if squashfs.parts.iter().any(|part| part.base.is_some()) {
            return Err(malformed("a base"));
        }
        self.lines.push(Line::Squashfs(squashfs));
        Ok(())
    }

    /// Gives the parts of something their places, and looks whether they make so many bytes.
    fn place(&mut self, parts: &mut [Part], size: u64) -> Result<(), Refusal> {
        let mut made = 0_u64;
        for part in parts {
            if part.size == 0 || part.size > LARGEST_PART || !frame::fits(part.stored, part.size) {
                return Err(malformed("a part's length"));
            }
            part.at = self.parts;
            self.parts =
                self.parts.checked_add(part.stored).ok_or_else(|| malformed("all lengths"))?;
            made = made.saturating_add(part.size);
        }
        if made == size { Ok(()) } else { Err(malformed("the lengths of the parts")) }
    }

    /// The index that is stored in these bytes. It becomes `size` bytes, and its parts have `parts` bytes.
    /// The caller has checked the digest.
    pub fn read(stored: &[u8], size: u64, parts: u64) -> Result<Self, Refusal> {
        if size > LARGEST {
            return Err(malformed("the index's length"));
        }
        let unreadable = |error: io::Error| Refusal::Malformed { reason: error.to_string() };
        let mut decoder = zstd::Decoder::with_buffer(stored).map_err(unreadable)?.single_frame();
        decoder.window_log_max(WINDOW).map_err(unreadable)?;
        // One byte more than there should be is found by it.
        let mut lines = BufReader::new(decoder.take(size + 1));
        let (mut index, mut line, mut read) = (Self::default(), Vec::new(), 0);
        loop {
            line.clear();
            let length = lines.read_until(b'\n', &mut line).map_err(unreadable)?;
            read += length as u64;
            match line.split_last() {
                None => break,
                Some((b'\n', line)) => index.push_line(line)?,
                Some(_) => return Err(malformed("a line that breaks off")),
            }
        }
        let rest = lines.into_inner().into_inner().finish();
        if read != size || index.parts != parts || !rest.is_empty() {
            return Err(malformed("the index's length"));
        }
        Ok(index)
    }

    fn push_line(&mut self, line: &[u8]) -> Result<(), Refusal> {
        let line = serde_json::from_slice(line)
            .map_err(|error| Refusal::Malformed { reason: error.to_string() })?;
        match line {
            Line::Content(content) => self.push(content),
            Line::Squashfs(squashfs) => self.push_squashfs(squashfs),
        }
    }

    /// The index as it is stored, and its length before.
    pub fn write(&self) -> io::Result<(Vec<u8>, u64)> {
        let mut plain = Vec::new();
        for line in &self.lines {
            serde_json::to_writer(&mut plain, line)?;
            plain.push(b'\n');
        }
        let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL)?;
        encoder.window_log(WINDOW)?;
        encoder.write_all(&plain)?;
        Ok((encoder.finish()?, plain.len() as u64))
    }

    /// All contents, in the order of their parts.
    pub fn contents(&self) -> impl Iterator<Item = &Content> {
        self.lines.iter().filter_map(Line::content)
    }

    /// The content with this digest.
    pub fn content(&self, digest: &Digest) -> Option<&Content> {
        self.lines.get(*self.places.get(digest)?)?.content()
    }

    /// The ways to the new squashfs.
    pub fn squashfs(&self) -> impl Iterator<Item = &Squashfs> {
        self.lines.iter().filter_map(Line::squashfs)
    }

    /// The shortest way to a content for whoever has the contents that `has` knows.
    pub fn way(&self, digest: &Digest, has: impl Fn(&Digest) -> bool) -> Option<(&Content, &Way)> {
        let content = self.content(digest)?;
        let usable = |way: &&Way| way.base.as_ref().is_none_or(|base| has(&base.blake3));
        let way = content.ways.iter().filter(usable).min_by_key(|way| way.stored())?;
        Some((content, way))
    }

    /// How many bytes all parts have.
    pub fn parts(&self) -> u64 {
        self.parts
    }
}

impl Line {
    const fn content(&self) -> Option<&Content> {
        match self {
            Self::Content(content) => Some(content),
            Self::Squashfs(_) => None,
        }
    }

    const fn squashfs(&self) -> Option<&Squashfs> {
        match self {
            Self::Squashfs(squashfs) => Some(squashfs),
            Self::Content(_) => None,
        }
    }
}

/// Whether each part of a way has a stretch of the base exactly where there is one.
fn way_is_sound(way: &Way) -> Result<(), Refusal> {
    for part in &way.parts {
        match (&way.base, part.base) {
            (None, None) => {}
            (Some(base), Some(stretch)) => {
                let range = stretch.range().ok_or_else(|| malformed("a stretch"))?;
                if stretch.length > LARGEST_BASE || range.end > base.size {
                    return Err(malformed("a stretch"));
                }
            }
            (Some(_), None) | (None, Some(_)) => return Err(malformed("a base")),
        }
    }
    Ok(())
}

fn malformed(reason: &str) -> Refusal {
    Refusal::Malformed { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Base, Place, Stretch};

    fn part(size: u64) -> Part {
        Part { size, stored: size.min(9), blake3: Digest::of(b"stored"), at: 0, base: None }
    }

    fn content(name: &[u8], ways: Vec<Way>) -> Content {
        let size = ways[0].parts.iter().map(|part| part.size).sum();
        Content { blake3: Digest::of(name), size, ways }
    }

    fn patch(of: &[u8], at: u64, length: u64) -> Way {
        let base = Base { blake3: Digest::of(of), size: 30, place: Place::Manifest };
        let part = Part { base: Some(Stretch { at, length }), ..part(20) };
        Way { base: Some(base), parts: vec![part] }
    }

    fn whole() -> Way {
        Way { base: None, parts: vec![part(20)] }
    }

    #[test]
    fn an_index_comes_back_with_the_places_of_its_parts() {
        let mut index = Index::default();
        index.push(content(b"one", vec![whole(), patch(b"old", 0, 30)])).unwrap();
        let copy = Piece::Copy(Stretch { at: 5, length: 7 });
        let pieces = vec![Piece::Literal(11), copy, Piece::Literal(9)];
        let base = Some(Digest::of(b"squashfs"));
        index.push_squashfs(Squashfs { base, pieces, parts: vec![part(20)] }).unwrap();
        index.push(content(b"two", vec![whole()])).unwrap();
        index.push(content(b"", vec![Way { base: None, parts: vec![] }])).unwrap();
        let (stored, size) = index.write().unwrap();
        let read = Index::read(&stored, size, 36).unwrap();
        assert_eq!(read.lines, index.lines);
        assert_eq!(read.squashfs().next().unwrap().parts[0].at, 18);
        assert_eq!(read.content(&Digest::of(b"two")).unwrap().ways[0].parts[0].at, 27);
        // Another length of the index or of the parts, or something behind it.
        assert!(Index::read(&stored, size - 1, 36).is_err());
        assert!(Index::read(&stored, size + 1, 36).is_err());
        assert!(Index::read(&stored, size, 35).is_err());
        assert!(Index::read(&[stored.as_slice(), b"x"].concat(), size, 36).is_err());
        for end in 0..stored.len() {
            assert!(Index::read(&stored[..end], size, 36).is_err(), "{end}");
        }
    }

    #[test]
    fn the_shortest_way_is_taken_that_the_machine_can_go() {
        let long = Way { base: None, parts: vec![Part { stored: 20, ..part(20) }] };
        let mut index = Index::default();
        index.push(content(b"one", vec![long, patch(b"old", 0, 30)])).unwrap();
        let one = Digest::of(b"one");
        let way = |has: bool| index.way(&one, |_| has).map(|(_, way)| way.base.is_some());
        assert_eq!((way(true), way(false)), (Some(true), Some(false)));
        let mut index = Index::default();
        index.push(content(b"one", vec![patch(b"old", 0, 30)])).unwrap();
        assert_eq!(index.way(&one, |_| false), None);
        assert_eq!(index.way(&Digest::of(b"two"), |_| true), None);
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let large = LARGEST_PART + 1;
        let long_base = |size| {
            let mut way = patch(b"old", 0, LARGEST_BASE + 1);
            way.base.as_mut().unwrap().size = size;
            way
        };
        for ways in [
            vec![Way { base: None, parts: vec![Part { stored: large, ..part(large) }] }],
            vec![Way { base: None, parts: vec![Part { stored: 1000, ..part(20) }] }],
            vec![whole(), Way { base: None, parts: vec![part(19)] }],
            vec![patch(b"old", 1, 30)],
            vec![patch(b"old", u64::MAX, 2)],
            vec![long_base(u64::MAX)],
            vec![Way { base: None, ..patch(b"old", 0, 30) }],
            vec![Way { parts: vec![part(20)], ..patch(b"old", 0, 30) }],
        ] {
            let given = content(b"one", ways);
            assert!(Index::default().push(given.clone()).is_err(), "{given:?}");
        }
        let nothing = Content { blake3: Digest::of(b"one"), size: 0, ways: vec![] };
        assert!(Index::default().push(nothing).is_err());
        let mut index = Index::default();
        index.push(content(b"one", vec![whole()])).unwrap();
        assert!(index.push(content(b"one", vec![whole()])).is_err());
        let copy = Piece::Copy(Stretch { at: 0, length: 20 });
        for pieces in [vec![copy], vec![Piece::Literal(0)], vec![Piece::Literal(19)]] {
            let squashfs = Squashfs { base: None, pieces, parts: vec![part(20)] };
            assert!(Index::default().push_squashfs(squashfs).is_err());
        }
    }
}
