//! How large each partition and volume is.

use serde::{Deserialize, Serialize};

use crate::policy::{DataVolume, LEAST_VAULT, Share, Storage, VaultSize};
use crate::role::{ByRole, Role};
use zshield_units::Bytes;

/// LVM's extent: the unit of every volume's size.
pub const EXTENT: Bytes = Bytes::mib(4);
/// Where the first partition begins, and the unit that partitions are aligned to.
pub const ALIGNMENT: Bytes = Bytes::mib(1);
/// The EFI system partition: larger than the image written into it will ever be.
pub const ESP: Bytes = Bytes::mib(64);
/// How many COW stores there is room for: factory, latest, and the next latest while it is
/// proved beside the old one.
pub const COW_STORES: u64 = 3;

/// The sizes of everything on an appliance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The Golden partition.
    pub golden: Bytes,
    /// The physical volumes' partitions; the SSD has none where root is on the HDD.
    pub physical: ByRole<Option<Bytes>>,
    /// What of the SSD has no partition, for its health.
    #[serde(default)]
    pub spare: Bytes,
    /// The disk that root is on.
    pub root_on: Role,
    /// `lv-root`.
    pub root: Bytes,
    /// One snapshot's COW store.
    pub cow: Bytes,
    /// The user volume.
    pub user: Bytes,
    /// The audit volume.
    pub audit: Bytes,
    /// The vault, where there is room for one and the policy asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vault: Option<Bytes>,
}

/// A disk that is too small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooSmall {
    /// Which one.
    pub role: Role,
    /// What it must hold at least.
    pub needs: Bytes,
}

impl Layout {
    /// The sizes for two disks, or the one that is too small.
    pub fn new(
        storage: &Storage,
        vault: VaultSize,
        disks: &ByRole<Bytes>,
        slot: Bytes,
    ) -> Result<Self, TooSmall> {
        let golden = storage.golden.unwrap_or_else(|| room_for_two(slot)).round_up(ALIGNMENT);
        // The first MiB, BIOS boot, and the last MiB with the second partition table.
        let fixed = ALIGNMENT * 3 + ESP + storage.boot.round_up(ALIGNMENT) + golden;
        let left = disks
            .ssd
            .round_down(ALIGNMENT)
            .checked_sub(fixed)
            .ok_or(TooSmall { role: Role::Ssd, needs: fixed })?;
        // The spare part takes what root can do without.
        let least = storage.root.min.round_up(EXTENT);
        let fits = volumes_in(left) >= least;
        let wanted = storage.spare.of(disks.ssd).round_up(ALIGNMENT);
        let spare = wanted.min(left.saturating_sub(partition_for(least)).round_down(ALIGNMENT));
        let on_ssd = volumes_in(left.saturating_sub(spare)).min(storage.root.size.round_up(EXTENT));
        let (root_on, root) = if fits {
            (Role::Ssd, on_ssd)
        } else {
            (Role::Hdd, storage.root.size.round_up(EXTENT))
        };
        let cow = worst_case_cow(root, storage.chunk);
        let physical = ByRole {
            ssd: fits.then_some(left.saturating_sub(spare)),
            hdd: Some(disks.hdd.round_down(ALIGNMENT).saturating_sub(ALIGNMENT * 2)),
        };
        let taken = cow * COW_STORES + if fits { Bytes::ZERO } else { root };
        let least = |volume: &DataVolume| match volume.size {
            Share::Size(size) => size,
            Share::Rest => volume.min,
        };
        let needs = taken + least(&storage.user) + least(&storage.audit) + EXTENT * 2;
        let available = physical.hdd.map_or(Bytes::ZERO, volumes_in);
        let rest = available
            .checked_sub(needs)
            .ok_or(TooSmall { role: Role::Hdd, needs: needs + ALIGNMENT * 4 })?;
        let shared = [storage.user.size, storage.audit.size].contains(&Share::Rest);
        let vault = vault_within(vault, root, rest, shared);
        let rest = rest.saturating_sub(vault.unwrap_or(Bytes::ZERO));
        let given = |volume: &DataVolume| match volume.size {
            Share::Size(size) => size.round_up(EXTENT),
            Share::Rest => (volume.min + rest).round_down(EXTENT),
        };
        let (user, audit) = (given(&storage.user), given(&storage.audit));
        let spare = if fits { spare } else { Bytes::ZERO };
        Ok(Self { golden, physical, spare, root_on, root, cow, user, audit, vault })
    }
}

