//! What is done from a stick and to one, interrupted by people: signals, Ctrl-C, a closed terminal.

use std::fs;
use std::time::Duration;

use anyhow::Result;
use zshield_machines::uml_appliance::{FUNCTIONS, Payload};

use crate::kill_matrix::Factory;
use crate::scenario::{Context, Scenario};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "interrupted-install",
        "INT, TERM, HUP, Ctrl-C and a closed terminal while an installation asks and while it writes: nothing \
         was changed, or it comes to its end and says so",
        install,
    ),
    Scenario::uml(
        "interrupted-image-write",
        "the same while an image is written to a disk: it is not bootable, which is said; written again it \
         is sound",
        image_write,
    ),
];

const LIMIT: Duration = Duration::from_mins(10);

/// What is begun, interrupted and waited for.
pub(super) const INTERRUPTED: &str = include_str!("../sh/interrupted/functions.sh");

const INSTALL: &str = include_str!("../sh/interrupted/install.sh");

fn install(context: &Context) -> Result<()> {
    for by in ["signals", "terminal"] {
        let factory = Factory::new(context, Payload::Smallest)?;
        let machine = factory.machine.clone().env("BY", by);
        machine.check(by, &[FUNCTIONS, INTERRUPTED, INSTALL].join("\n"), LIMIT)?;
        factory.is_installed()?;
    }
    crate::kill_matrix::remove_disks(&context.directory)
}

const IMAGE_WRITE: &str = include_str!("../sh/interrupted/image-write.sh");

/// The stick's image is on this host, whose files a machine in user-mode Linux can read.
fn image_write(context: &Context) -> Result<()> {
    let stick = Payload::Smallest.stick(context.artifacts)?;
    let disk = context.directory.join("disk.img");
    fs::File::create(&disk)?.set_len(stick.metadata()?.len() + (64 << 20))?;
    let factory = Factory::new(context, Payload::Smallest)?;
    let machine = factory.machine.disk(&disk).module("dm-delay");
    let machine = machine.env("IMAGE", &stick.display().to_string());
    machine.check("write", &[FUNCTIONS, INTERRUPTED, IMAGE_WRITE].join("\n"), LIMIT)?;
    fs::remove_file(disk)?;
    crate::kill_matrix::remove_disks(&context.directory)
}
