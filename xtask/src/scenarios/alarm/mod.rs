//! Alarms reach real servers, all on this host's loopback: what was told, to whom, in which order.

mod bench;
mod mail;
mod prometheus;
mod robots;
mod syslog;

use crate::scenario::{Scenario, Tier};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "alarm-robots",
        shows: "a webhook and three robots, over TLS: forms and signatures checked by another program; \
                a burst is one message; an outage and a kill -9 lose nothing and keep the order",
        tier: Tier::Host,
        in_ci: true,
        run: robots::run,
    },
    Scenario {
        name: "alarm-mail",
        shows: "mail by STARTTLS with a password; a server without it, and one with a stranger's \
                certificate, get nothing; an address that is refused keeps no other from being told",
        tier: Tier::Host,
        in_ci: true,
        run: mail::run,
    },
    Scenario {
        name: "alarm-syslog",
        shows: "rsyslog takes messages over UDP, TCP and TLS, with their severities",
        tier: Tier::Host,
        in_ci: true,
        run: syslog::run,
    },
    Scenario {
        name: "alarm-prometheus",
        shows: "Prometheus reads the numbers over HTTP, an alert of them fires, and reaches Alertmanager",
        tier: Tier::Host,
        in_ci: false,
        run: prometheus::run,
    },
];

/// Conditions, as the desk reads them.
const STALE: &str = r#"{"condition":"stale"}"#;
const HDD_MISSING: &str = r#"{"condition":"disk-missing","role":"hdd"}"#;
const FAILED: &str = r#"{"condition":"failed","operation":"backup","why":"no room"}"#;
const FULL: &str = r#"{"condition":"nearly-full","filesystem":"boot","percent":93}"#;
