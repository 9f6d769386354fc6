//! Why the appliance went back to the version before.

use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::{Said, say};

use crate::model::Target;

/// Why a new version was left again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "because")]
pub enum Reason {
    /// It was cut off while it was applied.
    CutOff,
    /// A step of it failed.
    Step {
        /// The step's name.
        step: String,
        /// What it said.
        why: Said,
    },
    /// It started, and was not healthy.
    Unhealthy {
        /// What was wrong.
        reasons: Vec<Said>,
    },
    /// None of its starts came as far as saying whether it is healthy.
    NoStart,
    /// Somebody ended it.
    Aborted,
    /// Somebody recovered the appliance meanwhile.
    Recovered {
        /// To what.
        target: Target,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::CutOff => say::upgrade::because_cut_off(),
            Self::Step { step, why } => {
                say::upgrade::BecauseStep { step: step.clone(), why: why.to_string() }.to_string()
            }
            Self::Unhealthy { reasons } => {
                let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
                say::upgrade::because_unhealthy(reasons.join("; "))
            }
            Self::NoStart => say::upgrade::because_no_start(),
            Self::Aborted => say::upgrade::because_aborted(),
            Self::Recovered { target } => say::upgrade::because_recovered(target.to_string()),
        })
    }
}
