//! What is said of upgrades.

use zshield_messages::{Said, say};

/// What is said of one that went back.
pub(super) fn went_back_text(version: &str, why: &Said, log: Option<&str>) -> String {
    match log {
        None => say::health::UpgradeWentBack { version, why }.to_string(),
        Some(log) => say::health::UpgradeWentBackLog { log, version, why }.to_string(),
    }
}

/// What is said of one that stands still.
pub(super) fn unfinished_text(version: &str, phase: &Said) -> String {
    say::health::UpgradeUnfinished { phase, version }.to_string()
}
