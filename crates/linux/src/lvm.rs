//! The one door to LVM: one environment, one configuration, one shape of its reports.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use serde::Deserialize;
use zshield_messages::say;
use zshield_plan::lvm::{REPORT, SHAPE};

use crate::program::{self, Program, ProgramError};

/// Where there is no udev to talk to.
const WITHOUT_UDEV: &str = "activation{udev_sync=0 udev_rules=0}";

/// LVM, with what it is told by each command.
#[derive(Clone, Debug)]
pub struct Lvm {
    config: String,
    has_udev: bool,
}

/// LVM could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum LvmError {
    /// A command failed.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// It printed no report.
    #[error("{}", say::host::unknown_output("lvm"))]
    Output(#[source] serde_json::Error),
}

impl From<LvmError> for io::Error {
    fn from(error: LvmError) -> Self {
        match error {
            LvmError::Program(error) => error.into(),
            LvmError::Output(_) => Self::new(io::ErrorKind::InvalidData, error),
        }
    }
}

/// A command of LVM's, without its words.
pub fn program() -> Program<'static> {
    // Descriptors that are open in this program are none that LVM has to speak of.
    Program::new("lvm", program::CHANGING).env("LVM_SUPPRESS_FD_WARNINGS", "1")
}

/// Has whoever asks LVM on the system below `root` see these nodes and no others, and activate the volumes
/// of this group. Of a setting that is there twice the last one holds, and this file's before `lvm.conf`'s.
pub fn confine(root: &Path, nodes: &[String], group: &str) -> io::Result<()> {
    let directory = root.join("etc/lvm");
    fs::create_dir_all(&directory)?;
    let mut file =
        OpenOptions::new().create(true).append(true).open(directory.join("lvmlocal.conf"))?;
    writeln!(file, "\n{}", zshield_plan::lvm::confined(nodes, group))
}

impl Lvm {
    /// LVM that is told this, in the words of `lvm.conf`.
    pub fn new(config: impl Into<String>) -> Self {
        Self { config: config.into(), has_udev: true }
    }

    /// Likewise, where there is no udev.
    pub fn without_udev(config: impl Into<String>) -> Self {
        Self { config: format!("{} {WITHOUT_UDEV}", config.into()), has_udev: false }
    }

    fn command(&self, words: &[&str], config: &str) -> Program<'static> {
        let command = program().args(words).args(["--config", config]);
        if self.has_udev { command } else { command.env("DM_DISABLE_UDEV", "1") }
    }

    /// Runs a command, which succeeds.
    pub fn run(&self, words: &[&str]) -> Result<(), ProgramError> {
        self.command(words, &self.config).succeed().map(drop)
    }

    /// Whether a command succeeds; what it complains of goes where this program's own complaints do.
    pub fn succeeds(&self, words: &[&str]) -> Result<bool, ProgramError> {
        Ok(self.command(words, &self.config).inherit_stderr().run()?.status.success())
    }

    /// The rows of a report.
    pub fn report<Row: for<'de> Deserialize<'de>>(
        &self,
        words: &[&str],
    ) -> Result<Vec<Row>, LvmError> {
        rows(&self.reporting(words).succeed()?).map_err(LvmError::Output)
    }

    /// Likewise, though the exit status says that LVM has missed something: a disk, for one.
    pub fn report_of_what_is_there<Row: for<'de> Deserialize<'de>>(
        &self,
        words: &[&str],
    ) -> Result<Vec<Row>, LvmError> {
        rows(&self.reporting(words).run()?.stdout).map_err(LvmError::Output)
    }

    fn reporting(&self, words: &[&str]) -> Program<'static> {
        self.command(words, &format!("{REPORT} {}", self.config)).args(SHAPE)
    }
}

#[derive(Debug, Deserialize)]
struct JsonReport<Row> {
    report: Vec<Section<Row>>,
}

#[derive(Debug, Deserialize)]
struct Section<Row> {
    #[serde(alias = "pvseg", alias = "lv", alias = "pv", alias = "seg", alias = "vg")]
    rows: Vec<Row>,
}

/// The rows of the report in what LVM printed. Where it found metadata that a power cut has left
/// torn, it says “Retrying metadata scan.” in the middle of its JSON: what begins no JSON is left
/// out.
pub fn rows<Row: for<'de> Deserialize<'de>>(output: &[u8]) -> serde_json::Result<Vec<Row>> {
    let output = String::from_utf8_lossy(output);
    let is_json = |line: &&str| line.trim_start().starts_with(['{', '}', '[', ']', '"', ',']);
    let lines: Vec<&str> = output.lines().filter(is_json).collect();
    let report: JsonReport<Row> = serde_json::from_str(&lines.join("\n"))?;
    Ok(report.report.into_iter().flat_map(|section| section.rows).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As LVM 2.03.16 prints it.
    const VOLUMES: &str = r#"  {
      "report": [
          {
              "lv": [
                  {"lv_name":"lv-root"},
                  {"lv_name":"snap0"}
              ]
          }
      ]
  }
"#;

    #[derive(Debug, Deserialize)]
    struct Volume {
        lv_name: String,
    }

    #[test]
    fn what_lvm_may_see_is_said_behind_what_is_there() {
        let root = tempfile::tempdir().unwrap();
        let said = || fs::read_to_string(root.path().join("etc/lvm/lvmlocal.conf")).unwrap();
        confine(root.path(), &["/dev/sda5".into()], "vgroup").unwrap();
        let ours = format!("{}\n", zshield_plan::lvm::confined(["/dev/sda5"], "vgroup"));
        assert!(ours.contains(" global_filter=[\"a|^/dev/sda5$|\",\"r|.*|\"]}"), "{ours}");
        assert!(said().ends_with(&ours), "{}", said());
        fs::write(root.path().join("etc/lvm/lvmlocal.conf"), "local {}").unwrap();
        confine(root.path(), &["/dev/sda5".into()], "vgroup").unwrap();
        assert!(said().starts_with("local {}\n") && said().ends_with(&ours), "{}", said());
    }

    #[test]
    fn a_message_within_a_report_is_no_part_of_it() {
        let mut lines: Vec<&str> = VOLUMES.lines().collect();
        lines.insert(2, "  Retrying metadata scan.");
        let found: Vec<Volume> = rows(lines.join("\n").as_bytes()).unwrap();
        let names: Vec<&str> = found.iter().map(|volume| volume.lv_name.as_str()).collect();
        assert_eq!(names, ["lv-root", "snap0"]);
        assert!(rows::<Volume>(b"no report").is_err());
    }
}
