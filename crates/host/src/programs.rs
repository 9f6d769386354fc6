//! Programs of the vendor or the customer that lie in a directory: which of its files they are, and how one is run.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use zshield_linux::program::{Program, ProgramError};

/// What is kept of a program's last words, in bytes.
const LAST: usize = 2000;

/// The executable files with plain names, and links that lead nowhere, in their order. Backup files
/// and packages' leftovers have other characters in their names. A directory that is not there has none.
pub(crate) fn in_directory(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        let is_program = match path.metadata() {
            Ok(found) => found.is_file() && found.permissions().mode() & 0o111 != 0,
            // A link that leads nowhere: it fails alone, and keeps no other from being run.
            Err(_) => true,
        };
        if plain && is_program {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Runs one with these variables in its environment. All that it says goes to this program's own stderr, and so to the
/// journal; the last of it is the output.
pub(crate) fn run(
    path: &Path,
    limit: Duration,
    variables: &[(&str, &str)],
) -> Result<Output, ProgramError> {
    // A terminal that is gone is no reason to hold it up.
    let pass_on = |bytes: &[u8]| drop(io::stderr().write_all(bytes));
    let program = Program::new(path, limit).own_locale();
    let program = variables.iter().fold(program, |program, (name, value)| program.env(name, value));
    program.streamed(LAST, pass_on).run()
}

/// What it said last.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
