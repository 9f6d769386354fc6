//! Services stopped, started and restarted.

use serde::{Deserialize, Serialize};
use zshield_messages::say::step as say;

use super::kind::{Persistence, RetryPolicy, StepKind};
use crate::action::Action;
use crate::command::Command;
use crate::model::Binding;

fn systemctl(verb: &str, units: &[String]) -> Vec<Action> {
    let mut systemctl = Command::new("systemctl", &[verb]);
    systemctl.arguments.extend_from_slice(units);
    vec![Action::Run(systemctl)]
}

/// `systemctl stop`: services whose own definition is about to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopServices {
    /// Which.
    pub units: Vec<String>,
}

impl StepKind for StopServices {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Session;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        systemctl("stop", &self.units)
    }

    fn title(&self) -> String {
        say::stop_services(self.units.join(" "))
    }
}

/// `systemctl daemon-reload`, or `daemon-reexec`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadManager {
    /// Whether the manager starts anew, since its own files have changed.
    pub anew: bool,
}

impl StepKind for ReloadManager {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Session;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        systemctl(if self.anew { "daemon-reexec" } else { "daemon-reload" }, &[])
    }

    fn title(&self) -> String {
        say::reload_manager()
    }
}

/// `systemctl start`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartServices {
    /// Which.
    pub units: Vec<String>,
}

impl StepKind for StartServices {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Session;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        systemctl("start", &self.units)
    }

    fn title(&self) -> String {
        say::start_services(self.units.join(" "))
    }
}

/// `systemctl try-restart`: services that run from files which were replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartServices {
    /// Which.
    pub units: Vec<String>,
}

impl StepKind for RestartServices {
    const RETRY: RetryPolicy = RetryPolicy::Repeat;
    const PERSISTENCE: Persistence = Persistence::Session;

    fn actions(&self, _binding: &Binding) -> Vec<Action> {
        systemctl("try-restart", &self.units)
    }

    fn title(&self) -> String {
        say::restart_services(self.units.join(" "))
    }
}
