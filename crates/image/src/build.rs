//! From a policy and a payload to an image for a USB stick.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use zshield_golden::Digest;
use zshield_golden::key::{KeyId, SigningKey};
use zshield_golden::manifest::{ArtifactRecord, Identity, Listing};
use zshield_golden::signature::{self, TrustedKeys};
use zshield_golden::slot::{Artifact, MANIFEST, SIGNATURE};
use zshield_golden::verity::{self, RootHash, Salt, Verity};
use zshield_plan::policy::Policy;

use crate::check::{self, Checked};
use crate::error::{BuildError, at};
use crate::initramfs::{Archive, Contents};
use crate::notice::Notice;
use crate::payload::{Payload, Source};
use crate::progress::{Phase, Progress};
use crate::stick::Stick;
use crate::tree::Tree;
use crate::{fat, font, grub, identity::Guid, settings, squash};

/// What an image is to be built from.
#[derive(Debug)]
pub struct Request<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The same as its file has it: it goes onto the appliance as it is.
    pub policy_text: &'a str,
    /// The policy's folder, which its paths are relative to.
    pub base: &'a Path,
    /// The image to write.
    pub output: &'a Path,
    /// The key that signs it; it is read and goes nowhere.
    pub secret_key: Option<&'a Path>,
    /// The password of that key.
    pub password: Option<&'a str>,
    /// Whether an image without a signature will do.
    pub insecure_unsigned: bool,
    /// zshield as the rescue system's first process: a static program, mostly this one itself.
    pub init: &'a Path,
    /// The time that stands for the build's, in seconds since 1970.
    pub source_date_epoch: Option<i64>,
}

/// What was built.
#[derive(Debug)]
pub struct Summary {
    /// The image.
    pub image: PathBuf,
    /// Its length in bytes.
    pub image_size: u64,
    /// What of it is not zero and has to be written, in bytes.
    pub used: u64,
    /// Each file of its slot and how long it is.
    pub artifacts: Vec<(Artifact, u64)>,
    /// How many files, folders and links the payload has.
    pub entries: u64,
    /// The bytes of the payload's files.
    pub payload_bytes: u64,
    /// The payload's kernel.
    pub kernel_release: String,
    /// The hash that the kernel checks the payload by.
    pub root_hash: RootHash,
    /// Names the image in records: the digest of its manifest.
    pub digest: Digest,
    /// Who signed it.
    pub signed_by: Option<KeyId>,
    /// What is worth knowing.
    pub notices: Vec<Notice>,
    /// How long each part took.
    pub took: Vec<(Phase, Duration)>,
}

/// Builds an image. On failure there is none, and an older one of its name is as it was.
pub fn build(request: &Request<'_>, progress: &dyn Progress) -> Result<Summary, BuildError> {
    let keys = Keys::load(request)?;
    let mut clock = Clock::new(progress);
    let created = created(request)?;
    let scratch = scratch(request.output)?;

    clock.begin(Phase::Read);
    let source = Source::recognise(&request.base.join(&request.policy.payload.source))?;
    let lacking = check::lacking_tools(&source);
    if source.tools().iter().any(|tool| tool.find().is_none()) {
        return Err(BuildError::Lacking(lacking));
    }
    let payload = Payload::open(source, scratch.path())?;
    clock.begin(Phase::Check);
    let mut checked = check::check(payload.tree(), &request.policy.payload, lacking)?;
    checked.notices.extend(keys.signing.is_none().then_some(Notice::Unsigned));

    let slot = Slot::create(scratch.path())?;
    clock.begin(Phase::Pack);
    let squashfs = slot.path(Artifact::Squashfs);
    checked.notices.extend(squash::pack(payload.source(), &squashfs, created)?);
    clock.begin(Phase::List);
    let listing = Listing::from_squashfs(&squashfs, &|bytes| progress.advance(bytes))?;
    clock.begin(Phase::Verity);
    let verity = append_verity(&squashfs, progress)?;
    clock.begin(Phase::Initramfs);
    slot.make_initramfs(request, &keys, &checked, payload.tree(), created)?;
    clock.begin(Phase::Boot);
    slot.make_boot(request, &checked, scratch.path(), created)?;

    clock.begin(Phase::Sign);
    let (entries, payload_bytes) = (listing.entries(), listing.bytes());
    let root_hash = verity.root_hash;
    let digest = slot.seal(request, &checked, listing, verity, keys.signing.as_ref(), created)?;
    clock.begin(Phase::Assemble);
    let stick = Stick { policy: request.policy, slot: &slot.folder, digest, created };
    let (image_size, used) = stick.write(scratch.path(), request.output)?;
    Ok(Summary {
        image: request.output.into(),
        image_size,
        used,
        artifacts: slot.sizes()?,
        entries,
        payload_bytes,
        kernel_release: checked.kernel.release,
        root_hash,
        digest,
        signed_by: keys.signing.map(|key| key.id()),
        notices: checked.notices,
        took: clock.finish(),
    })
}

