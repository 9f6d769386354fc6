//! What no lint sees. Each check is a module.

mod circles;
mod commands;
mod lengths;
mod paths;
mod rust_tokens;
mod shell;

use std::fs;

use anyhow::Result;
use clap::Command;
use zshield_machines::tool::{capture, tool};
use zshield_machines::work::Work;

/// A file of the workspace that is text.
struct Text {
    /// Its name, from the workspace's root on.
    name: String,
    content: String,
}

/// Everything that is not tidy, a line each. `cli` is the definition of xtask's own commands.
pub fn faults(work: &Work, cli: &Command) -> Result<Vec<String>> {
    let texts = texts(work)?;
    let mut faults = Vec::new();
    for text in &texts {
        faults.extend(lengths::fault(text));
        faults.extend(paths::faults(work.root(), text));
        faults.extend(commands::faults(cli, text));
        if let Some(member) = text.name.strip_suffix("/Cargo.toml") {
            faults.extend(circles::faults(work.root(), member)?);
        }
    }
    faults.extend(shell::faults(work, &texts)?);
    Ok(faults)
}

fn texts(work: &Work) -> Result<Vec<Text>> {
    let mut git = tool("git", ["ls-files", "--cached", "--others", "--exclude-standard"]);
    let listed = capture(git.current_dir(work.root()))?;
    let read = |name: &str| {
        // Listed, but removed since; or no text, which says nothing to a person.
        let content = fs::read_to_string(work.root().join(name)).ok()?;
        Some(Text { name: name.to_owned(), content })
    };
    Ok(listed.lines().filter_map(read).collect())
}

impl Text {
    fn ends_in(&self, ending: &str) -> bool {
        self.name.strip_suffix(ending).is_some_and(|name| name.ends_with('.'))
    }
}

#[cfg(test)]
impl Text {
    fn made(name: &str, content: &str) -> Self {
        Self { name: name.to_owned(), content: content.to_owned() }
    }
}
