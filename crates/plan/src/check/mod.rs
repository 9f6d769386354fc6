//! Reads a plan as a stranger would, and says which rules it breaks.
//!
//! It shares no code with the planners: what it says of sizes and order it works out itself.

mod effect;
mod finding;
mod golden;
mod install;
mod mounts;
mod running;
mod snapshots;
mod space;
mod touched;
mod vault;

pub use finding::{Finding, Rule, Violation};
pub use install::violations;
pub use running::of_running;
