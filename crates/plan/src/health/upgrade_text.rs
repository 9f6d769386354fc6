//! What is said of upgrades.

use zshield_messages::{Said, say};

use crate::upgrade::look::{Offer, Restart};

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

/// What is said of one that can be installed.
pub(super) fn waits_text(offer: &Offer, why: Option<&Said>) -> String {
    let restart = match offer.restart {
        Restart::Nothing => say::health::restarts_nothing(),
        Restart::Services => say::health::restarts_services(),
        Restart::Machine => say::health::restarts_machine(),
    };
    let (version, size) = (offer.version.as_str(), offer.size.to_string());
    let waits = say::health::UpgradeWaits { restart, size, version }.to_string();
    let why = why.map(say::health::upgrade_waits_why);
    let news = Some(offer.news.to_string()).filter(|news| !news.is_empty());
    let news = news.map(say::health::upgrade_waits_news);
    [Some(waits), why, news].into_iter().flatten().collect::<Vec<_>>().join(" ")
}
