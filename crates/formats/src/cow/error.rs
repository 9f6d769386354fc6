//! Why a store can't be gone back to.

use std::io;

use zshield_messages::say;
use zshield_units::Sectors;

use super::chunk::ChunkIndex;

/// A store or an origin that can't be used. Before [`copy_back`](super::copy_back) has begun to
/// write, nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CowError {
    /// The store can't be read.
    #[error("{}", say::cow::read_store())]
    Store(#[source] io::Error),
    /// The origin can't be read.
    #[error("{}", say::cow::read_origin())]
    Origin(#[source] io::Error),
    /// The origin can't be written.
    #[error("{}", say::cow::write_origin())]
    Write(#[source] io::Error),
    /// It holds no store.
    #[error("{}", say::cow::no_store())]
    NoStore,
    /// Its header is empty: the kernel takes it for one that is new, and begins it.
    #[error("{}", say::cow::no_store())]
    Empty,
    /// It overflowed: what it holds is not all.
    #[error("{}", say::cow::overflowed())]
    Overflowed,
    /// Its format is a newer one.
    #[error("{}", say::cow::unknown_version(.0))]
    Version(u32),
    /// Its chunks have a size that the kernel does not use.
    #[error("{}", say::cow::bad_chunk_size(.0.0))]
    ChunkSize(Sectors),
    /// Its table contradicts itself.
    #[error("{}", say::cow::Corrupt { area, why: why.to_string() })]
    Corrupt {
        /// The area of the table.
        area: u64,
        /// How.
        why: Corrupt,
    },
    /// A store can't be written.
    #[error("{}", say::cow::write_store())]
    StoreWrite(#[source] io::Error),
    /// Two stores have chunks of two sizes, or belong to origins of two lengths.
    #[error("{}", say::cow::unlike())]
    Unlike,
    /// A store has too few chunks for what would be appended to it.
    #[error("{}", say::cow::Full { needed, room })]
    Full {
        /// How many chunks it would need.
        needed: u64,
        /// How many it has.
        room: u64,
    },
    /// What was written reads back otherwise.
    #[error("{}", say::cow::differs(.0))]
    Differs(u64),
}

impl CowError {
    /// Whether it is a disk that does not answer, and may the next time.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Store(_) | Self::Origin(_) | Self::Write(_) | Self::StoreWrite(_) => true,
            Self::NoStore
            | Self::Empty
            | Self::Overflowed
            | Self::Version(_)
            | Self::ChunkSize(_)
            | Self::Corrupt { .. }
            | Self::Unlike
            | Self::Full { .. }
            | Self::Differs(_) => false,
        }
    }

    /// Whether the kernel refuses to activate a snapshot with such a store, as `read_metadata` of
    /// `dm-snap-persistent.c` does: then LVM activates neither its origin nor any other snapshot of that.
    /// The kernel takes the numbers of a table as they come.
    pub const fn is_refused_by_kernel(&self) -> bool {
        match self {
            Self::Store(_) | Self::NoStore | Self::Version(_) | Self::ChunkSize(_) => true,
            Self::Origin(_)
            | Self::Write(_)
            | Self::StoreWrite(_)
            | Self::Unlike
            | Self::Full { .. }
            | Self::Empty
            | Self::Overflowed
            | Self::Corrupt { .. }
            | Self::Differs(_) => false,
        }
    }
}

/// How a table contradicts itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Corrupt {
    /// It goes on behind the end of the store.
    #[error("{}", say::cow::truncated())]
    Truncated,
    /// It names a chunk that the origin does not have.
    #[error("{}", say::cow::outside_origin(.0.0))]
    OutsideOrigin(ChunkIndex),
    /// It names a chunk of the origin twice.
    #[error("{}", say::cow::origin_twice(.0.0))]
    OriginTwice(ChunkIndex),
    /// It names a chunk that the store does not have.
    #[error("{}", say::cow::outside_store(.0.0))]
    OutsideStore(ChunkIndex),
    /// It names a chunk of the store, and another one is next.
    #[error("{}", say::cow::OutOfOrder { chunk: named.0, next: next.0 })]
    OutOfOrder {
        /// The chunk that it names.
        named: ChunkIndex,
        /// The chunk that is next.
        next: ChunkIndex,
    },
    /// It names a chunk of the origin, and none of the store.
    #[error("{}", say::cow::no_place(.0.0))]
    NoPlace(ChunkIndex),
    /// An entry is empty, and others that were committed stand behind it.
    #[error("{}", say::cow::gap(.0))]
    Gap(u64),
}
