//! `ShellCheck` finds nothing in any script; where a script switches a finding off, the line above or
//! behind says why. Each script begins with what it shows.

use anyhow::Result;
use zshield_machines::packages;
use zshield_machines::tool::tool;
use zshield_machines::work::Work;

use super::Text;

/// What `ShellCheck` has to be told of a script that has no `#!` line, and what it is not to find.
const DIRECTIVE: &str = "# shellcheck ";

pub(super) fn faults(work: &Work, texts: &[Text]) -> Result<Vec<String>> {
    let scripts: Vec<&Text> = texts.iter().filter(|text| text.ends_in("sh")).collect();
    let mut faults: Vec<String> = scripts.iter().flat_map(|script| own_faults(script)).collect();
    if !scripts.is_empty() {
        packages::ensure_tidied()?;
        let mut shellcheck = tool("shellcheck", ["--norc", "--format=gcc"]);
        shellcheck.current_dir(work.root()).args(scripts.iter().map(|script| &script.name));
        // Its status says no more than its output.
        let output = shellcheck.output()?;
        let said = [output.stdout, output.stderr].concat();
        faults.extend(String::from_utf8_lossy(&said).lines().map(str::to_owned));
    }
    Ok(faults)
}

fn own_faults(script: &Text) -> Vec<String> {
    let lines: Vec<&str> = script.content.lines().collect();
    let is_comment = |line: Option<&&str>| {
        line.is_some_and(|line| {
            let line = line.trim_start();
            line.starts_with("# ") && !line.starts_with(DIRECTIVE)
        })
    };
    let mut faults = Vec::new();
    if !is_comment(lines.get(1)) {
        faults.push(format!("{}:2: it does not say what it shows", script.name));
    }
    for (index, line) in lines.iter().enumerate() {
        let Some(told) = line.trim_start().strip_prefix(DIRECTIVE) else { continue };
        let explained = told.contains("  # ") || is_comment(lines.get(index.wrapping_sub(1)));
        if told.starts_with("disable=") && !explained {
            let number = index + 1;
            faults
                .push(format!("{}:{number}: a finding is switched off, and not why", script.name));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_switched_off_with_a_reason_only() {
        let script =
            "# shellcheck shell=sh\n# Shows it.\n\n# Words.\n# shellcheck disable=SC1\nset $a\n";
        assert!(own_faults(&Text::made("a.sh", script)).is_empty());
        let script = script.replace("# Words.\n", "");
        assert_eq!(
            own_faults(&Text::made("a.sh", &script)),
            ["a.sh:4: a finding is switched off, and not why"]
        );
        assert_eq!(
            own_faults(&Text::made("a.sh", "# shellcheck shell=sh\n\necho\n")),
            ["a.sh:2: it does not say what it shows"]
        );
    }
}
