//! `zshield image verify`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::ArgMatches;
use zshield_golden::signature::TrustedKeys;
use zshield_image::verify::{Stage, verify};
use zshield_messages::say;

use super::super::path;
use super::bars::Bars;
use zshield_operations::text;

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode> {
    let keys = matches.get_many::<PathBuf>("key").map(TrustedKeys::load).transpose()?;
    let image = path(matches, "image");
    let bars = Bars::new();
    let found = verify(&image, keys.as_ref(), &|stage, bytes| {
        bars.part(&name(stage));
        bars.bytes(bytes);
    })?;
    bars.finish();
    let problems: Vec<String> = found
        .problems
        .into_iter()
        .map(|problem| text::chain(&anyhow::Error::new(problem)))
        .collect();
    if matches.get_flag("json") {
        let json = serde_json::json!({
            "image": image,
            "sound": problems.is_empty(),
            "trust": found.trust.as_ref().map(ToString::to_string),
            "header": found.header,
            "problems": problems,
        });
        out!("{json:#}");
    } else {
        if let Some(header) = &found.header {
            out!("{} {} ({})", header.product, header.version, header.created);
        }
        if let Some(trust) = &found.trust {
            out!("{trust}");
        }
        for problem in &problems {
            out!("{}", say::cli::problem(problem));
        }
        if problems.is_empty() {
            out!("{}", say::cli::image_sound(image.display()));
        } else {
            out!("{}", say::cli::ImageUnsound { count: problems.len(), image: image.display() });
        }
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn name(stage: Stage) -> String {
    match stage {
        Stage::Read => say::cli::stage_read(),
        Stage::Artifacts => say::cli::stage_artifacts(),
        Stage::Verity => say::cli::stage_verity(),
        Stage::Contents => say::cli::stage_contents(),
    }
}
