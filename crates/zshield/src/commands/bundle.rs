//! `zshield bundle create`, `sign`, `verify` and `show`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgAction, ArgMatches, Command};
use zshield_bundle::head::{Factory, Head, Initrd, Manager, Payload, Restart, Stage, System};
use zshield_golden::signature::TrustedKeys;
use zshield_messages::{Language, explained, language, say};
use zshield_operations::bundle::{self, CreateOptions, Created, Shown as Said};
use zshield_operations::{Result, text};
use zshield_units::Bytes;

use super::{Subcommand, epoch};
use crate::cli::args::{self, Values as _};
use crate::progress::Shown;
use crate::{interrupted, question};

/// `zshield bundle`.
pub(super) enum Bundle {
    /// `zshield bundle create`.
    Create { options: Box<CreateOptions>, json: bool },
    /// `zshield bundle sign`.
    Sign { bundle: PathBuf, key: PathBuf },
    /// `zshield bundle verify`.
    Verify { bundle: PathBuf, keys: Vec<PathBuf>, json: bool },
    /// `zshield bundle show`.
    Show { bundle: PathBuf, json: bool },
}

impl Subcommand for Bundle {
    fn define(command: Command) -> Command {
        let bundle = || args::path("bundle").required(true).help(say::bundle::argument_bundle());
        let many = |name, help| args::option(name, help).action(ArgAction::Append);
        let create = Command::new("create")
            .about(say::bundle::create_about())
            .arg(args::path("new").help(say::bundle::argument_new()))
            .arg(many("from", say::bundle::option_from()).requires("new"))
            .arg(args::option("output", say::bundle::option_output()).short('o').required(true))
            .arg(args::option("description", say::bundle::option_description()))
            .arg(args::option("key", say::bundle::option_secret_key()))
            .arg(many("trusted", say::bundle::option_trusted()).requires("new"))
            .arg(args::flag("whole", say::bundle::option_whole()).requires("new"))
            .arg(args::json());
        let sign = Command::new("sign")
            .about(say::bundle::sign_about())
            .arg(bundle())
            .arg(args::option("key", say::bundle::option_secret_key()).required(true));
        let verify = Command::new("verify")
            .about(say::bundle::verify_about())
            .arg(bundle())
            .arg(many("key", say::bundle::option_public_key()))
            .arg(args::json());
        let show =
            Command::new("show").about(say::bundle::show_about()).arg(bundle()).arg(args::json());
        command
            .about(say::bundle::about())
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands([create, sign, verify, show])
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        let (name, values) = values.subcommand()?;
        let json = values.flag("json");
        let bundle = || values.path("bundle");
        Some(match name {
            "create" => {
                let options = CreateOptions {
                    new: values.optional_path("new"),
                    from: values.paths("from"),
                    output: values.path("output"),
                    description: values.optional_path("description"),
                    key: values.optional_path("key"),
                    trusted: values.paths("trusted"),
                    whole: values.flag("whole"),
                    source_date_epoch: None,
                };
                Self::Create { options: Box::new(options), json }
            }
            "sign" => Self::Sign { bundle: bundle(), key: values.path("key") },
            "verify" => Self::Verify { bundle: bundle(), keys: values.paths("key"), json },
            "show" => Self::Show { bundle: bundle(), json },
            _ => return None,
        })
    }

    fn run(self) -> Result<ExitCode> {
        match self {
            Self::Create { options, json } => create(*options, json),
            Self::Sign { bundle, key } => sign(bundle, key),
            Self::Verify { bundle, keys, json } => verify(&bundle, &keys, json),
            Self::Show { bundle, json } => show(&bundle, json),
        }
    }
}

