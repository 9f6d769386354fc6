//! The installation stick of the demo appliance, made as a release engineer would.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::cache::{self, Key};
use crate::tool::{capture, tool};
use crate::work::Work;

/// Builds the image from the commented example of a policy, with `payload` in it.
pub fn build(work: &Work, binary: &Path, payload: &Path) -> Result<PathBuf> {
    let folder = work.folder("stick")?;
    let example = work.root().join("examples/appliance.toml");
    let policy = with_source(
        &fs::read_to_string(&example).with_context(|| format!("no {}", example.display()))?,
        payload,
    )?;
    let key = signing_key(&folder, binary)?;
    let inputs = Key::default().text(&policy).file(binary)?.file(payload)?.file(&key)?;
    cache::made(folder.join("usb.img"), &inputs, |partial| {
        let path = folder.join("appliance.toml");
        fs::write(&path, &policy).with_context(|| format!("cannot write {}", path.display()))?;
        let mut zshield = tool(&binary.to_string_lossy(), ["image", "build"]);
        zshield.arg(&path).arg("--key").arg(&key).arg("-o").arg(partial);
        capture(&mut zshield).map(drop)
    })
}

/// The secret key, made once for a workspace.
fn signing_key(folder: &Path, binary: &Path) -> Result<PathBuf> {
    let key = folder.join("demo.key");
    if !key.exists() {
        let mut zshield = tool(&binary.to_string_lossy(), ["key", "generate", "--no-password"]);
        capture(zshield.arg(&key))?;
    }
    Ok(key)
}

fn with_source(example: &str, payload: &Path) -> Result<String> {
    let source = "source = \"rootfs.tar\"";
    ensure!(example.contains(source), "examples/appliance.toml no longer says «{source}»");
    Ok(example.replace(source, &format!("source = {:?}", payload.display().to_string())))
}
