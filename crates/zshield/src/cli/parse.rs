//! The command line taken apart, once: requests with plain options. Nothing else knows the parser.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::ArgMatches;
use zshield_operations::image::BuildOptions;
use zshield_operations::{backup, check, install, recover};
use zshield_plan::model::Target;

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// `zshield image build`.
    ImageBuild { options: Box<BuildOptions>, json: bool },
    /// `zshield image verify`.
    ImageVerify { image: PathBuf, keys: Vec<PathBuf>, json: bool },
    /// `zshield image write`.
    ImageWrite { image: PathBuf, disk: PathBuf, internal: bool, act: Act },
    /// `zshield key generate`.
    KeyGenerate { file: PathBuf, with_password: bool },
    /// `zshield install`.
    Install { options: install::Options, act: Act },
    /// `zshield install --dry-run --world`.
    InstallPlan { world: PathBuf, policy: PathBuf, json: bool },
    /// `zshield backup`.
    Backup { root: PathBuf, options: backup::Options, act: Act },
    /// `zshield check`.
    Check { root: PathBuf, options: check::Options, json: bool },
    /// `zshield check --accept`.
    Accept { root: PathBuf, paths: Vec<String> },
    /// `zshield recover`.
    Recover { root: PathBuf, options: recover::Options, restart: bool, act: Act },
    /// `zshield recover --slot`, in the rescue system.
    RecoverAtRest { slot: PathBuf, keys: PathBuf, target: Target, act: Act },
    /// `zshield status`.
    Status { root: PathBuf, json: bool },
    /// `zshield alarm list`.
    AlarmList { root: PathBuf, all: bool, json: bool },
    /// `zshield alarm ack`.
    AlarmAcknowledge { root: PathBuf, id: String, reason: String },
    /// `zshield alarm test`.
    AlarmTest { root: PathBuf, sink: Option<String> },
    /// `zshield daemon`.
    Daemon,
    /// `zshield boot-complete`.
    BootComplete,
    /// `zshield boot-menu`.
    BootMenu { root: PathBuf },
    /// `zshield init`, which the kernel alone can call.
    Init,
    /// `zshield generate`.
    Generate { man: Option<PathBuf>, completions: Option<PathBuf> },
    /// `zshield enter`.
    Enter { root: PathBuf, program: Vec<OsString> },
}

/// How an operation is gone about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Act {
    /// The plan alone is printed.
    pub(crate) dry_run: bool,
    /// Questions are answered with yes, as far as a switch may answer them.
    pub(crate) yes: bool,
    /// JSON is printed.
    pub(crate) json: bool,
}

impl Act {
    fn of(matches: &ArgMatches) -> Self {
        let flag = |name| flag(matches, name);
        Self { dry_run: flag("dry-run"), yes: flag("yes"), json: flag("json") }
    }
}

/// The request of a command line that the parser has accepted; nothing where it names no command.
pub(crate) fn request(matches: &ArgMatches) -> Option<Request> {
    let (name, matches) = matches.subcommand()?;
    let json = flag(matches, "json");
    Some(match name {
        "image" => return image(matches),
        "key" => {
            let (_, matches) = matches.subcommand()?;
            let with_password = !flag(matches, "no-password");
            Request::KeyGenerate { file: path(matches, "file"), with_password }
        }
        "install" => match optional(matches, "world") {
            Some(world) => Request::InstallPlan { world, policy: path(matches, "policy"), json },
            None => Request::Install { options: install(matches), act: Act::of(matches) },
        },
        "backup" => Request::Backup {
            root: path(matches, "root"),
            options: backup::Options {
                scheduled: flag(matches, "scheduled"),
                despite: text(matches, "reason").filter(|_| flag(matches, "despite-alarm")),
            },
            act: Act::of(matches),
        },
        "check" => check(matches),
        "recover" => return recover(matches),
        "status" => Request::Status { root: path(matches, "root"), json },
        "alarm" => return alarm(matches),
        "daemon" => Request::Daemon,
        "boot-complete" => Request::BootComplete,
        "boot-menu" => Request::BootMenu { root: path(matches, "root") },
        "init" => Request::Init,
        "generate" => Request::Generate {
            man: optional(matches, "man"),
            completions: optional(matches, "completions"),
        },
        "enter" => {
            let words = matches.get_many::<OsString>("program").into_iter().flatten();
            Request::Enter { root: path(matches, "root"), program: words.cloned().collect() }
        }
        _ => return None,
    })
}

fn image(matches: &ArgMatches) -> Option<Request> {
    let (name, matches) = matches.subcommand()?;
    let json = flag(matches, "json");
    Some(match name {
        "build" => {
            let options = BuildOptions {
                policy: path(matches, "policy"),
                output: path(matches, "output"),
                key: optional(matches, "key"),
                insecure_unsigned: flag(matches, "insecure-unsigned"),
                init: optional(matches, "init"),
                source_date_epoch: None,
            };
            Request::ImageBuild { options: Box::new(options), json }
        }
        "verify" => Request::ImageVerify {
            image: path(matches, "image"),
            keys: paths(matches, "key"),
            json,
        },
        "write" => Request::ImageWrite {
            image: path(matches, "image"),
            disk: path(matches, "disk"),
            internal: flag(matches, "force"),
            act: Act::of(matches),
        },
        _ => return None,
    })
}

