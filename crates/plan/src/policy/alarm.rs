//! Who is told of alarms, and how; and from when on a filesystem is nearly full.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

use super::names::{ServerName, SinkName};

/// Who is told of alarms. The journal is always told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alarm {
    /// Whether open alarms are shown to whoever logs in.
    pub banner: bool,
    /// Whether critical ones are written to the terminals of whoever is logged in.
    pub wall: bool,
    /// A proxy for webhooks and robots: `http://proxy.example:3128`.
    pub proxy: Option<String>,
    /// From when on a filesystem is nearly full.
    pub thresholds: Thresholds,
    /// Numbers for Prometheus.
    pub metrics: Metrics,
    /// Syslog servers.
    pub syslog: Vec<Syslog>,
    /// Mail servers.
    pub mail: Vec<Mail>,
    /// Programs that take JSON over HTTP.
    pub webhook: Vec<Webhook>,
    /// Robots of `DingTalk` groups.
    pub dingtalk: Vec<Robot>,
    /// Robots of `WeCom` groups.
    pub wecom: Vec<Robot>,
    /// Robots of Feishu groups.
    pub feishu: Vec<Robot>,
}

impl Default for Alarm {
    fn default() -> Self {
        Self {
            banner: true,
            wall: true,
            proxy: None,
            thresholds: Thresholds::default(),
            metrics: Metrics::default(),
            syslog: Vec::new(),
            mail: Vec::new(),
            webhook: Vec::new(),
            dingtalk: Vec::new(),
            wecom: Vec::new(),
            feishu: Vec::new(),
        }
    }
}

impl Alarm {
    /// The names of all sinks that are named.
    pub fn names(&self) -> Vec<&SinkName> {
        let robots = [&self.dingtalk, &self.wecom, &self.feishu].into_iter().flatten();
        let syslog = self.syslog.iter().map(|sink| &sink.name);
        let mail = self.mail.iter().map(|sink| &sink.name);
        let webhook = self.webhook.iter().map(|sink| &sink.name);
        syslog.chain(mail).chain(webhook).chain(robots.map(|sink| &sink.name)).collect()
    }
}

/// From when on a filesystem is nearly full, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// The system's.
    pub root: Percent,
    /// `/boot`.
    pub boot: Percent,
    /// The user volume's.
    pub user: Percent,
    /// The audit volume's.
    pub audit: Percent,
}

impl Default for Thresholds {
    fn default() -> Self {
        let usual = Percent(90);
        Self { root: usual, boot: usual, user: usual, audit: usual }
    }
}

/// From 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Percent(pub u8);

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u8::deserialize(deserializer)?;
        let valid = (1..=100).contains(&number);
        valid
            .then_some(Self(number))
            .ok_or_else(|| serde::de::Error::custom(say::plan::expected_percent()))
    }
}

/// Numbers for Prometheus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// Where they are asked for over HTTP.
    pub listen: Listen,
    /// A file for `node_exporter`.
    pub file: Option<PathBuf>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { listen: Listen(Some(SocketAddr::from(([127, 0, 0, 1], 9469)))), file: None }
    }
}

/// An address, or `"off"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen(pub Option<SocketAddr>);

impl Serialize for Listen {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(address) => serializer.collect_str(&address),
            None => serializer.serialize_str("off"),
        }
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "off" => Ok(Self(None)),
            text => text
                .parse()
                .map(|address| Self(Some(address)))
                .map_err(|_| serde::de::Error::custom(say::plan::expected_listen())),
        }
    }
}

/// A syslog server; RFC 5424.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Syslog {
    /// What it is called in `zshield alarm test`.
    pub name: SinkName,
    /// Its name or address.
    pub server: ServerName,
    /// Its port; 514, and 6514 with TLS.
    pub port: Option<u16>,
    /// How it is reached.
    #[serde(default)]
    pub transport: SyslogTransport,
    /// Certificates to trust instead of the system's.
    pub ca: Option<PathBuf>,
}

/// How a syslog server is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyslogTransport {
    /// UDP; nobody knows whether it arrives.
    Udp,
    /// TCP, RFC 6587 with lengths.
    #[default]
    Tcp,
    /// TLS, RFC 5425.
    Tls,
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// What it is called in `zshield alarm test`.
    pub name: SinkName,
    /// Its name or address.
    pub server: ServerName,
    /// Its port; 587, 465 with `tls`, 25 with `none`.
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub security: MailSecurity,
    /// Who it is from.
    pub from: String,
    /// Who it is to.
    pub to: Vec<String>,
    /// Who logs in; nobody where it is left out.
    pub user: Option<String>,
    /// A file with the password.
    pub password_file: Option<PathBuf>,
    /// Certificates to trust instead of the system's.
    pub ca: Option<PathBuf>,
}

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// TLS after a plain greeting; without it nothing is sent.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Not at all.
    None,
}

/// A program that takes JSON over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// What it is called in `zshield alarm test`.
    pub name: SinkName,
    /// A file with its address.
    pub url_file: PathBuf,
    /// A file with the key of its signatures.
    pub secret_file: Option<PathBuf>,
    /// Certificates to trust instead of the system's.
    pub ca: Option<PathBuf>,
}

/// A robot of a chat group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Robot {
    /// What it is called in `zshield alarm test`.
    pub name: SinkName,
    /// A file with its address, which holds its token.
    pub url_file: PathBuf,
    /// A file with the key of its signatures.
    pub secret_file: Option<PathBuf>,
    /// Certificates to trust instead of the system's.
    pub ca: Option<PathBuf>,
}
