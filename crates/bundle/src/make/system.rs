//! The contents of a new version of the whole system.

use std::collections::HashSet;

use zshield_golden::slot::Artifact;
use zshield_golden::{Digest, EntryPath, Progress, threads};
use zshield_units::Bytes;

use super::bases::Old;
use super::image::{Contents, Image};
use super::pack::{Packed, PackedWay};
use super::spool::Spool;
use super::{MakeError, squashfs};
use crate::content::{Base, Place};
use crate::head::{self, Factory, Initrd, Space, System};
use crate::version::Version;

/// What goes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether every content is there whole as well.
    pub whole: bool,
    /// Whether the Golden Image goes along.
    pub factory: Factory,
    /// Whether the payload's initial RAM disk goes along.
    pub initrd: Initrd,
}

/// Contents that a thread packs at a time: so many, or so many bytes of them.
const TAKEN: usize = 32;
const TAKEN_BYTES: u64 = 16 << 20;
/// How many times as many are packed before they are written.
const AHEAD: usize = 8;

/// Packs all that leads from the old images to the new one. Without an old one everything is whole.
/// `progress` is told of bytes of the new files.
pub fn system(
    new: &Image,
    old: &[Image],
    options: Options,
    spool: &mut Spool,
    progress: Progress<'_>,
) -> Result<(System, Space), MakeError> {
    let options = Options { whole: options.whole || old.is_empty(), ..options };
    let product = |image: &Image| image.manifest().header().product.clone();
    if let Some(other) = old.iter().find(|image| product(image) != product(new)) {
        return Err(MakeError::Product { new: product(new), old: product(other) });
    }
    add_manifest(new, old, options, spool)?;
    let initrd = &new.manifest().header().initrd;
    let is_carried =
        |file: &&Old| options.initrd == Initrd::Carried || file.path.to_string() != *initrd;
    let mut seen = HashSet::new();
    let files = new.files.iter().filter(is_carried);
    let wanted: Vec<&Old> = files.filter(|file| seen.insert(file.blake3)).collect();
    add_files(&wanted, new, old, options, spool, progress)?;
    add_accounts(old, spool)?;
    let mut space = Space { root: Bytes(room(&wanted, old, options)), golden: Bytes(0) };
    add_artifacts(&OF_SYSTEM, new, old, options, spool)?;
    if options.factory == Factory::Follows {
        for name in Artifact::ALL {
            space.golden = Bytes(space.golden.0.saturating_add(new.record(name)?.size));
        }
        add_artifacts(&OF_FACTORY, new, old, options, spool)?;
        add_squashfs(new, old, options, spool)?;
    }
    let from = |image: &Image| {
        let version = image.manifest().header().version.clone();
        let version = Version::new(version).map_err(|no| MakeError::Version(no.to_string()))?;
        Ok(head::From { version, manifest: image.manifest().digest() })
    };
    let system = System {
        manifest: new.manifest().digest(),
        signature: new.signature()?,
        from: old.iter().map(from).collect::<Result<_, MakeError>>()?,
        whole: options.whole,
    };
    Ok((system, space))
}

/// How many bytes of new contents a machine puts down: from that old version where it is most.
fn room(wanted: &[&Old], old: &[Image], options: Options) -> u64 {
    let sum = |lacks: &dyn Fn(&Digest) -> bool| {
        wanted.iter().filter(|file| lacks(&file.blake3)).map(|file| file.size).sum()
    };
    if options.whole {
        return sum(&|_| true);
    }
    old.iter().map(|image| sum(&|digest| !image.has(digest))).max().unwrap_or_default()
}

fn add_manifest(
    new: &Image,
    old: &[Image],
    options: Options,
    spool: &mut Spool,
) -> Result<(), MakeError> {
    let base = |image: &Image| {
        let text = image.manifest().text().to_vec();
        let (blake3, size) = (image.manifest().digest(), text.len() as u64);
        Some((Base { blake3, size, place: Place::Manifest }, text))
    };
    let bases = old.iter().map(base).collect();
    spool.add(packed(new.manifest().text(), bases, options.whole)?)
}

fn add_files(
    wanted: &[&Old],
    new: &Image,
    old: &[Image],
    options: Options,
    spool: &mut Spool,
    progress: Progress<'_>,
) -> Result<(), MakeError> {
    let portions = portions(wanted);
    for ahead in portions.chunks(AHEAD * threads::count()) {
        let made = threads::map(ahead.len() as u64, |at| {
            let portion = ahead.get(at as usize).copied().unwrap_or_default();
            let mut packing = Packing::new(new, old, options)?;
            let pack = |file: &&Old| {
                let packed = packing.pack(file);
                progress(file.size);
                packed
            };
            portion.iter().map(pack).collect::<Result<Vec<_>, MakeError>>()
        })?;
        for packed in made.into_iter().flatten().flatten() {
            spool.add(packed)?;
        }
    }
    Ok(())
}

/// Neighbours that a thread packs together: the ends of files lie in common blocks.
fn portions<'a, 'b>(wanted: &'a [&'b Old]) -> Vec<&'a [&'b Old]> {
    let (mut portions, mut rest) = (Vec::new(), wanted);
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |file: &&&Old| {
            bytes += file.size;
            bytes <= TAKEN_BYTES
        };
        let count = rest.iter().take(TAKEN).take_while(fits).count().max(1);
        let (portion, after) = rest.split_at(count);
        portions.push(portion);
        rest = after;
    }
    portions
}

/// Packs contents, for one thread.
struct Packing<'a> {
    new: Contents<'a>,
    old: Vec<(&'a Image, Contents<'a>)>,
    options: Options,
}

