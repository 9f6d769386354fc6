//! What was found at the policy's address, kept for others: a look writes it, the status and the daemon read it.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use zshield_linux::{durable_file, label};
use zshield_plan::upgrade::look::Looked;

/// The file, within the system.
pub(crate) const FILE: &str = "var/lib/zshield/looked.json";
const FORMAT: u32 = 1;

/// Its form in the file.
#[derive(Serialize, Deserialize)]
struct Stored {
    format: u32,
    #[serde(flatten)]
    looked: Looked,
}

/// What is known of the address; nothing where nobody has looked, or where what is there can't be understood.
pub(crate) fn read(root: &Path) -> Option<Looked> {
    let text = match fs::read(root.join(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        other => other.map_err(anyhow::Error::from),
    };
    let stored = text.and_then(|text| Ok(serde_json::from_slice::<Stored>(&text)?));
    let stored = stored.inspect_err(|error| tracing::error!("{FILE}: {error}")).ok()?;
    (stored.format == FORMAT).then_some(stored.looked)
}

/// Leaves it for others; durable when this returns.
pub(crate) fn write(root: &Path, looked: Looked) -> Result<()> {
    let path = root.join(FILE);
    let named = || path.display().to_string();
    label::create_dir_all(path.parent().unwrap_or(root)).with_context(named)?;
    let stored = serde_json::to_vec_pretty(&Stored { format: FORMAT, looked })?;
    durable_file::write(&path, 0o600, &stored).with_context(named)
}
