//! The installation: from two disks and an image to an appliance.

mod assess;
mod changed;
mod files;
pub(crate) mod group;
mod inputs;
mod partition_ids;
mod refusal;
mod steps;
pub(crate) mod system;
mod torn;

#[cfg(test)]
mod tests;

pub use assess::{Assessment, Loss, NoRebuild, Rebuild, assess, brings_back};
pub use changed::{Changed, unchanged};
pub use files::{UDEV_RULE, of_installed as system_files, udev_rule};
pub use inputs::{Ids, Inputs, PublicKey};
pub use partition_ids::partition_ids;
pub use refusal::Refusal;
pub use system::written;
pub use torn::unseen_physical;
