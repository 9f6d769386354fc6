//! One server is asked once: by a datagram, and over TCP where its answer is too long for one.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use super::message::{Question, Reply};

/// Larger datagrams are cut, and what is cut is none.
const LONGEST: usize = 4096;

/// Asks, and waits for an answer to this question for so long at most.
pub(super) fn ask(
    server: SocketAddrV4,
    question: &Question,
    patience: Duration,
) -> io::Result<Reply> {
    let deadline = Instant::now() + patience;
    // The kernel takes another port each time, and only what this server sends.
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.connect(server)?;
    socket.send(&question.datagram())?;
    let mut buffer = [0; LONGEST];
    loop {
        socket.set_read_timeout(Some(left(deadline)?))?;
        let length = match socket.recv(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            received => received?,
        };
        match question.read(buffer.get(..length).unwrap_or_default()) {
            Some(Reply::TooLong) => return ask_again(server, question, deadline),
            Some(reply) => return Ok(reply),
            None => {}
        }
    }
}

fn ask_again(server: SocketAddrV4, question: &Question, deadline: Instant) -> io::Result<Reply> {
    let mut stream = TcpStream::connect_timeout(&server.into(), left(deadline)?)?;
    stream.set_write_timeout(Some(left(deadline)?))?;
    let datagram = question.datagram();
    let length = u16::try_from(datagram.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), datagram.as_slice()].concat())?;
    let mut length = [0; 2];
    read_exact(&mut stream, &mut length, deadline)?;
    let mut answer = vec![0; u16::from_be_bytes(length).into()];
    read_exact(&mut stream, &mut answer, deadline)?;
    question.read(&answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// A server that sends a byte now and then does not hold it up.
fn read_exact(stream: &mut TcpStream, into: &mut [u8], deadline: Instant) -> io::Result<()> {
    let mut at = 0;
    while let Some(rest) = into.get_mut(at..).filter(|rest| !rest.is_empty()) {
        stream.set_read_timeout(Some(left(deadline)?))?;
        match stream.read(rest) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => at += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}
