//! What is asked for, where nothing goes wrong.

use std::io::ErrorKind;

use super::server::{Reply, Server};
use super::{bytes, file, of};
use zshield_net::remote::Fetched;

const K: usize = 1 << 10;

#[test]
fn reading_on_takes_few_requests_and_a_jump_begins_small() {
    let content = file(3000 * K);
    let of_server = content.clone();
    let server = Server::new(move |request| Reply::part(&of_server, request));
    let (remote, noted) = of(&server);
    assert_eq!(remote.length().unwrap(), Some(3000 * K as u64));
    for from in (0..1500 * K).step_by(10 * K) {
        assert_eq!(bytes(&remote, from, from + 10 * K), content[from..from + 10 * K]);
    }
    // A little is read over, more is not.
    assert_eq!(bytes(&remote, 1540 * K, 1541 * K), content[1540 * K..1541 * K]);
    assert_eq!(bytes(&remote, 2500 * K, 3000 * K), content[2500 * K..]);
    let ranges = [(0, 64), (64, 192), (192, 448), (448, 960), (960, 1984), (2500, 3000)];
    assert_eq!(server.ranges(), ranges.map(|(from, to)| (from * K, to * K)));
    assert_eq!(noted.seconds(), [0; 0]);
}

#[test]
fn what_is_expected_comes_exactly_and_is_counted() {
    let content = file(4000 * K);
    let of_server = content.clone();
    let server = Server::new(move |request| Reply::part(&of_server, request));
    let (remote, _) = of(&server);
    let places = [100..400, 400..401, 420..900, 2000..3500].map(|it| it.start * K..it.end * K);
    let wanted = places.clone().map(|it| it.start as u64..it.end as u64);
    remote.expect(&wanted);
    let coming = |kib: usize| (kib * K) as u64;
    assert_eq!(remote.fetched(), Fetched { came: 0, coming: coming(2300) });
    for place in &places {
        assert_eq!(bytes(&remote, place.start, place.end), content[place.clone()]);
    }
    assert_eq!(remote.fetched(), Fetched { came: coming(2300), coming: 0 });
    assert_eq!(server.ranges(), [(100 * K, 900 * K), (2000 * K, 3500 * K)]);
}

#[test]
fn behind_the_end_is_the_end() {
    let server = Server::new(|request| Reply::part(&file(10), request));
    let (remote, _) = of(&server);
    assert_eq!(bytes(&remote, 4, 10), file(10)[4..]);
    for (at, length) in [(4, 7), (10, 1), (11, 1), (u64::MAX, 2)] {
        let error = remote.read_exact_at(&mut vec![0; length], at).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{at}");
    }
    remote.read_exact_at(&mut [], 99).unwrap();
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn an_empty_file_and_one_of_unknown_length_have_their_ends() {
    let server = Server::new(|request| Reply::part(&[], request));
    let (remote, _) = of(&server);
    let end = remote.read_exact_at(&mut [0], 0).unwrap_err();
    assert_eq!(end.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(remote.length().unwrap(), Some(0));

    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
    let server = Server::new(move |_| Reply::raw(head, &file(100)).cut(100));
    let (remote, _) = of(&server);
    assert_eq!(remote.length().unwrap(), None);
    assert_eq!(bytes(&remote, 90, 100), file(100)[90..]);
    let end = remote.read_exact_at(&mut [0], 100).unwrap_err();
    assert_eq!(end.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_server_without_ranges_is_read_forwards_once() {
    let content = file(900 * K);
    let of_server = content.clone();
    let server = Server::new(move |_| Reply::whole(&of_server));
    let (remote, _) = of(&server);
    for (from, to, requests) in
        [(0, 12, 1), (12, 300 * K, 1), (800 * K, 801 * K, 1), (5, 99, 2), (99, 700 * K, 2)]
    {
        assert_eq!(bytes(&remote, from, to), content[from..to]);
        assert_eq!(server.asked().len(), requests);
    }
}

#[test]
fn who_asks_is_told_to_the_server_and_to_nobody_else() {
    let server = Server::new(|request| match request.number {
        0 => Reply::part(&file(10), request),
        _ => Reply::status(403),
    });
    let url = server.url("/b.zsb?token=hidden").replace("//", "//user:secret@");
    let (remote, _) = super::at(&url);
    bytes(&remote, 0, 2);
    assert_eq!(server.asked()[0].path, "/b.zsb?token=hidden");
    assert_eq!(server.asked()[0].header("authorization"), Some("Basic dXNlcjpzZWNyZXQ="));
    let (remote, _) = super::at(&url);
    let shown = super::refused(&remote, 0, 9).to_string() + &format!("{remote:?}");
    assert!(shown.contains("/b.zsb?…"), "{shown}");
    for hidden in ["secret", "user:", "hidden", "dXNlcj"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[test]
fn redirections_are_followed_each_time() {
    let content = file(500 * K);
    let of_server = content.clone();
    let server = Server::new(move |request| match request.path.as_str() {
        "/a/b.zsb" => Reply::status(302).with("Location", "../c"),
        "/c" => Reply::status(308).with("Location", "/d?x=1"),
        "/d?x=1" => Reply::part(&of_server, request),
        other => panic!("{other}"),
    });
    let (remote, _) = of(&server);
    assert_eq!(bytes(&remote, 0, 10), content[..10]);
    assert_eq!(bytes(&remote, 300 * K, 301 * K), content[300 * K..301 * K]);
    assert_eq!(server.asked().len(), 6);
}
