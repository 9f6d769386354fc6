//! Packages, handed to the payload's own package manager.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use zshield_linux::IoError;
use zshield_linux::program::{Program, ProgramError};
use zshield_plan::saved;
use zshield_plan::step::{InstallPackages, NotePackages};
use zshield_plan::upgrade::packages::LIMIT;

use super::Perform;
use super::release::{make_release, put_release};
use super::work::Work;
use crate::step_error::StepError;

/// As many bytes of a package manager's last words are kept.
const KEPT: usize = 1 << 20;

impl Perform for InstallPackages {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let (_, watch) = work.context.packages()?;
        let root: &Path = self.root.as_ref();
        watch.before().map_err(IoError::at(root))?;
        let (command, within) = (work.command()?, work.within());
        let mut last = Last::default();
        let installed = Program::new(command.program, LIMIT).args(&command.arguments);
        let installed = installed.streamed(KEPT, |bytes| {
            last.take(bytes);
            // A terminal that is gone is no reason to hold it up.
            drop(io::stderr().write_all(bytes));
            within();
        });
        let ended = installed.run().and_then(|output| {
            let (status, words) = (output.status, command.to_string());
            let output = String::from_utf8_lossy(&output.stdout).into_owned();
            if status.success() && !self.manager.says_failure(&output) {
                return Ok(());
            }
            Err(ProgramError::Failed { command: words, status, output })
        });
        if ended.is_err() {
            watch.failed(&last.0);
        }
        ended?;
        // What its scripts have written is not durable yet.
        for at in [root, &root.join("boot")] {
            let directory = fs::File::open(at).map_err(IoError::at(at))?;
            rustix::fs::syncfs(&directory).map_err(IoError::at(at))?;
        }
        Ok(())
    }
}

/// The last of what a program says.
#[derive(Default)]
struct Last(Vec<u8>);

impl Last {
    fn take(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        let surplus = self.0.len().saturating_sub(KEPT);
        self.0.drain(..surplus);
    }
}

impl Perform for NotePackages {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let (_, watch) = work.context.packages()?;
        let (root, from): (&Path, &Path) = (self.root.as_ref(), self.from.as_ref());
        make_release(&watch.after().map_err(IoError::at(root))?, from)?;
        work.within()();
        put_release(from, &root.join(saved::RELEASE))
    }
}
