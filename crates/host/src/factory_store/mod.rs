//! The factory store: a snapshot's store that no kernel loads. It is made of the factory snapshot when that is
//! detached from root, and every backup folds into it what the outgoing latest backup holds.

use std::fs::{File, OpenOptions};
use std::path::Path;

use rustix::fs::OFlags;
use zshield_formats::cow::{self, CowError, ExceptionStore, FoldReport, Header, Mark};
use zshield_linux::IoError;
use zshield_linux::device::direct;
use zshield_linux::device_mapper::{DeviceMapper, mappings};
use zshield_linux::open_flags::OpenFlags as _;
use zshield_linux::program::ProgramError;
use zshield_messages::say;
use zshield_plan::model::Binding;
use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::role::Role;
use zshield_plan::volumes::{ROOT, named};
use zshield_units::{Bytes, FillRatio, VolumeId};

use crate::factory_view::volume_id;
use crate::pace::Pacer;

/// Why a factory store can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It or the store that is folded into it can't be read or written, or is none.
    #[error(transparent)]
    Cow(#[from] CowError),
    /// It has no mark.
    #[error("{}", say::factory_store::no_mark())]
    NoMark,
    /// It does not stand over this snapshot.
    #[error("{}", say::factory_store::not_over(.0))]
    NotOver(String),
    /// Its table has lost exceptions.
    #[error("{}", say::factory_store::Short { found, marked })]
    Short {
        /// How many there are.
        found: u64,
        /// How many there were.
        marked: u64,
    },
    /// The kernel has given this snapshot up: it did not follow root to the end.
    #[error("{}", say::factory_store::given_up(.0))]
    GivenUp(String),
    /// This is no volume of LVM's.
    #[error("{}", say::factory_store::no_volume(.0))]
    NoVolume(String),
    /// Something can't be used.
    #[error(transparent)]
    Io(#[from] IoError),
    /// A program failed.
    #[error(transparent)]
    Program(#[from] ProgramError),
}

impl StoreError {
    /// Whether one of the stores is of no use, and not something else in the way: it will be of none next time,
    /// and a backup does better without it than never.
    pub const fn is_store_useless(&self) -> bool {
        match self {
            Self::Cow(_)
            | Self::NoMark
            | Self::NotOver(_)
            | Self::Short { .. }
            | Self::GivenUp(_) => true,
            Self::NoVolume(_) | Self::Io(_) | Self::Program(_) => false,
        }
    }

    /// Whether it is a disk that does not answer, and may the next time.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Cow(error) => error.may_pass(),
            Self::Io(_) | Self::Program(_) => true,
            Self::NoMark
            | Self::NotOver(_)
            | Self::Short { .. }
            | Self::GivenUp(_)
            | Self::NoVolume(_) => false,
        }
    }
}

/// What a factory store says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFacts {
    /// The size of its chunks.
    pub chunk: Bytes,
    /// How many exceptions it has at least.
    pub exceptions: u64,
    /// How much of it is used.
    pub fill: FillRatio,
    /// The snapshots that it is right over, by the ids of their volumes.
    pub bases: Vec<VolumeId>,
}

/// What the plain volume on this device says of itself, without its table.
pub fn observe(device: &Path) -> Result<StoreFacts, StoreError> {
    facts(&direct(device)?)
}

fn facts(store: &File) -> Result<StoreFacts, StoreError> {
    let header = Header::read(store)?;
    let mark = Mark::read(store)?.ok_or(StoreError::NoMark)?;
    let exceptions = mark.exceptions();
    Ok(StoreFacts {
        chunk: Bytes(header.chunk()),
        exceptions,
        fill: header.fill(exceptions),
        bases: mark.bases().collect(),
    })
}

/// A factory store with a sound table, in which nothing is missing that was there when it was marked; `origin`
/// is what it stands over.
pub fn opened<'a>(store: &'a File, origin: &File) -> Result<ExceptionStore<'a>, StoreError> {
    let marked = Mark::read(store)?.ok_or(StoreError::NoMark)?.exceptions();
    let opened = ExceptionStore::open(store, origin)?;
    match opened.exceptions() {
        found if found < marked => Err(StoreError::Short { found, marked }),
        _ => Ok(opened),
    }
}

/// What a factory snapshot is before it is detached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attached {
    /// It is a snapshot still, and its store is marked.
    Marked,
    /// It is detached already.
    Detached,
}

/// Marks the store of a snapshot that is to be detached from root, while `base` is the latest one. The kernel
/// has not given the snapshot up after that; that it does so in the moment until LVM detaches it, and can't
/// write it down, would take two failures of the disk.
pub fn mark_attached(
    group: &GroupName,
    snapshot: &VolumeName,
    base: &VolumeName,
) -> Result<Attached, StoreError> {
    let base = id(group, base)?;
    if !is_attached(group, snapshot)? {
        let store = group.device(snapshot);
        let mark = Mark::read(&direct(&store)?)?.ok_or(StoreError::NoMark)?;
        return if mark.is_over(base) {
            Ok(Attached::Detached)
        } else {
            Err(StoreError::NotOver(base.to_string()))
        };
    }
    let store = writable(&group.store(snapshot))?;
    let origin = direct(group.device(&named(ROOT)))?;
    // A table that can't be read is no way back, whoever follows it.
    let exceptions = ExceptionStore::open(&store, &origin)?.exceptions();
    Mark::over(base, exceptions).write(&store)?;
    followed(group, snapshot)?;
    Ok(Attached::Marked)
}

