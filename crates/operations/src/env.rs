//! The surroundings of an operation.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use jiff::Zoned;
use zshield_alarm::store::Store;
use zshield_host::BOOT_DIRECTORY;
use zshield_messages::{Said, say};
use zshield_plan::policy::Policy;
use zshield_units::UnixTime;

use crate::error::Refusal;

/// The policy, where the installation put it.
pub const POLICY: &str = "etc/zshield/appliance.toml";

/// The surroundings of an operation on an installed appliance.
#[derive(Clone, Debug)]
pub struct Env {
    /// The directory where the appliance's system is mounted.
    pub root: PathBuf,
    /// The clock, in this machine's own zone.
    pub clock: fn() -> Zoned,
}

impl Env {
    /// Those of the appliance whose system is mounted here.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), clock: Zoned::now }
    }

    /// The directory in `/boot` in which GRUB and the system leave words for each other.
    pub fn boot(&self) -> PathBuf {
        self.root.join(BOOT_DIRECTORY)
    }

    /// Whether the system is the one that runs.
    pub fn runs(&self) -> bool {
        self.root == Path::new("/")
    }

    /// Now, in seconds since 1970, UTC.
    pub fn now(&self) -> UnixTime {
        (self.clock)().timestamp().into()
    }

    /// The policy of this machine.
    pub fn policy(&self) -> Result<Policy> {
        let file = self.root.join(POLICY);
        let text = std::fs::read_to_string(&file)
            .with_context(|| file.display().to_string())
            .with_context(|| Said::of(say::backup::no_policy))?;
        Ok(Policy::parse(&text, &file).map_err(Refusal::MachinePolicy)?)
    }

    /// The alarms of this machine.
    pub fn alarms(&self, policy: &Policy) -> Store {
        Store::of(&self.root, policy)
    }
}

/// Reads a vendor's policy; a mistake in it is a refusal, for nothing has begun.
pub fn policy(file: &Path) -> Result<(Policy, String)> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let policy = Policy::for_build(&text, file).map_err(Refusal::Policy)?;
    Ok((policy, text))
}

/// Refuses a caller who is not root.
pub fn needs_root() -> Result<(), Refusal> {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    Err(Refusal::NeedsRoot)
}

/// Leaves processor and disks to others, as far as they want them.
pub fn lower_priority() {
    const LOWEST: i32 = 19;
    if let Err(error) = rustix::process::setpriority_process(None, LOWEST) {
        tracing::warn!("setpriority: {error}");
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::error::Error;

    #[test]
    fn a_policy_that_can_not_be_read_is_a_failure_and_one_with_a_mistake_a_refusal() {
        let directory = tempfile::tempdir().unwrap();
        let env = Env::at(directory.path());
        let error = Error::from(env.policy().unwrap_err());
        assert!(matches!(error, Error::Failed(_)), "{error}");
        assert!(error.to_string().starts_with(&say::backup::no_policy()), "{error}");
        let file = env.root.join(POLICY);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "no-such-word = 1").unwrap();
        let error = Error::from(env.policy().unwrap_err());
        assert!(matches!(error, Error::Refused(Refusal::MachinePolicy(_))), "{error}");
    }
}
