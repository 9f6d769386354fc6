//! Disks of every form, as the kernel shows them: what is observed of each is what the plan's own tests
//! decide by (`crates/plan/tests/disk_forms.rs`).

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use zshield_plan::world::Disk;

use super::disks;

/// A file of a sysfs in a line: `path = content`, where `|` ends a line of the content, or `path -> target`.
fn lay_out(sys: &Path, tree: &str) {
    for line in tree.lines() {
        if let Some((link, target)) = line.split_once(" -> ") {
            let link = sys.join(link);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            // Two disks of one controller say the same of it.
            if !link.is_symlink() {
                fs::create_dir_all(sys.join(target)).unwrap();
                symlink(sys.join(target), link).unwrap();
            }
        } else {
            let (path, content) = line.split_once(" = ").unwrap_or_else(|| panic!("{line}"));
            let path = sys.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{}\n", content.replace('|', "\n"))).unwrap();
        }
    }
}

#[test]
fn each_form_of_disk_is_seen_for_what_it_is() {
    let at = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let mut trees: Vec<PathBuf> = fs::read_dir(at("tests/fixtures/sysfs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    trees.sort();
    assert!(trees.len() >= 5, "{trees:?}");
    for tree in trees {
        let name = tree.file_stem().unwrap().to_str().unwrap();
        let sys = tempfile::tempdir().unwrap();
        lay_out(sys.path(), &fs::read_to_string(&tree).unwrap());
        let forms = at("../plan/tests/forms").join(format!("{name}.json"));
        let expected: Vec<Disk> =
            serde_json::from_str(&fs::read_to_string(forms).unwrap()).unwrap();
        assert_eq!(disks(sys.path()).unwrap(), expected, "{name}");
    }
}
