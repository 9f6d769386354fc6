//! What stands between a client and a server, and breaks what goes through.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Result;

/// What happens to one request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    /// It is answered with *later*.
    Busy,
    /// It is answered as by a server whose clock is another.
    Skewed,
    /// Half of it reaches the server.
    CutRequest,
    /// Half of the answer comes.
    CutAnswer,
    /// The answer says that it is longer than it is.
    LongAnswer,
    /// The answer comes in small pieces.
    SlowAnswer,
    /// The answer is of something else.
    Nonsense,
    /// The server knows no conditions.
    Unconditional,
    /// Whoever asks for a single object does not find it.
    Blind,
}

const SKEWED: &str = "<Error><Code>RequestTimeTooSkewed</Code></Error>";

/// Starts one for HTTP; returns the port. Each time that so many requests went through, the next one has the next fault.
pub(super) fn http(server: u16, every: usize, faults: Vec<Fault>) -> Result<u16> {
    let plan = Arc::new(Mutex::new((0, VecDeque::from(faults))));
    let next = move || {
        let mut plan = plan.lock().unwrap_or_else(PoisonError::into_inner);
        plan.0 += 1;
        if plan.0 % every == 0 { plan.1.pop_front() } else { None }
    };
    relay(move |client| {
        // A connection that breaks is what this is for.
        let _ = requests(client, server, &next);
    })
}

/// Starts one for anything; returns the port. Each of the first connections is cut after so many bytes of the client.
pub(super) fn cuts(server: u16, cuts: Vec<u64>) -> Result<u16> {
    let left = Mutex::new(VecDeque::from(cuts));
    relay(move |client| {
        let cut = left.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { return };
        thread::scope(|scope| {
            scope.spawn(|| io::copy(&mut &server, &mut &*client));
            let _ = io::copy(&mut (&*client).take(cut.unwrap_or(u64::MAX)), &mut &server);
            let _ = (server.shutdown(Shutdown::Both), client.shutdown(Shutdown::Both));
        });
    })
}

/// It ends with the process.
fn relay(each: impl Fn(&TcpStream) + Send + Sync + 'static) -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    let each = Arc::new(each);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let each = Arc::clone(&each);
            thread::spawn(move || each(&client));
        }
    });
    Ok(port)
}

/// One request after the other, each with a connection of its own to the server.
fn requests(
    mut client: &TcpStream,
    server: u16,
    next: &impl Fn() -> Option<Fault>,
) -> io::Result<()> {
    let mut from = BufReader::new(client);
    loop {
        let head = head(&mut from)?;
        let length = number(&head, "content-length: ").unwrap_or(0);
        let fault = next().filter(|fault| match fault {
            Fault::Unconditional => head.contains("if-none-match"),
            Fault::Blind => head.starts_with("HEAD"),
            _ => true,
        });
        if let Some((status, body)) = fault.and_then(own_answer) {
            io::copy(&mut (&mut from).take(length), &mut io::sink())?;
            let length = body.len();
            write!(client, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}")?;
            continue;
        }
        if matches!(fault, Some(Fault::CutRequest)) {
            let to = TcpStream::connect(("127.0.0.1", server))?;
            (&to).write_all(head.as_bytes())?;
            io::copy(&mut (&mut from).take(length / 2), &mut &to)?;
            return Ok(());
        }
        let to = TcpStream::connect(("127.0.0.1", server))?;
        (&to).write_all(
            head.replace("HTTP/1.1\r\n", "HTTP/1.1\r\nConnection: close\r\n").as_bytes(),
        )?;
        io::copy(&mut (&mut from).take(length), &mut &to)?;
        let mut answer = Vec::new();
        (&to).read_to_end(&mut answer)?;
        match fault {
            Some(Fault::CutAnswer) => return client.write_all(&answer[..answer.len() / 2]),
            Some(Fault::LongAnswer) => {
                let text = String::from_utf8_lossy(&answer);
                let says = number(&text, "content-length: ").unwrap_or(0);
                let longer = format!("Content-Length: {}", says + 1000);
                let changed = text.replace(&format!("Content-Length: {says}"), &longer);
                return client.write_all(changed.as_bytes());
            }
            Some(Fault::SlowAnswer) => {
                for piece in answer.chunks(answer.len() / 20 + 1) {
                    client.write_all(piece)?;
                    // It is slowness that is tried here.
                    thread::sleep(Duration::from_millis(50));
                }
                return Ok(());
            }
            _ => client.write_all(&answer)?,
        }
        // The server has said that it closes the connection.
        return Ok(());
    }
}

/// What is answered in the server's place: status and body.
fn own_answer(fault: Fault) -> Option<(&'static str, &'static str)> {
    match fault {
        Fault::Busy => Some(("503 Slow Down", "")),
        Fault::Skewed => Some(("403 Forbidden", SKEWED)),
        Fault::Nonsense => Some(("200 OK", "<html>Please log in to this network</html>")),
        Fault::Unconditional => Some(("501 Not Implemented", "")),
        Fault::Blind => Some(("404 Not Found", "")),
        Fault::CutRequest | Fault::CutAnswer | Fault::LongAnswer | Fault::SlowAnswer => None,
    }
}

fn head(from: &mut BufReader<&TcpStream>) -> io::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if from.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head)
}

/// The number behind the name of a header.
fn number(head: &str, behind: &str) -> Option<u64> {
    let lower = head.to_ascii_lowercase();
    let (_, rest) = lower.split_once(behind)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
