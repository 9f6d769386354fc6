//! What the servers answer that keep the vault's objects.

use zshield_vault::store::fuzzing;

/// A page of a list, or an error.
pub(crate) fn s3(bytes: &[u8]) {
    if let Some((objects, _)) = fuzzing::s3_page(bytes) {
        let held: usize = objects.iter().map(|(name, _)| name.len()).sum();
        assert!(objects.len() <= 1000 && held <= bytes.len());
    }
    if let Some(code) = fuzzing::s3_error(bytes) {
        // It is shown, and stands in logs.
        assert!(code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}

/// Packets of a server of files, one behind the other.
pub(crate) fn sftp(bytes: &[u8]) {
    let (packets, held, names) = fuzzing::sftp(bytes);
    assert!(held <= bytes.len() && packets <= held / 4 && names <= held);
}
