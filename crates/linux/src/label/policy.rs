//! The labels that a system's own policy has for paths, read from the files of that system.

use std::fs;
use std::io;
use std::path::Path;

use zshield_formats::file_contexts::{FileContexts, FileContextsError, FileType, Texts};

use crate::IoError;

/// Says which policy a system has, and is there in no other system.
const CONFIG: &str = "etc/selinux/config";
/// What libselinux takes where that file does not say.
const USUAL: &str = "targeted";

/// Why a policy gives no label.
#[derive(Debug, thiserror::Error)]
enum PolicyError {
    #[error(transparent)]
    File(#[from] IoError),
    #[error("{0}: {1}")]
    Contexts(String, FileContextsError),
}

/// The label of a path by the policy of the system that it is in; nothing where that has none for it. A
/// policy that can't be read is told of, and gives none.
pub(super) fn label_of(path: &Path, kind: FileType) -> Option<Vec<u8>> {
    let path = std::path::absolute(path).ok()?;
    let root = path.ancestors().skip(1).find(|above| above.join(CONFIG).is_file())?;
    match label(root, &path, kind) {
        Ok(label) => label,
        Err(error) => {
            tracing::warn!("no label by the policy for {}: {error}", path.display());
            None
        }
    }
}

fn label(root: &Path, path: &Path, kind: FileType) -> Result<Option<Vec<u8>>, PolicyError> {
    let Some(within) = path.strip_prefix(root).ok().and_then(Path::to_str) else { return Ok(None) };
    let config = text(&root.join(CONFIG))?;
    let name = config.lines().find_map(|line| line.trim().strip_prefix("SELINUXTYPE="));
    let place = format!("etc/selinux/{}/contexts/files", name.unwrap_or(USUAL).trim());
    let read = |end: &str| text(&root.join(&place).join(format!("file_contexts{end}")));
    // A system has no labels without the first of them, and may lack the others.
    let or_nothing = |end: &str| match read(end) {
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    };
    let contexts = FileContexts::parse(Texts {
        policy: &read("")?,
        homes: &or_nothing(".homedirs")?,
        local: &or_nothing(".local")?,
        aliases: &or_nothing(".subs_dist")?,
        local_aliases: &or_nothing(".subs")?,
    });
    let at_place = |error| PolicyError::Contexts(place.clone(), error);
    let contexts = contexts.map_err(at_place)?;
    let label = contexts.label(&format!("/{within}"), kind).map_err(at_place)?;
    // As libselinux writes it: with a zero behind.
    Ok(label.map(|label| [label.as_bytes(), b"\0"].concat()))
}

fn text(path: &Path) -> Result<String, IoError> {
    fs::read_to_string(path).map_err(IoError::at(path))
}
