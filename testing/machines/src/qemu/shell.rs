//! Commands in the root shell that the demo payload opens on its serial console.

use std::time::Duration;

use anyhow::{Result, bail};

use super::running::Running;

/// What a command in the guest did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Its exit status.
    pub status: i32,
    /// Its output and its errors.
    pub output: String,
}

/// The shell of a machine that has booted.
#[derive(Debug)]
pub struct Shell<'a> {
    machine: &'a mut Running,
    count: u32,
}

/// More commands than any scenario gives one shell.
const REOPENED: u32 = 1000;
const BOOT: Duration = Duration::from_mins(4);
const ANSWER: Duration = Duration::from_secs(30);
const MINUTE: Duration = Duration::from_mins(1);

impl<'a> Shell<'a> {
    /// Waits for the prompt of the payload's root shell.
    pub fn open(machine: &'a mut Running) -> Result<Self> {
        machine.expect_any(&["root@appliance:"], BOOT)?;
        // An exclamation mark in a script is itself. The word is written in two halves, so that its echo is not taken for it.
        machine.send(
            " set +H; export TERM=dumb LC_ALL=C.UTF-8 PAGER=cat; bind 'set enable-bracketed-paste off'; \
             stty -echo; PS1=; PS2=; dmesg -n 1; echo shell'-is-'ready\n",
        )?;
        machine.expect("shell-is-ready", ANSWER)?;
        Ok(Self { machine, count: 0 })
    }

    /// The shell that was opened on this machine before.
    pub fn open_again(machine: &'a mut Running) -> Self {
        // Numbers that no earlier command had.
        Self { machine, count: REOPENED }
    }

    /// Runs a command line, within a minute. It ends with the first command of it that fails; as in
    /// any shell, neither `! …` nor what stands before `&&`, `||` or `|` counts as one that does.
    pub fn run(&mut self, line: &str) -> Result<Done> {
        self.run_within(line, MINUTE)
    }

    /// Runs a command line and gives it `limit`.
    pub fn run_within(&mut self, line: &str, limit: Duration) -> Result<Done> {
        self.count += 1;
        let (begin, end) = (format!("::begin-{}::", self.count), format!("::end-{}::", self.count));
        self.machine.send(&framed(line, &begin, &end))?;
        self.machine.expect(&begin, ANSWER)?;
        let output = self.machine.text_until(&end, limit)?;
        let status = self.machine.rest_of_line();
        match status.trim().parse() {
            Ok(status) => Ok(Done { status, output }),
            Err(_) => bail!("no exit status behind «{end}» but «{status}»"),
        }
    }

    /// Runs a command line that has to end with status 0 and returns its output.
    pub fn check(&mut self, line: &str) -> Result<String> {
        self.check_within(line, MINUTE)
    }

    /// The same, which is given `limit`.
    pub fn check_within(&mut self, line: &str, limit: Duration) -> Result<String> {
        let done = self.run_within(line, limit)?;
        if done.status != 0 {
            bail!("«{line}» ended with status {}:\n{}", done.status, done.output);
        }
        Ok(done.output)
    }

    /// Runs a script, within a minute, which has to end with status 0; its variables are set before.
    /// Returns its output. Like a command line it ends with the first command that fails.
    pub fn script(&mut self, text: &str, variables: &[(&str, &str)]) -> Result<String> {
        self.script_within(text, variables, MINUTE)
    }

    /// The same, which is given `limit`.
    pub fn script_within(
        &mut self,
        text: &str,
        variables: &[(&str, &str)],
        limit: Duration,
    ) -> Result<String> {
        self.check_within(&with_variables(text, variables), limit)
    }

    /// The machine that the shell is on.
    pub fn machine(&mut self) -> &mut Running {
        self.machine
    }
}

/// A script behind the lines that set its variables, and without the comment that it begins with.
fn with_variables(text: &str, variables: &[(&str, &str)]) -> String {
    let exports = variables.iter().map(|(name, value)| format!("export {name}={}", quoted(value)));
    let lines = text.lines().skip_while(|line| line.starts_with('#')).map(str::to_owned);
    exports.chain(lines).collect::<Vec<_>>().join("\n")
}

/// A word that the shell takes as it is.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A command line in a shell of its own, which ends at its first failure, between two words.
fn framed(line: &str, begin: &str, end: &str) -> String {
    format!("echo {begin}; ( set -e; {line}\n) 2>&1; echo \"{end}$?\"\n")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn said(line: &str) -> String {
        let script = framed(line, ":", ":");
        let output = Command::new("bash").arg("-c").arg(script).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn a_scripts_variables_are_what_they_were() {
        let value = "it's a \"$HOME\"; false `x` \\";
        let script =
            "# shellcheck shell=sh\n# Takes WORD.\n\nif true; then\n    echo \"$WORD\"\nfi\n";
        let line = with_variables(script, &[("WORD", value)]);
        assert_eq!(said(&line), format!(":\n{value}\n:0\n"));
    }

    #[test]
    fn the_first_command_that_fails_is_the_last_one() {
        assert_eq!(said("test 1 = 2; echo two"), ":\n:1\n");
        assert_eq!(said("echo one; (exit 3); echo two"), ":\none\n:3\n");
        assert_eq!(said("echo one; echo two"), ":\none\ntwo\n:0\n");
        assert_eq!(said("until true; do false; done; ! false"), ":\n:0\n");
        assert_eq!(said("true; ! true"), ":\n:1\n");
    }
}
