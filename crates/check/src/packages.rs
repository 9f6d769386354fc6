//! Which package a file belongs to, as dpkg and rpm have it noted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use zshield_golden::EntryPath;
use zshield_linux::rpm;

/// Where dpkg lists the files of each package.
const LISTS: &str = "var/lib/dpkg/info";

/// Paths whose packages are sought, by the names under which a package may list them: many list files
/// where they were before `/bin` and its like became links into `/usr`.
#[derive(Debug)]
pub struct PackageLookup<'a>(BTreeMap<Vec<u8>, &'a EntryPath>);

impl<'a> PackageLookup<'a> {
    /// These paths.
    pub fn new(paths: &'a BTreeSet<EntryPath>) -> Self {
        let mut sought = BTreeMap::new();
        for path in paths {
            let listed = [b"/", path.as_bytes()].concat();
            if let Some(merged) = listed.strip_prefix(b"/usr") {
                sought.insert(merged.to_vec(), path);
            }
            sought.insert(listed, path);
        }
        Self(sought)
    }

    /// The owners of those paths that have one, by the lists of dpkg; none where there is no dpkg.
    pub fn in_dpkg(&self, root: &Path) -> io::Result<BTreeMap<EntryPath, String>> {
        let mut owners = BTreeMap::new();
        let entries = match fs::read_dir(root.join(LISTS)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(owners),
            entries => entries?,
        };
        for entry in entries {
            let name = entry?.file_name();
            let Some(package) = name.to_str().and_then(|name| name.strip_suffix(".list")) else {
                continue;
            };
            // A package for one architecture of several has it behind its name.
            let package = package.split(':').next().unwrap_or(package);
            let mut list = BufReader::new(File::open(root.join(LISTS).join(&name))?);
            let mut line = Vec::new();
            while list.read_until(b'\n', &mut line)? > 0 {
                let listed = line.strip_suffix(b"\n").unwrap_or(&line);
                if let Some(path) = self.0.get(listed) {
                    owners.insert((*path).clone(), package.to_owned());
                }
                line.clear();
            }
        }
        Ok(owners)
    }

    /// The owners of those paths that have one, by what rpm answered to [`rpm::LIST`].
    pub fn in_rpm_list(&self, list: &str) -> BTreeMap<EntryPath, String> {
        let owner = |(package, file): (&str, &str)| {
            let path = self.0.get(file.as_bytes())?;
            Some(((*path).clone(), package.to_owned()))
        };
        rpm::files(list).filter_map(owner).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths<const N: usize>(paths: [&str; N]) -> BTreeSet<EntryPath> {
        paths.map(|path| path.parse().unwrap()).into()
    }

    fn named(owners: BTreeMap<EntryPath, String>) -> Vec<(String, String)> {
        owners.into_iter().map(|(path, name)| (path.to_string(), name)).collect()
    }

    fn pair(path: &str, package: &str) -> (String, String) {
        (path.to_owned(), package.to_owned())
    }

    #[test]
    fn the_owner_is_found_wherever_the_list_has_the_file() {
        let root = tempfile::tempdir().unwrap();
        let paths = paths(["usr/bin/ls", "usr/lib/x/y", "usr/bin/own"]);
        let sought = PackageLookup::new(&paths);
        assert_eq!(named(sought.in_dpkg(root.path()).unwrap()), []);
        let lists = root.path().join(LISTS);
        fs::create_dir_all(&lists).unwrap();
        fs::write(lists.join("coreutils.list"), "/.\n/bin\n/bin/ls\n").unwrap();
        fs::write(lists.join("libx1:amd64.list"), "/usr/lib/x/y\n").unwrap();
        fs::write(lists.join("libx1:amd64.md5sums"), "0  usr/bin/own\n").unwrap();
        let found = named(sought.in_dpkg(root.path()).unwrap());
        assert_eq!(found, [pair("usr/bin/ls", "coreutils"), pair("usr/lib/x/y", "libx1")]);
    }

    /// Of a key that was imported rpm has no files. Libraries of Red Hat 7 are listed below `/lib64`.
    #[test]
    fn the_owner_is_found_in_what_rpm_lists() {
        const LISTED: &str = "gpg-pubkey\t(none)\n\
            kernel-core\t/boot/vmlinuz-5.14.0-284.30.1.el9_2.x86_64\n\
            kernel-core\t/lib/modules/5.14.0-284.30.1.el9_2.x86_64/kernel/fs/ext4/ext4.ko.xz\n\
            bash\t/usr/bin/bash\nbash\t/usr/share/doc/a\tb\n";
        let paths = paths([
            "boot/vmlinuz-5.14.0-284.30.1.el9_2.x86_64",
            "usr/lib/modules/5.14.0-284.30.1.el9_2.x86_64/kernel/fs/ext4/ext4.ko.xz",
            "usr/share/doc/a\tb",
            "usr/bin/own",
        ]);
        let found = named(PackageLookup::new(&paths).in_rpm_list(LISTED));
        let wanted = [
            pair("boot/vmlinuz-5.14.0-284.30.1.el9_2.x86_64", "kernel-core"),
            pair(
                "usr/lib/modules/5.14.0-284.30.1.el9_2.x86_64/kernel/fs/ext4/ext4.ko.xz",
                "kernel-core",
            ),
            // As a path with a tab is shown.
            pair("usr/share/doc/a%09b", "bash"),
        ];
        assert_eq!(found, wanted);
    }
}
