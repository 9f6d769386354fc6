//! What may differ from the payload because the installation itself writes it.

use std::collections::BTreeSet;

use super::drift::FileKind;
use super::scope::{Regard, Scope};
use crate::path::{EntryPath, PathError};

/// Paths that are not compared, and mounted filesystems that are.
///
/// The directory of a path that may differ is compared, but for the time of its last change.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    free: BTreeSet<EntryPath>,
    /// Directory, and what the names begin with.
    prefixes: Vec<(EntryPath, Vec<u8>)>,
    entered: BTreeSet<EntryPath>,
}

impl Expected {
    /// Nothing may differ, and no mounted filesystem is gone into.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// `path` may be there or not, whatever it is; so may all below it. A `*` at its end stands
    /// for the rest of the name: `etc/ssh/ssh_host_*`.
    pub fn free(mut self, path: &str) -> Result<Self, PathError> {
        match path.strip_suffix('*') {
            Some(beginning) => {
                let (directory, name) = beginning.rsplit_once('/').unwrap_or((".", beginning));
                self.prefixes.push((directory.parse()?, name.as_bytes().to_vec()));
            }
            None => {
                self.free.insert(path.parse()?);
            }
        }
        Ok(self)
    }

    /// The same of a path that is none of a text.
    #[must_use]
    pub fn free_path(mut self, path: EntryPath) -> Self {
        self.free.insert(path);
        self
    }

    /// What is mounted on `path` belongs to the payload too, as `boot` does.
    pub fn entered(mut self, path: &str) -> Result<Self, PathError> {
        self.entered.insert(path.parse()?);
        Ok(self)
    }

    /// Whether this path itself may differ in any way.
    fn is_free(&self, path: &EntryPath) -> bool {
        self.free.contains(path)
            || self.prefixes.iter().any(|(directory, beginning)| {
                path.parent().as_ref() == Some(directory)
                    && path.name().is_some_and(|name| name.starts_with(beginning))
            })
    }

    /// Whether something directly in this directory may differ.
    fn is_inside(&self, directory: &EntryPath) -> bool {
        self.free
            .range(directory.clone()..)
            .take_while(|path| path.is_within(directory))
            .any(|path| path.parent().as_ref() == Some(directory))
            || self.prefixes.iter().any(|(of, _)| of == directory)
    }
}

impl Scope for Expected {
    fn regard(&self, path: &EntryPath, kind: FileKind) -> Regard {
        if self.is_free(path) {
            Regard::Nothing
        } else if kind == FileKind::Directory && self.is_inside(path) {
            // Making or removing an expected file changes its directory's time.
            Regard::ButTime
        } else {
            Regard::Whole
        }
    }

    fn is_entered(&self, path: &EntryPath) -> bool {
        self.entered.contains(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_the_rest_of_one_name() {
        let expected = Expected::nothing().free("etc/ssh/ssh_host_*").unwrap();
        let free = |path: &str| expected.is_free(&path.parse().unwrap());
        assert!(free("etc/ssh/ssh_host_rsa_key"));
        assert!(!free("etc/ssh/sshd_config") && !free("etc/ssh/x/ssh_host_rsa_key"));
        assert!(expected.is_inside(&"etc/ssh".parse().unwrap()));
        assert!(!expected.is_inside(&"etc".parse().unwrap()));
    }

    #[test]
    fn only_the_directory_of_a_free_path_has_a_free_time() {
        let expected = Expected::nothing().free("etc/fstab").unwrap();
        assert!(expected.is_inside(&"etc".parse().unwrap()));
        assert!(!expected.is_inside(&EntryPath::root()));
    }
}