fn install(matches: &ArgMatches) -> install::Options {
    install::Options {
        slot: path(matches, "slot"),
        keys: path(matches, "keys"),
        insecure_unsigned: flag(matches, "insecure-unsigned"),
        keep_data: flag(matches, "keep-data"),
    }
}

fn check(matches: &ArgMatches) -> Request {
    let root = path(matches, "root");
    match matches.get_many::<String>("accept") {
        Some(paths) => Request::Accept { root, paths: paths.cloned().collect() },
        None => Request::Check {
            root,
            options: check::Options {
                deep: flag(matches, "deep"),
                scheduled: flag(matches, "scheduled"),
            },
            json: flag(matches, "json"),
        },
    }
}

fn recover(matches: &ArgMatches) -> Option<Request> {
    let target = Target::parse(&text(matches, "target")?)?;
    let act = Act::of(matches);
    Some(match optional(matches, "slot") {
        Some(slot) => Request::RecoverAtRest { slot, keys: path(matches, "keys"), target, act },
        None => Request::Recover {
            root: path(matches, "root"),
            options: recover::Options {
                target,
                offline: flag(matches, "offline"),
                only: paths(matches, "only"),
                deep: flag(matches, "deep"),
            },
            restart: flag(matches, "restart"),
            act,
        },
    })
}

fn alarm(matches: &ArgMatches) -> Option<Request> {
    let (name, matches) = matches.subcommand()?;
    let root = path(matches, "root");
    Some(match name {
        "list" => {
            Request::AlarmList { root, all: flag(matches, "all"), json: flag(matches, "json") }
        }
        "ack" => {
            let (id, reason) = (text(matches, "id")?, text(matches, "reason")?);
            Request::AlarmAcknowledge { root, id, reason }
        }
        "test" => Request::AlarmTest { root, sink: text(matches, "sink") },
        _ => return None,
    })
}

/// Whether a flag is set; one that the command does not have is not.
fn flag(matches: &ArgMatches, name: &str) -> bool {
    matches!(matches.try_get_one::<bool>(name), Ok(Some(true)))
}

/// A path; the parser has seen to it that the required ones are there.
fn path(matches: &ArgMatches, name: &str) -> PathBuf {
    optional(matches, name).unwrap_or_default()
}

fn optional(matches: &ArgMatches, name: &str) -> Option<PathBuf> {
    matches.get_one::<PathBuf>(name).cloned()
}

fn paths(matches: &ArgMatches, name: &str) -> Vec<PathBuf> {
    matches.get_many::<PathBuf>(name).into_iter().flatten().cloned().collect()
}

fn text(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.get_one::<String>(name).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Request {
        let words = std::iter::once("zshield").chain(words.split(' '));
        request(&super::super::command().try_get_matches_from(words).unwrap()).unwrap()
    }

    /// A command line for each command, one at least.
    const LINES: [&str; 19] = [
        "image build p.toml -o x",
        "image verify x",
        "image write x /dev/sdx",
        "key generate x",
        "install",
        "backup",
        "check",
        "check --accept",
        "recover factory",
        "status",
        "alarm list",
        "alarm ack x --reason y",
        "alarm test",
        "daemon",
        "boot-complete",
        "boot-menu",
        "init",
        "generate",
        "enter / sh",
    ];

    /// The words of every command that has none below it.
    fn commands(command: &clap::Command, words: &str, found: &mut Vec<String>) {
        if !command.has_subcommands() {
            found.push(words.to_owned());
        }
        for below in command.get_subcommands() {
            commands(below, format!("{words} {}", below.get_name()).trim_start(), found);
        }
    }

    #[test]
    fn every_command_is_a_request() {
        for line in LINES {
            parsed(line);
        }
        let mut found = Vec::new();
        commands(&super::super::command(), "", &mut found);
        assert!(found.len() > 15, "{found:?}");
        for words in found {
            let tried = LINES.iter().any(|line| (*line).starts_with(&words));
            assert!(tried, "no line for «{words}»");
        }
    }

    #[test]
    fn a_reason_counts_beside_the_alarm_that_it_sets_aside() {
        let Request::Backup { root, options, act } =
            parsed("backup --despite-alarm --reason known --yes --json")
        else {
            panic!()
        };
        assert_eq!((root, options.despite.as_deref()), ("/".into(), Some("known")));
        assert_eq!(act, Act { yes: true, json: true, dry_run: false });
        assert!(!options.scheduled);
    }

    #[test]
    fn what_is_accepted_may_be_all() {
        let accept = |words| match parsed(words) {
            Request::Accept { paths, .. } => paths,
            other => panic!("{other:?}"),
        };
        assert!(accept("check --accept").is_empty());
        assert_eq!(accept("check --accept /etc/x /etc/y"), ["/etc/x", "/etc/y"]);
    }

    #[test]
    fn a_recovery_is_one_at_rest_where_its_slot_is_named() {
        let Request::RecoverAtRest { slot, keys, target, .. } =
            parsed("recover latest --slot /m/a --keys /k")
        else {
            panic!()
        };
        assert_eq!((slot, keys, target), ("/m/a".into(), "/k".into(), Target::Latest));
        let Request::Recover { options, restart, .. } =
            parsed("recover latest --only /etc/x /etc/y --deep --restart")
        else {
            panic!()
        };
        assert_eq!(options.only, [PathBuf::from("/etc/x"), "/etc/y".into()]);
        assert!(options.deep && restart && !options.offline);
    }
}
