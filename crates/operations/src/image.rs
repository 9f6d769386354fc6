//! Images on the build host: built, verified, and written to a medium.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;
use zshield_golden::key::SigningKey;
use zshield_golden::manifest::Header;
use zshield_golden::signature::TrustedKeys;
use zshield_image::build::{Summary, build};
use zshield_image::error::BuildError;
use zshield_image::request::Request;
use zshield_image::verify::verify as verify_image;
use zshield_image::write::{self as medium, Disk, WriteError, Written};
use zshield_messages::say;
use zshield_plan::policy::Policy;
use zshield_units::UnixTime;

use crate::env;
use crate::error::{Error, Refusal, Result, before_it_began};
use crate::progress::{Part, Parts, Progress};
use crate::question::{Answer, Question};
use crate::text::chain;

/// What a caller decides of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildOptions {
    /// The policy's file; its paths are relative to the directory of it.
    pub policy: PathBuf,
    /// The image to write.
    pub output: PathBuf,
    /// The key that signs it.
    pub key: Option<PathBuf>,
    /// Whether an image without a signature will do.
    pub insecure_unsigned: bool,
    /// The rescue system's first process; this very program where nothing is said.
    pub init: Option<PathBuf>,
    /// The time that stands for the build's, in seconds since 1970.
    pub source_date_epoch: Option<UnixTime>,
}

/// A build that can be run.
pub struct Build {
    options: BuildOptions,
    policy: Policy,
    policy_text: String,
    init: PathBuf,
}

/// Reads the policy.
pub fn prepare_build(options: BuildOptions) -> Result<Build> {
    before_it_began(|| {
        let (policy, policy_text) = env::policy(&options.policy)?;
        let init = match &options.init {
            Some(init) => init.clone(),
            None => std::env::current_exe().with_context(say::image::own_binary)?,
        };
        Ok(Build { options, policy, policy_text, init })
    })
}

impl Build {
    /// The key whose password has to be asked for.
    pub fn locked_key(&self) -> Result<Option<&Path>> {
        before_it_began(|| match self.options.key.as_deref() {
            Some(key) if SigningKey::is_encrypted(key)? => Ok(Some(key)),
            Some(_) | None => Ok(None),
        })
    }

    /// Builds the image.
    pub fn run(&self, password: Option<&str>, progress: &dyn Progress) -> Result<Summary> {
        let options = &self.options;
        let directory = options.policy.parent();
        let request = Request {
            policy: &self.policy,
            policy_text: &self.policy_text,
            base: directory.filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new(".")),
            output: &options.output,
            secret_key: options.key.as_deref(),
            password,
            insecure_unsigned: options.insecure_unsigned,
            init: &self.init,
            source_date_epoch: options.source_date_epoch,
        };
        build(&request, &Parts::of(progress)).map_err(not_built)
    }
}

/// What a verification found, as scripts read it too.
#[derive(Debug, Serialize)]
pub struct Verified {
    /// The image or stick.
    pub image: PathBuf,
    /// Whether nothing is wrong with it.
    pub sound: bool,
    /// Who answers for it; nothing where the signature is wrong.
    pub trust: Option<String>,
    /// What it says it is, as far as it could be read.
    pub header: Option<Header>,
    /// All that is wrong.
    pub problems: Vec<String>,
}

/// Verifies an image or a stick: by these keys, or by those in it where there are none.
pub fn verify(image: &Path, keys: &[PathBuf], progress: &dyn Progress) -> Result<Verified> {
    before_it_began(|| {
        let keys = if keys.is_empty() { None } else { Some(TrustedKeys::load(keys)?) };
        let parts = Parts::of(progress);
        let found = verify_image(image, keys.as_ref(), &|stage, bytes| {
            parts.go_on(&Part::Verify(stage), bytes);
        })?;
        let problems = found.problems.into_iter().map(|problem| chain(&problem.into()));
        let problems: Vec<String> = problems.collect();
        Ok(Verified {
            image: image.to_owned(),
            sound: problems.is_empty(),
            trust: found.trust.as_ref().map(ToString::to_string),
            header: found.header,
            problems,
        })
    })
}

/// An image that can be written to a disk.
pub struct Write(medium::Prepared);

/// Looks at the image and at the disk. Nothing is changed. An internal disk is refused unless it is
/// asked for.
pub fn prepare_write(image: &Path, disk: &Path, internal: bool) -> Result<Write> {
    let prepared = medium::prepare(image, disk, medium::Options { internal }).map_err(judged)?;
    Ok(Write(prepared))
}

impl Write {
    /// All that is known of the disk.
    pub const fn disk(&self) -> &Disk {
        self.0.disk()
    }

    /// What the caller has to agree to.
    pub fn question(&self) -> Question {
        Question {
            text: say::image::agree_write(self.disk().node.display()),
            answer: Answer::Yes,
            declined: say::medium::declined(),
        }
    }

    /// Writes the image, and reads it back.
    pub fn run(&self, progress: &dyn Progress) -> Result<Written> {
        let parts = Parts::of(progress);
        let go_on = |stage, bytes| parts.go_on(&Part::Write(stage), bytes);
        self.0.write(&go_on).map_err(judged)
    }
}

/// There is no image, and nothing was changed. What the caller has to decide is a refusal.
fn not_built(error: BuildError) -> Error {
    if matches!(error, BuildError::WouldBeUnsigned | BuildError::KeyNotTrusted(_)) {
        return Refusal::operation(error).into();
    }
    Error::NotBegun(error.into())
}

/// What did not begin is a refusal; what failed in the middle is not.
fn judged(error: WriteError) -> Error {
    match error {
        WriteError::Image { .. } => Error::NotBegun(error.into()),
        WriteError::NoTable { .. } | WriteError::Refused { .. } | WriteError::Open { .. } => {
            Refusal::operation(error).into()
        }
        WriteError::ImageLost { .. }
        | WriteError::Write { .. }
        | WriteError::ReadBack { .. }
        | WriteError::Differs { .. } => Error::Failed(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::fixture;

    #[test]
    fn what_failed_in_the_middle_is_no_refusal() {
        let source = || io::Error::from(io::ErrorKind::NotFound);
        let before = judged(WriteError::Open { disk: "/dev/sdx".into(), source: source() });
        assert!(fixture::refusal(before).own::<WriteError>().is_some());
        let middle = judged(WriteError::Write { offset: 1, source: source() });
        assert!(matches!(middle, Error::Failed(_)), "{middle}");
        let lost = judged(WriteError::ImageLost { path: "usb.img".into(), source: source() });
        assert!(matches!(lost, Error::Failed(_)), "{lost}");
        let unreadable = judged(WriteError::Image { path: "usb.img".into(), source: source() });
        assert!(matches!(unreadable, Error::NotBegun(_)), "{unreadable}");
    }

    #[test]
    fn what_is_no_disk_is_refused_before_anybody_is_asked() {
        let directory = tempfile::tempdir().unwrap();
        let image = directory.path().join("usb.img");
        std::fs::write(&image, vec![0; 1 << 20]).unwrap();
        let refused = prepare_write(&image, Path::new("/dev/null"), false).err().unwrap();
        assert!(fixture::refusal(refused).own::<WriteError>().is_some());
    }
}
