//! AIDE of the newest Debian, whichever this host has: the one of Debian 12 is ten times slower.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use zshield_machines::artifacts::Artifacts;
use zshield_machines::payload::{Suite, unpacked};
use zshield_machines::tool::{capture, tool};

const NEWEST: Suite = Suite::Trixie;

/// Writes a script that is AIDE for one tree, at its defaults: `--init` or `--check`. Configuration,
/// database and script are in `directory`. It ends well whatever it finds.
pub(super) fn script(artifacts: &Artifacts, directory: &Path, tree: &Path) -> Result<PathBuf> {
    let newest = unpacked(artifacts.work(), &NEWEST.to_string(), "aide")?.canonicalize()?;
    let [config, script] = ["aide.conf", "aide"].map(|name| directory.join(name));
    let (directory, newest) = (directory.display(), newest.display());
    let text = format!(
        "database_in=file:{directory}/aide.db\ndatabase_out=file:{directory}/aide.db\ngzip_dbout=no\n\
         report_url=file:{directory}/aide.report\n{} R\n",
        tree.display()
    );
    fs::write(&config, text).with_context(|| format!("cannot write {}", config.display()))?;
    let text = format!(
        "libraries={newest}/usr/lib/x86_64-linux-gnu\n\
         $libraries/ld-linux-x86-64.so.2 --library-path $libraries {newest}/usr/bin/aide \
         --config {} \"$@\"\ntest $? -lt 8\n",
        config.display()
    );
    fs::write(&script, text).with_context(|| format!("cannot write {}", script.display()))?;
    Ok(script)
}

/// Its name and version.
pub(super) fn version(script: &Path) -> Result<String> {
    let said = capture(tool("sh", ["-eu"]).arg(script).arg("--version"))?;
    Ok(said.lines().next().unwrap_or_default().to_owned())
}
