//! Requests and answers, each bounded in size and time.

use std::io::{self, Read as _};
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use ct_codecs::{Base64, Encoder as _};
use jiff::Timestamp;
use md5::Md5;
use sha2::{Digest as _, Sha256};
use ureq::http::{self, Response};
use ureq::{Agent, Body, SendBody};
use zshield_net::Untrusted;
use zshield_net::client::{self, Connection, Names};

use super::answer::{self, Refusal};
use super::of_nothing;
use super::place::{S3Credentials, S3Place};
use super::sign::Request;
use crate::store::StoreProblem;
use crate::store::bandwidth::{Bandwidth, Limited};

/// No object is larger: packs have 128 MiB at most.
pub(super) const LARGEST: u64 = 512 << 20;
/// A connection is waited for so long.
const CONNECT: Duration = Duration::from_secs(30);
/// A server that says nothing for so long is away.
const SILENCE: Duration = Duration::from_mins(1);
/// No object is under way longer, however slowly it comes.
const LONGEST: Duration = Duration::from_hours(6);

/// Digests of what is sent.
pub(super) struct Digests {
    pub(super) digest: [u8; 32],
    md5: [u8; 16],
}

impl Digests {
    pub(super) fn of(content: &[Bytes]) -> Self {
        let (mut sha256, mut md5) = (Sha256::new(), Md5::new());
        for part in content {
            sha256.update(part);
            md5.update(part);
        }
        Self { digest: sha256.finalize().into(), md5: md5.finalize().into() }
    }

    /// What servers of today demand before they lock an object.
    pub(super) fn sha256(&self) -> String {
        // Of so few bytes it can't fail.
        Base64::encode_to_string(self.digest).unwrap_or_default()
    }

    /// What servers of yesterday do.
    pub(super) fn md5(&self) -> String {
        Base64::encode_to_string(self.md5).unwrap_or_default()
    }
}

/// One who may use a bucket.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) place: S3Place,
    credentials: S3Credentials,
    pub(super) bandwidth: Option<Bandwidth>,
    agent: OnceLock<Agent>,
}

/// Why it was not done, and what the server has answered, if it has.
type Failed = (Option<Refusal>, StoreProblem);

impl Client {
    pub(super) fn new(place: S3Place, credentials: S3Credentials) -> Self {
        Self { place, credentials, bandwidth: None, agent: OnceLock::new() }
    }

    /// Asks for something that has so many bytes at most.
    pub(super) fn ask(&self, request: Request, most: u64) -> Result<Bytes, StoreProblem> {
        let part = request.headers.iter().any(|(name, _)| *name == "range");
        let response = self.exchange(request, &[], of_nothing()).map_err(|(_, problem)| problem)?;
        // A whole object is not the part that was asked for.
        if part != (response.status() == 206) {
            return Err(StoreProblem::Damaged("not the part that was asked for".to_owned()));
        }
        self.body(response, most)
    }

    /// Sends a content.
    pub(super) fn send(
        &self,
        request: Request,
        content: &[Bytes],
        digest: [u8; 32],
    ) -> Result<(), Failed> {
        let response = self.exchange(request, content, digest)?;
        // Read to its end, so that the connection serves again.
        self.body(response, answer::LONGEST_ANSWER).map(drop).map_err(|problem| (None, problem))
    }

