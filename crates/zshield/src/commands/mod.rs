//! The commands, each thin: it asks the library, has a person agree, and prints.

mod alarm;
mod backup;
mod check;
mod enter;
mod generate;
mod image;
mod install;
mod key;
mod recover;
mod status;

use std::path::Path;
use std::process::ExitCode;

use zshield_messages::say;
use zshield_operations::boot::{self, Menu};
use zshield_operations::{Env, Refusal, Result, daemon};
use zshield_plan::model::Binding;
use zshield_plan::plan::Plan;

use crate::cli::parse::Request;
use crate::logs;

/// Does what the command line asks for.
pub(crate) fn run(request: Request) -> Result<ExitCode> {
    match request {
        Request::Daemon => logs::to_journal(),
        _ => logs::to_stderr(),
    }
    match request {
        Request::ImageBuild { options, json } => image::build(*options, json),
        Request::ImageVerify { image, keys, json } => image::verify(&image, &keys, json),
        Request::ImageWrite { image, disk, internal, act } => {
            image::write(&image, &disk, internal, act)
        }
        Request::KeyGenerate { file, with_password } => key::generate(&file, with_password),
        Request::Install { options, act } => install::run(&options, act),
        Request::InstallPlan { world, policy, json } => install::plan(&world, &policy, json),
        Request::Backup { root, options, act } => backup::run(&Env::at(root), options, act),
        Request::Check { root, options, json } => check::run(&Env::at(root), options, json),
        Request::Accept { root, paths } => check::accept(&Env::at(root), &paths),
        Request::Recover { root, options, restart, act } => {
            recover::run(&Env::at(root), &options, restart, act)
        }
        Request::RecoverAtRest { slot, keys, target, act } => {
            recover::at_rest(&slot, &keys, target, act)
        }
        Request::Status { root, json } => status::run(&Env::at(root), json),
        Request::AlarmList { root, all, json } => alarm::list(&Env::at(root), all, json),
        Request::AlarmAcknowledge { root, id, reason } => {
            alarm::acknowledge(&Env::at(root), id, &reason)
        }
        Request::AlarmTest { root, sink } => alarm::test(&Env::at(root), sink.as_deref()),
        Request::Daemon => daemon::run().map(|()| ExitCode::SUCCESS),
        Request::BootComplete => boot::complete(&Env::at("/")).map(|()| ExitCode::SUCCESS),
        Request::BootMenu { root } => boot_menu(&root),
        // The kernel starts the rescue system as PID 1, which never comes here.
        Request::Init => Err(Refusal::Caller(say::cli::init_needs_kernel()).into()),
        Request::Generate { man, completions } => {
            Ok(generate::run(man.as_deref(), completions.as_deref())?)
        }
        Request::Enter { root, program } => Ok(enter::run(&root, &program)?),
    }
}

/// Prints a plan instead of doing it.
fn print_plan(plan: &Plan, binding: &Binding, json: bool) -> Result<ExitCode> {
    if json {
        out!("{:#}", serde_json::to_value(plan)?);
    } else {
        out!("{}", plan.shown(binding).trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

/// `zshield boot-menu`, which packages run.
fn boot_menu(root: &Path) -> Result<ExitCode> {
    match boot::renew_menu(&Env::at(root))? {
        Menu::Absent => {}
        Menu::NoKernel => err!("{}", say::boot::no_kernel()),
        Menu::Starts(kernel) => out!("{}", say::boot::starts(kernel)),
    }
    Ok(ExitCode::SUCCESS)
}
