//! From a policy and a payload to an image for a USB stick.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use zshield_golden::Digest;
use zshield_golden::key::KeyId;
use zshield_golden::manifest::Listing;
use zshield_golden::slot::Artifact;
use zshield_golden::verity::RootHash;
use zshield_plan::layout;
use zshield_units::{Bytes, UnixTime};

use crate::error::{BuildError, at};
use crate::keys::Keys;
use crate::notice::Notice;
use crate::payload::{Payload, Source};
use crate::progress::{Phase, Progress};
use crate::request::Request;
use crate::scratch::{self, Directory};
use crate::slot::{self, Slot};
use crate::stick::Stick;
use crate::{check, squash};

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
    /// How many files, directories and links the payload has.
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
    let scratch =
        Directory::beside(request.output).map_err(at(scratch::directory_of(request.output)))?;

    clock.begin(Phase::Read);
    let source = Source::recognise(&request.base.join(&request.policy.payload.source))?;
    let lacking = check::lacking_tools(&source);
    if source.tools().iter().any(|tool| tool.find().is_none()) {
        return Err(BuildError::Lacking(lacking));
    }
    let payload = Payload::open(source, scratch.path())?;
    clock.begin(Phase::Check);
    let mut checked = check::check(payload.tree(), request.policy, lacking)?;
    checked.notices.extend(keys.signing.is_none().then_some(Notice::Unsigned));

    let slot = Slot::create(scratch.path())?;
    clock.begin(Phase::Pack);
    let squashfs = slot.path(Artifact::Squashfs);
    checked.notices.extend(squash::pack(&payload, &squashfs, created)?);
    clock.begin(Phase::List);
    let mounted = slot::mounted(&request.policy.storage);
    let listing = Listing::from_squashfs(&squashfs, &mounted, &|bytes| progress.advance(bytes))?;
    let lacking = check::lacking_directories(&listing, &request.policy.storage)?;
    if !lacking.is_empty() {
        return Err(BuildError::Lacking(lacking));
    }
    clock.begin(Phase::Verity);
    let verity = slot::append_verity(&squashfs, progress)?;
    clock.begin(Phase::Initramfs);
    slot.make_initramfs(request, &keys, &checked, payload.tree(), created)?;
    clock.begin(Phase::Boot);
    slot.make_boot(request, &checked, scratch.path(), created)?;

    clock.begin(Phase::Sign);
    let (entries, payload_bytes) = (listing.entries(), listing.bytes());
    let root_hash = verity.root_hash;
    golden_has_room(request, &slot)?;
    let digest = slot.seal(request, &checked, listing, verity, keys.signing.as_ref(), created)?;
    clock.begin(Phase::Assemble);
    let stick = Stick { policy: request.policy, slot: &slot.directory, digest, created };
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

/// Refuses a Golden partition that the policy makes too small for this image.
fn golden_has_room(request: &Request<'_>, slot: &Slot) -> Result<(), BuildError> {
    let sizes = slot.sizes()?;
    let needs = layout::room_for_one(Bytes(sizes.iter().map(|(_, size)| size).sum()));
    match request.policy.storage.golden {
        Some(size) if size < needs => Err(BuildError::GoldenTooSmall { size, needs }),
        Some(_) | None => Ok(()),
    }
}

fn created(request: &Request<'_>) -> Result<UnixTime, BuildError> {
    // FAT knows no time before 1980, and a squashfs and a cpio none after 2106.
    const KNOWN: std::ops::RangeInclusive<UnixTime> = UnixTime(315_532_800)..=UnixTime(0xffff_ffff);
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    let created = request.source_date_epoch.unwrap_or_else(|| UnixTime(now().cast_signed()));
    KNOWN.contains(&created).then_some(created).ok_or(BuildError::BadTime(created))
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
