//! A root filesystem in a directory of the build host, read without ever leaving it.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// More links than any real path goes through.
const LINKS: usize = 40;

/// A root filesystem in a directory. Its absolute symbolic links lead into it, not into the host.
#[derive(Clone, Debug)]
pub struct Sysroot {
    root: PathBuf,
}

impl Sysroot {
    /// The tree in this directory.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where `path` leads within the tree: a relative path without links, or `None` where there is
    /// nothing.
    pub fn resolve(&self, path: impl AsRef<Path>) -> Option<PathBuf> {
        let mut ahead: VecDeque<OsString> = names(path.as_ref()).collect();
        let mut resolved = PathBuf::new();
        let mut links = 0;
        while let Some(name) = ahead.pop_front() {
            if name == ".." {
                resolved.pop();
                continue;
            }
            let here = self.root.join(&resolved).join(&name);
            if !fs::symlink_metadata(&here).ok()?.is_symlink() {
                resolved.push(name);
                continue;
            }
            links += 1;
            let target = fs::read_link(&here).ok().filter(|_| links <= LINKS)?;
            if target.is_absolute() {
                resolved.clear();
            }
            for name in names(&target).collect::<Vec<_>>().into_iter().rev() {
                ahead.push_front(name);
            }
        }
        Some(resolved)
    }

    /// The host's path of what `path` leads to.
    pub fn find(&self, path: impl AsRef<Path>) -> Option<PathBuf> {
        self.resolve(path).map(|inside| self.root.join(inside))
    }

    /// The first of these paths that leads to a regular file, and its path on the host.
    pub fn find_file<P: AsRef<Path>>(&self, paths: impl IntoIterator<Item = P>) -> Option<PathBuf> {
        paths.into_iter().filter_map(|path| self.find(path)).find(|found| found.is_file())
    }

    /// The names in a directory, sorted; none where there is no such directory.
    pub fn names(&self, directory: impl AsRef<Path>) -> Vec<String> {
        let Some(entries) = self.find(directory).and_then(|found| fs::read_dir(found).ok()) else {
            return Vec::new();
        };
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// A text file's content.
    pub fn text(&self, path: impl AsRef<Path>) -> Option<String> {
        fs::read(self.find(path)?).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The names in a path that are more than "here" or "root".
fn names(path: &Path) -> impl Iterator<Item = OsString> + '_ {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn tree() -> (tempfile::TempDir, Sysroot) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("usr/lib")).unwrap();
        fs::write(root.join("usr/lib/here"), "inside").unwrap();
        symlink("/usr/lib", root.join("lib")).unwrap();
        symlink("../../../../etc/passwd", root.join("usr/lib/out")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        let tree = Sysroot::new(root);
        (directory, tree)
    }

    #[test]
    fn an_absolute_link_leads_into_the_tree() {
        let (_directory, tree) = tree();
        assert_eq!(tree.resolve("/lib/here"), Some(PathBuf::from("usr/lib/here")));
        assert_eq!(tree.text("lib/here").as_deref(), Some("inside"));
    }

    #[test]
    fn no_path_leads_out() {
        let (_directory, tree) = tree();
        assert!(Path::new("/etc/passwd").exists());
        assert_eq!(tree.resolve("lib/out"), None);
        assert_eq!(tree.resolve("../../etc/passwd"), None);
        assert_eq!(tree.resolve("loop"), None);
    }
}
