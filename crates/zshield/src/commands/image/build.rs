//! `zshield image build`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::ArgMatches;
use zshield_golden::key::SigningKey;
use zshield_image::build::{Summary, build};
use zshield_image::request::Request;
use zshield_messages::{explained, say};
use zshield_operations::env;
use zshield_units::Bytes;

use super::super::{path, question};
use super::bars::Bars;

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode> {
    let file = path(matches, "policy");
    let (policy, policy_text) = env::policy(&file)?;
    let secret_key = matches.get_one::<PathBuf>("key");
    let password = match secret_key {
        Some(key) if SigningKey::is_encrypted(key)? => {
            Some(question::password(&say::cli::key_password(key.display()))?)
        }
        _ => None,
    };
    let own = std::env::current_exe().with_context(say::cli::own_binary)?;
    let init = matches.get_one::<PathBuf>("init").unwrap_or(&own);
    let summary = build(
        &Request {
            policy: &policy,
            policy_text: &policy_text,
            base: file
                .parent()
                .filter(|directory| !directory.as_os_str().is_empty())
                .unwrap_or(Path::new(".")),
            output: &path(matches, "output"),
            secret_key: secret_key.map(PathBuf::as_path),
            password: password.as_deref(),
            insecure_unsigned: matches.get_flag("insecure-unsigned"),
            init,
            source_date_epoch: epoch()?,
        },
        &Bars::new(),
    )?;
    if matches.get_flag("json") {
        out!("{:#}", in_json(&summary));
    } else {
        show(&summary);
    }
    Ok(ExitCode::SUCCESS)
}

/// `SOURCE_DATE_EPOCH`, where it is set.
fn epoch() -> Result<Option<i64>> {
    std::env::var("SOURCE_DATE_EPOCH")
        .ok()
        .map(|text| text.parse().with_context(|| say::cli::bad_epoch(&text)))
        .transpose()
}

fn show(summary: &Summary) {
    let line = |name: &str, value: String| out!("  {}", explained(name, value));
    out!("{}", say::cli::image_built(summary.image.display()));
    for (artifact, size) in &summary.artifacts {
        line(artifact.file_name(), Bytes(*size).to_string());
    }
    line(&say::cli::image_size(), Bytes(summary.image_size).to_string());
    line(&say::cli::image_used(), Bytes(summary.used).to_string());
    out!(
        "{}",
        say::cli::ImagePayload {
            entries: summary.entries,
            kernel: &summary.kernel_release,
            size: Bytes(summary.payload_bytes).to_string()
        }
    );
    out!("{}", say::cli::image_digest(summary.digest.to_string()));
    match &summary.signed_by {
        Some(key) => out!("{}", say::cli::image_signed(key.to_string())),
        None => out!("{}", say::cli::image_unsigned()),
    }
    for notice in &summary.notices {
        out!("{}", say::cli::notice(notice.to_string()));
    }
    for (phase, took) in &summary.took {
        line(&phase.to_string(), format!("{:.1} s", took.as_secs_f64()));
    }
}

fn in_json(summary: &Summary) -> serde_json::Value {
    let artifacts: serde_json::Map<String, serde_json::Value> = summary
        .artifacts
        .iter()
        .map(|(artifact, size)| (artifact.file_name().to_owned(), (*size).into()))
        .collect();
    serde_json::json!({
        "image": summary.image,
        "bytes": summary.image_size,
        "used": summary.used,
        "artifacts": artifacts,
        "entries": summary.entries,
        "payload_bytes": summary.payload_bytes,
        "kernel": summary.kernel_release,
        "root_hash": summary.root_hash.to_string(),
        "digest": summary.digest.to_string(),
        "signed_by": summary.signed_by.as_ref().map(ToString::to_string),
        "notices": summary.notices.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
