//! Every `cargo xtask …` in a document names a task that there is.

use clap::Command;

use super::Text;

pub(super) fn faults(cli: &Command, text: &Text) -> Vec<String> {
    if !text.ends_in("md") {
        return Vec::new();
    }
    let tasks = text.content.match_indices("cargo xtask ").map(|(at, found)| {
        let rest = &text.content[at + found.len()..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        &rest[..end.unwrap_or(rest.len())]
    });
    tasks
        .filter(|task| !task.is_empty() && cli.find_subcommand(task).is_none())
        .map(|task| format!("{}: there is no cargo xtask {task}", text.name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_that_there_is_not_is_a_fault() {
        let cli = Command::new("xtask").subcommand(Command::new("uml"));
        let said = "`cargo xtask uml check-`, `cargo xtask …`, then cargo xtask fly";
        let found = faults(&cli, &Text::made("docs/a.md", said));
        assert_eq!(found, ["docs/a.md: there is no cargo xtask fly"]);
        assert!(faults(&cli, &Text::made("a.rs", said)).is_empty());
    }
}
