//! FAT filesystems in files, by mtools.

use std::fs::File;
use std::path::Path;
use zshield_units::UnixTime;

use crate::error::{BuildError, at};
use crate::tool::Tool;

/// The ESP's size: the least that is FAT32 with clusters of one sector and some room.
pub const ESP_SIZE: u64 = 34 << 20;

/// The size of the stick's partition for installation records.
pub const LOG_SIZE: u64 = 32 << 20;

const SECTOR: u64 = 512;

/// What kind of FAT to make.
#[derive(Clone, Copy)]
enum Width {
    /// What UEFI firmware asks for.
    Fat32,
    /// What is left for small media.
    Fat16,
}

/// Makes `image` an EFI system partition that starts `bootloader`.
pub fn make_esp(
    image: &Path,
    bootloader: &Path,
    serial: u32,
    created: UnixTime,
) -> Result<(), BuildError> {
    format(image, ESP_SIZE, Width::Fat32, "ZS-ESP", serial, created)?;
    let date = created.0.to_string();
    Tool::Mmd
        .run()?
        .env("SOURCE_DATE_EPOCH", &date)
        .arg("-i")
        .arg(image)
        .args(["::/EFI", "::/EFI/BOOT"])
        .output()?;
    Tool::Mcopy
        .run()?
        .env("SOURCE_DATE_EPOCH", &date)
        .arg("-i")
        .arg(image)
        .arg(bootloader)
        .arg("::/EFI/BOOT/BOOTX64.EFI")
        .output()?;
    Ok(())
}

/// Makes `image` an empty FAT for installation records, readable on any PC.
pub fn make_log(image: &Path, serial: u32, created: UnixTime) -> Result<(), BuildError> {
    format(image, LOG_SIZE, Width::Fat16, "ZS-LOG", serial, created)
}

fn format(
    image: &Path,
    size: u64,
    width: Width,
    label: &str,
    serial: u32,
    created: UnixTime,
) -> Result<(), BuildError> {
    File::create(image).and_then(|file| file.set_len(size)).map_err(at(image))?;
    let kind: &[&str] = match width {
        Width::Fat32 => &["-F", "-c", "1"],
        Width::Fat16 => &["-c", "4"],
    };
    Tool::Mformat
        .run()?
        .env("SOURCE_DATE_EPOCH", created.0.to_string())
        .arg("-i")
        .arg(image)
        .args(kind)
        .args(["-T", &(size / SECTOR).to_string(), "-h", "255", "-s", "63"])
        .args(["-N", &format!("{serial:08x}"), "-v", label, "::"])
        .output()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_same_content_makes_the_same_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let loader = directory.path().join("loader");
        fs::write(&loader, vec![7; 100_000]).unwrap();
        let [one, two] = ["one", "two"].map(|name| directory.path().join(name));
        make_esp(&one, &loader, 0x1234_abcd, UnixTime(1_700_000_000)).unwrap();
        // A later change of the source must not show.
        fs::write(&loader, vec![7; 100_000]).unwrap();
        make_esp(&two, &loader, 0x1234_abcd, UnixTime(1_700_000_000)).unwrap();
        let (one, two) = (fs::read(one).unwrap(), fs::read(two).unwrap());
        assert!(one == two);
        assert_eq!(&one[82..90], b"FAT32   ");
        assert!(one.windows(12).any(|name| name == b"BOOTX64 EFI "));
    }

    #[test]
    fn the_log_partition_is_fat16_with_its_label() {
        let directory = tempfile::tempdir().unwrap();
        let image = directory.path().join("log");
        make_log(&image, 1, UnixTime(1_700_000_000)).unwrap();
        let bytes = fs::read(image).unwrap();
        assert_eq!(bytes.len() as u64, LOG_SIZE);
        assert_eq!((&bytes[43..54], &bytes[54..62]), (&b"ZS-LOG     "[..], &b"FAT16   "[..]));
    }
}
