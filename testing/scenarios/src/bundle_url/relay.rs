//! What stands between a reader and a server, and cuts every answer at the next of some places in the file.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use anyhow::Result;

/// Starts one; returns the port. It ends with the process.
pub(super) fn start(server: u16, places: Vec<u64>) -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    let places = Arc::new(places);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let places = Arc::clone(&places);
            // A connection that breaks is what this is for.
            thread::spawn(move || relayed(&client, server, &places));
        }
    });
    Ok(port)
}

/// Answers one request after the other, up to the one that is cut.
fn relayed(mut client: &TcpStream, server: u16, places: &[u64]) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", server))?;
    let (mut requests, mut answers) = (BufReader::new(client), BufReader::new(&server));
    loop {
        let request = head(&mut requests)?;
        (&server).write_all(request.as_bytes())?;
        let answer = head(&mut answers)?;
        client.write_all(answer.as_bytes())?;
        let length = number(&answer, "Content-Length: ").unwrap_or(0);
        let from = number(&answer, "Content-Range: bytes ").unwrap_or(0);
        let cut = places.iter().copied().find(|place| *place > from && *place < from + length);
        let whole = cut.map_or(length, |cut| cut - from);
        io::copy(&mut (&mut answers).take(whole), &mut client)?;
        if cut.is_some() {
            return Ok(());
        }
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

/// The first number behind a word.
fn number(head: &str, behind: &str) -> Option<u64> {
    let (_, rest) = head.split_once(behind)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
