//! `zshield image write`.

use std::process::ExitCode;

use anyhow::Result;
use clap::ArgMatches;
use zshield_image::write::{Disk, Options, Stage, WriteError, write};
use zshield_messages::say;
use zshield_units::Bytes;

use super::super::{path, question};
use super::bars::Bars;
use crate::report;
use zshield_operations::text;

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode> {
    let (image, device) = (path(matches, "image"), path(matches, "disk"));
    let options = Options { internal: matches.get_flag("force") };
    let (dry_run, yes) = (matches.get_flag("dry-run"), matches.get_flag("yes"));
    let bars = Bars::new();
    let mut unasked = None;
    let mut confirm = |disk: &Disk| {
        err!("{}", described(disk));
        if dry_run {
            return false;
        }
        yes || question::agreed(&say::cli::agree_write(disk.node.display())).unwrap_or_else(
            |error| {
                unasked = Some(error);
                false
            },
        )
    };
    let written = write(&image, &device, options, &mut confirm, &|stage, bytes| {
        bars.part(&name(stage));
        bars.bytes(bytes);
    });
    bars.finish();
    match (written, unasked) {
        (_, Some(error)) => Err(error),
        (Err(WriteError::Declined), None) if dry_run => {
            out!("{}", say::cli::would_write(image.display()));
            Ok(ExitCode::SUCCESS)
        }
        (Ok(done), None) => {
            out!(
                "{}",
                say::cli::Written { bytes: Bytes(done.data).to_string(), disk: device.display() }
            );
            Ok(ExitCode::SUCCESS)
        }
        (Err(error), None) => Err(judged(error)),
    }
}

fn described(disk: &Disk) -> String {
    say::cli::DiskLine {
        device: disk.node.display(),
        model: &disk.model,
        serial: &disk.serial,
        size: Bytes(disk.size).to_string(),
    }
    .to_string()
}

/// What did not begin is a refusal; what failed in the middle is not.
fn judged(error: WriteError) -> anyhow::Error {
    match error {
        WriteError::Image { .. }
        | WriteError::NoTable { .. }
        | WriteError::Refused { .. }
        | WriteError::Declined
        | WriteError::Open { .. } => report::refused(text::chain(&error.into())),
        WriteError::Write { .. } | WriteError::ReadBack { .. } | WriteError::Differs { .. } => {
            error.into()
        }
    }
}

fn name(stage: Stage) -> String {
    match stage {
        Stage::Write => say::cli::stage_write(),
        Stage::Compare => say::cli::stage_compare(),
    }
}
