//! `zshield image build`, `verify` and `write`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgAction, ArgMatches, Command};
use zshield_image::build::Summary;
use zshield_image::write::Disk;
use zshield_messages::{explained, say};
use zshield_operations::Result;
use zshield_operations::image::{self, BuildOptions};
use zshield_units::Bytes;

use super::{Subcommand, epoch};
use crate::cli::args::{self, Act, Values as _};
use crate::progress::Shown;
use crate::{interrupted, question};

/// `zshield image`.
pub(super) enum Image {
    /// `zshield image build`.
    Build { options: Box<BuildOptions>, json: bool },
    /// `zshield image verify`.
    Verify { image: PathBuf, keys: Vec<PathBuf>, json: bool },
    /// `zshield image write`.
    Write { image: PathBuf, disk: PathBuf, internal: bool, act: Act },
}

impl Subcommand for Image {
    fn define(command: Command) -> Command {
        let build = Command::new("build")
            .about(say::image::build_about())
            .arg(args::path("policy").required(true).help(say::image::argument_policy()))
            .arg(args::option("output", say::image::option_output()).short('o').required(true))
            .arg(args::option("key", say::image::option_secret_key()))
            .arg(args::flag("insecure-unsigned", say::image::option_insecure_unsigned()))
            .arg(args::option("init", say::image::option_init()).hide(true))
            .arg(args::json());
        let verify = Command::new("verify")
            .about(say::image::verify_about())
            .arg(args::path("image").required(true).help(say::image::argument_image_or_disk()))
            .arg(args::option("key", say::image::option_public_key()).action(ArgAction::Append))
            .arg(args::json());
        let write = Command::new("write")
            .about(say::image::write_about())
            .arg(args::path("image").required(true).help(say::image::argument_image()))
            .arg(args::path("disk").required(true).help(say::image::argument_disk()))
            .arg(args::flag("force", say::image::option_force()))
            .arg(args::yes())
            .arg(args::dry_run());
        command
            .about(say::image::about())
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands([build, verify, write])
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        let (name, values) = values.subcommand()?;
        let json = values.flag("json");
        Some(match name {
            "build" => {
                let options = BuildOptions {
                    policy: values.path("policy"),
                    output: values.path("output"),
                    key: values.optional_path("key"),
                    insecure_unsigned: values.flag("insecure-unsigned"),
                    init: values.optional_path("init"),
                    source_date_epoch: None,
                };
                Self::Build { options: Box::new(options), json }
            }
            "verify" => {
                Self::Verify { image: values.path("image"), keys: values.paths("key"), json }
            }
            "write" => Self::Write {
                image: values.path("image"),
                disk: values.path("disk"),
                internal: values.flag("force"),
                act: Act::of(values),
            },
            _ => return None,
        })
    }

    fn run(self) -> Result<ExitCode> {
        match self {
            Self::Build { options, json } => build(*options, json),
            Self::Verify { image, keys, json } => verify(&image, &keys, json),
            Self::Write { image, disk, internal, act } => write(&image, &disk, internal, act),
        }
    }
}

fn build(mut options: BuildOptions, json: bool) -> Result<ExitCode> {
    options.source_date_epoch = epoch()?;
    let prepared = image::prepare_build(options)?;
    let password = match prepared.locked_key()? {
        Some(key) => Some(question::password(&say::image::key_password(key.display()))?),
        None => None,
    };
    let shown = Shown::parts();
    let ended = say::image::build_interrupted;
    let summary = interrupted::or_ended(ended, || prepared.run(password.as_deref(), &shown))??;
    shown.finish();
    if json {
        out!("{:#}", in_json(&summary));
    } else {
        show(&summary);
    }
    Ok(ExitCode::SUCCESS)
}

fn show(summary: &Summary) {
    let line = |name: &str, value: String| out!("  {}", explained(name, value));
    out!("{}", say::image::built(summary.image.display()));
    for (artifact, size) in &summary.artifacts {
        line(artifact.file_name(), Bytes(*size).to_string());
    }
    line(&say::image::built_size(), Bytes(summary.image_size).to_string());
    line(&say::image::built_used(), Bytes(summary.used).to_string());
    out!(
        "{}",
        say::image::BuiltPayload {
            entries: summary.entries,
            kernel: &summary.kernel_release,
            size: Bytes(summary.payload_bytes).to_string()
        }
    );
    out!("{}", say::image::built_digest(summary.digest.to_string()));
    match &summary.signed_by {
        Some(key) => out!("{}", say::image::built_signed(key.to_string())),
        None => out!("{}", say::image::built_unsigned()),
    }
    for notice in &summary.notices {
        out!("{}", say::image::notice(notice.to_string()));
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

fn verify(image: &Path, keys: &[PathBuf], json: bool) -> Result<ExitCode> {
    let shown = Shown::parts();
    let found = image::verify(image, keys, &shown)?;
    shown.finish();
    if json {
        out!("{:#}", serde_json::to_value(&found)?);
    } else {
        if let Some(header) = &found.header {
            out!("{} {} ({})", header.product, header.version, header.created);
        }
        if let Some(trust) = &found.trust {
            out!("{trust}");
        }
        for problem in &found.problems {
            out!("{}", say::image::problem(problem));
        }
        if found.sound {
            out!("{}", say::image::sound(image.display()));
        } else {
            let count = found.problems.len();
            out!("{}", say::image::Unsound { count, image: image.display() });
        }
    }
    Ok(if found.sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn write(image: &Path, disk: &Path, internal: bool, act: Act) -> Result<ExitCode> {
    let prepared = image::prepare_write(image, disk, internal)?;
    err!("{}", described(prepared.disk()));
    if act.dry_run {
        out!("{}", say::image::would_write(image.display()));
        return Ok(ExitCode::SUCCESS);
    }
    question::agree(prepared.question(), act)?;
    let shown = Shown::parts();
    let ended = || say::image::write_interrupted(disk.display());
    let written = interrupted::or_ended(ended, || prepared.run(&shown))??;
    shown.finish();
    let bytes = Bytes(written.data).to_string();
    out!("{}", say::image::Written { bytes, disk: disk.display() });
    Ok(ExitCode::SUCCESS)
}

fn described(disk: &Disk) -> String {
    say::image::DiskLine {
        device: disk.node.display(),
        model: &disk.model,
        serial: &disk.serial,
        size: Bytes(disk.size).to_string(),
    }
    .to_string()
}