fn create(mut options: CreateOptions, json: bool) -> Result<ExitCode> {
    options.source_date_epoch = epoch()?;
    let output = options.output.clone();
    let prepared = bundle::prepare_create(options)?;
    let password = asked(prepared.locked_key()?)?;
    let shown = Shown::parts();
    let ended = say::bundle::create_interrupted;
    let created = interrupted::or_ended(ended, || prepared.run(password.as_deref(), &shown))??;
    shown.finish();
    let Created { head, length, signed_by, expired } = created;
    if json {
        let signed_by = signed_by.map(|key| key.to_string());
        let bytes = length.0;
        let fields = serde_json::json!({
            "bundle": output, "bytes": bytes, "signed_by": signed_by, "head": head,
        });
        out!("{fields:#}");
        return Ok(ExitCode::SUCCESS);
    }
    out!("{}", say::bundle::Created { bundle: output.display(), size: length.to_string() });
    match signed_by {
        Some(key) => out!("{}", say::bundle::signed(key.to_string())),
        None => out!("{}", say::bundle::not_signed(output.display())),
    }
    if let Payload::System(system) = &head.payload
        && let Some(from) = system.from.iter().find(|from| from.version > head.version)
    {
        let (from, version) = (from.version.as_str(), head.version.as_str());
        out!("{}", say::bundle::LeadsBack { from, version });
    }
    if let Some(expires) = expired {
        out!("{}", say::bundle::expired_already(text::time(expires)));
    }
    Ok(ExitCode::SUCCESS)
}

/// The password of a key that has one.
fn asked(key: Option<&Path>) -> Result<Option<String>> {
    key.map(|key| question::password(&say::image::key_password(key.display()))).transpose()
}

fn sign(bundle: PathBuf, key: PathBuf) -> Result<ExitCode> {
    let prepared = bundle::prepare_sign(bundle, key);
    let password = asked(prepared.locked_key()?)?;
    let (head, key) = prepared.run(password.as_deref())?;
    out!("{} {}", head.product, head.version);
    out!("{}", say::bundle::signed(key.to_string()));
    Ok(ExitCode::SUCCESS)
}

