//! An upgrade of the running appliance: what is decided about it before, while and after it is applied.
//!
//! [`record`] is what survives of it between starts. [`etc`] holds each path of two versions and of the
//! machine against each other, and [`changes`] says what is written; [`room`] whether it fits; [`steps`] is the
//! plan. [`gate`] says whether the new version is healthy, [`moves`] what is written of that and in which order, and
//! [`pin`] what nobody may do meanwhile. [`golden`] plans the new image in the inactive slot, [`settle`] what follows
//! once the new version is confirmed, and [`floor`] says what is too old from then on.

pub mod accounts;
pub mod answers;
pub mod changes;
pub mod etc;
pub mod file;
pub mod floor;
pub mod gate;
pub mod golden;
pub mod moves;
pub mod path;
pub mod pin;
pub mod reason;
pub mod record;
pub mod room;
pub mod settle;
pub mod steps;
pub mod three_ways;
