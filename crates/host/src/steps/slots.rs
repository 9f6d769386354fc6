//! The slots of the Golden partition: the inactive one put together anew, the active one changed; the floor and the keys.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Advice, fadvise};
use zshield_bundle::new_slot::NewSlot;
use zshield_golden::manifest::{Header, Manifest};
use zshield_golden::signature::{self, SignatureError, TrustedKeys};
use zshield_golden::slot::{self, MANIFEST, SIGNATURE};
use zshield_linux::{IoError, durable_file, label, usage};
use zshield_plan::id::Slot;
use zshield_plan::step::{BuildSlot, SwitchSlot, WriteFloor, WriteKeys};
use zshield_plan::upgrade::room::{self, ByPlace};
use zshield_plan::volumes::MOUNTS;
use zshield_units::Bytes;

use super::Perform;
use super::counter::Counter;
use super::work::Work;
use crate::floor;
use crate::keys;
use crate::step_error::StepError;

/// The blocks of the Golden partition.
const BLOCK: Bytes = Bytes(4096);

impl Perform for BuildSlot {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let new = work.context.new_slot()?;
        let within = work.within();
        let files: u64 = new.manifest().header().artifacts.iter().map(|record| record.size).sum();
        // Made once and read once.
        let counter = Counter::new(files * 2, work.observer, &within);
        build(self, new, &|bytes| counter.add(bytes))
    }
}

impl Perform for SwitchSlot {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let at = Path::new(&self.at);
        let directory = at.join(self.slot.directory());
        let manifest = in_slot(&directory, &self.image)?;
        let records = &manifest.header().artifacts;
        let within = work.within();
        let counter = Counter::new(records.iter().map(|it| it.size).sum(), work.observer, &within);
        slot::check(&directory, records, &|bytes| counter.add(bytes))?;
        mark(at, self.slot).map_err(IoError::at(at))?;
        Ok(())
    }
}

impl Perform for WriteFloor {
    fn perform(&self, _work: &Work<'_>) -> Result<(), StepError> {
        Ok(floor::raise(self.at.as_ref(), &self.floor)?)
    }
}

impl Perform for WriteKeys {
    fn perform(&self, _work: &Work<'_>) -> Result<(), StepError> {
        Ok(keys::add(self.at.as_ref(), &self.said)?)
    }
}

/// The slot that GRUB starts the rescue system from, by the Golden partition that is mounted here.
pub(crate) fn marked(golden: &Path) -> Slot {
    let [a, b] = Slot::ALL;
    if golden.join(Slot::MARK).exists() { b } else { a }
}

/// Marks it.
fn mark(golden: &Path, slot: Slot) -> io::Result<()> {
    let path = golden.join(Slot::MARK);
    match slot {
        Slot::A => remove(&path)?,
        Slot::B => durable_file::write(&path, 0o644, b"")?,
    }
    File::open(golden)?.sync_all()
}

/// The manifest in a slot, which has to have this digest.
fn in_slot(directory: &Path, image: &str) -> Result<Manifest, SignatureError> {
    // Who signed it was looked at when it was made, and is again by whoever opens it: here its digest counts.
    signature::open_installed(directory, &TrustedKeys::default(), image)
}

/// A directory seen at another place, where nobody can write to it; for as long as this lives.
struct ReadOnly(PathBuf);

impl ReadOnly {
    fn of(directory: &Path) -> Result<Self, IoError> {
        let at = Path::new(MOUNTS).join("old-slot");
        zshield_linux::mount::detach(&at)?;
        zshield_linux::mount::bind_read_only(directory, &at).map_err(IoError::at(&at))?;
        Ok(Self(at))
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        if let Err(error) = zshield_linux::mount::detach(&self.0) {
            tracing::error!("{error}");
        }
    }
}

