//! Signatures: HMAC-SHA256.

use ct_codecs::{Base64, Encoder as _, Hex};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The code of a message under a key.
fn code(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// In base64.
pub(super) fn base64(key: &[u8], message: &[u8]) -> String {
    // Of 32 bytes it can't fail.
    Base64::encode_to_string(code(key, message)).unwrap_or_default()
}

/// In hexadecimal digits.
pub(super) fn hex(key: &[u8], message: &[u8]) -> String {
    Hex::encode_to_string(code(key, message)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_rfc_4231() {
        let found = hex(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(found, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let key = [0xaa; 131];
        let found = hex(&key, b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(found, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
        assert_eq!(
            base64(b"Jefe", b"what do ya want for nothing?"),
            "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
        );
    }
}
