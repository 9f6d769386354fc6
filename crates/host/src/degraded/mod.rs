//! Root without its snapshots, for an appliance whose HDD is missing or has snapshots that can't be
//! read; and the note of it.

mod note;
mod volume_location;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde::Deserialize;
use zshield_formats::cow::{CowError, ExceptionStore};
use zshield_formats::lvm2::{self, LABEL_SIZE};
use zshield_plan::id::MappingName;

use zshield_linux::device_mapper::DeviceMapper;
use zshield_linux::lvm::Lvm;
use zshield_linux::program::ProgramError;
use zshield_units::{Bytes, FillRatio, Sectors};

use crate::factory_store::{self, StoreError, StoreFacts};

pub use note::{clear, note, read};
pub use volume_location::VolumeLocation;
pub(crate) use volume_location::is_mapped_alone;

/// The device mapper of an initrd.
const MAPPER: DeviceMapper = DeviceMapper::WITHOUT_UDEV;

/// A group as it is seen on the appliance's own physical volumes, without udev: another group of that
/// name is none.
pub struct OwnGroup {
    name: String,
    lvm: Lvm,
}

#[derive(Deserialize)]
struct Missing {
    vg_missing_pv_count: String,
}

#[derive(Deserialize)]
struct Logical {
    lv_name: String,
    origin: String,
}

impl OwnGroup {
    /// The group of this name on these physical volumes.
    pub fn on<Node: AsRef<str>>(
        physical: impl IntoIterator<Item = Node>,
        name: impl Into<String>,
    ) -> Self {
        let devices = format!(
            "obtain_device_list_from_udev=0 external_device_info_source=\"none\" filter={}",
            zshield_plan::lvm::only(physical)
        );
        let name = name.into();
        let (devices, activates) =
            (zshield_plan::lvm::config(&devices), zshield_plan::lvm::activating(&name));
        let lvm = Lvm::without_udev(format!("{devices} {activates}"));
        Self { name, lvm }
    }

    /// One of its volumes, as LVM names it.
    fn volume(&self, name: &str) -> String {
        format!("{}/{name}", self.name)
    }

    /// Whether LVM finds all of its physical volumes.
    pub fn is_whole(&self) -> io::Result<bool> {
        let words = ["vgs", "-o", "vg_missing_pv_count", &self.name];
        let groups: Vec<Missing> = self.lvm.report_of_what_is_there(&words)?;
        Ok(all_there(&groups))
    }

    /// Whether LVM can activate a volume with all its snapshots. Nothing is mapped after it: it is
    /// asked where nobody else has mapped anything yet. What LVM leaves of an activation that failed
    /// it does not take away again itself.
    pub fn can_activate(&self, volume: &str) -> io::Result<bool> {
        let can = self.lvm.succeeds(&["lvchange", "--activate", "y", &self.volume(volume)])?;
        MAPPER.remove_all()?;
        Ok(can)
    }

    /// The names of a volume's snapshots.
    pub fn snapshots(&self, volume: &str) -> io::Result<Vec<String>> {
        let words = ["lvs", "-o", "lv_name,origin", &self.name];
        let all: Vec<Logical> = self.lvm.report_of_what_is_there(&words)?;
        let ours = all.into_iter().filter(|logical| logical.origin == volume);
        Ok(ours.map(|snapshot| snapshot.lv_name).collect())
    }

    /// Whether the kernel takes the store of a snapshot of `origin`, neither of which is active, so
    /// that it activates them.
    pub fn can_be_read(&self, snapshot: &str, origin: &VolumeLocation) -> io::Result<bool> {
        with_store(self, snapshot, origin, |store| {
            Ok(!store.is_err_and(|error| error.is_refused_by_kernel()))
        })
    }

    /// Removes a snapshot, which is not active.
    pub fn remove_snapshot(&self, snapshot: &str) -> io::Result<()> {
        let name = self.volume(snapshot);
        if self.lvm.succeeds(&["lvremove", "--yes", &name])? {
            return Ok(());
        }
        Err(io::Error::other(format!("{name} can't be removed")))
    }
}

fn all_there(groups: &[Missing]) -> bool {
    groups.iter().any(|group| group.vg_missing_pv_count == "0")
}

/// Unmaps what nobody uses of a group that LVM has deactivated: what is left of an activation that
/// failed. LVM would meet it again where it gives something else that name, and end half way.
pub(crate) fn remove_left(group: &str) -> Result<(), ProgramError> {
    let mapper = DeviceMapper::WITH_UDEV;
    // One below another is free when that is gone.
    while let Some(name) = mapper.unused()?.iter().find(|name| is_of(name, group)) {
        mapper.remove(name)?;
    }
    Ok(())
}

/// Whether a mapping is one of a group's.
fn is_of(name: &str, group: &str) -> bool {
    MappingName::new(name).volume().is_some_and(|(of, _)| of == group)
}

/// A snapshot that is not active, as it was found beside LVM.
pub(crate) enum ProbeResult<T> {
    /// The kernel refuses its store: it can't read it, or not use its header.
    Unreadable,
    /// The kernel takes its store, and nobody goes back to it.
    Useless,
    /// It can be gone back to.
    Valid {
        /// How much of its store is used.
        fill: FillRatio,
        /// What was found in it.
        found: T,
    },
}

