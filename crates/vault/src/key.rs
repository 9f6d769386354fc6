//! What opens a repository: the machine's own key, and the recovery key that people keep.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use rustic_core::Credentials;
use rustic_core::repofile::MasterKey as Parts;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;
use zshield_linux::durable_file;

/// The machine's key: what all contents are encrypted with. One serves all repositories of a machine, so one recovery key does.
///
/// On disk it is restic's JSON of a master key.
#[derive(Clone)]
pub struct MasterKey(Parts);

impl MasterKey {
    /// A key of 512 bits from the system's randomness.
    pub fn random() -> Self {
        Self(Parts::new())
    }

    /// Reads it from a file.
    pub fn load(path: &Path) -> io::Result<Self> {
        let json = Zeroizing::new(fs::read(path)?);
        Ok(Self(serde_json::from_slice(&json)?))
    }

    /// Writes it durably into a file that only root reads.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        durable_file::write(path, 0o600, &Zeroizing::new(serde_json::to_vec(&self.0)?))
    }

    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::Masterkey(self.0.clone())
    }

    pub(crate) fn of_parts(parts: Parts) -> Self {
        Self(parts)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey")
    }
}

/// Letters and digits that nobody takes for one another: Crockford's base 32.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many of them carry randomness: 130 bits, of which 128 are used.
const RANDOM: usize = 26;

/// How many carry the sum by which a typing error is found.
const SUM: usize = 4;

/// The recovery key: what opens every repository of a machine without the machine. With hyphens it is restic's password.
#[derive(Clone)]
pub struct RecoveryKey(Zeroizing<String>);

impl RecoveryKey {
    /// The key of these random bytes.
    pub fn of_randomness(bytes: &[u8; 16]) -> Self {
        let mut bits = u128::from_be_bytes(*bytes);
        let mut symbols = [0; RANDOM];
        for symbol in symbols.iter_mut().rev() {
            *symbol = ALPHABET[usize::from(bits.to_le_bytes()[0] & 31)];
            bits >>= 5;
        }
        Self::grouped(symbols.iter().copied().chain(sum(&symbols)))
    }

    /// Reads what a person has typed or scanned: upper or lower case, with or without hyphens and blanks, O for 0, I and L for 1.
    /// Nothing where its sum is wrong.
    pub fn parse(typed: &str) -> Option<Self> {
        let symbols: Option<Vec<u8>> = typed
            .bytes()
            .filter(|byte| !matches!(byte, b'-' | b' ' | b'\t' | b'\r' | b'\n'))
            .map(|byte| match byte.to_ascii_uppercase() {
                b'O' => Some(b'0'),
                b'I' | b'L' => Some(b'1'),
                byte => ALPHABET.contains(&byte).then_some(byte),
            })
            .collect();
        let symbols = Zeroizing::new(symbols?);
        let (random, checked) = symbols.split_first_chunk::<RANDOM>()?;
        (checked == sum(random)).then(|| Self::grouped(symbols.iter().copied()))
    }

    fn grouped(symbols: impl Iterator<Item = u8>) -> Self {
        let mut text = String::with_capacity(RANDOM + SUM + 5);
        for (place, symbol) in symbols.enumerate() {
            if place > 0 && place % 5 == 0 {
                text.push('-');
            }
            text.push(char::from(symbol));
        }
        Self(Zeroizing::new(text))
    }

    /// Its six groups of five, to be shown to a person once, and to `restic` as password.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::Password(self.reveal().to_owned())
    }
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey")
    }
}

fn sum(random: &[u8; RANDOM]) -> [u8; SUM] {
    let digest = Sha256::digest(random);
    std::array::from_fn(|place| ALPHABET[usize::from(digest[place] & 31)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_key_is_the_printed_one_whatever_its_case_and_groups() {
        let key = RecoveryKey::of_randomness(&[0xa5; 16]);
        let printed = key.reveal();
        assert_eq!(printed.len(), 35);
        let compact = printed.replace('-', "");
        for typed in [
            printed.to_owned(),
            printed.to_lowercase(),
            compact.clone(),
            format!("  {}\n", compact.replace('0', "O").replace('1', "l")),
        ] {
            assert_eq!(RecoveryKey::parse(&typed).unwrap().reveal(), printed, "{typed}");
        }
    }

    #[test]
    fn a_wrong_letter_two_that_changed_places_or_a_missing_one_is_no_key() {
        let printed = RecoveryKey::of_randomness(b"0123456789abcdef").reveal().replace('-', "");
        for place in 0..printed.len() {
            let mut wrong = printed.clone().into_bytes();
            wrong[place] = if wrong[place] == b'7' { b'8' } else { b'7' };
            assert!(RecoveryKey::parse(std::str::from_utf8(&wrong).unwrap()).is_none(), "{place}");
        }
        for length in 0..printed.len() {
            assert!(RecoveryKey::parse(&printed[..length]).is_none());
        }
        let mut swapped = printed.clone().into_bytes();
        swapped.swap(3, 7);
        assert_ne!(swapped, printed.as_bytes());
        assert!(RecoveryKey::parse(std::str::from_utf8(&swapped).unwrap()).is_none());
        assert!(RecoveryKey::parse(&format!("{printed}0")).is_none());
        assert!(RecoveryKey::parse("").is_none());
    }

    #[test]
    fn neither_key_is_ever_shown_by_a_log() {
        let key = RecoveryKey::of_randomness(&[7; 16]);
        assert_eq!(format!("{key:?}"), "RecoveryKey");
        assert_eq!(format!("{:?}", MasterKey::random()), "MasterKey");
    }
}
