use std::io::{Read as _, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::thread;

use hickory_proto::op::{Message, ResponseCode};

use super::message::tests::{address, answer};
use super::*;

/// A server on this host that answers so many questions in this way.
fn server(questions: usize, mut with: impl FnMut(&mut Message) + Send + 'static) -> SocketAddrV4 {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let SocketAddr::V4(place) = socket.local_addr().unwrap() else { panic!() };
    thread::spawn(move || {
        let mut buffer = [0; 512];
        for _ in 0..questions {
            let (length, from) = socket.recv_from(&mut buffer).unwrap();
            // What is no answer to the question comes first.
            socket.send_to(b"x", from).unwrap();
            socket.send_to(&answer(&buffer[..length], &mut with), from).unwrap();
        }
    });
    place
}

fn nobody_there() -> SocketAddrV4 {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let SocketAddr::V4(place) = socket.local_addr().unwrap() else { panic!() };
    place
}

fn dns(servers: &[SocketAddrV4], domain: Option<&str>) -> Dns {
    let known = Known { servers: servers.to_vec(), domain: domain.map(str::to_owned) };
    Dns(Mutex::new(known))
}

fn found(dns: &Dns, host: &str) -> Vec<String> {
    let found = dns.addresses(host, 443).unwrap();
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn the_first_server_that_can_say_is_believed() {
    let broken = server(1, |answer| answer.metadata.response_code = ResponseCode::ServFail);
    let sound = server(1, |answer| {
        answer.add_answer(address("s3.example.", 7));
    });
    let dns = dns(&[nobody_there(), broken, sound], None);
    assert_eq!(found(&dns, "s3.example"), ["192.0.2.7:443"]);
}

#[test]
fn a_name_that_nobody_has_is_told_from_servers_that_say_nothing() {
    let none = server(1, |answer| answer.metadata.response_code = ResponseCode::NXDomain);
    let said = dns(&[none], None).addresses("gone.example", 443);
    assert!(matches!(said, Err(ConnectError::UnknownHost(_))), "{said:?}");
    let said = dns(&[nobody_there()], None).addresses("gone.example", 443);
    assert!(matches!(said, Err(ConnectError::NamesUnanswered { .. })), "{said:?}");
    let said = dns(&[], None).addresses("gone.example", 443);
    assert!(matches!(said, Err(ConnectError::NoNameServer(_))), "{said:?}");
    let said = dns(&[], None).addresses("-s", 443);
    assert!(said.is_err());
    // An address needs nobody.
    assert_eq!(found(&dns(&[], None), "[::1]"), ["[::1]:443"]);
}

#[test]
fn a_name_without_a_dot_is_completed_first() {
    let place = server(2, |answer| {
        if answer.queries[0].name.to_ascii() == "s3.example.net." {
            answer.metadata.response_code = ResponseCode::NXDomain;
        } else {
            answer.add_answer(address("s3.", 8));
        }
    });
    assert_eq!(found(&dns(&[place], Some("example.net")), "s3"), ["192.0.2.8:443"]);
    assert_eq!(names("a.b", Some("example.net")), ["a.b"]);
}

#[test]
fn what_is_too_long_for_a_datagram_comes_over_tcp() {
    let place = server(1, |answer| answer.metadata.truncation = true);
    let listener = TcpListener::bind(place).unwrap();
    let answering = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut length = [0; 2];
        stream.read_exact(&mut length).unwrap();
        let mut question = vec![0; u16::from_be_bytes(length).into()];
        stream.read_exact(&mut question).unwrap();
        let answer = answer(&question, |answer| {
            answer.add_answers((0..100).map(|last| address("many.example.", last)));
        });
        let length = u16::try_from(answer.len()).unwrap();
        stream.write_all(&length.to_be_bytes()).unwrap();
        stream.write_all(&answer).unwrap();
    });
    assert_eq!(found(&dns(&[place], None), "many.example").len(), 16);
    answering.join().unwrap();
}
