//! The units that all floors count in, the ids of LVM's volumes, and versions of products: each a type of its own, so
//! that none is taken for another.
//!
//! Each is written as the plain number or text that it holds: formats on disk and JSON know nothing of them.

mod bytes;
mod fill_ratio;
mod sectors;
mod time;
mod version;
mod volume_id;

pub use bytes::{Bytes, NotASize};
pub use fill_ratio::FillRatio;
pub use sectors::Sectors;
pub use time::UnixTime;
pub use version::{NoVersion, Version};
pub use volume_id::VolumeId;
