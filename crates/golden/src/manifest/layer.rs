//! What a later change puts over a manifest.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::Manifest;
use super::entry::{Attributes, Entry, Kind, Node};
use super::line;
use super::problem::{ManifestError, Problem};
use super::write::Listing;
use crate::path::EntryPath;

/// The format of a layer that stands in a file.
const FORMAT: u64 = 1;

/// A change: what goes, and what is there afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layer {
    /// These go, with all that is in them.
    pub removed: BTreeSet<EntryPath>,
    /// These are there then, whatever was in their place.
    pub put: BTreeMap<EntryPath, Node>,
}

/// The first line of a layer in a file. Behind it stand entries as in a manifest.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    format: u64,
    removed: BTreeSet<EntryPath>,
}

impl Layer {
    /// Its bytes in a file: JSON lines.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Problem> {
        let first = First { format: FORMAT, removed: self.removed.clone() };
        let mut text = serde_json::to_vec(&first).map_err(|error| Problem::json(&error))?;
        text.push(b'\n');
        for (path, node) in &self.put {
            text.extend(line::write(&Entry { path: path.clone(), node: node.clone() })?);
            text.push(b'\n');
        }
        Ok(text)
    }

    /// The layer of these bytes.
    pub fn parse(text: &[u8]) -> Result<Self, ManifestError> {
        let text = text.strip_suffix(b"\n").ok_or_else(|| Problem::Cut.on(1))?;
        let mut lines = (1..).zip(text.split(|byte| *byte == b'\n'));
        let (_, first) = lines.next().ok_or_else(|| Problem::Empty.on(1))?;
        let first = serde_json::from_slice(first).map_err(|error| Problem::json(&error).on(1));
        let First { format, removed } = first?;
        if format != FORMAT {
            return Err(Problem::Format { found: format, known: FORMAT }.on(1));
        }
        let mut layer = Self { removed, ..Self::default() };
        for (number, text) in lines {
            let Entry { path, node } = line::read(text).map_err(|problem| problem.on(number))?;
            if layer.put.insert(path.clone(), node).is_some() {
                return Err(Problem::Twice { path }.on(number));
            }
        }
        Ok(layer)
    }

    /// Whether what was at a path is there no more.
    fn takes(&self, path: &EntryPath) -> bool {
        let is_gone = |path: &EntryPath| self.removed.contains(path);
        // What is in a directory goes when something else takes its place.
        let is_covered = |above: &EntryPath| {
            self.put
                .get(above)
                .is_some_and(|node| !matches!(node, Node::Inode { kind: Kind::Directory, .. }))
        };
        let mut above = std::iter::successors(path.parent(), EntryPath::parent);
        self.put.contains_key(path)
            || is_gone(path)
            || above.any(|path| is_gone(&path) || is_covered(&path))
    }
}

impl Manifest {
    /// The manifest of a system that is this one's with a layer put over it, under this version. A file whose first name
    /// goes is found under its next one. Whoever calls this has dealt with the layer's own signature.
    pub fn with(&self, version: &str, layer: &Layer) -> Result<Self, ManifestError> {
        let mut names = Names::of(self, layer)?;
        let mut listing = Listing::new();
        let mut put = layer.put.iter().peekable();
        for (line, entry) in (2..).zip(self.entries()?) {
            let entry = entry?;
            while let Some((path, node)) = put.next_if(|(path, _)| **path <= entry.path) {
                push(&mut listing, path.clone(), node.clone(), line)?;
            }
            let stays = !layer.takes(&entry.path);
            if let Some(node) = names.next(&entry.path, entry.node, stays) {
                push(&mut listing, entry.path, node, line)?;
            }
        }
        for (path, node) in put {
            push(&mut listing, path.clone(), node.clone(), self.header.entries + 1)?;
        }
        let text = listing.into_text(self.header(), version).map_err(|problem| problem.on(1))?;
        Self::checked(text, self.signature.clone())
    }
}

