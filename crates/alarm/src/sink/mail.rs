//! Mail by SMTP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{SmtpTransport, Transport as _};
use zshield_messages::{explained, list};
use zshield_net::{ConnectError, resolve, tls};
use zshield_plan::policy::{Mail, MailSecurity};

use crate::batch::Batch;
use crate::error::SendError;
use crate::secret;

const LIMIT: Duration = Duration::from_secs(30);

/// No robot answers it.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }
    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The server does not take this machine's word, whoever it is for: RFC 4954.
const OF_THE_SENDER: [i64; 5] = [454, 530, 534, 535, 538];

pub(super) fn send(sink: &Mail, batch: &Batch) -> Result<Option<SendError>, SendError> {
    let message = message(sink, batch)?;
    let port = sink.port.unwrap_or(match sink.security {
        MailSecurity::Starttls => 587,
        MailSecurity::Tls => 465,
        MailSecurity::None => 25,
    });
    let mut result = Err(ConnectError::UnknownHost(sink.server.to_string()).into());
    for address in resolve::addresses(sink.server.as_str(), port)? {
        let transport = transport(sink, batch, address)?;
        result = tell(&transport, &message);
        // A server that answers no says so under each of its addresses.
        if !matches!(result, Err(SendError::Unreached(ConnectError::Failed(_)))) {
            break;
        }
    }
    result
}

/// Tells all at once; or one by one where the server refuses one of them, and with him all. Where
/// some are told, with why the others are not.
fn tell(transport: &SmtpTransport, message: &Message) -> Result<Option<SendError>, SendError> {
    let all = message.envelope();
    let refused = match transport.send(message).map_err(told) {
        Ok(_) => return Ok(None),
        Err(refused @ SendError::Refused { code, .. })
            if all.to().len() > 1 && !OF_THE_SENDER.contains(&code) =>
        {
            refused
        }
        Err(error) => return Err(error),
    };
    let text = message.formatted();
    let mut untold = Vec::new();
    for to in all.to() {
        let one = Envelope::new(all.from().cloned(), vec![to.clone()]);
        match transport.send_raw(&one.map_err(SendError::connection)?, &text).map_err(told) {
            Ok(_) => {}
            Err(error @ SendError::Refused { .. }) => untold.push(explained(to, error)),
            Err(error) => return Err(error),
        }
    }
    match untold.len() {
        0 => Ok(None),
        count if count < all.to().len() => Ok(Some(SendError::Untold(list(untold)))),
        _ => Err(refused),
    }
}

fn message(sink: &Mail, batch: &Batch) -> Result<Message, SendError> {
    let mailbox = |address: &str| address.parse::<Mailbox>().map_err(SendError::connection);
    let mut message = Message::builder()
        .from(mailbox(&sink.from)?)
        .subject(batch.title())
        .header(AutoSubmitted)
        .header(ContentType::TEXT_PLAIN)
        .message_id(Some(message_id(&sink.from)))
        .date_now();
    for address in &sink.to {
        message = message.to(mailbox(address)?);
    }
    message.body(batch.text()).map_err(SendError::connection)
}

/// The id of a new message, in the domain that it comes from. Servers refuse mail without one.
fn message_id(from: &str) -> String {
    let domain = from.rsplit('@').next().unwrap_or_default().trim_end_matches('>');
    let now = jiff::Timestamp::now().as_nanosecond();
    format!("<{now:x}.{:x}@{domain}>", std::process::id())
}

/// The name to greet a server by: that of this machine where it is a full one, else the address that
/// leads to the server. Servers refuse a short name.
fn hello(host: &str, server: SocketAddr) -> ClientId {
    if host.contains('.') {
        return ClientId::Domain(host.to_owned());
    }
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    // Nothing is sent: the kernel chooses the address, as for a connection.
    let local = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect(server)?;
        socket.local_addr()
    });
    match local.map(|local| local.ip()) {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(host.to_owned()),
    }
}

/// To an address that was resolved; TLS still asks for the server's name.
fn transport(sink: &Mail, batch: &Batch, address: SocketAddr) -> Result<SmtpTransport, SendError> {
    let tls = match sink.security {
        MailSecurity::Starttls => Tls::Required(parameters(sink)?),
        MailSecurity::Tls => Tls::Wrapper(parameters(sink)?),
        MailSecurity::None => Tls::None,
    };
    let mut builder = SmtpTransport::builder_dangerous(address.ip().to_string())
        .port(address.port())
        .tls(tls)
        .timeout(Some(LIMIT))
        .hello_name(hello(&batch.sender.host, address));
    if let (Some(user), Some(path)) = (&sink.user, &sink.password_file) {
        builder = builder.credentials(Credentials::new(user.clone(), secret::read(path)?));
    }
    Ok(builder.build())
}

fn parameters(sink: &Mail) -> Result<TlsParameters, SendError> {
    let mut parameters =
        TlsParameters::builder(sink.server.to_string()).certificate_store(CertificateStore::None);
    for root in tls::roots(sink.ca.as_deref())? {
        let certificate = Certificate::from_der(root.to_vec()).map_err(SendError::connection)?;
        parameters = parameters.add_root_certificate(certificate);
    }
    parameters.build().map_err(SendError::connection)
}

fn told(error: lettre::transport::smtp::Error) -> SendError {
    let message = error.to_string();
    match error.status() {
        Some(code) => SendError::Refused { code: i64::from(u16::from(code)), message },
        None => SendError::connection(message),
    }
}

#[cfg(test)]
mod tests;
