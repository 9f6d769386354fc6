//! Answers that lie, and a file that is another one by now.

use super::server::{Reply, Request, Server};
use super::{bytes, file, of, refused};
use zshield_net::remote::{FetchError, Oddity};

const PART: &str = "HTTP/1.1 206 Partial Content\r\n";

/// Why nothing is read from a server that answers so from the second request on, and how often it was asked.
fn second(reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> (FetchError, usize) {
    let server = Server::new(move |request| match request.number {
        0 => Reply::part(&file(1 << 20), request).with("ETag", "\"one\""),
        _ => reply(request),
    });
    let (remote, _) = of(&server);
    bytes(&remote, 0, 10);
    let error = refused(&remote, 500_000, 100);
    assert_eq!(server.asked()[1].header("if-range"), Some("\"one\""));
    assert_eq!(server.asked()[1].header("accept-encoding"), Some("identity"));
    (error, server.asked().len())
}

#[test]
fn a_file_that_changed_is_not_read_on() {
    let changed: [fn(&Request) -> Reply; 5] = [
        // As the standard has it: the whole of the other file.
        |_| Reply::whole(&file(1 << 20)).with("ETag", "\"two\""),
        // A server that does not know If-Range.
        |request| Reply::part(&file(1 << 20), request).with("ETag", "\"two\""),
        |request| Reply::part(&file((1 << 20) - 1), request),
        |_| Reply::whole(&file((1 << 20) + 1)),
        |request| Reply::part(&file(400_000), request),
    ];
    for (number, reply) in changed.into_iter().enumerate() {
        let (error, asked) = second(reply);
        assert!(matches!(error, FetchError::Changed { .. }), "{number}: {error}");
        assert_eq!(asked, 2);
    }
}

#[test]
fn the_same_file_as_a_whole_is_read_on() {
    let content = file(1 << 20);
    let of_server = content.clone();
    let server = Server::new(move |request| match request.number {
        0 => Reply::part(&of_server, request).with("Last-Modified", "then"),
        _ => Reply::whole(&of_server).with("Last-Modified", "then"),
    });
    let (remote, _) = of(&server);
    bytes(&remote, 0, 10);
    assert_eq!(bytes(&remote, 500_000, 500_100), content[500_000..500_100]);
    assert_eq!(server.asked()[1].header("if-range"), Some("then"));
}

#[test]
fn an_answer_that_contradicts_the_request_or_itself_ends_it() {
    let wrong = |headers: &'static str, what: fn(&Oddity) -> bool| (headers, what);
    let range: fn(&Oddity) -> bool = |what| *what == Oddity::Range;
    let cases = [
        wrong("Content-Length: 100\r\n", range),
        wrong("Content-Range: bytes 0-99/1048576\r\nContent-Length: 100\r\n", range),
        wrong("Content-Range: bytes 500000-500099/100\r\nContent-Length: 100\r\n", range),
        wrong("Content-Range: bytes 500000-1000000/1048576\r\nContent-Length: 100\r\n", range),
        wrong("Content-Range: bytes */1048576\r\nContent-Length: 100\r\n", range),
        wrong("Content-Type: multipart/byteranges; boundary=x\r\nContent-Length: 100\r\n", range),
        wrong(
            "Content-Range: bytes 500000-500099/1048576\r\nContent-Length: 100\r\n\
             Content-Encoding: gzip\r\n",
            |what| *what == Oddity::Encoding,
        ),
        wrong(
            "Content-Range: bytes 500000-500099/1048576\r\nTransfer-Encoding: gzip, chunked\r\n",
            |what| *what == Oddity::Encoding,
        ),
        wrong("Content-Range: bytes 500000-500099/1048576\r\nContent-Length: 101\r\n", |what| {
            *what == Oddity::Length
        }),
        wrong(
            "Content-Range: bytes 500000-500099/1048576\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
            |what| matches!(what, Oddity::Protocol(_)),
        ),
    ];
    for (headers, is) in cases {
        let head = format!("{PART}{headers}");
        let (error, asked) = second(move |_| Reply::raw(&head, &[0; 101]));
        let FetchError::Odd { what, .. } = &error else { panic!("{headers}: {error}") };
        assert!(is(what), "{headers}: {what:?}");
        assert_eq!(asked, 2, "{headers}");
    }
}

#[test]
fn headers_without_end_and_no_http_at_all_end_it() {
    let many = "X-Header: and so on\r\n".repeat(200);
    let long = format!("X-Header: {}\r\n", "x".repeat(1 << 20));
    for head in [format!("{PART}{many}"), format!("{PART}{long}"), "SSH-2.0-OpenSSH_9.2\r\n".into()]
    {
        let (error, _) = second(move |_| Reply::raw(&head, b"").silent(0));
        assert!(matches!(&error, FetchError::Odd { what: Oddity::Protocol(_), .. }), "{error:?}");
    }
}

#[test]
fn an_absurd_length_is_only_a_number() {
    let most = u64::MAX;
    let head = format!("{PART}Content-Range: bytes 0-99/{most}\r\nContent-Length: 100\r\n");
    let server = Server::new(move |_| Reply::raw(&head, &file(100)));
    let (remote, _) = of(&server);
    assert_eq!(remote.length().unwrap(), Some(most));
    assert_eq!(bytes(&remote, 0, 100), file(100));
    assert!(matches!(refused(&remote, most - 100, 100), FetchError::Odd { .. }));
}

#[test]
fn an_answer_in_chunks_is_read_as_far_as_it_was_asked_for() {
    let head = format!("{PART}Content-Range: bytes 0-99/100\r\nTransfer-Encoding: chunked\r\n");
    let mut body = b"64\r\n".to_vec();
    body.extend(file(100));
    // More behind it, without end.
    body.extend(b"\r\nffffffff\r\nmore");
    let length = body.len();
    let server = Server::new(move |_| Reply::raw(&head, &body).silent(length));
    let (remote, noted) = of(&server);
    assert_eq!(bytes(&remote, 0, 100), file(100));
    assert_eq!(noted.seconds(), [0; 0]);
}

#[test]
fn redirections_without_end_or_out_of_the_web_are_not_followed() {
    let server = Server::new(|_| Reply::status(302).with("Location", "/again"));
    let (remote, _) = of(&server);
    assert!(matches!(refused(&remote, 0, 9), FetchError::TooManyRedirections { .. }));
    assert_eq!(server.asked().len(), 6);
    for location in ["file:///etc/shadow", "ftp://127.0.0.1/a", "http://"] {
        let server = Server::new(move |_| Reply::status(302).with("Location", location));
        let (remote, _) = of(&server);
        assert!(matches!(refused(&remote, 0, 9), FetchError::BadRedirection { .. }), "{location}");
    }
    let server = Server::new(|_| Reply::status(301));
    let (remote, _) = of(&server);
    assert!(matches!(refused(&remote, 0, 9), FetchError::BadRedirection { .. }));
}
