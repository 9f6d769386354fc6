//! `zshield vault`: copies of the backups.

mod far;
mod fetch;
mod init;
mod taken;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use serde_json::Value;
use zshield_messages::say;
use zshield_operations::interruption;
use zshield_operations::question::{Answer, Question};
use zshield_operations::vault::{self, ListedGeneration, Options, Places};
use zshield_operations::{Env, Result, exit, text};
use zshield_units::Bytes;
use zshield_vault::get::Existing;
use zshield_vault::{Depth, Kind};

use super::Subcommand;
use crate::cli::args::{self, Act, Values as _};
use crate::{interrupted, qr, question};

/// `zshield vault`.
pub(super) struct Vault {
    root: PathBuf,
    json: bool,
    what: What,
}

/// The commands below it.
#[derive(Debug, PartialEq, Eq)]
enum What {
    List,
    Init { act: Act },
    Copy(Options),
    Send(Places),
    Test(Places),
    Fetch(fetch::Fetch),
    Forget,
    Get { id: String, path: PathBuf, into: PathBuf, existing: Existing },
    Mount { id: String, directory: PathBuf },
    Key { act: Act },
    Check { depth: Depth, scheduled: bool },
    Prune,
    PruneAt { place: String, credentials: Option<PathBuf>, act: Act },
}

impl Subcommand for Vault {
    fn define(command: Command) -> Command {
        command
            .about(say::vault::about())
            .long_about(say::vault::long_about())
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands(below())
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        let (name, values) = values.subcommand()?;
        let (root, json) = (values.path("root"), values.flag("json"));
        let what = match name {
            "list" => What::List,
            "init" => What::Init { act: Act::of(values) },
            "copy" => What::Copy(Options { scheduled: values.flag("scheduled") }),
            "send" if values.flag("scheduled") => What::Send(Places::Due),
            "send" => What::Send(places(values)),
            "test" => What::Test(places(values)),
            "fetch" => What::Fetch(fetch::Fetch {
                from: values.text("from")?,
                wanted: values.text("wanted"),
                key: values.optional_path("recovery-key"),
                act: Act::of(values),
            }),
            "forget" => What::Forget,
            "get" => What::Get {
                id: values.text("id")?,
                path: values.path("path"),
                into: values.path("directory"),
                existing: if values.flag("replace") { Existing::Replaced } else { Existing::Stays },
            },
            "mount" => What::Mount { id: values.text("id")?, directory: values.path("directory") },
            "key" => {
                What::Key { act: Act { yes: values.flag("yes"), json: false, dry_run: false } }
            }
            "check" => {
                let deep = values.flag("deep");
                let depth = if deep { Depth::Everything } else { Depth::Structure };
                What::Check { depth, scheduled: values.flag("scheduled") }
            }
            "prune" => match values.text("at") {
                None => What::Prune,
                Some(place) => {
                    let credentials = values.optional_path("credentials");
                    What::PruneAt { place, credentials, act: Act::of(values) }
                }
            },
            _ => return None,
        };
        Some(Self { root, json, what })
    }

    fn run(self) -> Result<ExitCode> {
        let (env, json) = (Env::at(self.root), self.json);
        match self.what {
            What::List => show(&env, json),
            What::Init { act } => init::make(&env, act),
            What::Copy(options) => copy(&env, options, json),
            What::Send(places) => far::send(&env, &places, json),
            What::Test(places) => far::test(&env, &places, json),
            What::Fetch(asked) => fetch::fetch(&env, &asked),
            What::Forget => fetch::forget(&env),
            What::Get { id, path, into, existing } => {
                taken::get(&env, (&id, &path), &into, existing, json)
            }
            What::Mount { id, directory } => taken::mount(&env, &id, &directory),
            What::Key { act } => key(&env, act),
            What::Check { depth, scheduled } => check(&env, depth, scheduled, json),
            What::Prune => prune(&env, json),
            What::PruneAt { place, credentials, act } => far::prune(&env, &place, credentials, act),
        }
    }
}

fn places(values: &ArgMatches) -> Places {
    match values.texts("place") {
        names if names.is_empty() => Places::All,
        names => Places::Named(names),
    }
}

