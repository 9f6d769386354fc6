//! The recovery key: shown once, kept by people.

use anyhow::Context as _;
use rustix::rand::{GetRandomFlags, getrandom};
use zeroize::Zeroizing;
use zshield_host::{execute, lock};
use zshield_messages::{Said, say};
use zshield_vault::RecoveryKey;

use super::local::Local;
use super::trouble::told;
use crate::env::{self, Env};
use crate::error::{Refusal, Result};

/// Makes a new recovery key, shows it, and only then takes the earlier one away. The machine keeps none of it.
pub fn replace_recovery_key(env: &Env, show: impl FnOnce(&RecoveryKey)) -> Result<()> {
    env::needs_root()?;
    let group = env.policy()?.storage.group;
    let _held = lock::hold(lock::Operation::VaultKey).map_err(Refusal::Busy)?;
    execute::unmount_left()?;
    let mut bytes = Zeroizing::new([0; 16]);
    getrandom(&mut bytes[..], GetRandomFlags::empty())
        .with_context(|| Said::of(say::install::no_randomness))?;
    let key = RecoveryKey::of_randomness(&bytes);
    let local = Local::open_or_make(&group)?;
    local
        .vault()
        .and_then(|vault| vault.replace_recovery_key(&key, || show(&key)))
        .map_err(told)?;
    Ok(local.close()?)
}