fn build(
    step: &BuildSlot,
    new: &dyn NewSlot,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(), StepError> {
    let at = Path::new(&step.at);
    // Whatever the ledger says: what the machine starts from is not touched.
    if marked(at) != step.from || step.to == step.from {
        return Err(StepError::SlotActive(step.to.directory()));
    }
    let to = at.join(step.to.directory());
    if new.manifest().digest().to_string() != step.image {
        return Err(SignatureError::NotInstalled { path: to.join(MANIFEST) }.into());
    }
    let old = ReadOnly::of(&at.join(step.from.directory()))?;
    let known = in_slot(&old.0, &step.from_image)?;
    make(new, (&old.0, known.header()), &to, progress)
}

/// Makes a slot in a directory, out of the old one; where it is there and whole, it stays.
fn make(
    new: &dyn NewSlot,
    old: (&Path, &Header),
    to: &Path,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(), StepError> {
    let records = &new.manifest().header().artifacts;
    if in_slot(to, &new.manifest().digest().to_string()).is_ok()
        && slot::check(to, records, progress).is_ok()
    {
        return Ok(());
    }
    clear(to).map_err(IoError::at(to))?;
    has_room(new, to)?;
    label::create_dir_all(to).map_err(IoError::at(to))?;
    for record in records {
        new.make(record, old, to, progress)?;
        let path = to.join(record.name.file_name());
        settle(&path, to).map_err(IoError::at(&path))?;
    }
    File::open(to).and_then(|directory| directory.sync_all()).map_err(IoError::at(to))?;
    slot::check(to, records, progress)?;
    finish(new, to)
}

/// Takes away what is there. Without its manifest a slot is none, so that goes first, for good.
fn clear(to: &Path) -> io::Result<()> {
    if !to.exists() {
        return Ok(());
    }
    for name in [MANIFEST, SIGNATURE] {
        remove(&to.join(name))?;
    }
    File::open(to)?.sync_all()?;
    fs::remove_dir_all(to)?;
    to.parent().map_or(Ok(()), |golden| File::open(golden)?.sync_all())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Whether the new slot fits beside the old one, before anything of it is written.
fn has_room(new: &dyn NewSlot, to: &Path) -> Result<(), StepError> {
    let sizes = new.manifest().header().artifacts.iter().map(|record| record.size);
    let all = sizes.chain([new.manifest().text().len() as u64]);
    let needs = all.map(|size| Bytes(size).round_up(BLOCK)).fold(Bytes::ZERO, |sum, it| sum + it);
    let golden = to.parent().unwrap_or(to);
    let free = usage::free(golden).map_err(IoError::at(golden))?;
    let of = |golden| ByPlace { golden: Some(golden), ..ByPlace::default() };
    Ok(room::check(&of(needs), &of(Bytes(free)))?)
}

/// Makes a file durable with the label of its directory, and drops it from memory: reading it reads the disk.
fn settle(path: &Path, directory: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    label::inherit(&file, path, directory)?;
    file.sync_all()?;
    Ok(fadvise(&file, 0, None, Advice::DontNeed)?)
}

/// Makes it a slot: the signature, and last the manifest, by its name. An image that nobody signed has no signature,
/// and GRUB has one file to look for.
fn finish(new: &dyn NewSlot, to: &Path) -> Result<(), StepError> {
    let write = |name: &str, bytes: &[u8]| {
        let path = to.join(name);
        durable_file::write(&path, 0o644, bytes).map_err(IoError::at(path))
    };
    if let Some(signature) = new.signature() {
        write(SIGNATURE, signature.as_bytes())?;
    }
    write(MANIFEST, new.manifest().text())?;
    let read = |name: &str| fs::read(to.join(name)).map_err(IoError::at(to.join(name)));
    if read(MANIFEST)? == new.manifest().text() {
        Ok(())
    } else {
        Err(StepError::ReadsBackOtherwise(to.join(MANIFEST).display().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use zshield_bundle::open::RestoreError;
    use zshield_golden::Progress;
    use zshield_golden::manifest::{Identity, Listing};
    use zshield_golden::signature::Requirement;
    use zshield_golden::slot::{Artifact, ArtifactRecord};
    use zshield_golden::verity::Verity;

    use super::*;

    /// A slot whose files are made of their names.
    struct Made {
        manifest: Manifest,
        fails_at: Option<Artifact>,
    }

    fn content(name: Artifact) -> Vec<u8> {
        name.file_name().as_bytes().to_vec()
    }

    fn made() -> Made {
        let record = |name: Artifact| {
            ArtifactRecord::of_reader(name, &mut content(name).as_slice()).unwrap()
        };
        let identity = Identity {
            product: "Gateway".into(),
            version: "2.0.0".into(),
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
        let records = Artifact::ALL.map(record).to_vec();
        let draft = Listing::new().into_manifest(identity, verity, records).unwrap();
        let (keys, requirement) = (TrustedKeys::default(), Requirement::UnsignedAccepted);
        let manifest = signature::accept(Path::new(""), draft.text, None, &keys, requirement);
        Made { manifest: manifest.unwrap(), fails_at: None }
    }

    impl NewSlot for Made {
        fn manifest(&self) -> &Manifest {
            &self.manifest
        }

        fn signature(&self) -> Option<&str> {
            Some("signature")
        }

        fn make(
            &self,
            record: &ArtifactRecord,
            _old: (&Path, &Header),
            to: &Path,
            _progress: Progress<'_>,
        ) -> Result<(), RestoreError> {
            // Until all is there, nobody may take it for a slot.
            assert!(!to.join(MANIFEST).exists() && !to.join(SIGNATURE).exists());
            if self.fails_at == Some(record.name) {
                return Err(RestoreError::Write(io::ErrorKind::StorageFull.into()));
            }
            fs::write(to.join(record.name.file_name()), content(record.name)).unwrap();
            Ok(())
        }
    }

    fn run(new: &Made, to: &Path) -> Result<(), StepError> {
        let old = made();
        make(new, (Path::new("/nowhere"), old.manifest.header()), to, &|_| {})
    }

    #[test]
    fn a_slot_that_was_cut_off_is_none_and_is_made_again() {
        let golden = tempfile::tempdir().unwrap();
        let to = golden.path().join("b");
        let digest = made().manifest.digest().to_string();
        for name in Artifact::ALL {
            let cut = Made { fails_at: Some(name), ..made() };
            assert!(matches!(run(&cut, &to), Err(StepError::NewSlot(_))));
            assert!(in_slot(&to, &digest).is_err(), "{name:?}");
        }
        fs::write(to.join("left"), "of another version").unwrap();
        run(&made(), &to).unwrap();
        in_slot(&to, &digest).unwrap();
        assert_eq!(fs::read_dir(&to).unwrap().count(), Artifact::ALL.len() + 2);
        // One that is whole stays: making it again would fail here.
        let never = Made { fails_at: Some(Artifact::Kernel), ..made() };
        run(&never, &to).unwrap();
        // One that is damaged does not.
        fs::write(to.join("vmlinuz"), "other").unwrap();
        assert!(run(&never, &to).is_err());
        assert!(in_slot(&to, &digest).is_err());
    }

    #[test]
    fn the_mark_is_one_file_that_is_there_or_not() {
        let golden = tempfile::tempdir().unwrap();
        assert_eq!(marked(golden.path()), Slot::A);
        for slot in [Slot::B, Slot::B, Slot::A, Slot::A, Slot::B] {
            mark(golden.path(), slot).unwrap();
            assert_eq!(marked(golden.path()), slot);
        }
    }

    #[test]
    fn what_the_machine_starts_from_is_not_put_together_anew() {
        let golden = tempfile::tempdir().unwrap();
        let step = |from: Slot, to: Slot| BuildSlot {
            at: golden.path().display().to_string(),
            from,
            from_image: String::new(),
            to,
            image: String::new(),
        };
        for (from, to) in [(Slot::B, Slot::A), (Slot::A, Slot::A)] {
            let refused = build(&step(from, to), &made(), &|_| {});
            assert!(matches!(refused, Err(StepError::SlotActive("a"))), "{from:?} {to:?}");
        }
    }
}
