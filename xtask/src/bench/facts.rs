//! What a script says of what it measures, beside the times.

use anyhow::{Context as _, Result};

/// `told_system` says how large the mounted system is.
pub(super) const TOLD: &str = r#"
    told_system() {
        bytes=$(find /run/sys -xdev -type f -printf '%s\n' | awk '{ sum += $1 } END { print int(sum / 1000000) }')
        echo "system: $(find /run/sys -xdev | wc -l) entries of $bytes MB"
    }
"#;

/// What was said under a name: `name: fact`.
pub(super) fn fact<'a>(said: &'a str, name: &str) -> Result<&'a str> {
    let line = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.with_context(|| format!("{name} was not said"))
}
