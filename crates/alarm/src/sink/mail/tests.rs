use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::*;
use crate::batch::Sender;

/// Those that were told, in the order in which they were.
type Taken = Arc<Mutex<Vec<Vec<String>>>>;

/// A mail server that knows nobody whose name begins with `gone`; its port.
fn server(taken: &Taken) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = Arc::clone(taken);
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve(&stream.unwrap(), &taken);
        }
    });
    port
}

fn serve(stream: &TcpStream, taken: &Taken) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let answer = |text: &str| write!(&*stream, "{text}\r\n");
    let mut to = Vec::new();
    answer("220 here").unwrap();
    while let Some(line) = lines.next() {
        let answered = match line.split([' ', ':']).next().unwrap_or_default() {
            "RCPT" if line.contains("<gone") => answer("550 nobody of that name"),
            "RCPT" => {
                to.push(line[9..line.len() - 1].to_owned());
                answer("250 fine")
            }
            "DATA" => {
                answer("354 go on").unwrap();
                assert!(lines.by_ref().any(|line| line == "."));
                taken.lock().unwrap().push(std::mem::take(&mut to));
                answer("250 taken")
            }
            "QUIT" => return,
            _ => answer("250 fine"),
        };
        if answered.is_err() {
            return;
        }
    }
}

fn told(to: &[&str]) -> (Result<Option<String>, String>, Vec<Vec<String>>) {
    let taken = Taken::default();
    let sink = Mail {
        port: Some(server(&taken)),
        to: to.iter().map(|&name| name.to_owned()).collect(),
        ..toml()
    };
    let sender = Sender {
        product: "gateway".to_owned(),
        host: "gw-1".to_owned(),
        zone: jiff::tz::TimeZone::UTC,
    };
    let sent = send(&sink, &Batch::test(&sender, 1000));
    let sent = sent.map(|untold| untold.map(|why| why.to_string())).map_err(|why| why.to_string());
    let taken = taken.lock().unwrap().clone();
    (sent, taken)
}

fn toml() -> Mail {
    let json = serde_json::json!({
        "name": "mail", "server": "127.0.0.1", "security": "none", "from": "gw@x", "to": ["a@x"],
    });
    serde_json::from_value(json).unwrap()
}

#[test]
fn an_address_that_is_refused_keeps_nobody_else_from_being_told() {
    let (sent, taken) = told(&["a@x", "gone@x", "b@x"]);
    assert_eq!(taken, [["a@x"], ["b@x"]]);
    let untold = sent.unwrap().unwrap();
    assert!(untold.contains("gone@x") && untold.contains("nobody of that name"), "{untold}");
    assert!(!untold.contains("a@x"), "{untold}");
}

#[test]
fn all_are_told_at_once_and_where_nobody_is_that_is_said() {
    assert_eq!(told(&["a@x", "b@x"]), (Ok(None), vec![vec!["a@x".to_owned(), "b@x".to_owned()]]));
    for to in [&["gone@x", "gone-too@x"][..], &["gone@x"]] {
        let (sent, taken) = told(to);
        assert!(sent.unwrap_err().contains("nobody of that name"));
        assert!(taken.is_empty());
    }
}

#[test]
fn a_message_has_an_id_of_its_own_in_the_domain_that_it_comes_from() {
    let (one, other) = (message_id("zshield@example.com"), message_id("zshield@example.com"));
    assert!(one.starts_with('<') && one.ends_with("@example.com>"), "{one}");
    assert_ne!(one, other);
    assert!(message_id("Gateway <alarm@example.com>").ends_with("@example.com>"));
}

#[test]
fn a_machine_with_a_short_name_greets_by_its_address() {
    let server = |text: &str| text.parse::<SocketAddr>().unwrap();
    let full = hello("gateway.example.com", server("127.0.0.1:25"));
    assert_eq!(full, ClientId::Domain("gateway.example.com".to_owned()));
    assert_eq!(hello("gateway", server("127.0.0.1:25")), ClientId::Ipv4(Ipv4Addr::LOCALHOST));
}