fn push(
    listing: &mut Listing,
    path: EntryPath,
    node: Node,
    line: u64,
) -> Result<(), ManifestError> {
    listing.push(&Entry { path, node }).map_err(|problem| problem.on(line))
}

/// Files with several names, of which some go.
struct Names {
    /// By the first name, those that stay.
    stay: HashMap<EntryPath, Vec<EntryPath>>,
    /// Files whose first name has come by and went.
    files: HashMap<EntryPath, (Attributes, Kind)>,
}

impl Names {
    fn of(manifest: &Manifest, layer: &Layer) -> Result<Self, ManifestError> {
        let mut stay: HashMap<EntryPath, Vec<EntryPath>> = HashMap::new();
        for entry in manifest.entries()? {
            let Entry { path, node } = entry?;
            let first = match node {
                Node::HardLink { to } => to,
                Node::Inode { kind: Kind::File { links, .. }, .. } if links > 1 => path.clone(),
                Node::Inode { .. } => continue,
            };
            let names = stay.entry(first).or_default();
            if !layer.takes(&path) {
                names.push(path);
            }
        }
        Ok(Self { stay, files: HashMap::new() })
    }

    /// What the next path of the manifest is afterwards.
    fn next(&mut self, path: &EntryPath, node: Node, stays: bool) -> Option<Node> {
        match node {
            Node::Inode { attributes, kind: Kind::File { size, digest, links } } if links > 1 => {
                let names = self.stay.get(path).map_or(0, Vec::len);
                let links = u32::try_from(names).unwrap_or(links);
                let kind = Kind::File { size, digest, links };
                if stays {
                    return Some(Node::Inode { attributes, kind });
                }
                self.files.insert(path.clone(), (attributes, kind));
                None
            }
            Node::HardLink { to } => {
                let names = self.stay.get(&to)?;
                match (stays, names.first()) {
                    (true, Some(first)) if first == path => {
                        let (attributes, kind) = self.files.remove(&to)?;
                        Some(Node::Inode { attributes, kind })
                    }
                    (true, Some(first)) => Some(Node::HardLink { to: first.clone() }),
                    (true, None) | (false, _) => None,
                }
            }
            node @ Node::Inode { .. } => stays.then_some(node),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::manifest::{Identity, SignatureState};
    use crate::slot::{Artifact, ArtifactRecord};
    use crate::verity::Verity;

    fn path(text: &str) -> EntryPath {
        text.parse().unwrap()
    }

    fn inode(kind: Kind) -> Node {
        Node::Inode { attributes: Attributes { mode: 0o755, ..Attributes::default() }, kind }
    }

    fn file(content: &str, links: u32) -> Node {
        let (size, digest) = (content.len() as u64, Digest::of(content.as_bytes()));
        inode(Kind::File { size, digest, links })
    }

    fn link(to: &str) -> Node {
        Node::HardLink { to: path(to) }
    }

    fn directory() -> Node {
        inode(Kind::Directory)
    }

    fn nodes(all: &[(&str, Node)]) -> BTreeMap<EntryPath, Node> {
        all.iter().map(|(at, node)| (path(at), node.clone())).collect()
    }

    fn manifest(all: &[(&str, Node)]) -> Manifest {
        let root = (EntryPath::root(), directory());
        let entries = std::iter::once(root).chain(nodes(all));
        let listing = Listing::of(entries.map(|(path, node)| Entry { path, node })).unwrap();
        let identity = Identity {
            product: "p".into(),
            version: "1".into(),
            created: String::new(),
            kernel_release: "6".into(),
            kernel: "boot/vmlinuz".into(),
            initrd: "boot/initrd".into(),
        };
        let verity: Verity = serde_json::from_value(serde_json::json!({
            "hash_offset": 4096, "data_blocks": 1, "root_hash": "00".repeat(32), "salt": "00",
        }))
        .unwrap();
        let record = |name| ArtifactRecord { name, size: 1, blake3: Digest::of(b"a") };
        let artifacts = Artifact::ALL.map(record).to_vec();
        let draft = listing.into_manifest(identity, verity, artifacts).unwrap();
        Manifest::checked(draft.text, SignatureState::Unsigned).unwrap()
    }

    fn after(old: &[(&str, Node)], removed: &[&str], put: &[(&str, Node)]) -> Manifest {
        let removed = removed.iter().map(|text| path(text)).collect();
        manifest(old).with("2", &Layer { removed, put: nodes(put) }).unwrap()
    }

    fn same(found: &Manifest, wanted: &[(&str, Node)]) {
        let entries = |manifest: &Manifest| {
            manifest.entries().unwrap().collect::<Result<Vec<_>, _>>().unwrap()
        };
        assert_eq!(entries(found), entries(&manifest(wanted)));
        assert_eq!((found.header().version.as_str(), found.header().product.as_str()), ("2", "p"));
    }

    #[test]
    fn what_is_put_is_there_and_what_goes_is_not() {
        let old = [
            ("a", directory()),
            ("a/b", file("b", 1)),
            ("a-b", file("other", 1)),
            ("c", directory()),
            ("c/d", file("d", 1)),
        ];
        let put = [("a/a", file("new", 1)), ("a/b", file("other b", 1)), ("z", file("last", 1))];
        let wanted = [
            ("a", directory()),
            ("a/a", file("new", 1)),
            ("a/b", file("other b", 1)),
            ("a-b", file("other", 1)),
            ("z", file("last", 1)),
        ];
        same(&after(&old, &["c", "absent"], &put), &wanted);
    }

    #[test]
    fn a_file_in_place_of_a_directory_takes_what_is_in_it() {
        let old = [("a", directory()), ("a/b", file("b", 1))];
        same(&after(&old, &[], &[("a", file("a", 1))]), &[("a", file("a", 1))]);
        // What is put into it stays.
        let put = [("a", directory()), ("a/c", file("c", 1))];
        same(&after(&old, &["a"], &put), &put);
    }

    #[test]
    fn a_file_whose_first_name_goes_is_found_under_its_next_one() {
        let old = [("a", file("x", 3)), ("b", link("a")), ("c", link("a"))];
        let wanted = [("b", file("x", 2)), ("c", link("b"))];
        same(&after(&old, &["a"], &[]), &wanted);
        let wanted = [("a", file("new", 1)), ("b", file("x", 2)), ("c", link("b"))];
        same(&after(&old, &[], &[("a", file("new", 1))]), &wanted);
        same(&after(&old, &["a", "b"], &[]), &[("c", file("x", 1))]);
        same(&after(&old, &["b", "c"], &[]), &[("a", file("x", 1))]);
        same(&after(&old, &["a", "b", "c"], &[]), &[]);
    }

    #[test]
    fn a_layer_comes_back_from_its_bytes() {
        let removed = ["a", "b/c"].map(path).into();
        let put = nodes(&[("d", directory()), ("d/e", file("e", 2)), ("d/f", link("d/e"))]);
        for layer in [Layer::default(), Layer { removed, put }] {
            let bytes = layer.to_bytes().unwrap();
            assert_eq!(Layer::parse(&bytes).unwrap(), layer);
            assert!(Layer::parse(&bytes[..bytes.len() - 1]).is_err());
            let twice = [bytes.as_slice(), b"{}\n"].concat();
            assert!(Layer::parse(&twice).is_err());
        }
        assert!(Layer::parse(b"{\"format\":2,\"removed\":[]}\n").is_err());
    }

    #[test]
    fn what_has_no_directory_is_refused() {
        let layer = Layer { put: nodes(&[("a/b", file("b", 1))]), ..Layer::default() };
        assert!(manifest(&[]).with("2", &layer).is_err());
        assert!(manifest(&[("a", file("a", 1))]).with("2", &layer).is_err());
    }
}
