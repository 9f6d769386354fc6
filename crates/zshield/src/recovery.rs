//! A recovery as the rescue system carries it out, and what a person is told of the ways back.

use anyhow::{Context as _, Result, bail};
use zshield_host::appliance::{self, Found};
use zshield_host::context::{ExecContext, Observer};
use zshield_host::execute;
use zshield_messages::say;
use zshield_plan::appliance::Appliance;
use zshield_plan::check;
use zshield_plan::model;
use zshield_plan::policy::VolumeName;
use zshield_plan::recover::{self as plan, RestoreSource, Unavailable};
use zshield_plan::world::World;
use zshield_rescue::{Done, Failure, RestorePoint, RestorePoints, Target, Text};

use crate::installer::{Installer, random_ids};
use crate::report;

const fn target_of(target: Target) -> model::Target {
    match target {
        Target::Factory => model::Target::Factory,
        Target::Latest => model::Target::Latest,
    }
}

/// The latest backup first: what most people come for.
const OFFERED: [Target; 2] = [Target::Latest, Target::Factory];

/// The machine, and the appliance on it.
fn look(installer: &Installer) -> Result<(World, Found)> {
    let world = installer.world()?;
    let ssd = world.disks.iter().find(|disk| disk.holds(&world.medium));
    let ssd = ssd.with_context(say::recover::no_ssd)?;
    let found = appliance::at_rest(&installer.policy().storage.group, ssd)?;
    Ok((world, found))
}

/// The ways back, each with what is known of it.
pub(crate) fn ways_back(installer: Option<&Installer>) -> RestorePoints {
    let looked = installer.with_context(say::install::no_policy).and_then(look);
    let found = match looked {
        Ok((_, found)) => found,
        Err(error) => {
            let why = report::chain(&error);
            let way = |target| {
                let why = why.clone();
                let unavailable = Some(Text::said(move || say::recover::no_appliance(why.clone())));
                RestorePoint { target, facts: Vec::new(), unavailable, lost: Vec::new() }
            };
            let begun = installer.map_or(Ok(None), begun);
            let begun = begun.inspect_err(|error| tracing::error!("{error:#}"));
            let begun = begun.ok().flatten().map(shown_target);
            return RestorePoints { ways: OFFERED.map(way).into(), begun };
        }
    };
    let begun = found.appliance.begun.map(shown_target);
    RestorePoints { ways: OFFERED.map(|target| described(&found, target)).into(), begun }
}

const fn shown_target(target: model::Target) -> Target {
    match target {
        model::Target::Factory => Target::Factory,
        model::Target::Latest => Target::Latest,
    }
}

/// The recovery that has begun, where the appliance itself can't be seen.
fn begun(installer: &Installer) -> Result<Option<model::Target>> {
    let world = installer.world()?;
    let ssd = world.disks.iter().find(|disk| disk.holds(&world.medium));
    Ok(appliance::begun_at_rest(ssd.with_context(say::recover::no_ssd)?)?)
}

/// A recovery that failed, by what has begun since: where that can't be seen, it may be anything.
fn failed(error: &anyhow::Error, begun: Result<Option<model::Target>>) -> Failure {
    let begun = begun.inspect_err(|error| tracing::error!("{error:#}"));
    let (state, next) = match begun {
        Ok(None) => {
            (Text::said(say::install::state_untouched), Text::said(say::recover::next_untouched))
        }
        Ok(Some(_)) | Err(_) => {
            (Text::said(say::recover::state_armed), Text::said(say::recover::next_armed))
        }
    };
    Failure { what: Text::fixed(report::chain(error)), state, next }
}

fn described(found: &Found, target: Target) -> RestorePoint {
    let mut way = restore_point(found, target);
    let unreadable = unreadable(&found.appliance);
    if way.unavailable.is_none() && !unreadable.is_empty() {
        way.lost.push(Text::said(move || say::recover::lost_unreadable(unreadable.clone())));
    }
    way
}

/// The names of the snapshots that can't be read, and that a recovery removes.
fn unreadable(appliance: &Appliance) -> String {
    let names: Vec<&str> = appliance.unreadable.iter().map(VolumeName::as_str).collect();
    names.join(" ")
}

fn restore_point(found: &Found, target: Target) -> RestorePoint {
    match plan::restore_source(&found.appliance, target_of(target)) {
        Ok(RestoreSource::CopyBack { facts, .. }) => {
            let time = report::taken(facts);
            let version = facts.saved.as_ref().map_or_else(String::new, |s| s.version.clone());
            let since = time.clone();
            RestorePoint {
                target,
                facts: vec![
                    Text::said(move || say::recover::fact_time(time.clone())),
                    Text::said(move || say::recover::fact_version(version.clone())),
                    Text::said(say::recover::fact_proved),
                ],
                unavailable: None,
                lost: vec![Text::said(move || say::recover::lost_since(since.clone()))],
            }
        }
        Ok(RestoreSource::Unpack(why)) => RestorePoint {
            target,
            facts: vec![Text::said(move || say::recover::fact_unpack(why.to_string()))],
            unavailable: None,
            lost: vec![Text::said(say::recover::lost_system)],
        },
        Err(lack) => RestorePoint {
            target,
            facts: Vec::new(),
            unavailable: Some(lack_text(lack)),
            lost: Vec::new(),
        },
    }
}

fn lack_text(lack: Unavailable) -> Text {
    Text::said(move || lack.to_string())
}

/// Goes back.
pub(crate) fn recover(
    installer: Option<&Installer>,
    target: Target,
    observer: &dyn Observer,
) -> Result<Done, Failure> {
    carried_out(installer, target_of(target), observer)
        .map_err(|error| failed(&error, installer.map_or(Ok(None), begun)))
}

pub(crate) fn carried_out(
    installer: Option<&Installer>,
    target: model::Target,
    observer: &dyn Observer,
) -> Result<Done> {
    let installer = installer.with_context(say::install::no_policy)?;
    let (world, found) = look(installer)?;
    let plan = plan::plan(&installer.inputs(&world), &found.appliance, target, &random_ids()?)?;
    let violations = check::of_running(&plan, &found.appliance);
    if !violations.is_empty() {
        let texts: Vec<String> = violations.iter().map(ToString::to_string).collect();
        bail!(say::plan::plan_violates(texts.join("; ")));
    }
    execute::clear(&found.appliance.binding)?;
    let removed = unreadable(&found.appliance);
    let binding = found.appliance.binding;
    let image = Some(installer.image());
    let context = ExecContext { binding, image, record: None, log: None, stick: None };
    execute::execute_unjournaled(&plan, &context, observer)?;
    let version = plan.version;
    let kept = if removed.is_empty() {
        Text::said(say::recover::note_kept)
    } else {
        Text::said(move || say::recover::note_removed(removed.clone()))
    };
    Ok(Done { notes: vec![Text::said(move || say::recover::note_version(version.clone())), kept] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_that_failed_before_it_began_has_changed_nothing() {
        let error = anyhow::anyhow!("no such group");
        let state = |begun| failed(&error, begun).state.to_string();
        assert_eq!(state(Ok(None)), say::install::state_untouched());
        assert_eq!(state(Ok(Some(model::Target::Latest))), say::recover::state_armed());
        assert_eq!(state(Err(anyhow::anyhow!("unreadable"))), say::recover::state_armed());
    }
}
