//! What the health gate of an upgrade looks at. Nothing is judged here: that is `plan::upgrade::gate`.

pub mod before;
pub mod programs;
pub mod units;
