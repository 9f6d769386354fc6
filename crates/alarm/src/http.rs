//! HTTP: one POST, and what is answered.

use std::time::Duration;

use ureq::Error;
use ureq::http::Uri;
use zshield_net::ConnectError;
use zshield_net::client::{self, Connection};

use crate::error::SendError;

/// The whole exchange takes no longer.
const LIMIT: Duration = Duration::from_secs(30);
/// So much of an answer is read.
const LONGEST_ANSWER: u64 = 64 << 10;

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub status: u16,
    /// The body, or the beginning of it.
    pub body: String,
}

/// Posts JSON to an address, which may be a secret: no error says it.
pub(crate) fn post(
    url: &str,
    headers: &[(&str, String)],
    body: &[u8],
    connection: Connection<'_>,
) -> Result<Answer, SendError> {
    let uri: Uri = url.parse().map_err(|_| SendError::BadAddress)?;
    let secure = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(SendError::BadAddress),
    };
    let agent = client::agent(secure, connection, |config| config.timeout_global(Some(LIMIT)))?;
    let mut request = agent.post(uri).header("Content-Type", "application/json; charset=utf-8");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let mut response = request.send(body).map_err(without_address)?;
    let status = response.status().as_u16();
    let answer = response.body_mut().with_config().limit(LONGEST_ANSWER).lossy_utf8(true);
    Ok(Answer { status, body: answer.read_to_string().map_err(without_address)? })
}

fn without_address(error: Error) -> SendError {
    match error {
        Error::BadUri(_) => SendError::BadAddress,
        Error::HostNotFound => ConnectError::UnknownHost(String::new()).into(),
        other => SendError::connection(other),
    }
}
