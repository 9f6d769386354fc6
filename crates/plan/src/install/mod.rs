//! The installation: from two disks and an image to an appliance.

mod assess;
mod changed;
mod files;
pub(crate) mod group;
mod inputs;
pub(crate) mod partition_ids;
mod refusal;
mod steps;
pub(crate) mod system;
mod torn;

#[cfg(test)]
mod tests;

pub use assess::{Assessment, Loss, NoRebuild, Rebuild, assess};
pub use changed::{Changed, unchanged};
pub use files::of_installed as system_files;
pub use inputs::{Ids, Inputs, PublicKey};
pub use refusal::Refusal;
pub use system::written;
pub use torn::unseen_physical;
