//! What no lint sees.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use clap::CommandFactory;

use zshield_machines::tool::{capture, tool};
use zshield_machines::work::Work;

/// No Rust file is longer.
const LINES: usize = 400;

/// Everything that is not tidy, a line each.
pub fn faults(work: &Work) -> Result<Vec<String>> {
    let mut git = tool("git", ["ls-files", "--cached", "--others", "--exclude-standard"]);
    let listed = capture(git.current_dir(work.root()))?;
    let mut faults = Vec::new();
    for name in listed.lines() {
        let path = work.root().join(name);
        // Listed, but removed since; or no text, which says nothing to a person.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        faults.extend(too_long(name, &text));
        faults.extend(local_paths(work.root(), name, &text));
    }
    faults.extend(unknown_commands(work)?);
    Ok(faults)
}

fn too_long(name: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    let rust = Path::new(name).extension().is_some_and(|end| end == "rs");
    (rust && lines > LINES).then(|| format!("{name}: {lines} lines; {LINES} are the limit"))
}

fn local_paths(root: &Path, name: &str, text: &str) -> Vec<String> {
    // Written in parts, or this file would be its own fault.
    let workplace = concat!("/", "work", "/");
    let root = root.display().to_string();
    text.lines()
        .enumerate()
        .filter(|(_, line)| line.contains(workplace) || line.contains(&root))
        .map(|(number, _)| format!("{name}:{}: a path of one machine", number + 1))
        .collect()
}

/// The README's `cargo xtask …` lines name tasks that there are.
fn unknown_commands(work: &Work) -> Result<Vec<String>> {
    let readme = work.root().join("README.md");
    if !readme.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(&readme).context("cannot read README.md")?;
    let cli = crate::Cli::command();
    Ok(text
        .lines()
        .flat_map(|line| {
            line.match_indices("cargo xtask ").map(move |(at, found)| &line[at + found.len()..])
        })
        .filter_map(|rest| {
            let task: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
            let known = task.is_empty() || cli.find_subcommand(&task).is_some();
            (!known).then(|| format!("README.md: there is no cargo xtask {task}"))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_rust_file_is_a_fault_and_a_long_text_is_not() {
        let text = "x\n".repeat(LINES + 1);
        assert!(too_long("a.rs", &text).is_some());
        assert_eq!(too_long("a.md", &text), None);
        assert_eq!(too_long("a.rs", &text[2..]), None);
    }

    #[test]
    fn the_workspaces_own_path_is_a_fault() {
        let found = local_paths(Path::new("/srv/ci/zshield"), "f", "a\nsee /srv/ci/zshield/x\n");
        assert_eq!(found, ["f:2: a path of one machine"]);
    }
}
