//! `zshield backup`: the latest backup is renewed.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow};
use clap::ArgMatches;
use zshield_alarm::audit::{self, Did, Entry, Who};
use zshield_alarm::store::Store;
use zshield_host::appliance::{self, Found};
use zshield_host::context::ExecContext;
use zshield_host::{execute, lock};
use zshield_messages::say;
use zshield_plan::backup::{self, Refusal};
use zshield_plan::factory;
use zshield_plan::saved::BootSetMeta;

use super::running::{self, Lines, print_plan};
use super::{path, question};
use crate::report::refused;
use zshield_operations::execution;
use zshield_operations::installed::Golden;
use zshield_operations::progress::Steps;
use zshield_operations::text;
use zshield_operations::{Env, env};
use zshield_units::UnixTime;

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode> {
    env::needs_root()?;
    running::start_log();
    if matches.get_flag("scheduled") {
        env::lower_priority();
    }
    let json = matches.get_flag("json");
    let root = path(matches, "root");
    let policy = Env::at(root.as_path()).policy()?;
    let _held = lock::hold("backup").map_err(|busy| refused(busy.to_string()))?;
    execute::unmount_left()?;
    let found = appliance::running(&root, &policy.storage.group, false)?;
    let now = jiff::Zoned::now();
    let (version, image) = (found.ledger.version.clone(), found.ledger.image.clone());
    let saved = BootSetMeta::new(now.timestamp().into(), version, image)
        .ahead_of_utc(now.offset().seconds());
    let limit = policy.backup.hook_limit.0;
    let holding = holding(matches, &Store::of(&root, &policy))?;
    let golden = image_for_factory(&root, &found);
    let inputs = golden.as_ref().map(Golden::inputs);
    let anew = golden.as_ref().zip(inputs.as_ref()).map(|(golden, inputs)| golden.anew(inputs));
    let place = root.to_string_lossy();
    let plan =
        backup::plan(&found.appliance, &policy, &saved, limit, &place, anew.as_ref(), &holding)
            .map_err(|refusal| refused(refusal.to_string()))?;
    execution::ensure_valid(&plan, &found.appliance)?;
    let binding = found.appliance.binding;
    if matches.get_flag("dry-run") {
        return print_plan(&plan, &binding, json);
    }
    let image = golden.as_ref().map(|golden| golden.installer.image());
    let context = ExecContext { binding, image, record: None, log: None, stick: None };
    execution::with_outcome(&root, plan.operation, || {
        let lines = Lines::of(plan.operation, json);
        execute::execute_unjournaled(&plan, &context, &Steps(&lines))
            .with_context(say::backup::failed)?;
        lines.warnings().map_or(Ok(()), |why| Err(anyhow!(say::backup::made_but(why))))
    })?;
    if json {
        out!("{:#}", serde_json::to_value(&saved)?);
    } else {
        out!("{}", say::backup::done());
    }
    Ok(ExitCode::SUCCESS)
}

/// The image, where a factory snapshot has to be made from it. Where it can't be opened there is
/// a backup all the same.
fn image_for_factory(root: &Path, found: &Found) -> Option<Golden> {
    if !factory::is_lacking(&found.appliance) {
        return None;
    }
    let opened = Golden::open(root, found);
    opened.inspect_err(|why| err!("{}", say::backup::no_image(text::chain(why)))).ok()
}

/// The alarms that hold the backup; none where somebody says once more that he wants it all the
/// same, which is noted with his name.
fn holding(matches: &ArgMatches, store: &Store) -> Result<Vec<String>> {
    let holding = store.read()?.holding();
    if holding.is_empty() || !matches.get_flag("despite-alarm") {
        return Ok(holding);
    }
    let question = say::backup::despite_alarm(holding.join(", "));
    if !matches.get_flag("yes") && !question::agreed(&question)? {
        return Err(refused(Refusal::Held(holding).to_string()));
    }
    if !matches.get_flag("dry-run") {
        let entry = Entry {
            at: UnixTime::from(jiff::Timestamp::now()),
            did: Did::BackedUp,
            alarms: holding,
            paths: Vec::new(),
            reason: matches.get_one::<String>("reason").cloned().unwrap_or_default(),
            who: Who::here(),
        };
        audit::append(store, &entry)?;
    }
    Ok(Vec::new())
}
