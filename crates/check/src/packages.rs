//! Which package a file belongs to, as dpkg has it noted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use zshield_golden::EntryPath;

/// Where dpkg lists the files of each package.
const LISTS: &str = "var/lib/dpkg/info";

/// The owners of those paths that have one, by the lists of dpkg; nothing where there is no dpkg.
///
/// The lists name files where they were before `/bin` and its like became links into `/usr`.
pub fn owners(
    root: &Path,
    paths: &BTreeSet<EntryPath>,
) -> io::Result<Option<BTreeMap<EntryPath, String>>> {
    let directory = root.join(LISTS);
    if !directory.is_dir() {
        return Ok(None);
    }
    let mut wanted: BTreeMap<Vec<u8>, &EntryPath> = BTreeMap::new();
    for path in paths {
        let listed = [b"/", path.as_bytes()].concat();
        if let Some(merged) = listed.strip_prefix(b"/usr") {
            wanted.insert(merged.to_vec(), path);
        }
        wanted.insert(listed, path);
    }
    let mut owners = BTreeMap::new();
    for entry in fs::read_dir(directory)? {
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
            if let Some(path) = wanted.get(listed) {
                owners.insert((*path).clone(), package.to_owned());
            }
            line.clear();
        }
    }
    Ok(Some(owners))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_found_wherever_the_list_has_the_file() {
        let root = tempfile::tempdir().unwrap();
        let paths: BTreeSet<EntryPath> =
            ["usr/bin/ls", "usr/lib/x/y", "usr/bin/own"].map(|path| path.parse().unwrap()).into();
        assert_eq!(owners(root.path(), &paths).unwrap(), None);
        let lists = root.path().join(LISTS);
        fs::create_dir_all(&lists).unwrap();
        fs::write(lists.join("coreutils.list"), "/.\n/bin\n/bin/ls\n").unwrap();
        fs::write(lists.join("libx1:amd64.list"), "/usr/lib/x/y\n").unwrap();
        fs::write(lists.join("libx1:amd64.md5sums"), "0  usr/bin/own\n").unwrap();
        let found = owners(root.path(), &paths).unwrap().unwrap();
        let found: Vec<_> =
            found.iter().map(|(path, name)| (path.to_string(), name.as_str())).collect();
        assert_eq!(found, [("usr/bin/ls".into(), "coreutils"), ("usr/lib/x/y".into(), "libx1")]);
    }
}
