//! The slot in the making: the Golden Image's files in a directory of this host.

use std::fs;
use std::path::{Path, PathBuf};

use zshield_golden::Digest;
use zshield_golden::EntryPath;
use zshield_golden::key::SigningKey;
use zshield_golden::manifest::{Identity, Listing};
use zshield_golden::signature;
use zshield_golden::slot::{Artifact, ArtifactRecord, MANIFEST, SIGNATURE};
use zshield_golden::verity::{self, Salt, Verity};
use zshield_plan::policy::Storage;
use zshield_units::UnixTime;

use crate::check::Checked;
use crate::error::{BuildError, at};
use crate::identity::Guid;
use crate::initramfs::{self, Contents};
use crate::keys::Keys;
use crate::progress::Progress;
use crate::request::Request;
use crate::sysroot::Sysroot;
use crate::{fat, font, grub, settings};

/// The directory in which the Golden Image's files are made.
pub(crate) struct Slot {
    /// The directory.
    pub(crate) directory: PathBuf,
}

impl Slot {
    pub(crate) fn create(scratch: &Path) -> Result<Self, BuildError> {
        let directory = scratch.join("slot");
        fs::create_dir(&directory).map_err(at(&directory))?;
        Ok(Self { directory })
    }

    pub(crate) fn path(&self, artifact: Artifact) -> PathBuf {
        self.directory.join(artifact.file_name())
    }

    fn write(&self, artifact: Artifact, content: impl AsRef<[u8]>) -> Result<(), BuildError> {
        let path = self.path(artifact);
        fs::write(&path, content).map_err(at(&path))
    }

    pub(crate) fn make_initramfs(
        &self,
        request: &Request<'_>,
        keys: &Keys,
        checked: &Checked,
        tree: &Sysroot,
        created: UnixTime,
    ) -> Result<(), BuildError> {
        let kernel_config = checked.kernel.config(tree);
        let archive = initramfs::collect(&Contents {
            init: request.init,
            tree,
            modules: &checked.modules,
            kernel_config: &kernel_config,
            keys: &keys.trusted,
            settings: &settings::rescue_toml(request.policy, keys.signing.is_none()),
            shell: request.policy.image.allow_shell,
        })?;
        let compression = checked.kernel.ramdisk_compression(tree);
        archive.write_file(&self.path(Artifact::Initramfs), compression, created)?;
        let early = initramfs::early(request.init, tree)?;
        early.write_file(&self.path(Artifact::Early), compression, created)?;
        let kernel = tree.root().join(&checked.kernel.image);
        fs::read(&kernel).map_err(at(&kernel)).and_then(|bytes| self.write(Artifact::Kernel, bytes))
    }

    /// Makes GRUB's parts for both firmwares, its font, and the policy's copy.
    pub(crate) fn make_boot(
        &self,
        request: &Request<'_>,
        checked: &Checked,
        scratch: &Path,
        created: UnixTime,
    ) -> Result<(), BuildError> {
        let unfit = || BuildError::GrubUnfit(checked.pc.directory.clone());
        let boot = grub::fitted_boot_sector(checked.pc.boot_sector()?).ok_or_else(unfit)?;
        self.write(Artifact::BootSector, boot)?;
        let core = grub::fitted_core(checked.pc.core()?).ok_or_else(unfit)?;
        self.write(Artifact::Core, core)?;
        let loader = scratch.join("bootx64.efi");
        let bytes = checked.efi.core()?;
        let serial = Guid::derived(&bytes, "zs-esp").serial();
        fs::write(&loader, bytes).map_err(at(&loader))?;
        fat::make_esp(&self.path(Artifact::Esp), &loader, serial, created)?;
        let characters = zshield_plan::grub::characters();
        self.write(Artifact::Font, font::menu_font([characters.as_str()]))?;
        self.write(Artifact::Policy, request.policy_text)
    }

    /// Writes the manifest of all that is there, and signs it.
    pub(crate) fn seal(
        &self,
        request: &Request<'_>,
        checked: &Checked,
        listing: Listing,
        verity: Verity,
        key: Option<&SigningKey>,
        created: UnixTime,
    ) -> Result<Digest, BuildError> {
        let mut artifacts = Vec::new();
        for artifact in Artifact::ALL {
            let path = self.path(artifact);
            let record = fs::File::open(&path)
                .and_then(|mut file| ArtifactRecord::of_reader(artifact, &mut file));
            artifacts.push(record.map_err(at(&path))?);
        }
        let time = created.timestamp().ok_or(BuildError::BadTime(created))?;
        let identity = Identity {
            product: request.policy.product.name.clone(),
            version: request.policy.product.version.clone(),
            created: time.to_string(),
            kernel_release: checked.kernel.release.clone(),
            kernel: checked.kernel.image.to_string_lossy().into_owned(),
            initrd: checked.kernel.initrd.iter().map(|path| path.to_string_lossy()).collect(),
        };
        let manifest = listing.into_manifest(identity, verity, artifacts)?;
        if let Some(key) = key {
            let path = self.directory.join(SIGNATURE);
            fs::write(&path, signature::sign(&manifest, key)).map_err(at(&path))?;
        }
        let path = self.directory.join(MANIFEST);
        fs::write(&path, &manifest.text).map_err(at(&path))?;
        Ok(Digest::of(&manifest.text))
    }

    pub(crate) fn sizes(&self) -> Result<Vec<(Artifact, u64)>, BuildError> {
        let size = |artifact| {
            let path = self.path(artifact);
            Ok((artifact, path.metadata().map_err(at(&path))?.len()))
        };
        Artifact::ALL.into_iter().map(size).collect()
    }
}

/// Where other filesystems than root's are mounted on the machine, as paths of the payload.
pub(crate) fn mounted(storage: &Storage) -> Vec<EntryPath> {
    let relative = |path: &str| EntryPath::new(path.trim_start_matches('/')).ok();
    storage.mount_points().into_iter().filter_map(relative).collect()
}

/// The tree behind the squashfs, its salt taken from the content so that it is the same again.
pub(crate) fn append_verity(
    squashfs: &Path,
    progress: &dyn Progress,
) -> Result<Verity, BuildError> {
    let mut file = fs::File::open(squashfs).map_err(at(squashfs))?;
    let mut hasher = blake3::Hasher::new_derive_key("zshield dm-verity salt");
    std::io::copy(&mut file, &mut hasher).map_err(at(squashfs))?;
    let salt = Salt::new(*hasher.finalize().as_bytes());
    let salt = salt.ok_or_else(|| BuildError::PayloadUnknown(squashfs.into()))?;
    Ok(verity::append(squashfs, salt, &|bytes| progress.advance(bytes))?)
}
