//! The talk with servers until one lends an address.

use std::time::{Duration, Instant};

use super::lease::Lease;
use super::message::{Answer, Client, Offer};

/// How long an answer to each question is waited for, in seconds. A switch may pass nothing on for its first half minute.
const DISCOVERING: &[u64] = &[1, 2, 4, 8, 8, 8, 8];
/// The same of a request, behind which it is asked anew who lends.
const REQUESTING: &[u64] = &[1, 2, 4];
/// So often servers take back what they have offered before nobody is asked any more.
const REFUSALS: u32 = 3;

/// One link's talk with servers.
#[derive(Debug)]
pub struct Exchange {
    client: Client,
    phase: Phase,
    /// How often it was asked who lends.
    discovered: usize,
    refused: u32,
    /// When something is to be said again.
    due: Instant,
}

#[derive(Debug)]
enum Phase {
    Discovering,
    Requesting { offer: Offer, sent: usize },
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// This goes to everybody on the link, at the servers' port; then ask again what comes next.
    Send(Vec<u8>),
    /// Nothing before this time, unless a datagram comes.
    Wait(Instant),
    /// Nobody has answered.
    Silent,
    /// Servers have answered, and lend nothing.
    Refused,
}

impl Exchange {
    /// A talk that begins now. `transaction` is a number that other clients won't have.
    pub fn new(hardware: [u8; 6], transaction: u32, now: Instant) -> Self {
        let client = Client { hardware, transaction };
        Self { client, phase: Phase::Discovering, discovered: 0, refused: 0, due: now }
    }

    /// What is to be done now.
    pub fn next(&mut self, now: Instant) -> Next {
        if self.refused >= REFUSALS {
            return Next::Refused;
        }
        if now < self.due {
            return Next::Wait(self.due);
        }
        if let Phase::Requesting { offer, sent } = &mut self.phase
            && let Some(patience) = REQUESTING.get(*sent)
        {
            *sent += 1;
            self.due = now + Duration::from_secs(*patience);
            return Next::Send(self.client.request(*offer));
        }
        self.phase = Phase::Discovering;
        match DISCOVERING.get(self.discovered) {
            Some(patience) => {
                self.discovered += 1;
                self.due = now + Duration::from_secs(*patience);
                Next::Send(self.client.discover())
            }
            None if self.refused > 0 => Next::Refused,
            None => Next::Silent,
        }
    }

    /// Takes a datagram that has come; returns what is lent, if that is it.
    pub fn take(&mut self, datagram: &[u8], now: Instant) -> Option<Lease> {
        match (self.client.read(datagram)?, &self.phase) {
            (Answer::Offer(offer), Phase::Discovering) => {
                self.phase = Phase::Requesting { offer, sent: 0 };
                self.due = now;
            }
            (Answer::Lease(lease), Phase::Requesting { offer, .. })
                if lease.server == offer.server =>
            {
                return Some(lease);
            }
            (Answer::Refused, Phase::Requesting { .. }) => {
                self.refused += 1;
                self.phase = Phase::Discovering;
                // What the refused talk still brings is of no use.
                self.client.transaction = self.client.transaction.wrapping_add(1);
                self.due = now + Duration::from_secs(1);
            }
            // One more offer, or an answer to nothing.
            (Answer::Offer(_), Phase::Requesting { .. })
            | (Answer::Lease(_), Phase::Requesting { .. } | Phase::Discovering)
            | (Answer::Refused, Phase::Discovering) => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use dhcproto::v4::{DhcpOption, MessageType};

    use super::super::message::tests::{CLIENT, OFFERED, SERVER, answer};
    use super::*;

    fn exchange(now: Instant) -> Exchange {
        Exchange::new(CLIENT.hardware, CLIENT.transaction, now)
    }

    fn of_server(exchange: &Exchange, kind: MessageType) -> Vec<u8> {
        answer(exchange.client, kind, |_| {})
    }

    #[test]
    fn an_offer_is_asked_for_and_lent() {
        let now = Instant::now();
        let mut talk = exchange(now);
        assert_eq!(talk.next(now), Next::Send(CLIENT.discover()));
        assert_eq!(talk.next(now), Next::Wait(now + Duration::from_secs(1)));
        // An acknowledgement of what nobody has asked for.
        assert_eq!(talk.take(&of_server(&talk, MessageType::Ack), now), None);
        assert_eq!(talk.take(&of_server(&talk, MessageType::Offer), now), None);
        let offer = Offer { address: OFFERED, server: SERVER };
        assert_eq!(talk.next(now), Next::Send(CLIENT.request(offer)));
        // Another server's.
        let other = answer(CLIENT, MessageType::Ack, |message| {
            let other = Ipv4Addr::new(192, 0, 2, 9);
            message.opts_mut().insert(DhcpOption::ServerIdentifier(other));
        });
        assert_eq!(talk.take(&other, now), None);
        let lease = talk.take(&of_server(&talk, MessageType::Ack), now);
        assert_eq!(lease.map(|lease| lease.address), Some(OFFERED));
    }

    /// Lets all the time pass; returns what was sent, when, and how it ended.
    fn to_the_end(
        talk: &mut Exchange,
        start: Instant,
        mut answered: impl FnMut(&mut Exchange, Instant),
    ) -> (Vec<u64>, Next) {
        let (mut now, mut sent) = (start, Vec::new());
        loop {
            match talk.next(now) {
                Next::Send(_) => {
                    sent.push((now - start).as_secs());
                    answered(talk, now);
                }
                Next::Wait(until) => now = until,
                end @ (Next::Silent | Next::Refused) => return (sent, end),
            }
        }
    }

    #[test]
    fn silence_has_an_end() {
        let start = Instant::now();
        let (sent, end) = to_the_end(&mut exchange(start), start, |_, _| {});
        assert_eq!(sent, [0, 1, 3, 7, 15, 23, 31]);
        assert_eq!(end, Next::Silent);
    }

    #[test]
    fn a_server_that_offers_and_falls_silent_is_given_up() {
        let start = Instant::now();
        let (sent, end) = to_the_end(&mut exchange(start), start, |talk, now| {
            let offer = of_server(talk, MessageType::Offer);
            assert_eq!(talk.take(&offer, now), None);
        });
        assert_eq!(sent.len(), DISCOVERING.len() * (1 + REQUESTING.len()));
        assert_eq!(end, Next::Silent);
    }

    #[test]
    fn one_that_takes_back_what_it_offers_is_asked_so_often_and_no_more() {
        let start = Instant::now();
        let (sent, end) = to_the_end(&mut exchange(start), start, |talk, now| {
            let kind = match talk.phase {
                Phase::Discovering => MessageType::Offer,
                Phase::Requesting { .. } => MessageType::Nak,
            };
            let said = of_server(talk, kind);
            assert_eq!(talk.take(&said, now), None);
        });
        assert_eq!((sent.len(), end), (6, Next::Refused));
    }
}