impl Layout {
    /// Whether it has no vault though the policy asks for one: there was no room.
    pub fn lacks_vault(&self, wanted: VaultSize) -> bool {
        self.vault.is_none() && wanted != VaultSize::None
    }
}

/// What an HDD holds that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Data {
    /// The physical volume's partition.
    pub partition: Bytes,
    /// All volumes that stay.
    pub taken: Bytes,
    /// The user volume, where it is one of them.
    pub user: Option<Bytes>,
    /// The audit volume, likewise.
    pub audit: Option<Bytes>,
    /// The vault, likewise.
    pub vault: Option<Bytes>,
}

impl Layout {
    /// The sizes around data that stays on the HDD. Root is as large as the room that is left for
    /// its snapshots allows.
    pub fn around(
        storage: &Storage,
        vault: VaultSize,
        ssd: Bytes,
        slot: Bytes,
        data: &Data,
    ) -> Result<Self, TooSmall> {
        // As for an HDD that has room for everything, then cut down to what this one has.
        let roomy = ByRole { ssd, hdd: data.partition + storage.root.size * 8 + Bytes::gib(1024) };
        let mut layout = Self::new(storage, VaultSize::None, &roomy, slot)?;
        let least = |kept: Option<Bytes>, volume: &DataVolume| match (kept, volume.size) {
            (Some(_), _) => Bytes::ZERO,
            (None, Share::Size(size)) => size.round_up(EXTENT),
            (None, Share::Rest) => volume.min.round_up(EXTENT),
        };
        let missing = (least(data.user, &storage.user), least(data.audit, &storage.audit));
        let fixed = data.taken + missing.0 + missing.1 + EXTENT * 2;
        let on_hdd = |root: Bytes| match layout.root_on {
            Role::Ssd => worst_case_cow(root, storage.chunk) * COW_STORES,
            Role::Hdd => root + worst_case_cow(root, storage.chunk) * COW_STORES,
        };
        let room = volumes_in(data.partition);
        let smallest = layout.root.min(storage.root.min.round_up(EXTENT));
        let needs = |root: Bytes| fixed + on_hdd(root);
        let fits = largest(smallest, layout.root, |root| needs(root) <= room)
            .ok_or(TooSmall { role: Role::Hdd, needs: needs(smallest) })?;
        layout.physical.hdd = Some(data.partition);
        layout.cow = worst_case_cow(fits, storage.chunk);
        layout.root = fits;
        layout.user = data.user.unwrap_or(missing.0);
        layout.audit = data.audit.unwrap_or(missing.1);
        // The sizes of the others are settled: what is left is nobody's.
        let left = room.saturating_sub(needs(fits));
        layout.vault = data.vault.or_else(|| vault_within(vault, fits, left, false));
        Ok(layout)
    }
}

/// The size of the vault, of what all other volumes leave at their least; nothing where it does not fit.
///
/// A system packs to less than half, and the files of many nights are the same: half of root holds what the
/// policy keeps by default, of a root that is full. Where another volume takes all that is left, the vault has
/// no more than a third of it. With less than an eighth of root it would soon be full of what nobody can rely on.
pub fn vault_within(wanted: VaultSize, root: Bytes, left: Bytes, shared: bool) -> Option<Bytes> {
    let least = least_vault(wanted, root)?;
    let size = match wanted {
        VaultSize::None | VaultSize::Size(_) => least,
        VaultSize::Auto => {
            let share = if shared { Bytes(left.0 / 3) } else { left };
            Bytes(root.0 / 2).min(share).round_down(EXTENT)
        }
    };
    (size <= left && size >= least).then_some(size)
}

/// The size that the vault has at the least; nothing where none is wanted.
pub fn least_vault(wanted: VaultSize, root: Bytes) -> Option<Bytes> {
    match wanted {
        VaultSize::None => None,
        VaultSize::Size(size) => Some(size.round_up(EXTENT)),
        VaultSize::Auto => Some(Bytes(root.0 / 8).max(LEAST_VAULT).round_up(EXTENT)),
    }
}

/// The largest size that fits, in whole extents from the least on; where one fits, all smaller do.
fn largest(least: Bytes, most: Bytes, fits: impl Fn(Bytes) -> bool) -> Option<Bytes> {
    if fits(most) {
        return Some(most);
    }
    // The lower one fits, the upper one does not.
    let (mut lower, mut upper) = (fits(least).then_some(least)?, most);
    while lower + EXTENT < upper {
        let middle = lower + Bytes(upper.saturating_sub(lower).0 / 2).round_up(EXTENT);
        if fits(middle) {
            lower = middle;
        } else {
            upper = middle;
        }
    }
    Some(lower)
}