/// Looks into a snapshot of `origin`, neither of which is active: it is mapped to be read, beside LVM.
pub(crate) fn look_into<T>(
    group: &OwnGroup,
    snapshot: &str,
    origin: &VolumeLocation,
    look: impl FnOnce(&Path) -> T,
) -> io::Result<ProbeResult<T>> {
    with_store(group, snapshot, origin, |store| {
        let store = match store {
            Ok(store) => store,
            Err(error) if error.is_refused_by_kernel() => return Ok(ProbeResult::Unreadable),
            Err(_) => return Ok(ProbeResult::Useless),
        };
        let table = table(&store, ORIGIN, STORE);
        let fill = store.fill();
        volume_location::mapped(SNAPSHOT, &table, |device| {
            Ok(ProbeResult::Valid { fill, found: look(device) })
        })
    })
}

/// Likewise, into a factory store over a snapshot of `origin`; nothing where one of them is of no use.
pub(crate) fn look_over<T>(
    group: &OwnGroup,
    store: &str,
    base: &str,
    origin: &VolumeLocation,
    look: impl FnOnce(&Path) -> T,
) -> io::Result<Option<T>> {
    let over = |base: &Path| {
        let base = File::open(base)?;
        VolumeLocation::of(group, store)?.mapped(FACTORY_STORE, |store| {
            let Some(store) = usable(factory_store::opened(store, &base)) else { return Ok(None) };
            let table = table(&store, SNAPSHOT, FACTORY_STORE);
            volume_location::mapped("zshield-factory", &table, |device| Ok(Some(look(device))))
        })
    };
    match look_into(group, base, origin, over)? {
        ProbeResult::Valid { found, .. } => found,
        ProbeResult::Unreadable | ProbeResult::Useless => Ok(None),
    }
}

/// What a factory store that is not active says of itself; nothing where it is none, or can't be read.
pub(crate) fn observe_store(group: &OwnGroup, store: &str) -> io::Result<Option<StoreFacts>> {
    let device = Path::new("/dev/mapper").join(FACTORY_STORE);
    let observe = |_: &File| Ok(usable(factory_store::observe(&device)));
    VolumeLocation::of(group, store)?.mapped(FACTORY_STORE, observe)
}

fn usable<T>(found: Result<T, StoreError>) -> Option<T> {
    found.inspect_err(|error| tracing::warn!("{error}")).ok()
}

/// The table of a snapshot by the names of its mapped parts.
fn table(store: &ExceptionStore<'_>, origin: &str, stored: &str) -> String {
    let [sectors, chunk] =
        [store.origin_length(), store.chunk()].map(|length| Sectors::from(Bytes(length)));
    format!("0 {sectors} snapshot /dev/mapper/{origin} /dev/mapper/{stored} P {chunk}\n")
}

const ORIGIN: &str = "zshield-origin";
const STORE: &str = "zshield-store";
const SNAPSHOT: &str = "zshield-snapshot";
const FACTORY_STORE: &str = "zshield-factory-store";

/// Does something with a snapshot's store; it and its origin are mapped to be read.
fn with_store<T>(
    group: &OwnGroup,
    snapshot: &str,
    origin: &VolumeLocation,
    work: impl FnOnce(Result<ExceptionStore<'_>, CowError>) -> io::Result<T>,
) -> io::Result<T> {
    let store = VolumeLocation::of(group, snapshot)?;
    origin.mapped(ORIGIN, |origin| {
        store.mapped(STORE, |store| work(ExceptionStore::open(store, origin)))
    })
}

/// Whether LVM finds its label on a partition. One that can't be read has none.
pub fn is_physical(partition: &Path) -> bool {
    let mut beginning = [0; LABEL_SIZE];
    let read = File::open(partition).and_then(|mut file| file.read_exact(&mut beginning));
    read.is_ok() && lvm2::is_physical(&beginning)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use zshield_linux::lvm::rows;

    use super::*;

    #[test]
    fn a_physical_volume_is_known_by_its_label() {
        let partition = tempfile::NamedTempFile::new().unwrap();
        let is = |content: &[u8]| {
            fs::write(partition.path(), content).unwrap();
            is_physical(partition.path())
        };
        let mut content = vec![0; 4096];
        assert!(!is(&content));
        // As pvcreate writes it: the second sector.
        content[512..520].copy_from_slice(b"LABELONE");
        assert!(is(&content));
        assert!(!is(&content[..1024]));
        content.rotate_right(8);
        assert!(!is(&content));
        assert!(!is_physical("/no/such/partition".as_ref()));
    }

    #[test]
    fn what_is_left_of_a_group_is_unmapped_from_the_top() {
        let names = ["hdd", "vg-snap0-cow", "vg--b-root"];
        let unused = |group| names.into_iter().find(|name| is_of(name, group));
        assert_eq!(unused("vg"), Some("vg-snap0-cow"));
        assert_eq!(unused("vg-b"), Some("vg--b-root"));
        assert_eq!(unused("other"), None);
    }

    #[test]
    fn a_group_is_whole_when_none_of_its_disks_is_missing() {
        let whole = |output: &str| all_there(&rows(output.as_bytes()).unwrap());
        let said = |missing: &str| {
            format!(
                r#"  {{
      "report": [
          {{
              "vg": [
                  {{"vg_missing_pv_count":"{missing}"}}
              ]
          }}
      ]
  }}
"#
            )
        };
        assert!(whole(&said("0")));
        assert!(!whole(&said("1")));
        assert!(!whole(r#"{"report": [{"vg": []}]}"#));
    }
}
