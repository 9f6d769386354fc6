//! `zshield check`: how the running system differs from what was delivered.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use zshield_check::depth::Depth;
use zshield_check::report::{CheckReport, DriftPlace, Finding, Reason};
use zshield_golden::compare::Difference;
use zshield_messages::{list, say};
use zshield_operations::check::{self, ForScripts, Options, READABLE, repair};
use zshield_operations::{Env, Result, acceptance, exit, text};
use zshield_plan::policy::Class;

use super::Subcommand;
use crate::cli::args::{self, Values as _};
use crate::interrupted;
use crate::progress::Shown;

/// `zshield check`.
pub(super) enum Check {
    /// The system is compared.
    Run { root: PathBuf, options: Options, json: bool },
    /// `zshield check --accept`.
    Accept { root: PathBuf, paths: Vec<String> },
}

impl Subcommand for Check {
    fn define(command: Command) -> Command {
        command
            .about(say::check::about())
            .long_about(say::check::long_about())
            .arg(args::flag("deep", say::check::option_deep()))
            .arg(
                Arg::new("accept")
                    .long("accept")
                    .value_name("PATH")
                    .num_args(0..)
                    .conflicts_with_all(["deep", "json"])
                    .help(say::check::option_accept()),
            )
            .arg(args::scheduled())
            .arg(args::root())
            .arg(args::json())
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        let root = values.path("root");
        let options = Options { deep: values.flag("deep"), scheduled: values.flag("scheduled") };
        Some(match values.get_many::<String>("accept") {
            Some(paths) => Self::Accept { root, paths: paths.cloned().collect() },
            None => Self::Run { root, options, json: values.flag("json") },
        })
    }

    fn run(self) -> Result<ExitCode> {
        match self {
            Self::Run { root, options, json } => run(&Env::at(root), options, json),
            Self::Accept { root, paths } => accept(&Env::at(root), &paths),
        }
    }
}

fn run(env: &Env, options: Options, json: bool) -> Result<ExitCode> {
    let prepared = check::prepare(env, options)?;
    if let Some(why) = &prepared.unreadable {
        err!("{why}");
    }
    let shown = Shown::parts();
    let outcome = interrupted::or_ended(say::check::interrupted, || prepared.run(&shown))?;
    shown.finish();
    let outcome = outcome?;
    if !outcome.durable {
        err!("{}", say::check::untold());
    }
    if json {
        out!("{:#}", serde_json::to_value(ForScripts::of(&outcome.report))?);
    } else {
        print(&outcome.report);
    }
    let drifts = outcome.drifts();
    outcome.kept?;
    Ok(if drifts { ExitCode::from(exit::DRIFT) } else { ExitCode::SUCCESS })
}

/// Accepts what the last check found, as it found it.
fn accept(env: &Env, paths: &[String]) -> Result<ExitCode> {
    let accepted = acceptance::prepare(env, paths)?.run()?;
    if !accepted.durable {
        err!("{}", say::check::untold());
    }
    out!("{}", say::check::accepted(accepted.count));
    Ok(ExitCode::SUCCESS)
}

fn print(report: &CheckReport) {
    let compared = report.compared;
    out!(
        "{}",
        match report.depth {
            Depth::Quick if report.no_basis.is_none() => {
                say::check::CheckedQuick { compared, version: &report.version }.to_string()
            }
            Depth::Quick | Depth::Deep =>
                say::check::CheckedDeep { compared, version: &report.version }.to_string(),
        }
    );
    if let Some(why) = &report.no_basis {
        out!("{}", say::check::no_basis(why));
    }
    for (class, packages) in report.grouped() {
        let count: usize = packages.values().map(Vec::len).sum();
        out!(
            "\n{}",
            match class {
                Class::System => say::check::class_system(count),
                Class::Config | Class::Volatile => say::check::class_config(count),
            }
        );
        for (package, findings) in packages {
            out!("  {}", package.map_or_else(say::check::no_package, say::check::package));
            for finding in findings.iter().take(READABLE) {
                out!("    {}  {}", finding.named(), told(finding));
            }
            if findings.len() > READABLE {
                out!("    {}", say::check::more(findings.len() - READABLE));
            }
        }
    }
    advise(report);
}

/// What is different, and since when.
fn told(finding: &Finding) -> String {
    let what = list(&finding.differences);
    match finding.changed {
        Some(at) => say::check::Since { time: text::time(at), what }.to_string(),
        None => what,
    }
}

/// What to do about it.
fn advise(report: &CheckReport) {
    let count = |reason| report.findings.iter().filter(|one| one.expected == Some(reason)).count();
    let (acknowledged, backed_up) = (count(Reason::Acknowledged), count(Reason::BackedUp));
    let unexpected = || report.unexpected();
    if unexpected().next().is_none() {
        out!(
            "{}",
            if report.findings.is_empty() {
                say::check::as_delivered()
            } else {
                say::check::InOrder { acknowledged, backed_up }.to_string()
            }
        );
        return;
    }
    out!("");
    if let Some(command) = repair(report) {
        out!("{}", say::check::repair(command.to_string()));
    }
    if unexpected().any(|finding| finding.differences.contains(&Difference::MountedOver)) {
        out!("{}", say::check::repair_mounted());
    }
    if unexpected().any(|finding| matches!(finding.place, DriftPlace::Machine { .. })) {
        out!("{}", say::check::repair_machine());
    }
    if unexpected().any(|finding| finding.class == Class::System && finding.path().is_some()) {
        out!("{}", say::check::accept());
    }
    if unexpected().any(|finding| finding.class == Class::Config) {
        out!("{}", say::check::accept_config());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::tests::parsed;

    #[test]
    fn what_is_accepted_may_be_all() {
        let accept = |words| match parsed(words) {
            Check::Accept { paths, .. } => paths,
            Check::Run { .. } => panic!("{words}"),
        };
        assert!(accept("check --accept").is_empty());
        assert_eq!(accept("check --accept /etc/x /etc/y"), ["/etc/x", "/etc/y"]);
    }
}
