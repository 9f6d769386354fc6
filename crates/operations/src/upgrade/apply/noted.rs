//! What packages change: the system held against its version before they come and after, and the difference noted as the
//! new version's, by content.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Mutex;

use anyhow::{Context as _, Result};
use zshield_check::report::{CheckReport, DriftPlace};
use zshield_golden::compare::{Difference, FileMetadata, StateDigest};
use zshield_golden::manifest::{Kind, Layer, Node};
use zshield_golden::{Digest, EntryPath};
use zshield_host::BOOT_DIRECTORY;
use zshield_host::failed_start::Place;
use zshield_host::upgrade::{Local, Watch, node};
use zshield_plan::policy::Policy;

use super::prepare;
use crate::env::{Env, POLICY};
use crate::installed::KEYS;
use crate::integrity;
use crate::layers;

/// What a package manager said before it failed, among what is kept of failed starts.
const WORDS: &str = "packages.log";

/// Whoever looks at what packages change.
pub(super) struct Noted<'a> {
    pub(super) env: &'a Env,
    pub(super) policy: &'a Policy,
    /// What a check goes by without them, with the bundle's signed head.
    pub(super) release: &'a [(String, Vec<u8>)],
    /// Which of the bundles that were put over the system this is.
    pub(super) number: usize,
    /// Where the words of a failure are kept.
    pub(super) place: Option<Place>,
    /// What differed before.
    pub(super) before: Mutex<States>,
}

/// Paths that are not as the version delivers them, each with its state.
type States = BTreeMap<EntryPath, State>;

/// How a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    digest: Option<StateDigest>,
    /// Whether it is a whole tree that the version does not have.
    is_new: bool,
}

impl Watch for Noted<'_> {
    fn before(&self) -> io::Result<()> {
        let before = || {
            let report = integrity::quick(&self.env.root, self.policy)?;
            prepare::ensure_undamaged(&report)?;
            states(report)
        };
        let found = before().map_err(io::Error::other)?;
        *self.before.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = found;
        Ok(())
    }

    fn failed(&self, said: &[u8]) {
        let kept = self.place.as_ref().map(|place| place.keep_words(WORDS, said)).transpose();
        if let Err(error) = kept {
            tracing::error!("{error}");
        }
    }

    fn after(&self) -> io::Result<Vec<(String, Vec<u8>)>> {
        let noted = || {
            let before = self.before.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let report = integrity::quick(&self.env.root, self.policy)?;
            let layer = changed(self.env, &before, states(report)?)?;
            let mut release = self.release.to_vec();
            release.push((layers::noted_name(self.number), layer.to_bytes()?));
            anyhow::Ok(release)
        };
        noted().map_err(io::Error::other)
    }
}

/// The paths that a check has found, each with its state.
fn states(report: CheckReport) -> Result<States> {
    let mut states = States::new();
    for finding in report.findings {
        let DriftPlace::File { path } = finding.place else { continue };
        let is_new = finding.differences.iter().any(|difference| {
            matches!(difference, Difference::Added { .. } | Difference::Kind { .. })
        });
        states.insert(path, State { digest: finding.state, is_new });
    }
    // What starts the machine, and what a check itself goes by, is no package's to change.
    let own = [BOOT_DIRECTORY, POLICY, KEYS].map(str::parse::<EntryPath>);
    let own: Vec<EntryPath> = own.into_iter().collect::<Result<_, _>>()?;
    states.retain(|path, _| !own.iter().any(|own| path.is_within(own)));
    Ok(states)
}

/// What is another one than before.
fn changed(env: &Env, before: &States, after: States) -> Result<Layer> {
    let mut layer = Layer::default();
    let mut taken = Taken { env, inodes: HashMap::new(), nodes: BTreeMap::new() };
    // What is again as the version delivers it needs no word.
    for (path, state) in after.iter().filter(|(path, state)| before.get(*path) != Some(*state)) {
        match taken.take(path)? {
            false => drop(layer.removed.insert(path.clone())),
            true if state.is_new => taken.below(path)?,
            true => {}
        }
    }
    layer.put = taken.linked();
    Ok(layer)
}

/// The things that are at some paths of the system.
struct Taken<'a> {
    env: &'a Env,
    /// The inodes of files that have several names.
    inodes: HashMap<EntryPath, (u64, u64)>,
    nodes: BTreeMap<EntryPath, Node>,
}

