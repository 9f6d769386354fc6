//! The proof that what was copied comes back: some of it is read, now and then.
//!
//! A repository holds far more than can be read each month. So some generations are drawn by lot, all directories of
//! those are read, and some of their files whole, each with the same chance. Every content is checked against its name on the way.

use std::sync::Arc;

use crate::generation::Generation;
use crate::read::{Contents, Entry, File, Kind, ReadError, Trees};

/// How much is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Lot {
    /// The same seed draws the same.
    pub seed: u64,
    /// Generations that are looked into.
    pub generations: usize,
    /// Files that are read of each.
    pub files: usize,
}

/// What was read, and what of it is damaged.
#[derive(Debug, Default)]
pub struct Proof {
    /// Generations that were looked into.
    pub generations: usize,
    /// Directories.
    pub directories: u64,
    /// Files that were read whole.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What could not be read.
    pub damaged: Vec<DamagedFile>,
}

/// Something that does not come back.
#[derive(Debug)]
pub struct DamagedFile {
    /// The name of the generation in which it was found.
    pub generation: String,
    /// Where in that: a file, or a directory with all that was in it.
    pub path: Vec<u8>,
    /// What is damaged.
    pub error: ReadError,
}

/// Reads a sample. `read` is told of each content's bytes, and takes its time where reading is to be slow. Where the
/// store does not answer, nothing is proved: that is an error, and no damage.
pub fn prove(
    trees: &Trees,
    generations: &[Generation],
    lot: Lot,
    read: &dyn Fn(u64),
) -> Result<Proof, ReadError> {
    let mut random = fastrand::Rng::with_seed(lot.seed);
    let mut proof = Proof::default();
    for generation in random.choose_multiple(generations, lot.generations) {
        let drawn = draw(trees, generation, lot.files, &mut random, &mut proof)?;
        for (path, entry) in drawn {
            match whole(trees.contents(), &entry, read) {
                Ok(bytes) => {
                    proof.files += 1;
                    proof.bytes += bytes;
                }
                Err(error) => proof.damage(generation, path, error)?,
            }
        }
    }
    Ok(proof)
}

impl Proof {
    fn damage(
        &mut self,
        generation: &Generation,
        path: Vec<u8>,
        error: ReadError,
    ) -> Result<(), ReadError> {
        if !error.is_damage() {
            return Err(error);
        }
        self.damaged.push(DamagedFile { generation: generation.id.clone(), path, error });
        Ok(())
    }
}

/// Goes through all directories of a generation, and keeps some of the files, each with the same chance.
fn draw(
    trees: &Trees,
    generation: &Generation,
    wanted: usize,
    random: &mut fastrand::Rng,
    proof: &mut Proof,
) -> Result<Vec<(Vec<u8>, Entry)>, ReadError> {
    let mut drawn = Vec::new();
    let mut seen = 0;
    let root = match trees.root(generation) {
        Ok(root) => root,
        Err(error) => {
            proof.damage(generation, Vec::new(), error)?;
            return Ok(drawn);
        }
    };
    proof.generations += 1;
    for (path, found) in trees.walk(&root) {
        let entry = match found {
            Ok(entry) => entry,
            Err(error) => {
                proof.damage(generation, path, error)?;
                continue;
            }
        };
        match entry.kind {
            Kind::Directory(_) => proof.directories += 1,
            Kind::File(_) => {
                seen += 1;
                if drawn.len() < wanted {
                    drawn.push((path, entry));
                } else if let Some(place) = drawn.get_mut(random.usize(0..seen)) {
                    *place = (path, entry);
                }
            }
            Kind::Symlink(_) | Kind::Block(_) | Kind::Char(_) | Kind::Fifo | Kind::Socket => {}
        }
    }
    Ok(drawn)
}

/// Reads every content of a file, one at a time.
fn whole(contents: &Arc<Contents>, entry: &Entry, read: &dyn Fn(u64)) -> Result<u64, ReadError> {
    let file = File::new(contents, entry)?;
    for name in file.names() {
        read(contents.data(name)?.len() as u64);
    }
    Ok(file.size())
}
