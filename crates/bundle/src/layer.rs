//! What a bundle of files makes of the version that it is put over.

use std::collections::{BTreeMap, BTreeSet};

use zshield_golden::EntryPath;
use zshield_golden::manifest::{Attributes, Entry, Kind, Layer, Manifest, ManifestError, Node};
use zshield_golden::xattrs::LABEL;
use zshield_messages::say;
use zshield_units::UnixTime;

use crate::head::Placed;

/// Why files have no place in a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayerError {
    /// The installed version's manifest is wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The installed version has a directory there.
    #[error("{}", say::bundle::placed_on_directory(.0.to_string()))]
    OnDirectory(EntryPath),
    /// What leads there is no directory in the installed version.
    #[error("{}", say::bundle::PlacedThrough { above: above.to_string(), path: path.to_string() })]
    Through {
        /// The file.
        path: EntryPath,
        /// What leads there.
        above: EntryPath,
    },
}

/// What these files, made at this time, come to over a version; `removed` goes before. Directories that lead to a file and
/// are not there are made as anybody's: `0755`, of root.
pub fn of_files(
    files: &[Placed],
    removed: &[EntryPath],
    created: UnixTime,
    over: &Manifest,
) -> Result<Layer, LayerError> {
    let mut layer = Layer { removed: removed.iter().cloned().collect(), ..Layer::default() };
    let old = Old::of(files, over, &layer.removed)?;
    for file in files {
        if let Some(Node::Inode { kind: Kind::Directory, .. }) = old.stays.get(&file.path) {
            return Err(LayerError::OnDirectory(file.path.clone()));
        }
        let mut above: Vec<_> =
            std::iter::successors(file.path.parent(), EntryPath::parent).collect();
        above.reverse();
        let mut around = BTreeMap::new();
        for above in above {
            let node = match layer.put.get(&above).or_else(|| old.stays.get(&above)) {
                Some(node) => node.clone(),
                None => directory(created, label_of(&around)),
            };
            let Node::Inode { attributes, kind: Kind::Directory } = &node else {
                return Err(LayerError::Through { path: file.path.clone(), above });
            };
            around.clone_from(&attributes.xattrs);
            if !old.stays.contains_key(&above) {
                layer.put.insert(above, node);
            }
        }
        let before = old.labels.get(&file.path).cloned().or_else(|| label_of(&around));
        let label = file.label.as_ref().map(|label| label.as_bytes().to_vec());
        let attributes = Attributes {
            mode: file.mode,
            uid: file.uid,
            gid: file.gid,
            mtime: created,
            xattrs: labelled(label.or(before)),
        };
        let kind = Kind::File { size: file.size, digest: file.blake3, links: 1 };
        layer.put.insert(file.path.clone(), Node::Inode { attributes, kind });
    }
    Ok(layer)
}

/// What the installed version has where files go, and on the way there.
struct Old {
    /// Without what goes.
    stays: BTreeMap<EntryPath, Node>,
    labels: BTreeMap<EntryPath, Vec<u8>>,
}

impl Old {
    fn of(
        files: &[Placed],
        over: &Manifest,
        removed: &BTreeSet<EntryPath>,
    ) -> Result<Self, ManifestError> {
        let all = |path: &EntryPath| std::iter::successors(Some(path.clone()), EntryPath::parent);
        let wanted: BTreeSet<_> = files.iter().flat_map(|file| all(&file.path)).collect();
        let mut old = Self { stays: BTreeMap::new(), labels: BTreeMap::new() };
        for entry in over.entries()? {
            let Entry { path, node } = entry?;
            if !wanted.contains(&path) {
                continue;
            }
            if let Node::Inode { attributes, .. } = &node {
                old.labels.extend(label_of(&attributes.xattrs).map(|label| (path.clone(), label)));
            }
            if !all(&path).any(|path| removed.contains(&path)) {
                old.stays.insert(path, node);
            }
        }
        Ok(old)
    }
}

fn directory(created: UnixTime, label: Option<Vec<u8>>) -> Node {
    let (uid, gid, xattrs) = (0, 0, labelled(label));
    let attributes = Attributes { mode: 0o755, uid, gid, mtime: created, xattrs };
    Node::Inode { attributes, kind: Kind::Directory }
}

type Xattrs = BTreeMap<Vec<u8>, Vec<u8>>;

fn label_of(xattrs: &Xattrs) -> Option<Vec<u8>> {
    xattrs.get(LABEL.as_bytes()).cloned()
}

fn labelled(label: Option<Vec<u8>>) -> Xattrs {
    label.into_iter().map(|label| (LABEL.as_bytes().to_vec(), label)).collect()
}
