//! Syslog: RFC 5424 over UDP, TCP (RFC 6587, with lengths) and TLS (RFC 5425).

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use syslog_fmt::v5424::{self, Config, Formatter};
use syslog_fmt::{Facility, Severity as Level};
use zshield_net::{ConnectError, resolve, tls};
use zshield_plan::health::Severity;
use zshield_plan::policy::{Syslog, SyslogTransport};

use crate::batch::{Batch, Line, Urgency};
use crate::error::SendError;

const LIMIT: Duration = Duration::from_secs(20);
/// So long is waited for the other end to close, which says that it has read all.
const CLOSES: Duration = Duration::from_secs(5);
/// RFC 5425 has every server take so much.
const LONGEST: usize = 2048;

pub(super) fn send(sink: &Syslog, batch: &Batch) -> Result<(), SendError> {
    let usual = if sink.transport == SyslogTransport::Tls { 6514 } else { 514 };
    let addresses = resolve::addresses(sink.server.as_str(), sink.port.unwrap_or(usual))?;
    let messages = messages(batch).map_err(SendError::connection)?;
    match sink.transport {
        SyslogTransport::Udp => over_udp(&addresses, &messages).map_err(SendError::connection),
        SyslogTransport::Tcp => {
            let mut stream = connect(&addresses)?;
            stream.write_all(&framed(&messages)).map_err(SendError::connection)?;
            stream.shutdown(Shutdown::Write).map_err(SendError::connection)?;
            until_closed(&mut stream, |_| Ok(()))
        }
        SyslogTransport::Tls => over_tls(sink, &addresses, &messages),
    }
}

fn over_udp(addresses: &[SocketAddr], messages: &[Vec<u8>]) -> io::Result<()> {
    let address = addresses.first().ok_or(io::ErrorKind::NotFound)?;
    let any = if address.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
    let socket = UdpSocket::bind(any)?;
    socket.connect(address)?;
    messages.iter().try_for_each(|message| socket.send(message).map(drop))
}

fn over_tls(
    sink: &Syslog,
    addresses: &[SocketAddr],
    messages: &[Vec<u8>],
) -> Result<(), SendError> {
    let name = ServerName::try_from(sink.server.as_str().to_owned())
        .map_err(|_| ConnectError::UnknownHost(sink.server.to_string()))?;
    let connection = ClientConnection::new(tls::client(sink.ca.as_deref())?, name)
        .map_err(SendError::connection)?;
    let mut stream = StreamOwned::new(connection, connect(addresses)?);
    stream.write_all(&framed(messages)).map_err(SendError::connection)?;
    stream.conn.send_close_notify();
    stream.flush().map_err(SendError::connection)?;
    until_closed(&mut stream, |stream| stream.sock.shutdown(Shutdown::Write))
}

fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, SendError> {
    let mut why = SendError::from(ConnectError::UnknownHost(String::new()));
    for address in addresses {
        match TcpStream::connect_timeout(address, LIMIT) {
            Ok(stream) => {
                stream
                    .set_write_timeout(Some(LIMIT))
                    .and_then(|()| stream.set_read_timeout(Some(CLOSES)))
                    .map_err(SendError::connection)?;
                return Ok(stream);
            }
            Err(error) => why = SendError::connection(format!("{address}: {error}")),
        }
    }
    Err(why)
}

/// Waits until the other end closes. One that cuts the connection has not taken it all; one that
/// keeps it open is believed.
fn until_closed<S: Read>(
    stream: &mut S,
    last: impl FnOnce(&mut S) -> io::Result<()>,
) -> Result<(), SendError> {
    last(stream).map_err(SendError::connection)?;
    let mut rest = [0; 256];
    loop {
        match stream.read(&mut rest) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) => {
                return match error.kind() {
                    io::ErrorKind::WouldBlock
                    | io::ErrorKind::TimedOut
                    // A TLS peer that closes without saying so has closed all the same.
                    | io::ErrorKind::UnexpectedEof => Ok(()),
                    _ => Err(SendError::connection(error)),
                };
            }
        }
    }
}

/// Each message behind its length.
fn framed(messages: &[Vec<u8>]) -> Vec<u8> {
    let framed = |message: &Vec<u8>| {
        let mut frame = format!("{} ", message.len()).into_bytes();
        frame.extend(message);
        frame
    };
    messages.iter().flat_map(framed).collect()
}

fn messages(batch: &Batch) -> io::Result<Vec<Vec<u8>>> {
    let host: String = batch.sender.host.chars().filter(char::is_ascii_graphic).collect();
    let process = std::process::id().to_string();
    let formatter = Config {
        facility: Facility::Daemon,
        hostname: Some(&host),
        app_name: Some("zshield"),
        proc_id: Some(&process),
    }
    .into_formatter();
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    batch.lines().iter().map(|line| message(&formatter, &now, line)).collect()
}

fn message(formatter: &Formatter, now: &str, line: &Line) -> io::Result<Vec<u8>> {
    let level = match line.urgency {
        Urgency::Alarm(Severity::Critical) => Level::Crit,
        Urgency::Alarm(Severity::Warning) => Level::Warning,
        Urgency::None => Level::Notice,
    };
    let mut message = Vec::new();
    let time = v5424::Timestamp::PreformattedStr(now);
    formatter.write_without_data(
        &mut message,
        level,
        time,
        v5424::Msg::Utf8Str(&line.text),
        Some(line.kind),
    )?;
    // It ends in the middle of a text, but not of a character.
    if message.len() > LONGEST {
        let mut end = LONGEST;
        while message[end] & 0xc0 == 0x80 {
            end -= 1;
        }
        message.truncate(end);
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> Vec<u8> {
        let formatter = Config {
            facility: Facility::Daemon,
            hostname: Some("gw-1"),
            app_name: Some("zshield"),
            proc_id: Some("7"),
        }
        .into_formatter();
        let line = Line {
            urgency: Urgency::Alarm(Severity::Critical),
            kind: "disk-missing",
            text: text.into(),
        };
        message(&formatter, "2026-11-24T06:00:00.000000Z", &line).unwrap()
    }

    #[test]
    fn a_message_is_as_rfc_5424_has_it() {
        // Facility 3 (daemons), severity 2 (critical): 3 * 8 + 2.
        let message = String::from_utf8(made("the HDD is missing")).unwrap();
        let wanted = "<26>1 2026-11-24T06:00:00.000000Z gw-1 zshield 7 disk-missing - \
                      \u{feff}the HDD is missing";
        assert_eq!(message, wanted);
    }

    #[test]
    fn a_long_one_ends_between_two_characters() {
        let message = made(&"磁盘缺失".repeat(500));
        assert!(message.len() <= LONGEST && message.len() > LONGEST - 4);
        String::from_utf8(message).unwrap();
    }

    #[test]
    fn frames_have_their_lengths() {
        assert_eq!(framed(&[b"abc".to_vec(), "缺".into()]), "3 abc3 缺".as_bytes());
    }
}
