//! The datagrams, as `hickory-proto` writes and reads them.

use std::net::Ipv4Addr;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, RecordType};

/// So many aliases in a row are followed.
const ALIASES: usize = 16;
/// So many addresses of a name are of use.
const ADDRESSES: usize = 16;

/// A question for the addresses of a name.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    message: Message,
    name: Name,
}

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// These.
    Addresses(Vec<Ipv4Addr>),
    /// The name has no address.
    Nobody,
    /// More than a datagram holds: it is to be asked over TCP.
    TooLong,
    /// The server can't say.
    Failed,
}

impl Question {
    /// A question with a number that nobody can guess. `None` for what is no name of a host.
    pub(crate) fn new(host: &str) -> Option<Self> {
        let host = host.trim_end_matches('.');
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if host.is_empty() || !host.bytes().all(plain) {
            return None;
        }
        let mut name = Name::from_ascii(host).ok()?;
        name.set_fqdn(true);
        let mut message = Message::query();
        message.metadata.recursion_desired = true;
        message.add_query(Query::query(name.clone(), RecordType::A));
        Some(Self { message, name })
    }

    /// The same question with another number.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn numbered(mut self, number: u16) -> Self {
        self.message.metadata.id = number;
        self
    }

    /// What is sent.
    pub(crate) fn datagram(&self) -> Vec<u8> {
        // A name that was made fits.
        self.message.to_vec().unwrap_or_default()
    }

    /// What an answer says; `None` if it is none to this question.
    pub(crate) fn read(&self, datagram: &[u8]) -> Option<Reply> {
        let answer = Message::from_vec(datagram).ok()?;
        let head = &answer.metadata;
        let [query] = answer.queries.as_slice() else { return None };
        let to_this = head.id == self.message.metadata.id
            && head.message_type == MessageType::Response
            && head.op_code == OpCode::Query
            && query.name == self.name
            && query.query_type == RecordType::A
            && query.query_class == DNSClass::IN;
        if !to_this {
            return None;
        }
        Some(match head.response_code {
            _ if head.truncation => Reply::TooLong,
            ResponseCode::NoError | ResponseCode::NXDomain => match self.addresses(&answer) {
                found if found.is_empty() => Reply::Nobody,
                found => Reply::Addresses(found),
            },
            _ => Reply::Failed,
        })
    }

    /// The addresses at the end of the name's aliases.
    fn addresses(&self, answer: &Message) -> Vec<Ipv4Addr> {
        let mut name = &self.name;
        for _ in 0..=ALIASES {
            let of_it = || answer.answers.iter().filter(|record| record.name == *name);
            let found: Vec<Ipv4Addr> = of_it()
                .filter_map(|record| match &record.data {
                    RData::A(address) => Some(address.0),
                    _ => None,
                })
                .filter(|it| !it.is_unspecified() && !it.is_broadcast() && !it.is_multicast())
                .take(ADDRESSES)
                .collect();
            if !found.is_empty() {
                return found;
            }
            let alias = of_it().find_map(|record| match &record.data {
                RData::CNAME(alias) => Some(&alias.0),
                _ => None,
            });
            let Some(alias) = alias else { break };
            name = alias;
        }
        Vec::new()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use hickory_proto::rr::Record;
    use hickory_proto::rr::rdata::{A, CNAME};
    use proptest::prelude::*;

    use super::*;

    /// An answer to whatever is asked.
    pub(in crate::dns) fn answer(question: &[u8], change: impl FnOnce(&mut Message)) -> Vec<u8> {
        let question = Message::from_vec(question).unwrap();
        let mut answer = Message::response(question.metadata.id, OpCode::Query);
        answer.add_queries(question.queries);
        change(&mut answer);
        answer.to_vec().unwrap()
    }

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    pub(in crate::dns) fn address(of: &str, last: u8) -> Record {
        Record::from_rdata(name(of), 60, RData::A(A(Ipv4Addr::new(192, 0, 2, last))))
    }

    fn alias(of: &str, to: &str) -> Record {
        Record::from_rdata(name(of), 60, RData::CNAME(CNAME(name(to))))
    }

    fn replied(records: Vec<Record>) -> Reply {
        let question = Question::new("S3.example.net").unwrap();
        let said = answer(&question.datagram(), |answer| {
            answer.add_answers(records);
        });
        question.read(&said).unwrap()
    }

    #[test]
    fn aliases_are_followed_and_what_nobody_asked_for_is_not_believed() {
        let two = [Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2)];
        let records = vec![
            address("other.example.", 9),
            alias("s3.example.net.", "a.example."),
            address("b.example.", 1),
            alias("A.example.", "b.example."),
            address("b.example.", 2),
        ];
        assert_eq!(replied(records), Reply::Addresses(two.into()));
        assert_eq!(replied(vec![address("other.example.", 9)]), Reply::Nobody);
        let circle =
            vec![alias("s3.example.net.", "a.example."), alias("a.example.", "s3.example.net.")];
        assert_eq!(replied(circle), Reply::Nobody);
        assert_eq!(replied(Vec::new()), Reply::Nobody);
        let nowhere = RData::A(A(Ipv4Addr::UNSPECIFIED));
        assert_eq!(
            replied(vec![Record::from_rdata(name("s3.example.net."), 1, nowhere)]),
            Reply::Nobody
        );
    }

    #[test]
    fn answers_to_other_questions_are_none() {
        let question = Question::new("a.example").unwrap();
        let said = |change: fn(&mut Message)| question.read(&answer(&question.datagram(), change));
        assert_eq!(said(|_| {}), Some(Reply::Nobody));
        assert_eq!(said(|it| it.metadata.id = it.metadata.id.wrapping_add(1)), None);
        assert_eq!(said(|it| it.queries.clear()), None);
        assert_eq!(said(|it| it.queries[0].name = name("b.example.")), None);
        assert_eq!(said(|it| it.metadata.message_type = MessageType::Query), None);
        assert_eq!(said(|it| it.metadata.truncation = true), Some(Reply::TooLong));
        for code in [ResponseCode::ServFail, ResponseCode::Refused] {
            let failed = answer(&question.datagram(), |it| it.metadata.response_code = code);
            assert_eq!(question.read(&failed), Some(Reply::Failed));
        }
        assert_eq!(
            said(|it| it.metadata.response_code = ResponseCode::NXDomain),
            Some(Reply::Nobody)
        );
    }

    #[test]
    fn only_names_of_hosts_are_asked_for() {
        for host in ["a", "a.example.", "xn--fsqu00a.example", "_s3.a-b.example"] {
            assert!(Question::new(host).is_some(), "{host}");
        }
        let long = "a".repeat(64);
        for host in ["", ".", "a b", "a\\046b", "例子", "-s\0", "a..b", &long, &"a.".repeat(130)]
        {
            assert!(Question::new(host).is_none(), "{host}");
        }
    }

    proptest! {
        #[test]
        fn a_damaged_answer_brings_no_address_of_another_name(at in 0_usize..100, byte: u8) {
            let question = Question::new("s3.example.net").unwrap();
            let mut said = answer(&question.datagram(), |answer| {
                answer.add_answers([address("s3.example.net.", 1), address("other.example.", 9)]);
            });
            let at = at % said.len();
            said[at] = byte;
            if let Some(Reply::Addresses(found)) = question.read(&said) {
                prop_assert!(!found.is_empty() && found.len() <= ADDRESSES);
            }
        }
    }
}
