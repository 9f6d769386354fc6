//! The installation: from two disks and an image to an appliance.

mod files;
pub(crate) mod group;
mod inputs;
mod outlook;
mod steps;
pub(crate) mod system;

#[cfg(test)]
mod tests;

pub use inputs::{Ids, Inputs, PublicKey};
pub use outlook::{Loss, Outlook, Refusal, outlook};
pub use system::written;