impl Taken<'_> {
    /// Takes what is at a path; whether something is.
    fn take(&mut self, path: &EntryPath) -> Result<bool> {
        let full = self.env.root.join(path.as_path());
        let named = || full.display().to_string();
        let metadata = match FileMetadata::of(&full) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            found => found.with_context(named)?,
        };
        let (root, below) = match path.as_path().strip_prefix("boot") {
            Ok(below) if !below.as_os_str().is_empty() => {
                (self.env.root.join("boot"), EntryPath::new(below.as_os_str().as_encoded_bytes())?)
            }
            Ok(_) | Err(_) => (self.env.root.clone(), path.clone()),
        };
        let mut local = Local::of(&root)?;
        let Some(state) = local.state(&below, [None, None])? else { return Ok(false) };
        let mut found = node(&state, true)?;
        if let Node::Inode { kind: Kind::File { digest, links, .. }, .. } = &mut found {
            *digest = Digest::of_reader(&mut local.open(&below)?, |_| {})?.0;
            *links = u32::try_from(metadata.links)?;
            if *links > 1 {
                self.inodes.insert(path.clone(), metadata.identity);
            }
        }
        self.nodes.insert(path.clone(), found);
        Ok(true)
    }

    /// Takes all that is below a directory.
    fn below(&mut self, path: &EntryPath) -> Result<()> {
        let mut ahead = vec![path.clone()];
        while let Some(path) = ahead.pop() {
            if !matches!(self.nodes.get(&path), Some(Node::Inode { kind: Kind::Directory, .. })) {
                continue;
            }
            let names = Local::of(&self.env.root)?.names(&path)?;
            for name in &names {
                self.take(name)?;
            }
            ahead.extend(names);
        }
        Ok(())
    }

    /// All of it. Files with several names have their content under the first one.
    fn linked(self) -> BTreeMap<EntryPath, Node> {
        let mut first: HashMap<(u64, u64), EntryPath> = HashMap::new();
        let link = |(path, node): (EntryPath, Node)| {
            let Some(inode) = self.inodes.get(&path) else { return (path, node) };
            if let Some(first) = first.get(inode) {
                return (path, Node::HardLink { to: first.clone() });
            }
            first.insert(*inode, path.clone());
            (path, node)
        };
        self.nodes.into_iter().map(link).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn path(text: &str) -> EntryPath {
        text.parse().unwrap()
    }

    fn states_of(all: &[(&str, u8, bool)]) -> States {
        let state = |(at, content, is_new): &(&str, u8, bool)| {
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(file.path(), [*content]).unwrap();
            let digest = Some(StateDigest::of(file.path()).unwrap());
            (path(at), State { digest, is_new: *is_new })
        };
        all.iter().map(state).collect()
    }

    #[test]
    fn what_differed_before_in_the_same_way_is_not_noted_and_all_else_is() {
        let root = tempfile::tempdir().unwrap();
        let put = |at: &str, text: &str| {
            let at = root.path().join(at);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            fs::write(at, text).unwrap();
        };
        for at in ["etc/own", "usr/lib/changed", "usr/new/b/c", "usr/new/a"] {
            put(at, at);
        }
        fs::hard_link(root.path().join("usr/new/b/c"), root.path().join("usr/new/again")).unwrap();
        let before = states_of(&[("etc/own", 1, false), ("usr/lib/changed", 1, false)]);
        let after = states_of(&[
            ("etc/own", 1, false),
            ("usr/lib/changed", 2, false),
            ("usr/lib/gone", 3, false),
            ("usr/new", 4, true),
        ]);
        let layer = changed(&Env::at(root.path()), &before, after).unwrap();
        assert_eq!(layer.removed, [path("usr/lib/gone")].into());
        let names: Vec<String> = layer.put.keys().map(EntryPath::to_string).collect();
        let wanted = [
            "usr/lib/changed",
            "usr/new",
            "usr/new/a",
            "usr/new/again",
            "usr/new/b",
            "usr/new/b/c",
        ];
        assert_eq!(names, wanted);
        let Node::Inode { kind: Kind::File { digest, links, .. }, .. } =
            &layer.put[&path("usr/new/again")]
        else {
            panic!("{layer:?}")
        };
        assert_eq!((*digest, *links), (Digest::of(b"usr/new/b/c"), 2));
        let again = Node::HardLink { to: path("usr/new/again") };
        assert_eq!(layer.put[&path("usr/new/b/c")], again);
    }
}
