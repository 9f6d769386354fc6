//! GRUB's menu font: the glyphs that the menus use, in GRUB's PF2 format.
//!
//! The glyphs are GNU Unifont's by way of the `unifont` crate (MIT; the font data, version 15.1,
//! is under the SIL Open Font License 1.1 or GPLv2+ with the font embedding exception, both of
//! which allow a subset to travel inside another work).

use std::collections::BTreeSet;

/// The name under which GRUB knows the font.
pub const NAME: &str = "zshield 16";

const HEIGHT: u16 = 16;
const DESCENT: u16 = 2;

/// Characters of every menu: printable ASCII, and what GRUB draws frames and arrows with.
fn always() -> impl Iterator<Item = char> {
    let arrows = '\u{2190}'..='\u{2193}';
    let frames = '\u{2500}'..='\u{257f}';
    let shapes = ['\u{2026}', '\u{25b2}', '\u{25b6}', '\u{25bc}', '\u{25c0}', '\u{fffd}'];
    (' '..='~').chain(arrows).chain(frames).chain(shapes)
}

/// The font for these texts. Characters that Unifont does not have are left out; GRUB draws a
/// question mark for them.
pub fn menu_font<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let characters: BTreeSet<char> = texts
        .into_iter()
        .flat_map(str::chars)
        .filter(|c| !c.is_control())
        .chain(always())
        .collect();
    let glyphs: Vec<(char, Vec<u8>)> =
        characters.into_iter().filter_map(|c| Some((c, glyph(c)?))).collect();

    let mut font = Vec::new();
    section(&mut font, *b"FILE", b"PFF2");
    section(&mut font, *b"NAME", format!("{NAME}\0").as_bytes());
    section(&mut font, *b"FAMI", b"zshield\0");
    section(&mut font, *b"WEIG", b"normal\0");
    section(&mut font, *b"SLAN", b"normal\0");
    section(&mut font, *b"PTSZ", &HEIGHT.to_be_bytes());
    section(&mut font, *b"MAXW", &16u16.to_be_bytes());
    section(&mut font, *b"MAXH", &HEIGHT.to_be_bytes());
    section(&mut font, *b"ASCE", &(HEIGHT - DESCENT).to_be_bytes());
    section(&mut font, *b"DESC", &DESCENT.to_be_bytes());
    index(&mut font, &glyphs);
    // GRUB takes this length for "to the end of the file".
    font.extend(b"DATA");
    font.extend(u32::MAX.to_be_bytes());
    font.extend(glyphs.iter().flat_map(|(_, glyph)| glyph));
    font
}

fn section(font: &mut Vec<u8>, name: [u8; 4], content: &[u8]) {
    font.extend(name);
    font.extend(size(content.len()).to_be_bytes());
    font.extend(content);
}

/// The table of characters: code point, storage flags (none), and the glyph's place in the file.
fn index(font: &mut Vec<u8>, glyphs: &[(char, Vec<u8>)]) {
    const ENTRY: usize = 9;
    const HEADER: usize = 8;
    let length = glyphs.len() * ENTRY;
    let mut place = font.len() + HEADER + length + HEADER;
    font.extend(b"CHIX");
    font.extend(size(length).to_be_bytes());
    for (character, glyph) in glyphs {
        font.extend(u32::from(*character).to_be_bytes());
        font.push(0);
        font.extend(size(place).to_be_bytes());
        place += glyph.len();
    }
}

/// A font of a few thousand glyphs is far below the format's 4 GiB.
fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A glyph: its box, where it stands to the baseline, how far it moves on, and its rows.
fn glyph(character: char) -> Option<Vec<u8>> {
    let (width, rows): (u16, Vec<u8>) = match unifont::get_glyph(character)? {
        unifont::Glyph::Halfwidth(rows) => (8, rows.to_vec()),
        unifont::Glyph::Fullwidth(rows) => {
            (16, rows.iter().flat_map(|r| r.to_be_bytes()).collect())
        }
    };
    let mut glyph = Vec::with_capacity(10 + rows.len());
    glyph.extend(width.to_be_bytes());
    glyph.extend(HEIGHT.to_be_bytes());
    glyph.extend(0i16.to_be_bytes());
    glyph.extend((-DESCENT.cast_signed()).to_be_bytes());
    glyph.extend(width.to_be_bytes());
    glyph.extend(rows);
    Some(glyph)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sections of a PF2 font up to its glyphs.
    fn sections(font: &[u8]) -> Vec<(&[u8], &[u8])> {
        let mut found = Vec::new();
        let mut rest = font;
        while rest.len() > 8 {
            let length = u32::from_be_bytes(rest[4..8].try_into().unwrap());
            if length == u32::MAX {
                break;
            }
            let (section, tail) = rest.split_at(8 + length as usize);
            found.push((&section[..4], &section[8..]));
            rest = tail;
        }
        found
    }

    fn bitmap(font: &[u8], character: char) -> Option<(u16, Vec<u8>)> {
        let sections = sections(font);
        let (_, index) = sections.iter().find(|(name, _)| name == b"CHIX")?;
        let entry = index.chunks(9).find(|e| e[..4] == u32::from(character).to_be_bytes())?;
        let place = u32::from_be_bytes(entry[5..9].try_into().unwrap()) as usize;
        let width = u16::from_be_bytes(font[place..place + 2].try_into().unwrap());
        let rows = usize::from(width / 8 * HEIGHT);
        Some((width, font[place + 10..place + 10 + rows].to_vec()))
    }

    #[test]
    fn a_glyph_is_found_through_the_index() {
        let font = menu_font(["恢复"]);
        let unifont::Glyph::Fullwidth(rows) = unifont::get_glyph('恢').unwrap() else { panic!() };
        let expected: Vec<u8> = rows.iter().flat_map(|row| row.to_be_bytes()).collect();
        assert_eq!(bitmap(&font, '恢'), Some((16, expected)));
        let unifont::Glyph::Halfwidth(rows) = unifont::get_glyph('A').unwrap() else { panic!() };
        assert_eq!(bitmap(&font, 'A'), Some((8, rows.to_vec())));
        assert_eq!(bitmap(&font, '厂'), None);
    }

    #[test]
    fn the_index_is_sorted_since_grub_searches_it_by_halves() {
        let font = menu_font(["工厂 恢复 Aa"]);
        let sections = sections(&font);
        let (_, index) = sections.iter().find(|(name, _)| name == b"CHIX").unwrap();
        let codes: Vec<&[u8]> = index.chunks(9).map(|entry| &entry[..4]).collect();
        assert!(codes.len() > 95 + 128 && codes.is_sorted());
    }
}
