//! What keeps a lease for as long as it is used.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use super::lease::Lease;
use super::message::{Answer, Client};

/// It is not asked more often than this.
const AT_MOST: Duration = Duration::from_secs(5);

/// A lease, and when it has to be renewed.
#[derive(Debug)]
pub struct Renewal {
    client: Client,
    lease: Lease,
    /// When it was asked for that what is lent now, so that it never lasts longer here than there.
    since: Instant,
    /// When the question under way was sent first.
    asked: Option<Instant>,
    due: Instant,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// This goes to a server, or to everybody on the link; then ask again.
    Send(Ipv4Addr, Vec<u8>),
    /// Nothing before this time, unless a datagram comes. Without a time there is never anything.
    Wait(Option<Instant>),
    /// The time has run out: the address is another's.
    Expired,
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// It goes on, with what belongs to it now.
    Longer(Lease),
    /// The address may not be used any more.
    Withdrawn,
}

impl Renewal {
    /// A lease that was asked for at this time.
    pub fn new(hardware: [u8; 6], transaction: u32, lease: Lease, since: Instant) -> Self {
        let due = since + lease.renewal;
        Self { client: Client { hardware, transaction }, lease, since, asked: None, due }
    }

    /// What is to be done now.
    pub fn next(&mut self, now: Instant) -> Due {
        let Some(lasts) = self.lease.lasts else { return Due::Wait(None) };
        let (rebinding, end) = (self.since + self.lease.rebinding, self.since + lasts);
        if now >= end {
            return Due::Expired;
        }
        if now < self.due {
            return Due::Wait(Some(self.due));
        }
        let (to, until) = if now < rebinding {
            (self.lease.server, rebinding)
        } else {
            (Ipv4Addr::BROADCAST, end)
        };
        self.asked.get_or_insert(now);
        self.due = until.min(now + AT_MOST.max((until - now) / 2));
        Due::Send(to, self.client.renew(self.lease.address))
    }

    /// Takes a datagram that has come.
    pub fn take(&mut self, datagram: &[u8]) -> Option<Renewed> {
        let answer = self.client.read(datagram)?;
        // Whoever answers to nothing is not believed.
        let asked = self.asked?;
        match answer {
            Answer::Offer(_) => None,
            Answer::Refused => Some(Renewed::Withdrawn),
            Answer::Lease(lease) if lease.address != self.lease.address => None,
            Answer::Lease(lease) => {
                self.client.transaction = self.client.transaction.wrapping_add(1);
                (self.since, self.asked, self.due) = (asked, None, asked + lease.renewal);
                self.lease = lease;
                Some(Renewed::Longer(self.lease.clone()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use dhcproto::v4::{DhcpOption, MessageType};

    use super::super::message::tests::{CLIENT, OFFERED, SERVER, answer};
    use super::*;

    fn lease() -> Lease {
        match CLIENT.read(&answer(CLIENT, MessageType::Ack, |_| {})) {
            Some(Answer::Lease(lease)) => lease,
            other => panic!("{other:?}"),
        }
    }

    fn renewal(since: Instant) -> Renewal {
        Renewal::new(CLIENT.hardware, CLIENT.transaction, lease(), since)
    }

    #[test]
    fn first_the_server_is_asked_then_everybody_and_then_it_is_over() {
        let start = Instant::now();
        let (mut renewal, mut now, mut sent) = (renewal(start), start, Vec::new());
        loop {
            match renewal.next(now) {
                Due::Send(to, datagram) => {
                    assert_eq!(datagram, CLIENT.renew(OFFERED));
                    sent.push(((now - start).as_secs(), to));
                }
                Due::Wait(until) => now = until.unwrap(),
                Due::Expired => break,
            }
        }
        assert_eq!(now - start, Duration::from_hours(1));
        assert_eq!(sent.first(), Some(&(1800, SERVER)));
        assert!(sent.len() < 25, "{sent:?}");
        for (when, to) in sent {
            assert_eq!(to == SERVER, when < 3150, "{when}");
        }
    }

    #[test]
    fn an_acknowledgement_counts_from_the_question() {
        let start = Instant::now();
        let mut renewal = renewal(start);
        let said = |renewal: &Renewal, kind| answer(renewal.client, kind, |_| {});
        let unasked = said(&renewal, MessageType::Ack);
        assert_eq!(renewal.take(&unasked), None);
        let asked = start + Duration::from_secs(1900);
        assert!(matches!(renewal.next(asked), Due::Send(..)));
        let other = answer(renewal.client, MessageType::Ack, |message| {
            message.set_yiaddr(Ipv4Addr::new(192, 0, 2, 78));
        });
        assert_eq!(renewal.take(&other), None);
        let acknowledged = said(&renewal, MessageType::Ack);
        assert_eq!(renewal.take(&acknowledged), Some(Renewed::Longer(lease())));
        assert_eq!(renewal.next(asked), Due::Wait(Some(asked + Duration::from_mins(30))));
        // The same again belongs to a talk that is over.
        assert!(matches!(renewal.next(asked + Duration::from_hours(1)), Due::Expired));
        assert_eq!(renewal.take(&acknowledged), None);
    }

    #[test]
    fn a_refusal_takes_the_address_away_and_one_that_is_lent_for_ever_stays() {
        let start = Instant::now();
        let mut renewal = renewal(start);
        assert!(matches!(renewal.next(start + Duration::from_mins(30)), Due::Send(..)));
        let refused = answer(CLIENT, MessageType::Nak, |_| {});
        assert_eq!(renewal.take(&refused), Some(Renewed::Withdrawn));
        let for_ever = answer(CLIENT, MessageType::Ack, |message| {
            message.opts_mut().insert(DhcpOption::AddressLeaseTime(u32::MAX));
        });
        let Some(Answer::Lease(lease)) = CLIENT.read(&for_ever) else { panic!() };
        let mut renewal = Renewal::new(CLIENT.hardware, 7, lease, start);
        assert_eq!(renewal.next(start + Duration::from_hours(1_000_000)), Due::Wait(None));
    }
}