/// Room for one image and the filesystem itself: less than this holds none.
pub fn room_for_one(slot: Bytes) -> Bytes {
    slot + Bytes(slot.0 / 16) + Bytes::mib(32)
}

/// Room for two images, of which the second may be a quarter larger, and the filesystem itself.
fn room_for_two(slot: Bytes) -> Bytes {
    Bytes(slot.0.saturating_mul(9) / 4) + Bytes(slot.0 / 16) + Bytes::mib(64)
}

/// What a physical volume of this size holds, less its metadata, in whole extents.
pub(crate) fn volumes_in(partition: Bytes) -> Bytes {
    partition.saturating_sub(ALIGNMENT).round_down(EXTENT)
}

/// The size of a physical volume that holds volumes of this size, a multiple of the extent.
fn partition_for(volumes: Bytes) -> Bytes {
    volumes + ALIGNMENT
}

/// The size at which a COW store can't overflow, whatever is written to its origin.
///
/// Chunk 0 is the header. Metadata area n is chunk 1 + n(E+1) and names E = chunk / 16 exceptions
/// of 16 bytes; the kernel clears the next area when one is full. LVM cuts a store down to the
/// size that it holds usable, so that an extent too many costs nothing.
pub fn worst_case_cow(origin: Bytes, chunk: Bytes) -> Bytes {
    let exceptions = origin.0.div_ceil(chunk.0);
    let areas = exceptions / (chunk.0 / 16) + 2;
    (chunk * (1 + areas).saturating_add(exceptions)).round_up(EXTENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn disks(ssd: &str, hdd: &str) -> ByRole<Bytes> {
        ByRole { ssd: ssd.parse().unwrap(), hdd: hdd.parse().unwrap() }
    }

    #[test]
    fn root_takes_what_a_small_ssd_has() {
        let layout = Layout::new(
            &Storage::default(),
            VaultSize::Auto,
            &disks("64GB", "500GB"),
            Bytes::mib(400),
        )
        .unwrap();
        assert_eq!(layout.root_on, Role::Ssd);
        assert!(layout.root > Bytes::gib(52) && layout.root < Bytes::gib(55), "{}", layout.root);
    }

    #[test]
    fn a_part_of_the_ssd_stays_free_where_root_can_do_without() {
        let layout = |ssd, text: &str| {
            let storage: Storage = toml::from_str(text).unwrap();
            Layout::new(&storage, VaultSize::Auto, &disks(ssd, "500GB"), Bytes::mib(400)).unwrap()
        };
        let roomy = layout("480GB", "");
        assert_eq!((roomy.root, roomy.spare), (Bytes::gib(100), Bytes::mib(32_044)));
        let none = layout("64GB", "spare = 0");
        let seven = layout("64GB", "");
        assert_eq!(none.spare, Bytes::ZERO);
        assert!(seven.root + seven.spare <= none.root + EXTENT && seven.spare > Bytes::gib(4));
        // Root stays where it would be without, at no less than the policy's least.
        let least = layout("24GB", "");
        assert_eq!(least.root_on, Role::Ssd);
        assert!(least.root >= Bytes::gib(20) && least.spare < Bytes::gib(1), "{least:?}");
    }

    #[test]
    fn root_goes_to_the_hdd_when_the_ssd_is_too_small_for_it() {
        let layout = Layout::new(
            &Storage::default(),
            VaultSize::Auto,
            &disks("16GB", "500GB"),
            Bytes::mib(400),
        )
        .unwrap();
        assert_eq!((layout.root_on, layout.root), (Role::Hdd, Bytes::gib(100)));
        assert_eq!(layout.physical.ssd, None);
    }

    #[test]
    fn a_disk_that_is_too_small_is_named_with_what_it_needs() {
        let small = |ssd, hdd| {
            Layout::new(&Storage::default(), VaultSize::Auto, &disks(ssd, hdd), Bytes::mib(400))
                .unwrap_err()
        };
        assert_eq!(small("1GB", "500GB").role, Role::Ssd);
        let hdd = small("64GB", "100GB");
        assert_eq!(hdd.role, Role::Hdd);
        let enough = ByRole { ssd: Bytes(64_000_000_000), hdd: hdd.needs };
        assert!(
            Layout::new(&Storage::default(), VaultSize::Auto, &enough, Bytes::mib(400)).is_ok()
        );
    }

    #[test]
    fn a_vault_has_a_part_of_what_the_others_leave() {
        let of = |ssd, hdd, wanted| {
            let layout =
                Layout::new(&Storage::default(), wanted, &disks(ssd, hdd), Bytes::mib(400));
            let layout = layout.unwrap();
            (layout.vault, layout.user)
        };
        // Half of root, where that is little beside the user volume.
        let (vault, user) = of("64GB", "500GB", VaultSize::Auto);
        assert!(vault > Some(Bytes::gib(26)) && vault < Some(Bytes::gib(27)), "{vault:?}");
        assert!(user > Bytes::gib(220), "{user}");
        // A third of what is left, where a large root has left little.
        let (vault, user) = of("480GB", "500GB", VaultSize::Auto);
        assert!(vault > Some(Bytes::gib(36)) && vault < Some(Bytes::gib(40)), "{vault:?}");
        assert!(user > Bytes::gib(70), "{user}");
        // None, where it would be too small to be of use, or does not fit.
        let (vault, user) = of("480GB", "400GB", VaultSize::Auto);
        assert_eq!((vault, user), (None, of("480GB", "400GB", VaultSize::None).1));
        let size = |gib| VaultSize::Size(Bytes::gib(gib));
        assert_eq!(of("64GB", "500GB", size(100)).0, Some(Bytes::gib(100)));
        assert_eq!(of("64GB", "500GB", size(400)).0, None);
    }

    #[test]
    fn a_vault_takes_what_nobody_else_does() {
        let mut storage = Storage::default();
        storage.user.size = Share::Size(Bytes::gib(50));
        let disks = disks("64GB", "500GB");
        let layout = Layout::new(&storage, VaultSize::Auto, &disks, Bytes::mib(400)).unwrap();
        assert_eq!(layout.vault, Some(Bytes(layout.root.0 / 2).round_down(EXTENT)));
        // Around data that stays it is as large as it was, or what is left.
        let data = |vault: Option<Bytes>| Data {
            partition: layout.physical.hdd.unwrap(),
            taken: layout.user + layout.audit + vault.unwrap_or(Bytes::ZERO),
            user: Some(layout.user),
            audit: Some(layout.audit),
            vault,
        };
        let around = |wanted, data: &Data| {
            Layout::around(&storage, wanted, disks.ssd, Bytes::mib(400), data).unwrap()
        };
        assert_eq!(around(VaultSize::None, &data(layout.vault)).vault, layout.vault);
        assert_eq!(around(VaultSize::Auto, &data(None)).vault, layout.vault);
        assert_eq!(around(VaultSize::None, &data(None)).vault, None);
    }

    proptest! {
        #[test]
        fn everything_fits_where_a_layout_is_found(
            ssd in 1u64 << 30..1 << 41, hdd in 1u64 << 30..1 << 43, slot in 1u64 << 20..1 << 33,
            chunk in 12u32..=19, vault in proptest::option::of(1u64 << 26..1 << 42),
        ) {
            let storage = Storage { chunk: Bytes(1 << chunk), ..Storage::default() };
            let disks = ByRole { ssd: Bytes(ssd), hdd: Bytes(hdd) };
            let wanted = vault.map_or(VaultSize::Auto, |size| VaultSize::Size(Bytes(size)));
            let found = Layout::new(&storage, wanted, &disks, Bytes(slot));
            // It never stands against an installation.
            let without = Layout::new(&storage, VaultSize::None, &disks, Bytes(slot));
            prop_assert_eq!(found.is_ok(), without.is_ok());
            let Ok(layout) = found else { return Ok(()) };
            let root = |role| if layout.root_on == role { layout.root } else { Bytes::ZERO };
            let vault = layout.vault.unwrap_or(Bytes::ZERO);
            let on_hdd = layout.cow * 3 + layout.user + layout.audit + vault + root(Role::Hdd);
            prop_assert!(layout.user >= storage.user.min);
            prop_assert!(layout.vault.is_none_or(|size| size >= LEAST_VAULT && size.0 % EXTENT.0 == 0));
            prop_assert!(on_hdd <= layout.physical.hdd.map(volumes_in).unwrap());
            prop_assert!(root(Role::Ssd) <= layout.physical.ssd.map_or(Bytes::ZERO, volumes_in));
            let parted = layout.physical.ssd.map_or(Bytes::ZERO, |ssd| ssd + layout.spare);
            prop_assert!(layout.golden + parted + ESP + storage.boot + ALIGNMENT * 3 <= Bytes(ssd));
            prop_assert!(layout.golden >= Bytes(slot) * 2);
            prop_assert!(layout.cow > layout.root);
        }
    }
}