fn below() -> [Command; 12] {
    let id = || Arg::new("id").value_name("ID").required(true).help(say::vault::argument_id());
    let required = |name, help| args::path(name).required(true).help(help);
    let places =
        || Arg::new("place").value_name("PLACE").num_args(0..).help(say::vault::argument_place());
    let command = |name, about| Command::new(name).about(about).arg(args::root());
    [
        command("list", say::vault::list_about()).arg(args::json()),
        command("init", say::vault::init_about())
            .long_about(say::vault::init_long_about())
            .arg(args::dry_run())
            .arg(args::yes())
            .arg(args::json()),
        command("copy", say::vault::copy_about())
            .long_about(say::vault::copy_long_about())
            .arg(args::scheduled())
            .arg(args::json()),
        command("send", say::vault::send_about())
            .long_about(say::vault::send_long_about())
            .arg(places())
            .arg(args::scheduled())
            .arg(args::json()),
        command("test", say::vault::test_about()).arg(places()).arg(args::json()),
        command("fetch", say::vault::fetch_about())
            .long_about(say::vault::fetch_long_about())
            .arg(
                Arg::new("from")
                    .value_name("PLACE|FILE")
                    .required(true)
                    .help(say::vault::argument_from()),
            )
            .arg(Arg::new("wanted").value_name("newest|ID").help(say::vault::argument_fetched()))
            .arg(args::option("recovery-key", say::vault::option_recovery_key()))
            .arg(args::dry_run())
            .arg(args::yes())
            .arg(args::json()),
        command("forget", say::vault::forget_about()),
        command("get", say::vault::get_about())
            .arg(id())
            .arg(required("path", say::vault::argument_path()))
            .arg(required("directory", say::vault::argument_into()))
            .arg(args::flag("replace", say::vault::option_replace()))
            .arg(args::json()),
        command("mount", say::vault::mount_about())
            .arg(id())
            .arg(required("directory", say::vault::argument_directory())),
        command("key", say::vault::key_about()).arg(args::yes()),
        command("check", say::vault::check_about())
            .arg(args::flag("deep", say::vault::option_deep()))
            .arg(args::scheduled())
            .arg(args::json()),
        command("prune", say::vault::prune_about())
            .long_about(say::vault::prune_long_about())
            .arg(args::text("at", say::vault::option_at()).value_name("PLACE"))
            .arg(args::option("credentials", say::vault::option_credentials()).requires("at"))
            .arg(args::dry_run().requires("at"))
            .arg(args::yes().requires("at"))
            .arg(args::json()),
    ]
}

fn print(json: &Value) -> ExitCode {
    out!("{json:#}");
    ExitCode::SUCCESS
}

fn show(env: &Env, json: bool) -> Result<ExitCode> {
    let listing = vault::list(env)?;
    if json {
        return Ok(print(&serde_json::to_value(&listing)?));
    }
    if listing.generations.is_empty() {
        out!("{}", say::vault::list_none());
    }
    for generation in &listing.generations {
        out!("{}", line(generation));
    }
    for id in &listing.damaged {
        out!("{}", say::vault::list_damaged(id.get(..8).unwrap_or(id)));
    }
    for why in &listing.closed {
        out!("{why}");
    }
    out!("{}", room(listing.free, listing.used));
    if !listing.recovery_key {
        out!("{}", say::vault::no_recovery_key());
    }
    Ok(ExitCode::SUCCESS)
}

fn line(generation: &ListedGeneration) -> String {
    say::vault::ListEntry {
        id: generation.short.clone(),
        kind: if generation.fetched {
            say::vault::kind_fetched(&generation.host)
        } else {
            kind(generation.kind)
        },
        time: text::time(generation.taken),
        version: generation.version.clone().unwrap_or_else(say::status::unknown),
        size: generation.bytes.map_or_else(say::status::unknown, megabytes),
    }
    .to_string()
}

fn kind(kind: Option<Kind>) -> String {
    match kind {
        Some(Kind::Latest) => say::vault::kind_latest(),
        Some(Kind::Factory) => say::vault::kind_factory(),
        None => say::vault::kind_other(),
    }
}

fn room(free: Bytes, used: u8) -> String {
    say::vault::Room { free: megabytes(free), used: used.to_string() }.to_string()
}

/// In millions of bytes, rounded up: what is there is never shown as nothing.
fn megabytes(bytes: Bytes) -> String {
    bytes.0.div_ceil(1_000_000).to_string()
}

