//! The body of an answer, read from its first byte on.

use std::io::Read as _;
use std::time::{Duration, Instant};

use ureq::{Body, BodyReader};
use zshield_messages::say;

use super::error::Failure;
use super::failed::failed;
use crate::address::WebAddress;

/// Less than this within twice the silence is as good as silence: somebody holds the connection open.
const LEAST: u64 = 16 << 10;

/// The body of an answer.
pub(super) struct Stream {
    body: Option<BodyReader<'static>>,
    /// The place in the file of the next byte.
    at: u64,
    /// Where it ends; not known where a server says no length.
    end: Option<u64>,
    /// Whether it is the whole file, since the server gives no ranges.
    whole: bool,
    /// Whether the answer says its length, and the connection serves the next request behind it.
    sized: bool,
    waited: Duration,
    came: u64,
}

impl Stream {
    /// The bytes of a file from one place to another.
    pub(super) fn new(body: Option<Body>, at: u64, end: Option<u64>, whole: bool) -> Self {
        let sized = body.as_ref().is_some_and(|body| body.content_length().is_some());
        let body = body.map(|body| body.into_with_config().limit(u64::MAX).reader());
        Self { body, at, end, whole, sized, waited: Duration::ZERO, came: 0 }
    }

    /// The place in the file of the next byte.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Whether it leads to a place, with at most so many bytes read over. Where it is the whole file, there is
    /// no other way to any place behind.
    pub(super) fn leads_to(&self, place: u64, over: u64) -> bool {
        self.at <= place
            && (self.whole || place - self.at <= over)
            && self.end.is_none_or(|end| place < end)
    }

    /// Reads some bytes; none at the end. `slow` is how long less than a trickle may be waited for.
    pub(super) fn read(
        &mut self,
        bytes: &mut [u8],
        address: &WebAddress,
        slow: Duration,
    ) -> Result<usize, Failure> {
        let left = self.end.map_or(u64::MAX, |end| end - self.at);
        let most = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
        let Some(body) = self.body.as_mut().filter(|_| most > 0) else { return Ok(0) };
        let since = Instant::now();
        let read = body
            .read(&mut bytes[..most])
            .map_err(|error| failed(ureq::Error::from(error), address, false))?;
        self.trickles(since.elapsed(), read as u64, slow)?;
        self.at = self.at.saturating_add(read as u64);
        match (read, self.end) {
            (0, Some(_)) => return Err(Failure::passing(say::net::too_short())),
            (0, None) => self.end = Some(self.at),
            (_, Some(end)) if end == self.at => self.finish(),
            _ => {}
        }
        Ok(read)
    }

    /// All that was asked for has come. Behind an answer in chunks more may stand, without end: nobody looks.
    fn finish(&mut self) {
        let sized = self.sized;
        if let Some(mut body) = self.body.take().filter(|_| sized) {
            // This gives the connection back, and reads nothing.
            let _ = body.read(&mut [0]);
        }
    }

    fn trickles(&mut self, waited: Duration, read: u64, slow: Duration) -> Result<(), Failure> {
        self.waited += waited;
        self.came += read;
        if self.waited >= slow {
            if self.came < LEAST {
                return Err(Failure::passing(say::net::silent()));
            }
            (self.waited, self.came) = (Duration::ZERO, 0);
        }
        Ok(())
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { at, end, whole, .. } = self;
        write!(f, "Stream {{ at: {at}, end: {end:?}, whole: {whole} }}")
    }
}
