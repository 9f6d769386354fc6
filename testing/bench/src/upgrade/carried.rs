//! What other ways would carry from one version to the next.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::unpack::take_slot;
use zshield_machines::tool::{capture, tool};

/// In bytes.
pub(super) struct Carried {
    /// The new image, which is what is carried without any older one.
    pub(super) image: u64,
    /// The blocks of its filesystem that the old one has not, as they are.
    pub(super) blocks: u64,
    /// A patch of the whole.
    pub(super) patch: u64,
}

/// As an index of hashes has it.
const BLOCK: usize = 4096;

impl Carried {
    /// From the system of one stick to that of another.
    pub(super) fn between(from: &Path, to: &Path, directory: &Path) -> Result<Self> {
        let (old, new) =
            (Forms::of(from, &directory.join("old"))?, Forms::of(to, &directory.join("new"))?);
        let patch = directory.join("patch.zst");
        let reference = format!("--patch-from={}", old.tar.display());
        let mut zstd = tool("zstd", ["-q", "-f", "-3", "--long=31"]);
        capture(zstd.arg(reference).arg(&new.tar).arg("-o").arg(&patch))?;
        let carried = Self {
            image: length(&new.image)?,
            blocks: new_blocks(&old.filesystem, &new.filesystem)?,
            patch: length(&patch)?,
        };
        for forms in ["old", "new"] {
            fs::remove_dir_all(directory.join(forms))?;
        }
        fs::remove_file(patch)?;
        Ok(carried)
    }
}

/// The same system as a squashfs, a tar and an ext4.
struct Forms {
    image: PathBuf,
    tar: PathBuf,
    filesystem: PathBuf,
}

impl Forms {
    fn of(stick: &Path, at: &Path) -> Result<Self> {
        take_slot(stick, at, &["root.squashfs"])?;
        let (image, tree) = (at.join("root.squashfs"), at.join("tree"));
        let forms = Self { image, tar: at.join("root.tar"), filesystem: at.join("root.img") };
        capture(tool("unsquashfs", ["-q", "-n", "-d"]).arg(&tree).arg(&forms.image))?;
        let mut tar = tool("tar", ["--sort=name", "-cf"]);
        capture(tar.arg(&forms.tar).arg("-C").arg(&tree).arg("."))?;
        let options = ["-q", "-t", "ext4", "-E", "lazy_itable_init=0,root_owner=0:0", "-d"];
        capture(tool("mke2fs", options).arg(&tree).arg(&forms.filesystem).arg("2G"))?;
        fs::remove_dir_all(tree)?;
        Ok(forms)
    }
}

fn length(file: &Path) -> Result<u64> {
    Ok(fs::metadata(file).with_context(|| format!("no {}", file.display()))?.len())
}

/// The bytes of the blocks that are in no place of the old filesystem; each once.
fn new_blocks(old: &Path, new: &Path) -> Result<u64> {
    let mut known: HashSet<[u8; 32]> = HashSet::new();
    each_block(old, |hash| known.extend([hash]))?;
    let mut carried = 0;
    each_block(new, |hash| carried += u64::from(known.insert(hash)) * BLOCK as u64)?;
    Ok(carried)
}

fn each_block(file: &Path, mut tell: impl FnMut([u8; 32])) -> Result<()> {
    let mut file = File::open(file)?;
    let mut blocks = vec![0; BLOCK * 256];
    loop {
        let read = file.read(&mut blocks)?;
        if read == 0 {
            return Ok(());
        }
        blocks[..read].chunks(BLOCK).for_each(|block| tell(*blake3::hash(block).as_bytes()));
    }
}
