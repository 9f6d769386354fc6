//! Parsers of what servers answer, for the fuzz targets.

use super::s3;
use super::sftp::packet;

/// A page of a list: names with their sizes, and whether there are more.
pub fn s3_page(xml: &[u8]) -> Option<(Vec<(String, u64)>, bool)> {
    s3::page(xml).map(|page| (page.objects, page.next.is_some()))
}

/// The code of an error.
pub fn s3_error(xml: &[u8]) -> Option<String> {
    s3::error_code(xml)
}

/// How many packets come of what a server of files says, how many bytes they have, and how many of those are names.
pub fn sftp(said: &[u8]) -> (usize, usize, usize) {
    let (mut heard, mut packets, mut bytes, mut names) = (said.to_vec(), 0, 0, 0);
    while let Ok(Some(packet)) = packet::first(&mut heard) {
        packets += 1;
        bytes += packet.len() + 4;
        // Whichever it is waited for.
        let _ = (packet::extensions(&packet), packet::room(&packet));
        if let Some((_, packet::Answer::Names(entries))) = packet::answer(&packet) {
            names += entries.iter().map(|entry| entry.name.len()).sum::<usize>();
        }
    }
    (packets, bytes, names)
}
