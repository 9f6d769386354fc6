//! An appliance, and an image's slot, for the tests of several modules.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;

use tempfile::TempDir;
use zshield_golden::manifest::{Identity as ImageIdentity, Listing};
use zshield_golden::slot::{self, Artifact, ArtifactRecord};
use zshield_golden::verity::Verity;
use zshield_plan::appliance::Appliance;
use zshield_plan::id::{DiskName, Identity};
use zshield_plan::model::{Binding, Snapshot, SnapshotState};
use zshield_plan::policy::{GroupName, VolumeName};
use zshield_plan::role::{ByRole, Role};
use zshield_plan::saved::BootSetMeta;
use zshield_plan::world::World;
use zshield_units::{Bytes, FillRatio, UnixTime, VolumeId};

use crate::error::{Error, Refusal};

pub(crate) const POLICY: &str =
    "[product]\nname = \"Gateway\"\nversion = \"1.0.0\"\n[payload]\nsource = \"rootfs.tar\"\n";

pub(crate) fn volume(name: &str) -> VolumeName {
    VolumeName::new(name).unwrap()
}

/// What was refused.
pub(crate) fn refusal(error: impl Into<Error>) -> Refusal {
    match error.into() {
        Error::Refused(refusal) => refusal,
        Error::NotBegun(error) | Error::Failed(error) => panic!("{error:?}"),
    }
}

/// A snapshot that can be gone back to.
pub(crate) fn valid(created: i64) -> Snapshot {
    let state = SnapshotState::Valid { fill: FillRatio(100) };
    let saved = BootSetMeta::new(UnixTime(created), "1.0.0".into(), "digest".into());
    Snapshot { saved: Some(saved), state, ..invalid(created) }
}

/// One whose store overflowed.
pub(crate) fn invalid(created: i64) -> Snapshot {
    let id = VolumeId::new(&format!("snapsh-0000-0000-0000-0000-0000-{created:06}")).unwrap();
    let (chunk, state) = (Bytes::mib(1), SnapshotState::Invalid);
    Snapshot { id, chunk, state, created: UnixTime(created), saved: None }
}

/// A disk of this serial number.
pub(crate) fn identity(serial: &str) -> Identity {
    Identity { model: "m".into(), serial: serial.into(), size: Bytes::gib(500) }
}

/// An appliance in good order, with these snapshots.
pub(crate) fn appliance(snapshots: &[(&str, Snapshot)]) -> Appliance {
    let binding = Binding {
        disks: ByRole { ssd: DiskName("sda".into()), hdd: DiskName("sdb".into()) },
        group: GroupName::new("vgroup").unwrap(),
    };
    let disks = ByRole { ssd: identity("s"), hdd: identity("h") };
    Appliance {
        there: true,
        members: Role::ALL.to_vec(),
        volumes: BTreeMap::from([(volume("lv-root"), Bytes::gib(40))]),
        snapshots: snapshots.iter().map(|(name, it)| (volume(name), it.clone())).collect(),
        ..Appliance::unseen(binding, disks)
    }
}

/// A machine with an SSD and HDDs.
pub(crate) fn world() -> World {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../plan/tests/worlds/ssd-64gb.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// A slot that nobody signed, with this policy and an empty payload.
pub(crate) fn slot(policy: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let artifacts = Artifact::ALL.map(|artifact| {
        let path = directory.path().join(artifact.file_name());
        fs::write(&path, if artifact == Artifact::Policy { policy } else { "content" }).unwrap();
        ArtifactRecord::of_reader(artifact, &mut File::open(path).unwrap()).unwrap()
    });
    let identity = ImageIdentity {
        product: "Gateway".into(),
        version: "1.0.0".into(),
        created: "2026-01-02T03:04:05Z".into(),
        kernel_release: "6.1.0-test".into(),
        kernel: "boot/vmlinuz".into(),
        initrd: "boot/initrd.img".into(),
    };
    let verity = Verity {
        root_hash: "0".repeat(64).parse().unwrap(),
        salt: "00".parse().unwrap(),
        data_blocks: 0,
        hash_offset: 0,
    };
    let manifest = Listing::new().into_manifest(identity, verity, artifacts.to_vec()).unwrap();
    fs::write(directory.path().join(slot::MANIFEST), manifest.text).unwrap();
    directory
}