fn verify(bundle: &Path, keys: &[PathBuf], json: bool) -> Result<ExitCode> {
    let shown = Shown::parts();
    let found = bundle::verify(bundle, keys, &shown)?;
    shown.finish();
    let sound = found.sound;
    if json {
        out!("{:#}", serde_json::to_value(&found)?);
    } else {
        if let Some(head) = &found.head {
            out!("{} {}", head.product, head.version);
        }
        if let Some(key) = found.signed_by {
            out!("{}", say::bundle::signed(key.to_string()));
            out!("{}", say::bundle::sound(bundle.display()));
        }
        if let Some(message) = found.message {
            out!("{}", say::bundle::Unsound { bundle: bundle.display(), message });
        }
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show(bundle: &Path, json: bool) -> Result<ExitCode> {
    let said = bundle::show(bundle)?;
    if json {
        out!("{:#}", serde_json::to_value(&said)?);
        return Ok(ExitCode::SUCCESS);
    }
    for line in lines(&said, language()) {
        out!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

/// What a person reads of a bundle.
fn lines(said: &Said, language: Language) -> Vec<String> {
    let head = &said.head;
    let mut lines = vec![format!("{} {} ({})", head.product, head.version, head.architecture)];
    let mut row = |name: String, value: String| lines.push(format!("  {}", explained(name, value)));
    row(say::bundle::row_brings(), brought(&head.payload));
    match &head.payload {
        Payload::System(system) => row(say::bundle::row_from(), origins(system)),
        Payload::Files { removed, .. } if !removed.is_empty() => {
            let removed = removed.iter().map(|path| format!("/{path}"));
            row(say::bundle::row_removes(), names(removed));
        }
        Payload::Files { .. } | Payload::Packages { .. } => {}
    }
    conditions(head, &mut row);
    row(say::bundle::row_restart(), restart(head.restart));
    if matches!(head.payload, Payload::System(_)) {
        row(say::bundle::row_factory(), factory(head.factory));
        row(say::bundle::row_initrd(), initrd(head.initrd));
    }
    for hook in &head.hooks {
        row(say::bundle::row_hook(), hook_line(hook.stage, &hook.name));
    }
    for text in &head.introduces {
        let id = TrustedKeys::default().add(text).map(|key| key.to_string());
        row(say::bundle::row_introduces(), id.unwrap_or_default());
    }
    for key in &head.revokes {
        row(say::bundle::row_revokes(), key.to_string());
    }
    row(say::bundle::row_made(), text::time(head.created));
    row(say::bundle::row_size(), size(said));
    lines.push(match said.signed_by {
        Some(key) => say::bundle::signature_unproved(key.to_string()),
        None => say::bundle::signature_none(),
    });
    if !head.changelog.is_empty() {
        lines.push(String::new());
        lines.extend(head.changelog.text(language).trim_end().lines().map(str::to_owned));
    }
    lines
}

fn conditions(head: &Head, row: &mut impl FnMut(String, String)) {
    if let Some(least) = &head.least {
        row(say::bundle::row_least(), least.to_string());
    }
    if let Some(floor) = &head.floor {
        row(say::bundle::row_floor(), floor.to_string());
    }
    if let Some(expires) = head.expires {
        row(say::bundle::row_expires(), text::time(expires));
    }
    row(say::bundle::row_room(), head.space.root.to_string());
    if head.space.golden > Bytes::ZERO {
        row(say::bundle::row_golden_room(), head.space.golden.to_string());
    }
}

fn brought(payload: &Payload) -> String {
    match payload {
        Payload::System(system) => say::bundle::brings_system(system.manifest.to_string()),
        Payload::Packages { manager: Manager::Deb, files } => {
            say::bundle::brings_deb(names(files.iter().map(|file| file.name.to_string())))
        }
        Payload::Packages { manager: Manager::Rpm, files } => {
            say::bundle::brings_rpm(names(files.iter().map(|file| file.name.to_string())))
        }
        Payload::Files { files, .. } => {
            say::bundle::brings_files(names(files.iter().map(|file| format!("/{}", file.path))))
        }
    }
}

fn names(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn origins(system: &System) -> String {
    let from = names(system.from.iter().map(|from| from.version.to_string()));
    match (system.whole, from.is_empty()) {
        (true, true) => say::bundle::from_any(),
        (true, false) => say::bundle::from_any_and(from),
        (false, _) => from,
    }
}

fn restart(restart: Restart) -> String {
    match restart {
        Restart::Nothing => say::bundle::restart_nothing(),
        Restart::Services => say::bundle::restart_services(),
        Restart::Machine => say::bundle::restart_machine(),
    }
}

fn factory(factory: Factory) -> String {
    match factory {
        Factory::Stays => say::bundle::factory_stays(),
        Factory::Follows => say::bundle::factory_follows(),
    }
}

fn initrd(initrd: Initrd) -> String {
    match initrd {
        Initrd::Carried => say::bundle::initrd_carried(),
        Initrd::Made => say::bundle::initrd_made(),
    }
}

fn hook_line(stage: Stage, name: &str) -> String {
    match stage {
        Stage::Before => say::bundle::hook_before(name),
        Stage::After => say::bundle::hook_after(name),
    }
}

fn size(said: &Said) -> String {
    say::bundle::Size {
        contents: said.contents,
        length: said.length.to_string(),
        patches: said.patches.to_string(),
        squashfs: said.squashfs.to_string(),
        whole: said.whole.to_string(),
    }
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::super::command_line;
    use super::super::tests::parsed;
    use super::*;

    #[test]
    fn a_bundle_leads_from_several_images() {
        let words = "bundle create new.img --from a.img --from b.img -o up.zsb --whole --json";
        let Bundle::Create { options, json } = parsed(words) else { panic!("{words}") };
        assert_eq!(options.from, [PathBuf::from("a.img"), PathBuf::from("b.img")]);
        assert_eq!((options.new, options.whole, json), (Some("new.img".into()), true, true));
        let words = "bundle create --description bundle.toml -o up.zsb";
        let Bundle::Create { options, .. } = parsed(words) else { panic!("{words}") };
        assert_eq!((options.new, options.whole), (None, false));
    }

    #[test]
    fn what_is_said_of_images_needs_an_image() {
        let line = |new: &str, option: &str| {
            format!("zshield bundle create{new} --description bundle.toml -o up.zsb {option}")
        };
        let is_taken = |line: String| command_line().try_get_matches_from(line.split(' ')).is_ok();
        for option in ["--from a.img", "--whole", "--trusted a.pub"] {
            assert!(is_taken(line(" new.img", option)), "{option}");
            assert!(!is_taken(line("", option)), "{option}");
        }
    }

    #[test]
    fn keys_are_as_many_as_are_given() {
        let words = "bundle verify up.zsb --key a.pub --key b.pub";
        let Bundle::Verify { keys, .. } = parsed(words) else { panic!("{words}") };
        assert_eq!(keys.len(), 2);
        let words = "bundle sign up.zsb --key vendor.key";
        let Bundle::Sign { key, .. } = parsed(words) else { panic!("{words}") };
        assert_eq!(key, PathBuf::from("vendor.key"));
    }
}
