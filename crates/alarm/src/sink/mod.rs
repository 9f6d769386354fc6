//! Sinks: the ways of telling. Each either tells, or says why it could not.

mod mail;
mod robot;
mod sign;
mod syslog;
mod wall;
mod webhook;

use zshield_plan::policy;

use crate::batch::{Batch, Sender};
use crate::error::SendError;

use robot::Maker;
#[cfg(feature = "fuzzing")]
pub(crate) use robot::taken as taken_by_robots;

/// A way of telling.
#[derive(Clone, Debug)]
pub enum Sink {
    /// A syslog server.
    Syslog(policy::Syslog),
    /// A mail server.
    Mail(policy::Mail),
    /// A program that takes JSON.
    Webhook(policy::Webhook, Option<String>),
    /// A robot of a chat group.
    Robot(Maker, policy::Robot, Option<String>),
    /// The terminals of whoever is logged in.
    Wall,
}

/// A mail of more than this is read by nobody.
const LONG: usize = 100_000;

impl Sink {
    /// All that the policy names.
    pub fn all(policy: &policy::Alarm) -> Vec<Self> {
        let proxy = &policy.proxy;
        let robots = [
            (Maker::DingTalk, &policy.dingtalk),
            (Maker::WeCom, &policy.wecom),
            (Maker::Feishu, &policy.feishu),
        ];
        let robots = robots.into_iter().flat_map(|(maker, robots)| {
            robots.iter().map(move |robot| Self::Robot(maker, robot.clone(), proxy.clone()))
        });
        let webhooks = policy.webhook.iter();
        let webhooks = webhooks.map(|webhook| Self::Webhook(webhook.clone(), proxy.clone()));
        let syslog = policy.syslog.iter().cloned().map(Self::Syslog);
        let mail = policy.mail.iter().cloned().map(Self::Mail);
        let wall = policy.wall.then_some(Self::Wall);
        syslog.chain(mail).chain(webhooks).chain(robots).chain(wall).collect()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Syslog(sink) => sink.name.as_str(),
            Self::Mail(sink) => sink.name.as_str(),
            Self::Webhook(sink, _) => sink.name.as_str(),
            Self::Robot(_, sink, _) => sink.name.as_str(),
            Self::Wall => "wall",
        }
    }

    /// The longest text that it takes, in bytes as they stand in JSON.
    pub fn limit(&self) -> usize {
        match self {
            Self::Syslog(_) | Self::Mail(_) | Self::Webhook(..) | Self::Wall => LONG,
            Self::Robot(maker, ..) => maker.limit(),
        }
    }

    /// Tells. Where not all could be told, with why not.
    pub fn send(&self, batch: &Batch) -> Result<Option<SendError>, SendError> {
        match self {
            Self::Syslog(sink) => syslog::send(sink, batch)?,
            Self::Mail(sink) => return mail::send(sink, batch),
            Self::Webhook(sink, proxy) => webhook::send(sink, proxy.as_deref(), batch)?,
            Self::Robot(maker, sink, proxy) => robot::send(*maker, sink, proxy.as_deref(), batch)?,
            Self::Wall => wall::send(batch)?,
        }
        Ok(None)
    }

    /// Tells that this is a test, likewise.
    pub fn test(&self, sender: &Sender) -> Result<Option<SendError>, SendError> {
        self.send(&Batch::test(sender, self.limit()))
    }
}
