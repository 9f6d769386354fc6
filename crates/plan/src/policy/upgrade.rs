//! Where new versions are looked for, when they may be installed, and when one is healthy.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zshield_messages::say;

use super::backup::{Span, TimeOfDay, as_text};
use super::names::checked_name;

/// Upgrades.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Upgrade {
    /// The address of the newest bundle.
    pub url: Option<Address>,
    /// A proxy for every bundle that comes from a web server.
    pub proxy: Option<ProxyAddress>,
    /// Certificates to trust instead of the system's, for servers and the proxy.
    pub ca: Option<PathBuf>,
    /// What becomes of one that is found there.
    pub look: Look,
    /// How often it is looked.
    pub every: Span,
    /// When one may be installed without anybody being asked.
    pub window: Window,
    /// How often a new version may be started until one start has come to a healthy system.
    pub starts: Starts,
    /// How long such a start may take to become healthy.
    pub health_limit: Span,
    /// The units without which no version is healthy.
    pub units: Vec<UnitName>,
}

impl Default for Upgrade {
    fn default() -> Self {
        let at = |hour| TimeOfDay { hour, minute: 0 };
        Self {
            url: None,
            proxy: None,
            ca: None,
            look: Look::Never,
            every: Span(Duration::from_hours(24)),
            window: Window { from: at(4), to: at(6) },
            starts: Starts(3),
            health_limit: Span(Duration::from_mins(10)),
            units: Vec::new(),
        }
    }
}

/// What the daemon does about bundles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Look {
    /// Nothing.
    #[default]
    Never,
    /// It tells of one that it finds.
    Tell,
    /// It installs it within the window.
    Install,
}

/// How often a new version may be started, from 1 to 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Starts(u8);

impl Starts {
    /// So many, where that is a number of starts.
    pub fn new(number: u8) -> Option<Self> {
        (1..=9).contains(&number).then_some(Self(number))
    }

    /// The number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Starts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u8::deserialize(deserializer)?)
            .ok_or_else(|| serde::de::Error::custom(say::plan::expected_starts()))
    }
}

/// A part of each day: `04:00-06:00`. It may go past midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its first minute.
    pub from: TimeOfDay,
    /// The first minute after it.
    pub to: TimeOfDay,
}

impl Window {
    /// How long it is.
    pub fn length(&self) -> Duration {
        const DAY: i64 = 24 * 60;
        let minutes = |at: TimeOfDay| i64::from(at.hour) * 60 + i64::from(at.minute);
        let length = (minutes(self.to) - minutes(self.from)).rem_euclid(DAY);
        Duration::from_mins(length.unsigned_abs())
    }

    /// Whether a time of day is in it.
    pub fn has(&self, time: TimeOfDay) -> bool {
        let [from, to, time] = [self.from, self.to, time].map(|it| (it.hour, it.minute));
        if from < to { (from..to).contains(&time) } else { time >= from || time < to }
    }
}

/// A text that is no part of a day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say::plan::expected_window())]
pub struct NoWindow;

impl FromStr for Window {
    type Err = NoWindow;

    fn from_str(text: &str) -> Result<Self, NoWindow> {
        let (from, to) = text.split_once('-').ok_or(NoWindow)?;
        let time = |text: &str| text.parse::<TimeOfDay>().map_err(|_| NoWindow);
        let window = Self { from: time(from)?, to: time(to)? };
        if window.from == window.to { Err(NoWindow) } else { Ok(window) }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from, self.to)
    }
}

as_text!(Window);

checked_name!(
    /// The address of a file on a web server, without a user or a password in it.
    Address, is_address, say::plan::expected_address()
);
checked_name!(
    /// The address of an HTTP proxy, without a user or a password in it: the policy is no place for secrets.
    ProxyAddress, is_server_address, say::plan::expected_proxy()
);
checked_name!(
    /// A unit of systemd with its kind: `gateway.service`.
    UnitName, is_unit_name, say::plan::expected_unit()
);

fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let server = rest.split('/').next().unwrap_or_default();
        !server.is_empty()
            && !server.contains('@')
            && rest.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '#' | '\\'))
    })
}

/// A server alone, whose port is a number.
pub(super) fn is_server_address(text: &str) -> bool {
    let server =
        text.split_once("://").map(|(_, server)| server.strip_suffix('/').unwrap_or(server));
    let port = |server: &str| match server.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => port.parse::<u16>().is_ok(),
        Some(_) | None => true,
    };
    is_address(text) && server.is_some_and(|server| !server.contains(['/', '?']) && port(server))
}

/// The kinds of units that can be active or failed.
const UNIT_KINDS: [&str; 5] = ["service", "socket", "target", "mount", "timer"];

fn is_unit_name(text: &str) -> bool {
    let valid = |c: char| c.is_ascii_alphanumeric() || "-_.:@\\".contains(c);
    text.len() <= 255
        && text.chars().all(valid)
        && text
            .rsplit_once('.')
            .is_some_and(|(name, kind)| !name.is_empty() && UNIT_KINDS.contains(&kind))
        && !text.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> TimeOfDay {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_may_go_past_midnight() {
        let day: Window = "04:00-06:00".parse().unwrap();
        let night: Window = "23:30-01:00".parse().unwrap();
        for (clock, by_day, by_night) in [
            ("03:59", false, false),
            ("04:00", true, false),
            ("05:59", true, false),
            ("06:00", false, false),
            ("23:29", false, false),
            ("23:30", false, true),
            ("00:59", false, true),
            ("01:00", false, false),
        ] {
            assert_eq!(
                (day.has(time(clock)), night.has(time(clock))),
                (by_day, by_night),
                "{clock}"
            );
        }
        assert_eq!(night.to_string(), "23:30-01:00");
        assert_eq!([day, night].map(|it| it.length().as_secs() / 60), [120, 90]);
        for text in ["04:00", "04:00-04:00", "4:00-6:00", "04:00-24:00", ""] {
            assert_eq!(text.parse::<Window>(), Err(NoWindow), "{text}");
        }
    }

    #[test]
    fn addresses_units_and_starts_are_checked() {
        for text in ["https://updates.example/gateway", "http://10.0.0.1:8080/x?y=1"] {
            assert!(Address::new(text).is_some(), "{text}");
        }
        for text in
            ["ftp://a/b", "https://", "https://me:secret@a/b", "https://a/b c", "/srv/bundles"]
        {
            assert!(Address::new(text).is_none(), "{text}");
        }
        for text in ["http://proxy.example:3128", "https://10.0.0.1/", "http://[::1]:3128"] {
            assert!(ProxyAddress::new(text).is_some(), "{text}");
        }
        for text in
            ["proxy.example:3128", "socks5://a", "http://me:secret@a", "http://a/b", "http://a:b"]
        {
            assert!(ProxyAddress::new(text).is_none(), "{text}");
        }
        for text in ["ssh.service", "getty@tty1.service", "dev\\x2dsda.mount"] {
            assert!(UnitName::new(text).is_some(), "{text}");
        }
        for text in ["ssh", ".service", "-a.service", "a b.service", "a.device"] {
            assert!(UnitName::new(text).is_none(), "{text}");
        }
        assert!((1..=9).all(|number| Starts::new(number).is_some()));
        assert!([0, 10, 255].into_iter().all(|number| Starts::new(number).is_none()));
    }
}
