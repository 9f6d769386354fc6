//! A recovery, and what a person is told of the ways back.

use anyhow::{Context as _, Result};
use zshield_host::appliance::Found;
use zshield_messages::say;
use zshield_operations::Error;
use zshield_operations::installer::Installer;
use zshield_operations::progress::Progress;
use zshield_operations::recover::at_rest::{self, AskedBy, Kind};
use zshield_operations::text;
use zshield_plan::appliance::BootFilesystem;
use zshield_plan::model::Target;
use zshield_plan::policy::VolumeName;
use zshield_plan::recover::{RestoreSource, Unavailable, restore_source, restore_source_with};
use zshield_plan::upgrade::floor::Against;
use zshield_plan::volumes::{VAULT, named};

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
            let ways = OFFERED.map(way).into();
            return RestorePoints { ways, begun, own_image: None, vault: false };
        }
    };
    let begun = found.appliance.begun;
    let image = installer.map(|it| at_rest::trusted_image(it, &found)).unwrap_or_default();
    let own_image = Some(found.ledger.is_own(&image));
    let image_version = installer.map(Installer::version).unwrap_or_default();
    let ways = OFFERED.map(|target| {
        let mut way = described(&found, target, &image);
        if target == Target::Factory && way.unavailable.is_none() {
            // The dialog lists what it asks for by digits.
            let against =
                at_rest::against(&found, Target::Factory, &factory_version(&found, &image_version));
            way.lost.extend(against.map(Text::of));
        }
        way
    });
    let (ways, vault) = (ways.into(), found.appliance.volumes.contains_key(&named(VAULT)));
    RestorePoints { ways, begun, own_image, vault }
}

/// The generations of the vault on the HDD, the newest first.
pub(super) fn generations(installer: Option<&Installer>) -> Result<Vec<RestorePoint>, Text> {
    let found = installer
        .with_context(say::install::no_policy)
        .map_err(Error::from)
        .and_then(at_rest::generations)
        .map_err(|error| Text::fixed(error.to_string()))?;
    Ok(found.into_iter().map(generation).collect())
}

fn generation((generation, against): (at_rest::Generation, Option<Against>)) -> RestorePoint {
    let at_rest::Generation { id, taken, version, kind, host } = generation;
    let time = text::time(taken);
    let since = time.clone();
    let mut facts = vec![Text::said(move || say::recover::fact_time(time.clone()))];
    facts.extend(
        version.map(|version| Text::said(move || say::recover::fact_version(version.clone()))),
    );
    if kind == Some(Kind::Factory) {
        facts.push(Text::said(say::rescue::recovery_of_factory));
    }
    let since = Text::said(move || say::recover::lost_since(since.clone()));
    facts.extend(host.map(|host| Text::said(move || say::rescue::recovery_fetched(host.clone()))));
    let lost = against.map(Text::of).into_iter().chain([since]).collect();
    RestorePoint { target: Target::Vault(id), facts, unavailable: None, lost }
}

/// The version that a recovery to the factory state leaves; `image` is that of the image.
fn factory_version(found: &Found, image: &str) -> String {
    let saved = match restore_source(&found.appliance, Target::Factory) {
        Ok(RestoreSource::CopyBack { facts, .. }) => facts.saved.as_ref(),
        Ok(RestoreSource::Files { .. } | RestoreSource::Unpack(_)) | Err(_) => None,
    };
    saved.map_or_else(|| image.to_owned(), |saved| saved.version.clone())
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
        // Generations of the vault have a list of their own.
        Ok(RestoreSource::Files { .. }) => RestorePoint {
            target,
            facts: Vec::new(),
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
    asked_by: AskedBy,
    progress: &dyn Progress,
) -> Result<Done, Failure> {
    let done = installer
        .with_context(say::install::no_policy)
        .map_err(Error::from)
        .and_then(|installer| at_rest::prepare(installer, &target.into(), asked_by))
        .and_then(|prepared| prepared.run(progress))
        .map_err(|error| failed(&error, installer.map_or(Ok(None), at_rest::begun)))?;
    Ok(Done { notes: notes(done) })
}

/// What is so after a recovery.
fn notes(done: at_rest::Outcome) -> Vec<Text> {
    let at_rest::Outcome { version, removed, kept, unpacked } = done;
    let mut notes = vec![
        Text::said(move || say::recover::note_version(version.clone())),
        Text::said(say::recover::note_data),
    ];
    let as_it_was = |target: Target| Text::said(move || say::recover::note_way(target.to_string()));
    notes.extend(kept.into_iter().map(as_it_was));
    if unpacked {
        notes.push(Text::said(say::recover::note_anew));
    }
    let removed = names(&removed);
    if !removed.is_empty() {
        notes.push(Text::said(move || say::recover::note_removed(removed.clone())));
    }
    notes
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
    #[test]
    fn after_a_recovery_each_way_back_is_what_it_is() {
        let said = |kept: &[Target], unpacked, removed: &[&str]| {
            let removed = removed.iter().filter_map(|name| VolumeName::new(*name)).collect();
            let (version, kept) = ("1.0".to_owned(), kept.to_vec());
            let done = at_rest::Outcome { version, removed, kept, unpacked };
            let notes: Vec<String> = notes(done).iter().map(ToString::to_string).collect();
            notes[2..].to_vec()
        };
        let way = |target: Target| say::recover::note_way(target.to_string());
        let both = Target::BACKUPS.map(way);
        assert_eq!(said(&Target::BACKUPS, false, &[]), both);
        assert_eq!(said(&[Target::Factory], false, &[]), [way(Target::Factory)]);
        let anew = [way(Target::Latest), say::recover::note_anew()];
        assert_eq!(said(&[Target::Latest], true, &[]), anew);
        let removed = [say::recover::note_anew(), say::recover::note_removed("snap1")];
        assert_eq!(said(&[], true, &["snap1"]), removed);
    }
}
