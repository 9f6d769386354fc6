//! The datagrams, as `dhcproto` writes and reads them.

use std::net::Ipv4Addr;

use dhcproto::v4::{
    Decodable as _, Decoder, DhcpOption, Encodable as _, Flags, Message, MessageType, Opcode,
    OptionCode,
};

use super::lease::{self, Lease};

/// Who asks, and in which talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    /// Its hardware address.
    pub(crate) hardware: [u8; 6],
    /// The number of the talk, which answers repeat.
    pub(crate) transaction: u32,
}

/// An address that a server would lend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) address: Ipv4Addr,
    pub(crate) server: Ipv4Addr,
}

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It would lend this.
    Offer(Offer),
    /// It lends this.
    Lease(Lease),
    /// It does not lend what it was asked for.
    Refused,
}

impl Client {
    /// Who would lend an address?
    pub(super) fn discover(self) -> Vec<u8> {
        self.write(MessageType::Discover, Ipv4Addr::UNSPECIFIED, Vec::new())
    }

    /// Asks for what was offered.
    pub(super) fn request(self, offer: Offer) -> Vec<u8> {
        let options = vec![
            DhcpOption::RequestedIpAddress(offer.address),
            DhcpOption::ServerIdentifier(offer.server),
        ];
        self.write(MessageType::Request, Ipv4Addr::UNSPECIFIED, options)
    }

    /// Asks to go on with an address that this machine has.
    pub(super) fn renew(self, address: Ipv4Addr) -> Vec<u8> {
        self.write(MessageType::Request, address, Vec::new())
    }

    fn write(self, kind: MessageType, own: Ipv4Addr, options: Vec<DhcpOption>) -> Vec<u8> {
        const NOBODY: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
        let Self { hardware, transaction } = self;
        let mut message = Message::new_with_id(transaction, own, NOBODY, NOBODY, NOBODY, &hardware);
        if own.is_unspecified() {
            // The kernel takes no datagram for an address that the link has not got yet.
            message.set_flags(Flags::default().set_broadcast());
        }
        let identity = [&[1][..], &hardware].concat();
        let always = vec![
            DhcpOption::MessageType(kind),
            DhcpOption::ClientIdentifier(identity),
            DhcpOption::MaxMessageSize(1472),
            DhcpOption::ParameterRequestList(vec![
                OptionCode::SubnetMask,
                OptionCode::Router,
                OptionCode::DomainNameServer,
                OptionCode::DomainName,
                OptionCode::AddressLeaseTime,
                OptionCode::Renewal,
                OptionCode::Rebinding,
            ]),
        ];
        for option in always.into_iter().chain(options) {
            message.opts_mut().insert(option);
        }
        // Nothing in it is longer than its field.
        message.to_vec().unwrap_or_default()
    }

