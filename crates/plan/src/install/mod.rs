//! The installation: from two disks and an image to an appliance.

mod files;
mod outlook;
mod steps;

#[cfg(test)]
mod tests;

pub use outlook::{Loss, Outlook, Refusal, outlook};
pub use steps::{Ids, Inputs, MOUNTS, plan};
