//! The store in which device-mapper's `snapshot` target keeps what its origin has lost, and the
//! way back from it.
//!
//! # The format
//!
//! Source: `drivers/md/dm-snap-persistent.c` of Linux. All numbers are little-endian. The store is
//! divided into chunks of one size, a power of two.
//!
//! | chunk | holds |
//! |---|---|
//! | 0 | the header: four u32, magic `0x70416e53`, valid (1, or 0 once it has overflowed), version 1, chunk size in sectors of 512 bytes. In its second sector a [`Mark`], where there is one |
//! | 1 + n(E+1) | area n of the table: E = chunk / 16 exceptions, each two u64: a chunk of the origin, and the chunk of the store that holds what stood there |
//! | others | what the origin held |
//!
//! An exception whose second number is 0 ends the table; what else holds of it is in `table`. The kernel lets a write to the origin
//! pass only when its exception is on the disk: so the table names every chunk that has changed
//! since the snapshot was taken, and maybe more, but never fewer. It writes the store beside the
//! page cache: read it through a handle that was opened with `O_DIRECT`.
//!
//! # The way back
//!
//! [`copy_back`] writes to the origin what the store holds, where the two differ. It can be done
//! again after a cut at any point. The store is only read; the snapshot stays as it is, and a
//! sibling snapshot does, since the kernel copies for it what it still lacks.
//!
//! What is in the store carries no checksum. A table that the kernel can't have written is found
//! before anything is written; one whose last exceptions are lost, or that names a wrong chunk of the
//! origin, is not, nor is a bit that has rotted in the data: that is for whoever compares the files
//! afterwards.

mod batch;
mod changed;
mod chunk;
mod copy;
mod error;
mod fold;
mod geometry;
mod mark;
mod store;
mod table;

pub use changed::Changed;
pub use chunk::ChunkIndex;
pub use copy::{Copied, CopyReport, State, copy_back, verify};
pub use error::{Corrupt, CowError};
pub use fold::{FoldReport, Piece, StoreWriter, fold};
pub use geometry::{Header, is_given_up};
pub use mark::Mark;
pub use store::ExceptionStore;
