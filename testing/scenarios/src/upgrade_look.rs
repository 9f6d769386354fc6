//! The daemon's processes that look for a newer version, and install it; the server is nginx, in the same machine.

use std::time::Duration;

use anyhow::Result;

use crate::scenario::{Context, Scenario};
use zshield_machines::stick;
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::uml(
    "upgrade-look",
    "a newer version is looked for at an address: no server, garbage, a redirection, the bundle, of which the beginning \
     alone is fetched; with a clash that nobody has answered it is told of, and with an answer installed",
    look,
)];

const LIMIT: Duration = Duration::from_mins(5);

const FUNCTIONS: &str = include_str!("../sh/upgrade-look/functions.sh");
const LOOK: &str = include_str!("../sh/upgrade-look/look.sh");

fn look(context: &Context) -> Result<()> {
    let artifacts = context.artifacts;
    let (old, new) = (artifacts.smallest_stick()?, artifacts.next_stick()?);
    let appliance = context.uml_appliance(Payload::Smallest)?;
    let bundle = appliance.directory().join("next.zsb");
    let says = "[changelog]\nen = \"Repairs the network.\"\n";
    stick::bundle(&artifacts.binary()?, &old, &new, says, &bundle)?;
    appliance.run("look", &[FUNCTIONS, LOOK], LIMIT)?;
    appliance.remove_disks()
}