    /// What a datagram says to this client; `None` if it is for somebody else, or no answer.
    pub(crate) fn read(self, datagram: &[u8]) -> Option<Answer> {
        let message = Message::decode(&mut Decoder::new(datagram)).ok()?;
        let for_me = message.opcode() == Opcode::BootReply
            && message.xid() == self.transaction
            // A length that is claimed may be longer than the field.
            && message.hlen() == 6
            && message.chaddr() == self.hardware;
        if !for_me {
            return None;
        }
        match message.opts().msg_type()? {
            MessageType::Offer => {
                let address = Some(message.yiaddr()).filter(|it| lease::is_host(*it))?;
                Some(Answer::Offer(Offer { address, server: lease::server(&message)? }))
            }
            MessageType::Ack => Lease::of(&message).map(Answer::Lease),
            MessageType::Nak => Some(Answer::Refused),
            // What clients say, and what belongs to other talks.
            _ => None,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    pub(in crate::dhcp) const CLIENT: Client =
        Client { hardware: [0x52, 0x54, 0, 1, 2, 3], transaction: 7 };
    pub(in crate::dhcp) const OFFERED: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 77);
    pub(in crate::dhcp) const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

    /// What a server says to a client.
    pub(in crate::dhcp) fn answer(
        client: Client,
        kind: MessageType,
        change: impl FnOnce(&mut Message),
    ) -> Vec<u8> {
        let nobody = Ipv4Addr::UNSPECIFIED;
        let mut message = Message::new_with_id(
            client.transaction,
            nobody,
            OFFERED,
            nobody,
            nobody,
            &client.hardware,
        );
        message.set_opcode(Opcode::BootReply);
        for option in [
            DhcpOption::MessageType(kind),
            DhcpOption::ServerIdentifier(SERVER),
            DhcpOption::SubnetMask(Ipv4Addr::new(255, 255, 255, 0)),
            DhcpOption::Router(vec![SERVER]),
            DhcpOption::DomainNameServer(vec![SERVER, Ipv4Addr::new(192, 0, 2, 2)]),
            DhcpOption::DomainName("example.net.\0".to_owned()),
            DhcpOption::AddressLeaseTime(3600),
        ] {
            message.opts_mut().insert(option);
        }
        change(&mut message);
        message.to_vec().unwrap()
    }

    fn lease(change: impl FnOnce(&mut Message)) -> Option<Lease> {
        match CLIENT.read(&answer(CLIENT, MessageType::Ack, change)) {
            Some(Answer::Lease(lease)) => Some(lease),
            None => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_lease_is_read_with_all_that_belongs_to_it() {
        let wanted = Lease {
            address: OFFERED,
            prefix: 24,
            router: Some(SERVER),
            name_servers: vec![SERVER, Ipv4Addr::new(192, 0, 2, 2)],
            domain: Some("example.net".to_owned()),
            server: SERVER,
            lasts: Some(Duration::from_hours(1)),
            renewal: Duration::from_mins(30),
            rebinding: Duration::from_secs(3150),
        };
        assert_eq!(lease(|_| {}), Some(wanted));
    }

    #[test]
    fn times_that_are_out_of_order_are_those_of_the_rfc() {
        let times = |renewal, rebinding| {
            let found = lease(|message| {
                message.opts_mut().insert(DhcpOption::Renewal(renewal));
                message.opts_mut().insert(DhcpOption::Rebinding(rebinding));
            });
            found.map(|lease| (lease.renewal.as_secs(), lease.rebinding.as_secs())).unwrap()
        };
        assert_eq!(times(60, 70), (60, 70));
        for (renewal, rebinding) in [(70, 60), (0, 60), (60, 3600), (3600, 7200)] {
            assert_eq!(times(renewal, rebinding), (1800, 3150));
        }
        let for_ever = |message: &mut Message| {
            message.opts_mut().insert(DhcpOption::AddressLeaseTime(u32::MAX));
        };
        assert_eq!(lease(for_ever).unwrap().lasts, None);
    }

    #[test]
    fn no_machine_can_live_with_these() {
        for option in [
            DhcpOption::SubnetMask(Ipv4Addr::new(255, 0, 255, 0)),
            DhcpOption::SubnetMask(Ipv4Addr::UNSPECIFIED),
            DhcpOption::AddressLeaseTime(0),
            DhcpOption::ServerIdentifier(Ipv4Addr::BROADCAST),
        ] {
            let change = |message: &mut Message| drop(message.opts_mut().insert(option.clone()));
            assert_eq!(lease(change), None, "{option:?}");
        }
        for address in ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"] {
            let address: Ipv4Addr = address.parse().unwrap();
            assert_eq!(lease(|message| _ = message.set_yiaddr(address)), None);
        }
        for code in
            [OptionCode::SubnetMask, OptionCode::ServerIdentifier, OptionCode::AddressLeaseTime]
        {
            assert_eq!(lease(|message| drop(message.opts_mut().remove(code))), None);
        }
    }

    #[test]
    fn what_is_for_others_is_passed_over() {
        let sent =
            |change: fn(&mut Message)| CLIENT.read(&answer(CLIENT, MessageType::Offer, change));
        assert_eq!(sent(|_| {}), Some(Answer::Offer(Offer { address: OFFERED, server: SERVER })));
        assert_eq!(sent(|message| _ = message.set_xid(8)), None);
        assert_eq!(sent(|message| _ = message.set_opcode(Opcode::BootRequest)), None);
        assert_eq!(sent(|message| _ = message.set_chaddr(&[1; 6])), None);
        assert_eq!(sent(|message| _ = message.set_chaddr(&[0; 16])), None);
        // Its own voice, as others send it back.
        assert_eq!(CLIENT.read(&CLIENT.discover()), None);
        assert_eq!(CLIENT.read(&answer(CLIENT, MessageType::Nak, |_| {})), Some(Answer::Refused));
    }

    #[test]
    fn what_is_sent_says_who_asks_for_what() {
        let sent = CLIENT.request(Offer { address: OFFERED, server: SERVER });
        let message = Message::decode(&mut Decoder::new(&sent)).unwrap();
        assert!(message.flags().broadcast() && message.opts().has_msg_type(MessageType::Request));
        let option = |code| message.opts().get(code).cloned();
        assert_eq!(
            option(OptionCode::RequestedIpAddress),
            Some(DhcpOption::RequestedIpAddress(OFFERED))
        );
        assert_eq!(lease::server(&message), Some(SERVER));
        // Whoever has an address gets the answer there, and names neither.
        let message = Message::decode(&mut Decoder::new(&CLIENT.renew(OFFERED))).unwrap();
        assert!(!message.flags().broadcast() && message.ciaddr() == OFFERED);
        assert!(!message.opts().contains(OptionCode::RequestedIpAddress));
        assert!(!message.opts().contains(OptionCode::ServerIdentifier));
    }

    proptest! {
        #[test]
        fn no_answer_is_a_lease_that_no_machine_can_live_with(
            at in 0_usize..400,
            byte: u8,
            cut in 0_usize..400,
        ) {
            let mut sent = answer(CLIENT, MessageType::Ack, |_| {});
            let at = at % sent.len();
            sent[at] = byte;
            sent.truncate(cut.max(240));
            if let Some(Answer::Lease(lease)) = CLIENT.read(&sent) {
                prop_assert!(lease::is_host(lease.address) && (1..=32).contains(&lease.prefix));
                prop_assert!(lease.renewal < lease.rebinding || lease.lasts < Some(Duration::from_secs(8)));
                prop_assert!(lease.name_servers.len() <= 3);
            }
        }
    }
}
