//! Which old file a new one is a patch of: the one of its path, or of a path that differs in versions only.

use std::collections::HashMap;

use zshield_golden::{Digest, EntryPath};

/// A file of an old image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Old {
    pub(super) path: EntryPath,
    pub(super) blake3: Digest,
    pub(super) size: u64,
}

/// The files of an old image, by what they are called.
pub(super) struct Bases {
    files: Vec<Old>,
    paths: HashMap<EntryPath, usize>,
    /// By path without versions.
    plain: HashMap<Vec<u8>, Vec<usize>>,
}

impl Bases {
    /// Empty files are no use.
    pub(super) fn of(files: impl IntoIterator<Item = Old>) -> Self {
        let files: Vec<Old> = files.into_iter().filter(|file| file.size > 0).collect();
        let (mut paths, mut plain) = (HashMap::new(), HashMap::<_, Vec<usize>>::new());
        for (at, file) in files.iter().enumerate() {
            paths.insert(file.path.clone(), at);
            plain.entry(without_versions(file.path.as_bytes())).or_default().push(at);
        }
        Self { files, paths, plain }
    }

    /// The file that resembles the new one most, as far as names and lengths tell.
    pub(super) fn find(&self, path: &EntryPath, size: u64) -> Option<&Old> {
        let same = self.paths.get(path).copied();
        let found = same.or_else(|| {
            let alike = self.plain.get(&without_versions(path.as_bytes()))?;
            alike.iter().copied().min_by_key(|at| self.files[*at].size.abs_diff(size))
        })?;
        self.files.get(found)
    }
}

/// A path with one `#` for each version in it: `lib/modules/6.1.0-50-amd64` and `libssl.so.3.0.1` are
/// `lib/modules/#-amd#` and `libssl.so.#`.
fn without_versions(path: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, after)) = rest.split_first() {
        if first.is_ascii_digit() {
            plain.push(b'#');
            rest = after_version(rest);
        } else {
            plain.push(*first);
            rest = after;
        }
    }
    plain
}

/// What follows numbers with a `.`, `-`, `+` or `~` between them.
fn after_version(text: &[u8]) -> &[u8] {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match &text[digits..] {
        [b'.' | b'-' | b'+' | b'~', next, ..] if next.is_ascii_digit() => {
            after_version(&text[digits + 1..])
        }
        rest => rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn old(path: &str, size: u64) -> Old {
        Old { path: path.parse().unwrap(), blake3: Digest::of(path.as_bytes()), size }
    }

    #[test]
    fn versions_in_a_path_do_not_count() {
        let plain = |path: &str| String::from_utf8(without_versions(path.as_bytes())).unwrap();
        assert_eq!(plain("lib/modules/6.1.0-50-amd64/x.ko"), "lib/modules/#-amd#/x.ko");
        assert_eq!(plain("usr/lib/libssl.so.3"), plain("usr/lib/libssl.so.3.0.17"));
        assert_eq!(plain("a.1-b.2."), "a.#-b.#.");
        assert_eq!(plain(&"1.".repeat(2000)), "#.");
    }

    #[test]
    fn the_same_path_comes_first_then_the_nearest_length() {
        let kernel = |release: &str| format!("boot/vmlinuz-{release}-amd64");
        let bases = Bases::of([
            old(&kernel("6.1.0-49"), 100),
            old(&kernel("6.1.0-50"), 200),
            old("etc/empty", 0),
            old("etc/motd", 7),
        ]);
        let find = |path: &str, size| {
            bases.find(&path.parse().unwrap(), size).map(|old| old.path.to_string())
        };
        assert_eq!(find(&kernel("6.1.0-56"), 190), Some(kernel("6.1.0-50")));
        assert_eq!(find(&kernel("6.1.0-56"), 10), Some(kernel("6.1.0-49")));
        assert_eq!(find(&kernel("6.1.0-49"), 200), Some(kernel("6.1.0-49")));
        assert_eq!(find("etc/motd", 9), Some("etc/motd".into()));
        assert_eq!(find("etc/empty", 9), None);
        assert_eq!(find("etc/hosts", 9), None);
    }
}
