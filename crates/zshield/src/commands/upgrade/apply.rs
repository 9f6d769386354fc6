//! `zshield upgrade FILE|URL`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use zshield_messages::say;
use zshield_operations::upgrade::apply::{self, AnySource, Next, Options};
use zshield_operations::upgrade::look;
use zshield_operations::{Env, Result, boot, exit};
use zshield_plan::upgrade::record::AskedBy;

use crate::cli::args::{self, Act, Values as _};
use crate::commands::print_plan;
use crate::progress::Shown;
use crate::{interrupted, question};

/// Answers to clashes for an upgrade that nobody is asked about.
const ANSWERS: &str = "etc/zshield/answers.toml";

/// `zshield upgrade FILE|URL`.
#[derive(Debug)]
pub(in crate::commands) struct Apply {
    root: PathBuf,
    bundle: OsString,
    options: Options,
    /// Whether the machine is not started again by this command.
    no_restart: bool,
    act: Act,
}

/// Its arguments.
pub(super) fn define(command: Command) -> Command {
    command
        .arg(
            Arg::new("bundle")
                .value_name("FILE|URL")
                .value_parser(value_parser!(OsString))
                .help(say::upgrade::argument_bundle()),
        )
        .arg(args::option("answers", say::upgrade::option_answers()).value_name("FILE"))
        .arg(args::flag("no-restart", say::upgrade::option_no_restart()))
        .arg(args::flag("scheduled", say::upgrade::option_scheduled()).hide(true))
        .arg(args::root())
        .arg(args::dry_run())
        .arg(args::yes())
        .arg(args::json())
}

/// Its options; nothing where no bundle is named.
pub(super) fn parse(values: &ArgMatches) -> Option<Apply> {
    Some(Apply {
        root: values.path("root"),
        bundle: values.get_one::<OsString>("bundle")?.clone(),
        options: Options {
            answers: values.optional_path("answers"),
            asked_by: if values.flag("scheduled") { AskedBy::Itself } else { AskedBy::Person },
        },
        no_restart: values.flag("no-restart"),
        act: Act::of(values),
    })
}

impl Apply {
    /// Does it.
    pub(super) fn run(self) -> Result<ExitCode> {
        match self.options.asked_by {
            AskedBy::Person => self.apply(),
            AskedBy::Itself => self.by_itself(),
        }
    }

    /// Does what the daemon asks for: nobody is there to be asked, and it is not tried again soon.
    fn by_itself(mut self) -> Result<ExitCode> {
        let env = Env::at(&self.root);
        let answers = env.root.join(ANSWERS);
        self.options.answers = self.options.answers.or_else(|| answers.exists().then_some(answers));
        self.act.yes = true;
        look::begin_try(&env)?;
        self.apply().inspect_err(|why| {
            if let Err(error) = look::end_try(&env, why) {
                tracing::error!("{error:#}");
            }
        })
    }

    fn apply(self) -> Result<ExitCode> {
        let Self { root, bundle, options, no_restart, act } = self;
        let env = Env::at(root);
        let source: AnySource = Box::new(apply::open(&env, &bundle)?);
        let prepared = apply::prepare(&env, source, options)?;
        if act.dry_run {
            return dry_run(&prepared, act);
        }
        if !act.json {
            prepared.preview().lines().iter().for_each(|line| out!("{line}"));
        }
        question::agree(prepared.question(), act)?;
        let shown = Shown::steps(zshield_plan::plan::Operation::Upgrade, act.json);
        let goes_on = say::upgrade::goes_on;
        let next = interrupted::to_its_end(&shown, goes_on, || prepared.run(&shown))?;
        shown.finish();
        match next? {
            // A system that is mounted elsewhere needs no restart of this machine.
            Next::Restart if !env.runs() => out!("{}", say::upgrade::restart_now()),
            Next::Restart if no_restart => {
                out!("{}", say::upgrade::restart_now());
                return Ok(ExitCode::from(exit::RESTART_NEEDED));
            }
            Next::Restart => {
                out!("{}", say::upgrade::restarting());
                boot::restart()?;
            }
            Next::Gate => {
                out!("{}", say::upgrade::looked_at());
                super::judge_now(&env)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn dry_run(prepared: &apply::Prepared, act: Act) -> Result<ExitCode> {
    let (plan, binding) = prepared.plan()?;
    if act.json {
        let preview = serde_json::to_value(prepared.preview().for_scripts())?;
        let plan = serde_json::to_value(&plan)?;
        out!("{:#}", serde_json::json!({ "preview": preview, "plan": plan }));
        return Ok(ExitCode::SUCCESS);
    }
    prepared.preview().lines().iter().for_each(|line| out!("{line}"));
    print_plan(&plan, binding, false)
}
