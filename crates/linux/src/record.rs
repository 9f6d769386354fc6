//! A record of what is run, for tests of whether a plan shows it. Only with the feature `record`,
//! where `ZSHIELD_RECORD` names the file: nothing of it is in the program that ships.

/// Adds a line to the record.
#[cfg(feature = "record")]
pub fn note(line: &str) {
    use std::io::Write as _;
    let Some(file) = std::env::var_os("ZSHIELD_RECORD") else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
    if let Err(error) = file.and_then(|mut file| writeln!(file, "{line}")) {
        tracing::error!("a test's record: {error}");
    }
}

/// Adds nothing: records are not compiled in.
#[cfg(not(feature = "record"))]
pub const fn note(_line: &str) {}
