//! Where objects are kept.

mod bandwidth;
mod directory;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
#[cfg(test)]
pub(crate) mod memory;
mod object;
mod retried;
pub mod s3;
pub mod sftp;

pub use bandwidth::{Bandwidth, Clock, SystemClock};
pub use directory::Directory;
pub use error::{StoreError, StoreProblem};
pub use object::{Object, ObjectKind, ObjectName, Stored};
pub use retried::{Patience, Retried};
pub use s3::S3;
pub use sftp::Sftp;

use std::ops::Range;

use bytes::Bytes;

/// A place for objects. Every operation is one try: who repeats it is [`StoreProblem::passes`]'s caller.
///
/// What is there counts as whole: an object that was cut while it was written is not listed, nor read.
pub trait ObjectStore: Send + Sync + 'static {
    /// The place as people know it, without any secret.
    fn location(&self) -> String;

    /// Makes the place ready for objects, where it is not: directories, not buckets.
    fn prepare(&self) -> Result<(), StoreError>;

    /// All objects of a kind, in no order.
    fn list(&self, kind: ObjectKind) -> Result<Vec<Stored>, StoreError>;

    /// The whole of an object.
    fn read(&self, object: Object) -> Result<Bytes, StoreError>;

    /// The bytes `range` of an object. A shorter answer is [`StoreProblem::Damaged`].
    fn read_range(&self, object: Object, range: Range<u64>) -> Result<Bytes, StoreError>;

    /// Writes an object, durably: once this returns, no power cut takes it away. An object that is there already stays as it is.
    fn write(&self, object: Object, content: &[Bytes]) -> Result<(), StoreError>;

    /// Removes an object. One that is not there is removed.
    fn remove(&self, object: Object) -> Result<(), StoreError>;
}
