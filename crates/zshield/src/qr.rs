//! A text as a QR code, for the camera of a telephone.

use std::io;

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use zeroize::Zeroizing;

use crate::progress;

/// White blocks on black: the code is dark on light, as a camera expects it, whatever colours the terminal has.
const COLOURS: &str = "\x1b[40;97m";
const RESET: &str = "\x1b[0m";

/// Draws `text` on stdout where a person reads there. It is beside the text itself, never instead of it.
pub(crate) fn show(text: &str) {
    if !progress::has_person(&io::stdout()) {
        return;
    }
    let Some(drawn) = drawn(text) else { return };
    for line in drawn.lines() {
        out!("{COLOURS}{line}{RESET}");
    }
    out!("");
}

/// Two modules a character, one above the other; nothing where the text is too long for a code.
fn drawn(text: &str) -> Option<Zeroizing<String>> {
    let code = QrCode::new(text).ok()?;
    // The library's dark module is a block.
    let (block, blank) = (Dense1x2::Dark, Dense1x2::Light);
    Some(Zeroizing::new(code.render().light_color(block).dark_color(blank).build()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a camera sees, four pixels a module.
    fn read(drawn: &str) -> String {
        let rows: Vec<Vec<u8>> = drawn.lines().flat_map(modules).collect();
        let side = |count: usize| count * 4;
        let mut seen = rqrr::PreparedImage::prepare_from_greyscale(
            side(rows[0].len()),
            side(rows.len()),
            |x, y| rows[y / 4][x / 4],
        );
        let grids = seen.detect_grids();
        assert_eq!(grids.len(), 1);
        grids[0].decode().unwrap().1
    }

    fn modules(line: &str) -> [Vec<u8>; 2] {
        let half = |light: [char; 2]| {
            let shade = |c| if light.contains(&c) { 255 } else { 0 };
            line.chars().map(shade).collect()
        };
        [half(['█', '▀']), half(['█', '▄'])]
    }

    #[test]
    fn a_camera_reads_the_text_again() {
        let key = "0123A-BCDEF-GHJKM-NPQRS-TVWXY-Z0123";
        assert_eq!(read(&drawn(key).unwrap()), key);
    }

    #[test]
    fn a_text_too_long_for_a_code_has_none() {
        assert!(drawn(&"x".repeat(4_000)).is_none());
    }
}
