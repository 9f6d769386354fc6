//! JSON by HTTP to a program of the vendor or the customer.
//!
//! Where there is a key, `X-Zshield-Signature` is `sha256=` and the HMAC-SHA256 in hexadecimal digits
//! of the timestamp in `X-Zshield-Timestamp`, a full stop, and the body.

use jiff::Timestamp;
use zshield_net::client::Connection;
use zshield_plan::policy::Webhook;

use super::sign;
use crate::batch::Batch;
use crate::error::SendError;
use crate::http;
use crate::secret;

pub(super) fn send(sink: &Webhook, proxy: Option<&str>, batch: &Batch) -> Result<(), SendError> {
    let url = secret::read(&sink.url_file)?;
    let body = batch.json().to_string();
    let now = Timestamp::now().as_second().to_string();
    let mut headers = vec![("X-Zshield-Timestamp", now.clone())];
    if let Some(path) = &sink.secret_file {
        let key = secret::read(path)?;
        let signature = sign::hex(key.as_bytes(), format!("{now}.{body}").as_bytes());
        headers.push(("X-Zshield-Signature", format!("sha256={signature}")));
    }
    let connection = Connection { ca: sink.ca.as_deref(), proxy, ..Connection::default() };
    let answer = http::post(&url, &headers, body.as_bytes(), connection)?;
    match answer.status {
        200..300 => Ok(()),
        429 => Err(SendError::TooMany(answer.body)),
        status => Err(SendError::Refused {
            code: i64::from(status),
            message: answer.body.chars().take(200).collect(),
        }),
    }
}
