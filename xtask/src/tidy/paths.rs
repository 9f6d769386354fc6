//! No file names a path of one machine.

use std::path::Path;

use super::Text;

pub(super) fn faults(root: &Path, text: &Text) -> Vec<String> {
    // Written in parts, or this file would be its own fault.
    let workplace = concat!("/", "work", "/");
    let root = root.display().to_string();
    text.content
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains(workplace) || line.contains(&root))
        .map(|(number, _)| format!("{}:{}: a path of one machine", text.name, number + 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspaces_own_path_is_a_fault() {
        let text = Text::made("f", "a\nsee /srv/ci/zshield/x\n");
        assert_eq!(faults(Path::new("/srv/ci/zshield"), &text), ["f:2: a path of one machine"]);
    }
}
