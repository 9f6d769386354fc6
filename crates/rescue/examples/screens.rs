//! Draws every screen in both languages and two sizes as PNG files: `screens DIRECTORY`.

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use zshield_messages::{Language, set_language};
use zshield_rescue::gallery;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: screens DIRECTORY")?);
    std::fs::create_dir_all(&directory)?;
    for language in [Language::Chinese, Language::English] {
        set_language(language);
        for sample in gallery::samples() {
            for (width, height) in [(1024, 768), (800, 600)] {
                let name = format!("{}-{}-{width}x{height}.png", sample.name, language.tag());
                let file = BufWriter::new(File::create(directory.join(name))?);
                let mut encoder =
                    png::Encoder::new(file, u32::try_from(width)?, u32::try_from(height)?);
                encoder.set_color(png::ColorType::Rgb);
                encoder.write_header()?.write_image_data(&sample.pixels(width, height)?)?;
            }
        }
    }
    Ok(())
}
