//! An upgrade of the running appliance: what is decided about it before, while and after it is applied.
//!
//! [`record`] is what survives of it between starts. [`etc`] holds each path of two versions and of the
//! machine against each other, and [`changes`] says what is written; [`room`] whether it fits. [`gate`] says whether
//! the new version is healthy, [`moves`] what is written of that and in which order, [`pin`] what nobody may do
//! meanwhile, [`floor`] what is too old from then on and [`keys`] what was said of keys. [`look`] is about bundles that
//! nobody has named. The plans are [`upgrade_plan`](crate::upgrade_plan).

pub mod accounts;
pub mod answers;
pub mod changes;
pub mod etc;
pub mod file;
pub mod floor;
pub mod gate;
pub mod keys;
pub mod look;
pub mod moves;
pub mod packages;
pub mod path;
pub mod pin;
pub mod reason;
pub mod record;
pub mod room;
pub mod three_ways;
