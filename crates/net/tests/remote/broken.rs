//! What passes is tried again; what lasts is not.

use std::net::TcpListener;
use std::time::Duration;

use super::server::{Reply, Server};
use super::{at, bytes, file, of, refused, with_silence};
use zshield_net::ConnectError;
use zshield_net::remote::FetchError;

#[test]
fn a_cut_after_any_byte_is_gone_on_with_there() {
    for cut in [0, 1, 11, 12, 13, 700, 999] {
        let content = file(1000);
        let of_server = content.clone();
        let server = Server::new(move |request| {
            let reply = Reply::part(&of_server, request);
            if request.number == 0 { reply.cut(cut) } else { reply }
        });
        let (remote, noted) = of(&server);
        assert_eq!(bytes(&remote, 0, 12), content[..12]);
        assert_eq!(bytes(&remote, 12, 1000), content[12..]);
        let next = if cut < 12 { (cut, cut + (64 << 10)) } else { (cut, 1000) };
        assert_eq!(server.ranges()[1].0, next.0, "{cut}");
        assert_eq!(server.asked().len(), 2, "{cut}");
        assert_eq!(noted.seconds(), [1], "{cut}");
    }
}

#[test]
fn a_server_that_cuts_every_answer_is_read_to_the_end() {
    let content = file(1 << 20);
    let of_server = content.clone();
    let server = Server::new(move |request| {
        let reply = Reply::part(&of_server, request);
        let (from, to) = request.range();
        reply.cut((to.min(1 << 20) - from).min(64 << 10))
    });
    let (remote, noted) = of(&server);
    assert_eq!(bytes(&remote, 0, 1 << 20), content);
    // Each had brought something, so each wait is the first.
    assert!(noted.seconds().iter().all(|wait| *wait == 1), "{:?}", noted.seconds());
}

#[test]
fn silence_is_gone_on_with_where_it_began() {
    let content = file(1000);
    let of_server = content.clone();
    let server = Server::new(move |request| {
        let reply = Reply::part(&of_server, request);
        match request.number {
            0 => reply.silent(300),
            1 => reply.silent(0),
            _ => reply,
        }
    });
    // Longer than a busy machine needs for an answer.
    let silence = Duration::from_secs(3);
    let (remote, noted) = with_silence(&server.url("/a"), silence);
    assert_eq!(bytes(&remote, 0, 1000), content);
    let from: Vec<usize> = server.ranges().iter().map(|(from, _)| *from).collect();
    assert_eq!(from, [0, 300, 300]);
    assert_eq!(noted.seconds(), [1, 2]);
}

#[test]
fn a_server_out_of_order_is_asked_again_and_not_for_ever() {
    let server = Server::new(|request| match request.number {
        0 => Reply::status(500),
        1 => Reply::status(502),
        2 => Reply::status(503).with("Retry-After", "50"),
        3 => Reply::status(429).with("Retry-After", "soon"),
        _ => Reply::part(&file(1000), request),
    });
    let (remote, noted) = of(&server);
    assert_eq!(bytes(&remote, 0, 1000), file(1000));
    assert_eq!(noted.seconds(), [1, 2, 50, 8]);

    let server = Server::new(|_| Reply::status(500));
    let (remote, noted) = of(&server);
    let error = refused(&remote, 0, 9);
    assert!(matches!(error, FetchError::GaveUp { tries: 9, .. }), "{error}");
    assert!(error.to_string().contains("500"), "{error}");
    assert_eq!(noted.seconds(), [1, 2, 4, 8, 16, 30, 30, 30]);
    assert_eq!(server.asked().len(), 9);
}

#[test]
fn a_byte_at_a_time_is_no_progress() {
    let server = Server::new(|request| Reply::part(&file(1000), request).cut(1));
    let (remote, _) = of(&server);
    let error = refused(&remote, 0, 1000);
    assert!(matches!(error, FetchError::GaveUp { tries: 9, .. }), "{error}");
    assert_eq!(server.asked().len(), 9);
}

#[test]
fn nobody_who_listens_is_tried_again_and_a_name_that_is_nobodys_is_not() {
    let port = {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.local_addr().unwrap().port()
    };
    let (remote, noted) = at(&format!("http://127.0.0.1:{port}/a"));
    assert!(matches!(refused(&remote, 0, 1), FetchError::GaveUp { tries: 9, .. }));
    assert_eq!(noted.seconds().len(), 8);
    let (remote, noted) = at("http://no-such.invalid/a");
    let error = refused(&remote, 0, 1);
    assert!(
        matches!(&error, FetchError::Connect(ConnectError::UnknownHost(host)) if host == "no-such.invalid"),
        "{error}"
    );
    assert_eq!(noted.seconds(), [0; 0]);
}

#[test]
fn what_lasts_ends_it_at_once() {
    type Is = fn(&FetchError) -> bool;
    let cases: [(u16, Is); 8] = [
        (400, |error| matches!(error, FetchError::Status { status: 400, .. })),
        (401, |error| matches!(error, FetchError::NotAllowed { status: 401, .. })),
        (403, |error| matches!(error, FetchError::NotAllowed { status: 403, .. })),
        (404, |error| matches!(error, FetchError::NotThere { .. })),
        (407, |error| matches!(error, FetchError::ProxyRefuses { status: 407 })),
        (410, |error| matches!(error, FetchError::NotThere { .. })),
        (416, |error| matches!(error, FetchError::Status { status: 416, .. })),
        (304, |error| matches!(error, FetchError::Status { status: 304, .. })),
    ];
    for (status, is) in cases {
        // In the middle as at the beginning.
        for good in [0, 1] {
            let server = Server::new(move |request| {
                if request.number < good {
                    Reply::part(&file(1 << 20), request)
                } else {
                    Reply::status(status)
                }
            });
            let (remote, noted) = of(&server);
            if good > 0 {
                bytes(&remote, 0, 10);
            }
            let error = refused(&remote, 500_000, 9);
            assert!(is(&error), "{status}: {error}");
            assert_eq!((server.asked().len(), noted.seconds()), (good + 1, vec![]), "{status}");
        }
    }
    let server = Server::new(|_| Reply::status(429).with("Retry-After", "3600"));
    let (remote, _) = of(&server);
    let error = refused(&remote, 0, 9);
    assert!(
        matches!(&error, FetchError::MuchLater { wait, .. } if wait.as_secs() == 3600),
        "{error}"
    );
}

#[test]
fn a_server_without_ranges_begins_anew_after_a_cut() {
    let content = file(300_000);
    let of_server = content.clone();
    let server = Server::new(move |request| {
        let reply = Reply::whole(&of_server);
        if request.number < 3 { reply.cut(200_000) } else { reply }
    });
    let (remote, noted) = of(&server);
    assert_eq!(bytes(&remote, 100, 150_000), content[100..150_000]);
    assert_eq!(bytes(&remote, 150_000, 300_000), content[150_000..]);
    assert_eq!(server.asked().len(), 4);
    // The second and the third brought nothing new.
    assert_eq!(noted.seconds(), [1, 2, 4]);
}
