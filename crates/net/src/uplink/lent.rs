//! An address is asked for on all links at once; the first that leads further is taken.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Instant;

use zshield_linux::link::Link;

use super::error::{NetworkError, Unused, Why};
use super::wait;
use crate::dhcp::{CLIENT_PORT, Exchange, Lease, Next, SERVER_PORT};

/// A lease and where it holds.
#[derive(Debug)]
pub(super) struct Lent {
    pub(super) link: Link,
    pub(super) socket: UdpSocket,
    pub(super) lease: Lease,
    /// When it was asked for.
    pub(super) since: Instant,
}

/// A link that is talked on.
struct Talk {
    link: Link,
    socket: UdpSocket,
    exchange: Exchange,
    /// When something was said last.
    said: Instant,
}

/// What has come of the talks.
#[derive(Default)]
struct Talks {
    open: Vec<Talk>,
    /// What is lent where no router is.
    second_best: Option<Lent>,
    unused: Vec<Unused>,
}

/// Asks on all links until one has a lease with a router; one without is taken when nobody answers any more. What is
/// against the others comes with it.
pub(super) fn ask(links: Vec<Link>) -> Result<(Lent, Vec<Unused>), NetworkError> {
    let mut talks = Talks::default();
    for link in links {
        match talk(&link) {
            Ok(talk) => talks.open.push(talk),
            Err(error) => talks.unused.push(Unused::new(&link, Why::Failed(error.to_string()))),
        }
    }
    loop {
        let until = talks.speak();
        if talks.open.is_empty() {
            return match talks.second_best.take() {
                Some(lent) => Ok((lent, talks.unused)),
                None => Err(NetworkError::NoLease(talks.unused)),
            };
        }
        let sockets: Vec<&UdpSocket> = talks.open.iter().map(|talk| &talk.socket).collect();
        wait(&sockets, until)?;
        if let Some(lent) = talks.listen() {
            let later = talks.open.iter().map(|talk| Unused::new(&talk.link, Why::Later));
            talks.unused.extend(later);
            let worse = talks.second_best.iter().map(|it| Unused::new(&it.link, Why::NoRouter));
            talks.unused.extend(worse);
            return Ok((lent, talks.unused));
        }
    }
}

fn talk(link: &Link) -> io::Result<Talk> {
    let (socket, now) = (link.datagrams(CLIENT_PORT)?, Instant::now());
    let exchange = Exchange::new(link.hardware(), fastrand::u32(..), now);
    Ok(Talk { link: link.clone(), socket, exchange, said: now })
}

impl Talks {
    /// Says what is to be said, and lets go of the links where nothing is to be had; returns when the next is to be said.
    fn speak(&mut self) -> Option<Instant> {
        let mut until = None;
        for mut talk in std::mem::take(&mut self.open) {
            match talk.speak() {
                Ok(due) => {
                    until = Some(until.map_or(due, |until| due.min(until)));
                    self.open.push(talk);
                }
                Err(why) => self.unused.push(Unused::new(&talk.link, why)),
            }
        }
        until
    }

    /// Hears what has come; returns the first lease with a router.
    fn listen(&mut self) -> Option<Lent> {
        let mut best = None;
        for mut talk in std::mem::take(&mut self.open) {
            let Some(lease) = talk.listen() else {
                self.open.push(talk);
                continue;
            };
            let lent = Lent { link: talk.link, socket: talk.socket, since: talk.said, lease };
            let place = match lent.lease.router {
                Some(_) => &mut best,
                None => &mut self.second_best,
            };
            match place {
                Some(_) => self.unused.push(Unused::new(&lent.link, Why::Later)),
                None => *place = Some(lent),
            }
        }
        best
    }
}

impl Talk {
    fn speak(&mut self) -> Result<Instant, Why> {
        loop {
            let now = Instant::now();
            match self.exchange.next(now) {
                Next::Send(datagram) => {
                    self.said = now;
                    let everybody = (Ipv4Addr::BROADCAST, SERVER_PORT);
                    if let Err(error) = self.socket.send_to(&datagram, everybody) {
                        self.judge(&error)?;
                    }
                }
                Next::Wait(until) => return Ok(until),
                Next::Silent => return Err(self.without_answer(Why::Silent)),
                Next::Refused => return Err(Why::Refused),
            }
        }
    }

    /// A cable may be put back in; nothing else passes by itself.
    fn judge(&self, error: &io::Error) -> Result<(), Why> {
        if self.link.is_there() && self.link.has_carrier() {
            return Err(Why::Failed(error.to_string()));
        }
        if self.link.is_there() { Ok(()) } else { Err(Why::Gone) }
    }

    /// Why nobody has answered.
    fn without_answer(&self, otherwise: Why) -> Why {
        match (self.link.is_there(), self.link.has_carrier()) {
            (false, _) => Why::Gone,
            (true, false) => Why::NoCarrier,
            (true, true) => otherwise,
        }
    }

    fn listen(&mut self) -> Option<Lease> {
        let mut buffer = [0; 2048];
        // An error is no datagram: without any, the talk ends by itself.
        while let Ok(length) = self.socket.recv(&mut buffer) {
            let datagram = buffer.get(..length).unwrap_or_default();
            if let Some(lease) = self.exchange.take(datagram, Instant::now()) {
                return Some(lease);
            }
        }
        None
    }
}