/// A fold, by the names of its volumes.
#[derive(Clone, Copy, Debug)]
pub struct Fold<'a> {
    /// Their group.
    pub group: &'a GroupName,
    /// The outgoing latest backup.
    pub from: &'a VolumeName,
    /// The factory store.
    pub store: &'a VolumeName,
    /// The backup that follows, which was taken after `from`.
    pub over: &'a VolumeName,
}

/// Appends to the factory store what the outgoing backup holds and it lacks; it is right over both backups then,
/// and says so. `advance` hears of the bytes that are done, and of how many there are.
pub fn fold(
    binding: &Binding,
    fold: Fold<'_>,
    advance: &mut dyn FnMut(u64, u64),
) -> Result<FoldReport, StoreError> {
    let Fold { group, from, store, over } = fold;
    let (from_id, over_id) = (id(group, from)?, id(group, over)?);
    let file = writable(&group.device(store))?;
    let mark = Mark::read(&file)?.ok_or(StoreError::NoMark)?;
    if !mark.is_over(from_id) {
        return Err(StoreError::NotOver(format!("{group}/{from}")));
    }
    let (outgoing, root) = (direct(group.store(from))?, direct(group.device(&named(ROOT)))?);
    let outgoing = ExceptionStore::open(&outgoing, &root)?;
    let base = direct(group.device(from))?;
    let store = opened(&file, &base)?;
    let chunk = store.chunk();
    let mut pacer = Pacer::of(binding.disks.of(Role::Hdd).device());
    let report = cow::fold(&outgoing, &store, &file, &mut |piece| {
        advance(piece.done * chunk, piece.total * chunk);
        pacer.rest_after(piece.moved);
    })?;
    // Whatever it has missed before the next one was taken would be missing for ever.
    followed(group, from)?;
    let exceptions = store.exceptions() + report.appended;
    Mark::over(from_id, exceptions).and(over_id).write(&file)?;
    Ok(report)
}

/// Whether the kernel follows root with this snapshot. Its store may be mapped still when it does no more.
fn is_attached(group: &GroupName, snapshot: &VolumeName) -> Result<bool, IoError> {
    let name = group.mapping(snapshot);
    let mut mappings = mappings()?.into_iter();
    Ok(mappings.any(|mapping| mapping.name == name.as_str() && mapping.is_snapshot()))
}

/// Looks that the kernel has not given a snapshot up.
fn followed(group: &GroupName, snapshot: &VolumeName) -> Result<(), StoreError> {
    let name = group.mapping(snapshot);
    if DeviceMapper::WITH_UDEV.given_up()?.iter().any(|given_up| given_up == name.as_str()) {
        return Err(StoreError::GivenUp(format!("{group}/{snapshot}")));
    }
    Ok(())
}

fn id(group: &GroupName, volume: &VolumeName) -> Result<VolumeId, StoreError> {
    let device = group.device(volume);
    volume_id(&device)?.ok_or(StoreError::NoVolume(device))
}

/// A store, beside the page cache as the kernel has it.
fn writable(device: &str) -> Result<File, IoError> {
    let mut open = OpenOptions::new();
    let opened = open.read(true).write(true).flags(OFlags::DIRECT).open(device);
    opened.map_err(IoError::at(device))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt as _;

    use super::*;

    const BASE: &str = "Hd2VYs-NA1p-0Z1b-kCSf-3RzQ-5cfX-PzYxT0";

    /// A store of 4 KiB chunks with one exception, and a volume of 16.
    fn store() -> (File, File) {
        let (store, origin) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        store.set_len(64 << 10).unwrap();
        origin.set_len(64 << 10).unwrap();
        for (index, word) in [0x7041_6e53_u32, 1, 1, 8].into_iter().enumerate() {
            store.write_all_at(&word.to_le_bytes(), index as u64 * 4).unwrap();
        }
        store.write_all_at(&[3_u64.to_le_bytes(), 2_u64.to_le_bytes()].concat(), 4096).unwrap();
        (store, origin)
    }

    #[test]
    fn a_plain_volume_is_a_factory_store_by_its_mark() {
        let (store, _) = store();
        assert!(matches!(facts(&store), Err(StoreError::NoMark)));
        let base = VolumeId::new(BASE).unwrap();
        Mark::over(base, 1).write(&store).unwrap();
        let found = facts(&store).unwrap();
        assert_eq!((found.chunk, found.exceptions, found.bases), (Bytes(4096), 1, vec![base]));
        assert_eq!(found.fill.to_string(), "18.75");
        store.write_all_at(&[0; 4], 4).unwrap();
        assert!(matches!(facts(&store), Err(StoreError::Cow(CowError::Overflowed))));
    }

    #[test]
    fn a_table_that_has_lost_its_end_is_found_by_the_mark() {
        let (store, origin) = store();
        let mark = |exceptions| Mark::over(VolumeId::new(BASE).unwrap(), exceptions);
        assert!(matches!(opened(&store, &origin), Err(StoreError::NoMark)));
        mark(1).write(&store).unwrap();
        assert_eq!(opened(&store, &origin).unwrap().exceptions(), 1);
        mark(2).write(&store).unwrap();
        let short = opened(&store, &origin);
        assert!(matches!(short, Err(StoreError::Short { found: 1, marked: 2 })));
    }

    #[test]
    fn only_what_a_store_lacks_makes_it_of_no_use() {
        assert!(
            StoreError::NoMark.is_store_useless()
                && StoreError::from(CowError::NoStore).is_store_useless()
        );
        assert!(!StoreError::NoVolume("x".into()).is_store_useless());
        let gone = observe("/no/such/store".as_ref()).unwrap_err();
        assert!(!gone.is_store_useless(), "{gone}");
    }
}
