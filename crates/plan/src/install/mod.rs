//! The installation: from two disks and an image to an appliance.

mod files;
mod inputs;
mod outlook;
mod steps;

#[cfg(test)]
mod tests;

pub use inputs::{Ids, Inputs};
pub use outlook::{Loss, Outlook, Refusal, outlook};
pub use steps::{MOUNTS, plan};
