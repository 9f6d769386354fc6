//! The stick's ext4, written into a file by mke2fs and debugfs.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use zshield_units::UnixTime;

use crate::error::{BuildError, at};
use crate::scratch;
use crate::tool::{Tool, ToolError};

/// Features that GRUB 2.02 and every payload's kernel know. There is no journal: nothing writes to
/// the stick but GRUB, which would not use one.
const FEATURES: &str = "none,extent,sparse_super,filetype,dir_index,large_file,huge_file,flex_bg,\
                        dir_nlink,extra_isize,ext_attr";

const BLOCK: u64 = 4096;

/// A file of the filesystem to be made.
#[derive(Debug)]
pub struct Item {
    /// Where it goes: `/directory/name` or `/name`; directories are made as needed.
    pub path: String,
    /// Where its content is.
    pub source: PathBuf,
}

/// What identifies the filesystem.
#[derive(Debug)]
pub struct Identity<'a> {
    /// Its label.
    pub label: &'a str,
    /// Its UUID, as text.
    pub uuid: &'a str,
    /// The time that every file in it bears, in seconds since 1970.
    pub created: UnixTime,
}

/// Makes `image` an ext4 that holds these files, owned by root, with nothing of this host in it.
/// It is as large as they need, and a little more for `grubenv` and its kind.
///
/// `mke2fs -d` would take owners, change times and the order of directories from this host; debugfs
/// writes the same files in our order and with one time.
pub fn make(image: &Path, identity: &Identity<'_>, items: &[Item]) -> Result<(), BuildError> {
    let scratch = scratch::Directory::new().map_err(BuildError::scratch)?;
    let size = size_for(items)?;
    File::create(image).and_then(|file| file.set_len(size)).map_err(at(image))?;
    let config = scratch.path().join("mke2fs.conf");
    fs::write(
        &config,
        "[defaults]\n\tbase_features = none\n[fs_types]\n\text4 = {\n\t}\n\tsmall = {\n\t}\n",
    )
    .map_err(at(&config))?;
    let created = identity.created.0.to_string();
    Tool::Mke2fs
        .run()?
        .env("MKE2FS_CONFIG", &config)
        .env("E2FSPROGS_FAKE_TIME", &created)
        .args(["-q", "-F", "-t", "ext4", "-b", "4096", "-I", "256", "-i", "65536", "-m", "0"])
        .args(["-O", FEATURES, "-L", identity.label, "-U", identity.uuid, "-E"])
        .arg(format!("hash_seed={},root_owner=0:0,lazy_itable_init=0,nodiscard", identity.uuid))
        .arg(image)
        .output()?;
    fill(image, &created, scratch.path(), items)
}

/// Writes the files, by a script for debugfs in a directory where each goes by a plain name: debugfs
/// can't quote.
fn fill(image: &Path, created: &str, scratch: &Path, items: &[Item]) -> Result<(), BuildError> {
    let mut script = String::new();
    let mut directories: Vec<&str> = vec![""];
    for (number, item) in items.iter().enumerate() {
        let (directory, name) = item.path.rsplit_once('/').unwrap_or(("", &item.path));
        if !directories.contains(&directory) {
            directories.push(directory);
            // debugfs takes "/name" for a name in the directory it is in.
            let _ = writeln!(script, "cd /\nmkdir {}", directory.trim_start_matches('/'));
        }
        let link = scratch.join(number.to_string());
        let source = fs::canonicalize(&item.source).map_err(at(&item.source))?;
        std::os::unix::fs::symlink(source, &link).map_err(at(&link))?;
        let _ = writeln!(script, "cd {directory}/\nwrite {number} {name}");
        for field in ["mode 0100644", "uid 0", "gid 0"] {
            let _ = writeln!(script, "set_inode_field {name} {field}");
        }
    }
    let file = scratch.join("script");
    fs::write(&file, script).map_err(at(&file))?;
    let image = fs::canonicalize(image).map_err(at(image))?;
    let run = Tool::Debugfs
        .run()?
        .env("E2FSPROGS_FAKE_TIME", created)
        .within(scratch)
        .args(["-w", "-f", "script"])
        .arg(image)
        .both()?;
    // debugfs ends well whatever happened; all it says on standard error beside its version is
    // what went wrong.
    let stderr = String::from_utf8_lossy(&run.stderr);
    let said: Vec<&str> =
        stderr.lines().filter(|line| !line.is_empty() && !line.starts_with("debugfs 1.")).collect();
    if said.is_empty() {
        return Ok(());
    }
    Err(ToolError::Failed { tool: Tool::Debugfs, said: said.join("\n") }.into())
}

fn size_for(items: &[Item]) -> Result<u64, BuildError> {
    const ROOM: u64 = 8 << 20;
    const MIB: u64 = 1 << 20;
    let mut total = 0;
    for item in items {
        let length = fs::metadata(&item.source).map_err(at(&item.source))?.len();
        total += length.next_multiple_of(BLOCK);
    }
    Ok((total + total / 64 + ROOM).next_multiple_of(MIB))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: Identity<'_> = Identity {
        label: "zs-stick",
        uuid: "0f3c0f5e-1111-4222-8333-444455556666",
        created: UnixTime(1_700_000_000),
    };

    fn made(directory: &Path, name: &str) -> PathBuf {
        let image = directory.join(name);
        let source = directory.join(format!("source of {name}"));
        fs::write(&source, vec![0x5a; 3_000_000]).unwrap();
        let items = ["/a/big", "/zshield/small"]
            .map(|path| Item { path: path.to_owned(), source: source.clone() });
        make(&image, &IDENTITY, &items).unwrap();
        image
    }

    #[test]
    fn the_same_files_make_the_same_clean_filesystem() {
        let directory = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| made(directory.path(), name));
        assert!(fs::read(&one).unwrap() == fs::read(two).unwrap());
        let check = std::process::Command::new("/sbin/e2fsck").arg("-fn").arg(&one).output();
        assert!(check.unwrap().status.success());
        let run = Tool::Debugfs.run().unwrap().args(["-R", "stat /a/big"]).arg(&one);
        let stat = String::from_utf8(run.output().unwrap()).unwrap();
        assert!(stat.contains("Size: 3000000") && stat.contains("User:     0"), "{stat}");
    }

    #[test]
    fn what_debugfs_can_not_do_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let source = directory.path().join("source");
        fs::write(&source, "x").unwrap();
        let items = ["/a", "/a"].map(|path| Item { path: path.to_owned(), source: source.clone() });
        let error = make(&directory.path().join("image"), &IDENTITY, &items).unwrap_err();
        assert!(matches!(error, BuildError::Tool(ToolError::Failed { tool: Tool::Debugfs, .. })));
    }
}