/// The keys of a build.
struct Keys {
    signing: Option<SigningKey>,
    /// The public keys that the rescue system will trust: file name and text.
    trusted: Vec<(String, String)>,
}

impl Keys {
    /// Loads them before any work, so that nobody waits for an image which can't be signed.
    fn load(request: &Request<'_>) -> Result<Self, BuildError> {
        let mut trusted = Vec::new();
        let mut known: Vec<KeyId> = Vec::new();
        for (number, file) in (1..).zip(&request.policy.image.trusted_keys) {
            let path = request.base.join(file);
            known.extend(TrustedKeys::load([&path])?.ids());
            let text = fs::read_to_string(&path).map_err(at(&path))?;
            trusted.push((format!("{number}.pub"), text));
        }
        let signing = match request.secret_key {
            Some(path) => Some(SigningKey::load(path, request.password)?),
            None if request.insecure_unsigned => None,
            None => return Err(BuildError::WouldBeUnsigned),
        };
        match &signing {
            // Where the policy names no key, the one that signs is the one to trust.
            Some(key) if known.is_empty() => trusted.push(("1.pub".to_owned(), key.public_text())),
            Some(key) if !known.contains(&key.id()) => {
                return Err(BuildError::KeyNotTrusted(key.id().to_string()));
            }
            _ => {}
        }
        Ok(Self { signing, trusted })
    }
}

/// The folder in which the Golden Image's files are made.
struct Slot {
    folder: PathBuf,
}

impl Slot {
    fn create(scratch: &Path) -> Result<Self, BuildError> {
        let folder = scratch.join("slot");
        fs::create_dir(&folder).map_err(at(&folder))?;
        Ok(Self { folder })
    }

    fn path(&self, artifact: Artifact) -> PathBuf {
        self.folder.join(artifact.file_name())
    }

    fn write(&self, artifact: Artifact, content: impl AsRef<[u8]>) -> Result<(), BuildError> {
        let path = self.path(artifact);
        fs::write(&path, content).map_err(at(&path))
    }

    fn make_initramfs(
        &self,
        request: &Request<'_>,
        keys: &Keys,
        checked: &Checked,
        tree: &Tree,
        created: i64,
    ) -> Result<(), BuildError> {
        let kernel_config = checked.kernel.config(tree);
        let archive = Archive::collect(&Contents {
            init: request.init,
            tree,
            modules: &checked.modules,
            kernel_config: &kernel_config,
            keys: &keys.trusted,
            settings: &settings::rescue_toml(request.policy, keys.signing.is_none()),
        })?;
        let compression = checked.kernel.ramdisk_compression(tree);
        archive.write_file(&self.path(Artifact::Initramfs), compression, created)?;
        let kernel = tree.root().join(&checked.kernel.image);
        fs::read(&kernel).map_err(at(&kernel)).and_then(|bytes| self.write(Artifact::Kernel, bytes))
    }