impl<'a> Packing<'a> {
    fn new(new: &'a Image, old: &'a [Image], options: Options) -> Result<Self, MakeError> {
        let contents = |image: &'a Image| Ok((image, image.contents()?));
        let old = old.iter().map(contents).collect::<Result<_, MakeError>>()?;
        Ok(Self { new: new.contents()?, old, options })
    }

    /// A content in every way that is of use; `None` where each old image has it.
    fn pack(&mut self, file: &Old) -> Result<Option<Packed>, MakeError> {
        let stays = self.old.iter().all(|(image, _)| image.has_at(&file.path, &file.blake3));
        let and_whole = self.options.whole || is_configuration(&file.path) && !stays;
        let mut bases = Vec::new();
        for (image, contents) in self.old.iter_mut().filter(|(image, _)| !image.has(&file.blake3)) {
            let base = match image.bases.find(&file.path, file.size) {
                None => None,
                Some(old) => Some((base(old), contents.read(&old.blake3, &old.path)?)),
            };
            bases.push(base);
        }
        if bases.is_empty() && !and_whole {
            return Ok(None);
        }
        let bytes = self.new.read(&file.blake3, &file.path)?;
        packed(&bytes, bases, and_whole).map(Some)
    }
}

/// What administrators change: a machine may have no file any more that a patch of it would need.
fn is_configuration(path: &EntryPath) -> bool {
    path.names().next() == Some(b"etc")
}

/// Accounts that both sides changed are put together, and that takes what the old version delivered.
const ACCOUNTS: [&str; 6] = ["passwd", "group", "shadow", "gshadow", "subuid", "subgid"];

fn add_accounts(old: &[Image], spool: &mut Spool) -> Result<(), MakeError> {
    let is_one = |file: &&Old| {
        ACCOUNTS.iter().any(|name| file.path.as_bytes() == format!("etc/{name}").as_bytes())
    };
    for image in old {
        let mut contents = image.contents()?;
        for file in image.files.iter().filter(is_one) {
            let bytes = contents.read(&file.blake3, &file.path)?;
            spool.add(packed(&bytes, Vec::new(), true)?)?;
        }
    }
    Ok(())
}

fn base(old: &Old) -> Base {
    Base { blake3: old.blake3, size: old.size, place: Place::Root(old.path.clone()) }
}

/// A content as a patch of each of these, as far as that is shorter; whole where one is not, or is asked for.
fn packed(
    bytes: &[u8],
    bases: Vec<Option<(Base, Vec<u8>)>>,
    and_whole: bool,
) -> Result<Packed, MakeError> {
    let whole = PackedWay::whole(bytes).map_err(MakeError::Spool)?;
    let mut needs_whole = and_whole || bases.is_empty();
    let mut ways: Vec<PackedWay> = Vec::new();
    for base in bases {
        let Some((base, old)) = base else {
            needs_whole = true;
            continue;
        };
        let is_there =
            |way: &PackedWay| way.base.as_ref().is_some_and(|known| known.blake3 == base.blake3);
        if ways.iter().any(is_there) {
            continue;
        }
        let patch = PackedWay::patch(bytes, base, &old).map_err(MakeError::Spool)?;
        if patch.stored() < whole.stored() {
            ways.push(patch);
        } else {
            needs_whole = true;
        }
    }
    if needs_whole {
        ways.push(whole);
    }
    Ok(Packed { blake3: Digest::of(bytes), size: bytes.len() as u64, ways })
}

/// What an installation makes files of the system from: they go along with every system.
const OF_SYSTEM: [Artifact; 3] = [Artifact::Policy, Artifact::Early, Artifact::Font];
/// What the slot has beside these and the squashfs.
const OF_FACTORY: [Artifact; 5] =
    [Artifact::Kernel, Artifact::Initramfs, Artifact::BootSector, Artifact::Core, Artifact::Esp];

/// Small files of the slot.
fn add_artifacts(
    names: &[Artifact],
    new: &Image,
    old: &[Image],
    options: Options,
    spool: &mut Spool,
) -> Result<(), MakeError> {
    for name in names.iter().copied() {
        let record = new.record(name)?;
        let mut bases = Vec::new();
        for image in old {
            let (known, bytes) = image.artifact(name)?;
            if known.blake3 != record.blake3 {
                let base =
                    Base { blake3: known.blake3, size: known.size, place: Place::Slot(name) };
                bases.push(Some((base, bytes)).filter(|(base, _)| base.size > 0));
            }
        }
        if !bases.is_empty() || options.whole {
            spool.add(packed(&new.artifact(name)?.1, bases, options.whole)?)?;
        }
    }
    Ok(())
}

/// The squashfs, from each old one, and whole where everything is.
fn add_squashfs(
    new: &Image,
    old: &[Image],
    options: Options,
    spool: &mut Spool,
) -> Result<(), MakeError> {
    let (file, blocks) = new.blocks()?;
    let end = new.manifest().header().verity.hash_offset;
    let mut add = |base, known: &squashfs::Blocks| {
        let pieces = squashfs::pieces(&file, &blocks, end, known).map_err(MakeError::Spool)?;
        let parts = squashfs::literals(&file, &pieces).map_err(MakeError::Spool)?;
        spool.add_squashfs(base, pieces, parts)
    };
    for image in old {
        let (old_file, old_blocks) = image.blocks()?;
        let known = squashfs::known(&old_file, &old_blocks).map_err(MakeError::Spool)?;
        add(Some(image.record(Artifact::Squashfs)?.blake3), &known)?;
    }
    if options.whole {
        add(None, &squashfs::Blocks::new())?;
    }
    Ok(())
}
