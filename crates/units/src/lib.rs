//! The units that all floors count in, each a type of its own, so that none is taken for another.
//!
//! Each is written as the plain number that it holds: formats on disk and JSON know nothing of them.

mod bytes;
mod fill_ratio;
mod sectors;
mod time;

pub use bytes::{Bytes, NotASize};
pub use fill_ratio::FillRatio;
pub use sectors::Sectors;
pub use time::UnixTime;