    /// Makes GRUB's parts for both firmwares, its font, and the policy's copy.
    fn make_boot(
        &self,
        request: &Request<'_>,
        checked: &Checked,
        scratch: &Path,
        created: i64,
    ) -> Result<(), BuildError> {
        let unfit = || BuildError::GrubUnfit(checked.pc.folder.clone());
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
    fn seal(
        &self,
        request: &Request<'_>,
        checked: &Checked,
        listing: Listing,
        verity: Verity,
        key: Option<&SigningKey>,
        created: i64,
    ) -> Result<Digest, BuildError> {
        let mut artifacts = Vec::new();
        for artifact in Artifact::ALL {
            let path = self.path(artifact);
            let record = fs::File::open(&path)
                .and_then(|mut file| ArtifactRecord::of_reader(artifact, &mut file));
            artifacts.push(record.map_err(at(&path))?);
        }
        let time =
            jiff::Timestamp::from_second(created).map_err(|_| BuildError::BadTime(created))?;
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
            let path = self.folder.join(SIGNATURE);
            fs::write(&path, signature::sign(&manifest, key)).map_err(at(&path))?;
        }
        let path = self.folder.join(MANIFEST);
        fs::write(&path, &manifest.text).map_err(at(&path))?;
        Ok(Digest::of(&manifest.text))
    }

    fn sizes(&self) -> Result<Vec<(Artifact, u64)>, BuildError> {
        let size = |artifact| {
            let path = self.path(artifact);
            Ok((artifact, path.metadata().map_err(at(&path))?.len()))
        };
        Artifact::ALL.into_iter().map(size).collect()
    }
}

/// The tree behind the squashfs, its salt taken from the content so that it is the same again.
fn append_verity(squashfs: &Path, progress: &dyn Progress) -> Result<Verity, BuildError> {
    let mut file = fs::File::open(squashfs).map_err(at(squashfs))?;
    let mut hasher = blake3::Hasher::new_derive_key("zshield dm-verity salt");
    std::io::copy(&mut file, &mut hasher).map_err(at(squashfs))?;
    let salt = Salt::new(*hasher.finalize().as_bytes());
    let salt = salt.ok_or_else(|| BuildError::PayloadUnknown(squashfs.into()))?;
    Ok(verity::append(squashfs, salt, &|bytes| progress.advance(bytes))?)
}

fn created(request: &Request<'_>) -> Result<i64, BuildError> {
    // FAT knows no time before 1980, and a squashfs and a cpio none after 2106.
    const KNOWN: std::ops::RangeInclusive<i64> = 315_532_800..=0xffff_ffff;
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    let created = request.source_date_epoch.unwrap_or_else(|| now().cast_signed());
    KNOWN.contains(&created).then_some(created).ok_or(BuildError::BadTime(created))
}

/// A folder for scratch files beside the output: that filesystem must have room anyway.
fn scratch(output: &Path) -> Result<tempfile::TempDir, BuildError> {
    let folder = output.parent().filter(|path| !path.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    tempfile::Builder::new().prefix(".zshield-").tempdir_in(folder).map_err(at(folder))
}

/// Tells whoever waits what begins, and keeps how long it took.
struct Clock<'a> {
    progress: &'a dyn Progress,
    running: Option<(Phase, Instant)>,
    took: Vec<(Phase, Duration)>,
}

impl<'a> Clock<'a> {
    fn new(progress: &'a dyn Progress) -> Self {
        Self { progress, running: None, took: Vec::new() }
    }

    fn begin(&mut self, phase: Phase) {
        self.end();
        self.progress.begin(phase);
        self.running = Some((phase, Instant::now()));
    }

    fn end(&mut self) {
        self.took.extend(self.running.take().map(|(phase, since)| (phase, since.elapsed())));
    }

    fn finish(mut self) -> Vec<(Phase, Duration)> {
        self.end();
        self.took
    }
}
