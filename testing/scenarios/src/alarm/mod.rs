//! Alarms reach real servers, all on this host's loopback: what was told, to whom, in which order.

mod bench;
mod mail;
mod prometheus;
mod robots;
mod syslog;

use crate::scenario::Scenario;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::host(
        "alarm-robots",
        "a webhook and three robots, over TLS: forms and signatures checked by another program; \
         a burst is one message; an outage and a kill -9 lose nothing and keep the order",
        robots::run,
    ),
    Scenario::host(
        "alarm-mail",
        "mail by STARTTLS with a password; a server without it, and one with a stranger's \
         certificate, get nothing; an address that is refused keeps no other from being told",
        mail::run,
    ),
    Scenario::host(
        "alarm-syslog",
        "rsyslog takes messages over UDP, TCP and TLS, with their severities",
        syslog::run,
    ),
    Scenario::host(
        "alarm-prometheus",
        "Prometheus reads the numbers over HTTP, an alert of them fires, and reaches Alertmanager",
        prometheus::run,
    )
    .in_soak(),
];

/// Conditions, as the dispatcher reads them.
const STALE: &str = r#"{"condition":"stale"}"#;
const HDD_MISSING: &str = r#"{"condition":"disk-missing","role":"hdd"}"#;
const FAILED: &str = r#"{"condition":"failed","operation":"backup","why":"no room"}"#;
const FULL: &str = r#"{"condition":"nearly-full","filesystem":"boot","percent":93}"#;
