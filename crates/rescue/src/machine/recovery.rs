//! A recovery, and what a person is told of the ways back.

use anyhow::{Context as _, Result};
use zshield_host::appliance::Found;
use zshield_messages::say;
use zshield_operations::Error;
use zshield_operations::installer::Installer;
use zshield_operations::progress::Progress;
use zshield_operations::recover::at_rest;
use zshield_operations::text;
use zshield_plan::appliance::BootFilesystem;
use zshield_plan::model::Target;
use zshield_plan::policy::VolumeName;
use zshield_plan::recover::{RestoreSource, Unavailable, restore_source_with};

use crate::operations::{Done, Failure, RestorePoint, RestorePoints};
use crate::text::Text;

/// The latest backup first: what most people come for.
const OFFERED: [Target; 2] = [Target::Latest, Target::Factory];

/// The ways back, each with what is known of it.
pub(super) fn ways_back(installer: Option<&Installer>) -> RestorePoints {
    let looked = installer.with_context(say::install::no_policy).and_then(at_rest::look);
    let found = match looked {
        Ok((_, found)) => found,
        Err(error) => {
            let why = text::chain(&error);
            let way = |target| {
                let why = why.clone();
                let unavailable = Some(Text::said(move || say::recover::no_appliance(why.clone())));
                RestorePoint { target, facts: Vec::new(), unavailable, lost: Vec::new() }
            };
            let begun = installer.map_or(Ok(None), at_rest::begun);
            let begun = begun.inspect_err(|error| tracing::error!("{error:#}"));
            let begun = begun.ok().flatten();
            return RestorePoints { ways: OFFERED.map(way).into(), begun, own_image: None };
        }
    };
    let begun = found.appliance.begun;
    let image = installer.map(|it| at_rest::trusted_image(it, &found)).unwrap_or_default();
    let own_image = Some(image == found.ledger.image);
    let ways = OFFERED.map(|target| described(&found, target, &image)).into();
    RestorePoints { ways, begun, own_image }
}

/// A recovery that failed, by what has begun since: where that can't be seen, it may be anything.
fn failed(error: &Error, begun: Result<Option<Target>>) -> Failure {
    let begun = begun.inspect_err(|error| tracing::error!("{error:#}"));
    let (state, next) = match begun {
        Ok(None) => {
            (Text::said(say::install::state_untouched), Text::said(say::recover::next_untouched))
        }
        Ok(Some(_)) | Err(_) => {
            (Text::said(say::recover::state_armed), Text::said(say::recover::next_armed))
        }
    };
    Failure { what: Text::fixed(error.to_string()), state, next }
}

/// A way back, with the image of this digest.
fn described(found: &Found, target: Target, image: &str) -> RestorePoint {
    let mut way = restore_point(found, target, image);
    let unreadable = names(&found.appliance.unreadable);
    if way.unavailable.is_none() && found.appliance.boot == BootFilesystem::Destroyed {
        way.facts.push(Text::said(say::recover::fact_boot_anew));
    }
    if way.unavailable.is_none() && !unreadable.is_empty() {
        way.lost.push(Text::said(move || say::recover::lost_unreadable(unreadable.clone())));
    }
    way
}

fn names(snapshots: &[VolumeName]) -> String {
    let names: Vec<&str> = snapshots.iter().map(VolumeName::as_str).collect();
    names.join(" ")
}

fn restore_point(found: &Found, target: Target, image: &str) -> RestorePoint {
    match restore_source_with(&found.appliance, target, &found.ledger, image) {
        Ok(RestoreSource::CopyBack { facts, .. }) => {
            let time = text::taken(facts);
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
pub(super) fn recover(
    installer: Option<&Installer>,
    target: Target,
    progress: &dyn Progress,
) -> Result<Done, Failure> {
    let done = installer
        .with_context(say::install::no_policy)
        .map_err(Error::from)
        .and_then(|installer| at_rest::prepare(installer, target))
        .and_then(|prepared| prepared.run(progress))
        .map_err(|error| failed(&error, installer.map_or(Ok(None), at_rest::begun)))?;
    let at_rest::Outcome { version, removed, unpacked } = done;
    let removed = names(&removed);
    let kept = match (removed.is_empty(), unpacked) {
        (false, _) => Text::said(move || say::recover::note_removed(removed.clone())),
        (true, true) => Text::said(say::recover::note_unpacked),
        (true, false) => Text::said(say::recover::note_kept),
    };
    Ok(Done { notes: vec![Text::said(move || say::recover::note_version(version.clone())), kept] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_that_failed_before_it_began_has_changed_nothing() {
        let error = Error::from(anyhow::anyhow!("no such group"));
        let state = |begun| failed(&error, begun).state.to_string();
        assert_eq!(state(Ok(None)), say::install::state_untouched());
        assert_eq!(state(Ok(Some(Target::Latest))), say::recover::state_armed());
        assert_eq!(state(Err(anyhow::anyhow!("unreadable"))), say::recover::state_armed());
    }
}
