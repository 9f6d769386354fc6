//! One request for a stretch of a file, and what the answer is worth.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use ureq::http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, IF_RANGE, LOCATION, RANGE,
    TRANSFER_ENCODING,
};
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};
use zshield_messages::say;

use super::error::{Failure, FetchError, Oddity};
use super::failed::failed;
use super::headers::{ContentRange, Pin, retry_after_of, single};
use super::stream::Stream;
use super::{Patience, Wish};
use crate::address::WebAddress;
use crate::client::{self, Connection};
use crate::error::ConnectError;

/// So often one answer may lead to another address.
const REDIRECTIONS: usize = 5;
/// What is kept of a connection while it is read.
const BUFFER: usize = 64 << 10;
/// No answer's headers are longer.
const LONGEST_HEADERS: usize = 32 << 10;

/// The clients, each made when it is first needed: the certificates are read for one of them alone.
pub(super) struct Clients {
    ca: Option<PathBuf>,
    proxy: Option<String>,
    patience: Patience,
    agents: [OnceLock<Agent>; 2],
}

impl Clients {
    pub(super) fn new(connection: Connection<'_>, patience: Patience) -> Self {
        Self {
            ca: connection.ca.map(ToOwned::to_owned),
            proxy: connection.proxy.map(ToOwned::to_owned),
            patience,
            agents: Default::default(),
        }
    }

    /// The one for addresses behind TLS, or the one for others.
    pub(super) fn agent(&self, secure: bool) -> Result<&Agent, ConnectError> {
        let place = &self.agents[usize::from(secure)];
        if let Some(agent) = place.get() {
            return Ok(agent);
        }
        let connection = Connection {
            ca: self.ca.as_deref(),
            proxy: self.proxy.as_deref(),
            ..Connection::default()
        };
        let Patience { connect, silence, .. } = self.patience;
        let agent = client::agent(secure, connection, |config| {
            config
                .timeout_connect(Some(connect))
                .timeout_send_request(Some(silence))
                .timeout_recv_response(Some(silence))
                .timeout_per_read(Some(silence))
                .timeout_per_write(Some(silence))
                .max_response_header_size(LONGEST_HEADERS)
                .input_buffer_size(BUFFER)
                .output_buffer_size(BUFFER)
                .max_idle_connections(2)
        })?;
        Ok(place.get_or_init(|| agent))
    }

    /// Asks for a stretch, wherever redirections lead.
    pub(super) fn ask(
        &self,
        address: &WebAddress,
        wish: Wish,
        pin: Option<&Pin>,
    ) -> Result<(Stream, Pin), Failure> {
        let mut at = address.clone();
        for _ in 0..=REDIRECTIONS {
            let response = self.ask_once(&at, wish, pin)?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return judged(response, &at, wish, pin);
            }
            let next = single(response.headers(), &LOCATION).and_then(|to| at.redirected(to));
            at = next
                .filter(|next| next.is_secure() || !at.is_secure())
                .ok_or_else(|| FetchError::BadRedirection { url: at.to_string() })?;
        }
        Err(FetchError::TooManyRedirections { url: address.to_string() }.into())
    }

    fn ask_once(
        &self,
        address: &WebAddress,
        wish: Wish,
        pin: Option<&Pin>,
    ) -> Result<Response<Body>, Failure> {
        let agent = self.agent(address.is_secure()).map_err(FetchError::from)?;
        let mut request = agent
            .get(address.uri())
            .header(ACCEPT_ENCODING, "identity")
            .header(RANGE, format!("bytes={}-{}", wish.from, wish.to.saturating_sub(1)));
        if let Some(value) = pin.and_then(Pin::if_range) {
            request = request.header(IF_RANGE, value);
        }
        if let Some(value) = address.authorization() {
            request = request.header(AUTHORIZATION, value);
        }
        request.call().map_err(|error| failed(error, address, pin.is_none()))
    }
}

/// What an answer is worth. The pin is that of this answer.
fn judged(
    response: Response<Body>,
    address: &WebAddress,
    wish: Wish,
    pin: Option<&Pin>,
) -> Result<(Stream, Pin), Failure> {
    let url = || address.to_string();
    let odd = |what| FetchError::Odd { url: url(), what };
    let headers = response.headers();
    let status = response.status().as_u16();
    let (from, to, length) = match status {
        200 => (0, length(headers), length(headers)),
        206 => match ContentRange::of(headers) {
            Some(ContentRange::Bytes { first, last, length })
                if first == wish.from && last < wish.to =>
            {
                (first, Some(last + 1), length)
            }
            _ => return Err(odd(Oddity::Range).into()),
        },
        416 => match ContentRange::of(headers) {
            // There is nothing at this place: the file is empty, or its length was not known.
            Some(ContentRange::None(length)) if length <= wish.from => {
                (wish.from, Some(wish.from), Some(length))
            }
            _ => return Err(FetchError::Status { url: url(), status }.into()),
        },
        _ => return Err(refused(status, headers, address)),
    };
    let found = Pin::of(headers, length);
    if pin.is_some_and(|pin| !pin.agrees(&found)) {
        return Err(FetchError::Changed { url: url() }.into());
    }
    if is_encoded(headers) {
        return Err(odd(Oddity::Encoding).into());
    }
    let says = self::length(headers);
    if status == 206 && says.is_some_and(|says| to.is_some_and(|to| says > to - from)) {
        return Err(odd(Oddity::Length).into());
    }
    // What comes with 416 is a text for people.
    let body = (status != 416).then(|| response.into_body());
    Ok((Stream::new(body, from, to, status == 200), found))
}

fn length(headers: &HeaderMap) -> Option<u64> {
    single(headers, &CONTENT_LENGTH)?.trim().parse().ok()
}

/// Compressed bytes are not the file's.
fn is_encoded(headers: &HeaderMap) -> bool {
    let other = |name, plain: &str| {
        headers.get_all(name).iter().any(|value| {
            value.to_str().map_or(true, |value| !value.trim().eq_ignore_ascii_case(plain))
        })
    };
    other(CONTENT_ENCODING, "identity") || other(TRANSFER_ENCODING, "chunked")
}

/// The longest that a server may ask to wait.
const LONGEST_WAIT: Duration = Duration::from_mins(2);

/// A status that no file comes with.
fn refused(status: u16, headers: &HeaderMap, address: &WebAddress) -> Failure {
    let url = address.to_string();
    match status {
        // 408: the server gave up waiting for the request.
        408 | 429 | 500..600 => match retry_after_of(headers) {
            Some(wait) if wait > LONGEST_WAIT => FetchError::MuchLater { url, wait }.into(),
            after => Failure::Passing { why: say::net::answered(status), after },
        },
        401 | 403 => FetchError::NotAllowed { url, status }.into(),
        404 | 410 => FetchError::NotThere { url }.into(),
        407 => FetchError::ProxyRefuses { status }.into(),
        _ => FetchError::Status { url, status }.into(),
    }
}
