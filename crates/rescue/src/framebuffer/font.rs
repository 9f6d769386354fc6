//! Glyphs: GNU Unifont, 16 pixels high, one or two cells wide.

use unifont::{Glyph, get_glyph};

/// The height of a cell in pixels.
pub(super) const HEIGHT: usize = 16;
/// The width of a cell in pixels.
pub(super) const WIDTH: usize = 8;

/// A character's pixels: one word a row, the leftmost pixel in the highest bit of `width` bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bitmap {
    pub(super) rows: [u16; HEIGHT],
    pub(super) width: usize,
}

/// The glyph of a character; for one that the font lacks, the replacement character's.
pub(super) fn bitmap(character: char) -> Bitmap {
    match get_glyph(character).or_else(|| get_glyph(char::REPLACEMENT_CHARACTER)) {
        Some(Glyph::Halfwidth(rows)) => Bitmap { rows: rows.map(u16::from), width: WIDTH },
        Some(Glyph::Fullwidth(rows)) => Bitmap { rows: *rows, width: 2 * WIDTH },
        None => Bitmap { rows: [0; HEIGHT], width: WIDTH },
    }
}

impl Bitmap {
    /// Whether a pixel is set.
    pub(super) const fn is_set(&self, x: usize, y: usize) -> bool {
        y < HEIGHT && x < self.width && self.rows[y] >> (self.width - 1 - x) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(character: char) -> String {
        let bitmap = bitmap(character);
        (0..HEIGHT)
            .map(|y| {
                (0..bitmap.width)
                    .map(|x| if bitmap.is_set(x, y) { '#' } else { '.' })
                    .collect::<String>()
                    + "\n"
            })
            .collect()
    }

    #[test]
    fn latin_is_one_cell_and_chinese_two() {
        assert_eq!(bitmap('A').width, WIDTH);
        assert_eq!(bitmap('装').width, 2 * WIDTH);
        assert_ne!(picture('装'), picture('\u{fffd}'));
    }

    #[test]
    fn a_glyph_is_the_right_way_round() {
        // The long stroke of an L is on the left and the foot at the bottom.
        let drawn = picture('L');
        let rows: Vec<&str> = drawn.lines().collect();
        assert_eq!(rows[13], ".######.");
        assert!(rows[5..13].iter().all(|row| *row == ".#......"), "{drawn}");
    }
}
