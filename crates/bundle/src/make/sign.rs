//! A bundle is signed, in its place: the room for it is there.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use zshield_golden::key::SigningKey;
use zshield_golden::signature::sign_text;

use crate::container::{KIND, Sealed};
use crate::head::Head;
use crate::open::{OpenError, first_bytes};
use crate::refusal::Refusal;

/// Signs the bundle in this file, which is opened for writing. A signature that is there is replaced.
///
/// The trusted comment names product and version.
pub fn sign(file: &File, key: &SigningKey) -> Result<Head, OpenError> {
    let (layout, bytes, _) = first_bytes(file)?;
    let head = Head::parse(&bytes)?;
    let comment = format!("product={} version={}", head.product, head.version);
    let text = sign_text(KIND, &bytes, &comment, key);
    let room = Sealed::room(&text)
        .ok_or_else(|| Refusal::Malformed { reason: "the signature's length".into() })?;
    file.write_all_at(&room, layout.signature())
        .and_then(|()| file.sync_all())
        .map_err(OpenError::Write)?;
    Ok(head)
}
