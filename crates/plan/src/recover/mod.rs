//! A recovery: root and `/boot` go back to the factory or to the latest backup.
//!
//! There is no journal. Before its first write GRUB's environment is told where to, and is
//! cleared last: whatever happens between, the next start plans the same recovery anew, and every
//! step of it can be done twice.

mod source;
mod steps;

pub use source::{RestoreSource, Unavailable, restore_source, restore_source_with};
pub use steps::plan;
