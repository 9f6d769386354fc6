//! A repair, and what a person is told of it.

use anyhow::Context as _;
use zshield_messages::{explained, say};
use zshield_operations::Error;
use zshield_operations::installer::Installer;
use zshield_operations::progress::Progress;
use zshield_operations::repair;
use zshield_plan::whole::{Lack, Part};

use crate::operations::{Damaged, Done, Failure, stays_damaged};
use crate::text::Text;

fn prepared(installer: Option<&Installer>) -> Result<repair::Prepared<'_>, Error> {
    let installer = installer.with_context(say::install::no_policy).map_err(Error::from)?;
    repair::prepare(installer)
}

/// What is damaged.
pub(super) fn damage(installer: Option<&Installer>) -> Result<Damaged, Text> {
    let prepared = prepared(installer).map_err(|error| Text::fixed(error.to_string()))?;
    let mended = prepared.mended().iter().copied().map(Text::of);
    let rest = prepared.shows_more().then(|| Text::said(say::whole::then_rest));
    Ok(Damaged {
        mended: mended.chain(rest).collect(),
        left: prepared.left().iter().copied().map(left).collect(),
    })
}

fn left((part, why): (Part, Lack)) -> Text {
    Text::said(move || explained(part, why))
}

/// Makes it whole.
pub(super) fn repair(
    installer: Option<&Installer>,
    progress: &dyn Progress,
) -> Result<Done, Failure> {
    let failed = |error: Error, state: fn() -> String| Failure {
        what: Text::fixed(error.to_string()),
        state: Text::said(state),
        next: Text::said(say::rescue::repair_next),
    };
    let prepared =
        prepared(installer).map_err(|error| failed(error, say::install::state_untouched))?;
    let stays = prepared.run(progress).map_err(|error| failed(error, say::rescue::repair_state))?;
    let notes = std::iter::once(Text::said(say::rescue::repair_kept));
    Ok(Done { notes: notes.chain(stays.into_iter().map(left).map(stays_damaged)).collect() })
}
