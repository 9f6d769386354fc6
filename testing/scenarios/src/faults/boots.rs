//! Boots of an appliance to which something happens.

use std::time::Duration;

use anyhow::{Context as _, Result};
use zshield_machines::uml_appliance::Payload;

use crate::scenario::Context;

/// How long a boot may take that does not hang: in one of them a hundred backups are killed.
const LIMIT: Duration = Duration::from_mins(20);

/// Disks between which and their users something can be put, and what has to fail.
const FUNCTIONS: &str = include_str!("../../sh/faults/functions.sh");

/// An installed appliance and its boots, with the words that faults are said in.
pub(super) fn boots(context: &Context, boots: &[Boot]) -> Result<()> {
    boots_of(context, Payload::Smallest, boots)
}

/// The same of another payload: the smallest has no programs in it.
pub(super) fn boots_of(context: &Context, payload: Payload, boots: &[Boot]) -> Result<()> {
    let appliance = context.uml_appliance(payload)?;
    for Boot { label, scripts, values } in boots {
        let appliance = values
            .iter()
            .fold(appliance.clone(), |appliance, (name, value)| appliance.env(name, value));
        let scripts = [&[FUNCTIONS], &scripts[..]].concat();
        let said = appliance.run(label, &scripts, LIMIT).context((*label).to_owned())?;
        for line in
            said.lines().filter(|line| line.starts_with("said: ") || line.starts_with("killed "))
        {
            println!("      {label}: {line}");
        }
    }
    appliance.remove_disks()
}

/// One boot of an appliance.
pub(super) struct Boot {
    label: &'static str,
    scripts: Vec<&'static str>,
    values: Vec<(&'static str, String)>,
}

/// A boot that runs scripts one after another.
pub(super) fn boot(label: &'static str, scripts: &[&'static str]) -> Boot {
    Boot { label, scripts: scripts.to_vec(), values: Vec::new() }
}

impl Boot {
    /// The same with a variable for its scripts.
    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.values.push((name, value.to_string()));
        self
    }
}