    fn exchange(
        &self,
        mut request: Request,
        content: &[Bytes],
        digest: [u8; 32],
    ) -> Result<Response<Body>, Failed> {
        let agent = self.agent().map_err(|problem| (None, problem))?;
        request.sign(&self.place, &self.credentials, digest, Timestamp::now());
        let mut head = http::Request::builder()
            .method(request.method)
            .uri(request.address(&self.place.origin()));
        for (name, value) in &request.headers {
            head = head.header(*name, value);
        }
        let answered = if request.method == "PUT" {
            let length: usize = content.iter().map(Bytes::len).sum();
            let parts = Parts { content, at: 0 };
            let mut parts = Limited { from: parts, bandwidth: self.bandwidth.as_ref() };
            head.header("content-length", length)
                .body(SendBody::from_reader(&mut parts))
                .map_err(ureq::Error::from)
                .and_then(|request| agent.run(request))
        } else {
            head.body(()).map_err(ureq::Error::from).and_then(|request| agent.run(request))
        };
        let response = answered.map_err(|error| (None, broken(error)))?;
        if response.status().is_success() {
            // What asks a network's users to log in says yes to anything; it has stored nothing and knows no object.
            let is_of_object = matches!(request.method, "PUT" | "HEAD");
            if is_of_object && !response.headers().contains_key("etag") {
                return Err((None, StoreProblem::Away("the answer is none of S3".into())));
            }
            return Ok(response);
        }
        let status = response.status().as_u16();
        let code = self.body(response, answer::LONGEST_ANSWER).unwrap_or_default();
        let refusal = Refusal { status, code: answer::error_code(&code).unwrap_or_default() };
        Err((Some(refusal.clone()), refusal.problem()))
    }

    /// All of a body, which has so many bytes at most. One that is cut is an error to whoever reads it.
    fn body(&self, response: Response<Body>, most: u64) -> Result<Bytes, StoreProblem> {
        let mut content = Vec::new();
        let mut from = response.into_body().into_with_config().limit(u64::MAX).reader();
        let limited = Limited { from: &mut from, bandwidth: self.bandwidth.as_ref() };
        // One more than there may be: then it is too long.
        let read = limited.take(most.saturating_add(1)).read_to_end(&mut content);
        read.map_err(|error| StoreProblem::Away(error.into()))?;
        if content.len() as u64 > most {
            return Err(StoreProblem::Damaged(format!("more than {most} bytes")));
        }
        Ok(content.into())
    }

    fn agent(&self) -> Result<&Agent, StoreProblem> {
        if let Some(agent) = self.agent.get() {
            return Ok(agent);
        }
        let S3Place { ca, proxy, names, .. } = &self.place;
        let names = names.as_ref().map_or(Names::System, Names::Asked);
        let connection = Connection { ca: ca.as_deref(), proxy: proxy.as_deref(), names };
        let agent = client::agent(self.place.is_secure(), connection, |config| {
            config
                .timeout_connect(Some(CONNECT))
                .timeout_send_request(Some(SILENCE))
                .timeout_send_body(Some(LONGEST))
                .timeout_recv_response(Some(SILENCE))
                .timeout_recv_body(Some(LONGEST))
                .timeout_per_read(Some(SILENCE))
                .timeout_per_write(Some(SILENCE))
                .max_response_header_size(32 << 10)
        });
        let agent = agent.map_err(|error| StoreProblem::Fault(error.into()))?;
        Ok(self.agent.get_or_init(|| agent))
    }
}

/// What no answer came for.
fn broken(error: ureq::Error) -> StoreProblem {
    use ureq::Error;
    match Untrusted::of(&error) {
        Some(Untrusted::NotYet { .. }) => return StoreProblem::Clock,
        Some(Untrusted::Expired { .. } | Untrusted::Other(_)) => {
            return StoreProblem::Identity(error.into());
        }
        None => {}
    }
    match error {
        Error::Rustls(error) => StoreProblem::Identity(error.into()),
        // What a server answers that speaks no HTTP.
        Error::Protocol(_) | Error::LargeResponseHeader(..) => {
            StoreProblem::Damaged(error.to_string())
        }
        // Nothing was sent.
        Error::Http(_) | Error::BadUri(_) => StoreProblem::Fault(error.into()),
        error => StoreProblem::Away(error.into()),
    }
}

/// A content in parts, read as one.
struct Parts<'a> {
    content: &'a [Bytes],
    /// Where in the first of them.
    at: usize,
}

impl io::Read for Parts<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(part) = self.content.first() {
            let rest = &part[self.at..];
            if rest.is_empty() {
                (self.content, self.at) = (&self.content[1..], 0);
                continue;
            }
            let read = rest.len().min(buffer.len());
            buffer[..read].copy_from_slice(&rest[..read]);
            self.at += read;
            return Ok(read);
        }
        Ok(0)
    }
}
