//! The machine's way into a network, which a running system's own services are not here for.

use zshield_messages::{list, say};
use zshield_net::uplink::{Network, NetworkError, Stage, Wish};

use crate::boot::Boot;
use crate::cmdline::CommandLine;
use crate::log;
use crate::modules::Modules;
use crate::screen::Screen;
use crate::text::Text;
use crate::ui::Ui;

/// Loads the drivers of network cards and brings the machine into a network, which lasts until it is dropped. `say` is
/// told what is waited for. It takes 15 seconds without a cable, and 40 more without a server, at most.
pub(crate) fn up(
    line: &CommandLine,
    wish: &Wish,
    say: &mut dyn FnMut(Text),
) -> Result<Network, NetworkError> {
    say(Text::said(say::network::stage_drivers));
    let mut modules = Modules::of_running_kernel(line.module_parameters.clone())?;
    modules.load_for_devices();
    modules.load_for_network();
    let network = Network::up(wish, &mut |stage| say(shown(stage)))?;
    log::line(&format!("network: {} {}", network.link(), network.subnet()));
    for unused in network.unused() {
        log::line(&format!("network: {unused}"));
    }
    Ok(network)
}

fn shown(stage: Stage) -> Text {
    Text::said(move || match &stage {
        Stage::Carrier(links) => say::network::stage_carrier(list(links)),
        Stage::Lease(links) => say::network::stage_lease(list(links)),
    })
}

/// The network that the command line asks for. Without it, the dialog goes on and says why.
pub(crate) fn asked_for(boot: &Boot, ui: &mut Ui) -> Option<Network> {
    let wish = boot.command_line.network.as_ref()?;
    let up = ui.during(Screen::Starting(Vec::new()), |reporter| {
        up(&boot.command_line, wish, &mut |text| reporter.say(text))
    });
    match up {
        Ok(network) => {
            let (link, subnet) = (network.link(), network.subnet());
            ui.script(&format!("rescue status=network link={link} address={subnet}"));
            Some(network)
        }
        Err(error) => {
            log::line(&format!("network: {error}"));
            ui.script("rescue status=no-network");
            ui.frame.warnings.push(Text::of(error));
            None
        }
    }
}