fn copy(env: &Env, options: Options, json: bool) -> Result<ExitCode> {
    let prepared = vault::prepare(env, options)?;
    let outcome = interrupted::or_ended(say::vault::goes_on, || prepared.run())??;
    if json {
        return Ok(print(&serde_json::to_value(&outcome)?));
    }
    if outcome.copied.is_empty() {
        out!("{}", say::vault::copied_nothing());
    }
    for copied in &outcome.copied {
        let said = say::vault::Copied {
            kind: kind(copied.generation.kind),
            time: text::time(copied.generation.taken),
            id: copied.generation.short.clone(),
            added: megabytes(copied.added),
        };
        out!("{said}");
    }
    if let Some(pruned) = &outcome.pruned {
        given_up(pruned);
    }
    out!("{}", room(outcome.free, outcome.used));
    Ok(ExitCode::SUCCESS)
}

fn given_up(pruned: &vault::Pruned) {
    for generation in &pruned.forgotten {
        let (id, time) = (generation.short.clone(), text::time(generation.taken));
        out!("{}", say::vault::Pruned { id, time });
    }
    for id in &pruned.unreadable {
        out!("{}", say::vault::pruned_unreadable(id.get(..8).unwrap_or(id)));
    }
}

fn key(env: &Env, act: Act) -> Result<ExitCode> {
    let question = Question {
        text: say::vault::key_question(),
        answer: Answer::Yes,
        declined: say::vault::key_declined(),
    };
    question::agree(question, act)?;
    // Half-way it would be shown and open nothing, or the other way round.
    interruption::meanwhile(
        |_| {},
        || {
            vault::replace_recovery_key(env, |key| {
                out!("{}\n\n    {}\n", say::vault::key(), key.reveal());
                qr::show(key.reveal());
                out!("{}", say::vault::key_keep());
            })
        },
    )??;
    Ok(ExitCode::SUCCESS)
}

fn check(env: &Env, depth: Depth, scheduled: bool, json: bool) -> Result<ExitCode> {
    let checked = vault::check(env, depth, scheduled)?;
    let status = if checked.findings.is_empty() { 0 } else { exit::DRIFT };
    if json {
        print(&serde_json::to_value(&checked)?);
    } else if checked.findings.is_empty() {
        out!("{}", say::vault::whole());
    }
    for what in checked.findings.iter().filter(|_| !json) {
        out!("{}", say::vault::found(what));
    }
    if checked.given_up > 0 && !json {
        out!("{}", say::vault::given_up(checked.given_up.to_string()));
    }
    Ok(ExitCode::from(status))
}

fn prune(env: &Env, json: bool) -> Result<ExitCode> {
    let pruned = vault::prune(env)?;
    if json {
        return Ok(print(&serde_json::to_value(&pruned)?));
    }
    given_up(&pruned);
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::tests::parsed;

    #[test]
    fn each_command_is_what_it_says() {
        let what = |words: &str| parsed::<Vault>(words).what;
        assert_eq!(what("vault list"), What::List);
        let act = Act { yes: true, json: false, dry_run: false };
        assert_eq!(what("vault init --yes"), What::Init { act });
        assert_eq!(what("vault copy --scheduled"), What::Copy(Options { scheduled: true }));
        assert_eq!(what("vault check"), What::Check { depth: Depth::Structure, scheduled: false });
        assert_eq!(
            what("vault check --deep"),
            What::Check { depth: Depth::Everything, scheduled: false }
        );
        assert_eq!(what("vault prune"), What::Prune);
        let credentials = Some("/key".into());
        let act = Act { yes: false, json: true, dry_run: false };
        assert_eq!(
            what("vault prune --at nas --credentials /key --json"),
            What::PruneAt { place: "nas".into(), credentials, act }
        );
        let (id, path) = ("1a2b".to_owned(), "/etc/passwd".into());
        assert_eq!(
            what("vault get 1a2b /etc/passwd . --replace"),
            What::Get { id, path, into: ".".into(), existing: Existing::Replaced }
        );
        let mounted = What::Mount { id: "1a2b".to_owned(), directory: "/mnt".into() };
        assert_eq!(what("vault mount 1a2b /mnt"), mounted);
        assert_eq!(what("vault send --scheduled"), What::Send(Places::Due));
        assert_eq!(what("vault send"), What::Send(Places::All));
        assert_eq!(
            what("vault test nas s3"),
            What::Test(Places::Named(vec!["nas".into(), "s3".into()]))
        );
        assert!(matches!(what("vault key --yes"), What::Key { act: Act { yes: true, .. } }));
        assert!(parsed::<Vault>("vault list --json").json);
    }

    #[test]
    fn a_few_bytes_are_not_nothing() {
        assert_eq!([0, 1, 1_000_001].map(|bytes| megabytes(Bytes(bytes))), ["0", "1", "2"]);
    }
}
