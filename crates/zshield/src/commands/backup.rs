//! `zshield backup`: the latest backup is renewed.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use zshield_messages::say;
use zshield_operations::backup::{self, Options};
use zshield_operations::text::chain;
use zshield_operations::{Env, Result};

use super::{Subcommand, print_plan};
use crate::cli::args::{self, Act, Values as _};
use crate::progress::Shown;
use crate::{interrupted, question};

/// `zshield backup`.
pub(super) struct Backup {
    root: PathBuf,
    options: Options,
    act: Act,
}

impl Subcommand for Backup {
    fn define(command: Command) -> Command {
        command
            .about(say::backup::about())
            .long_about(say::backup::long_about())
            .arg(args::scheduled())
            .arg(
                args::flag("despite-alarm", say::backup::option_despite_alarm())
                    .requires("reason")
                    .conflicts_with("scheduled"),
            )
            .arg(args::text("reason", say::backup::option_reason()).requires("despite-alarm"))
            .arg(args::yes().requires("despite-alarm"))
            .arg(args::root())
            .arg(args::dry_run())
            .arg(args::json())
    }

    fn parse(values: &ArgMatches) -> Option<Self> {
        let options = Options {
            scheduled: values.flag("scheduled"),
            despite: values.text("reason").filter(|_| values.flag("despite-alarm")),
        };
        Some(Self { root: values.path("root"), options, act: Act::of(values) })
    }

    fn run(self) -> Result<ExitCode> {
        run(&Env::at(self.root), self.options, self.act)
    }
}

fn run(env: &Env, options: Options, act: Act) -> Result<ExitCode> {
    let prepared = backup::prepare(env, options)?;
    if let Some(why) = &prepared.no_image {
        err!("{}", say::backup::no_image(chain(why)));
    }
    let (plan, binding) = prepared.plan();
    if act.dry_run {
        return print_plan(plan, binding, act.json);
    }
    if let Some(question) = prepared.question() {
        question::agree(question, act)?;
    }
    let shown = Shown::steps(plan.operation, act.json);
    let goes_on = say::backup::goes_on;
    let saved = interrupted::to_its_end(&shown, goes_on, || prepared.run(&shown))??;
    shown.finish();
    if act.json {
        out!("{:#}", serde_json::to_value(&saved)?);
    } else {
        out!("{}", say::backup::done());
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::tests::parsed;

    #[test]
    fn a_reason_counts_beside_the_alarm_that_it_sets_aside() {
        let Backup { root, options, act } =
            parsed("backup --despite-alarm --reason known --yes --json");
        assert_eq!((root, options.despite.as_deref()), ("/".into(), Some("known")));
        assert_eq!(act, Act { yes: true, json: true, dry_run: false });
        assert!(!options.scheduled);
    }
}
