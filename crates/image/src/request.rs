//! What an image is to be built from.

use std::path::Path;

use zshield_plan::policy::Policy;
use zshield_units::UnixTime;

/// What an image is to be built from.
#[derive(Debug)]
pub struct Request<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The same as its file has it: it goes onto the appliance as it is.
    pub policy_text: &'a str,
    /// The policy's directory, which its paths are relative to.
    pub base: &'a Path,
    /// The image to write.
    pub output: &'a Path,
    /// The key that signs it; it is read and goes nowhere.
    pub secret_key: Option<&'a Path>,
    /// The password of that key.
    pub password: Option<&'a str>,
    /// Whether an image without a signature will do.
    pub insecure_unsigned: bool,
    /// zshield as the rescue system's first process: a static program, mostly this one itself.
    pub init: &'a Path,
    /// The time that stands for the build's, in seconds since 1970.
    pub source_date_epoch: Option<UnixTime>,
}
