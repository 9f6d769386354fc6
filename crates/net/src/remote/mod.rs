//! A file on a web server, read as if it were here: at any place, best in the order of places.
//!
//! The file comes by ranges. Each is as long as what is [expected](Remote::expect), or else grows as long as
//! reading goes on where it ended: a long read is one request, and little comes that nobody reads. What fails in
//! passing (5xx, 429, silence, a connection that breaks) is asked for again from the byte at which it broke,
//! after a wait, and so often at most; everything else ends the reading.
//!
//! The first answer says which file it is (`ETag` or `Last-Modified`, and its length). An answer from another
//! one is an error: its parts would not fit together.
//!
//! A server that knows no ranges sends the whole file, which is read forwards. For a place behind, it is asked
//! again, and what lies before that place is read over. Nothing is spooled: a bundle is read in the order of
//! places, so places behind are rare; after a cut such a server has to send everything again in any case; and
//! the disk of a machine that is upgraded may be nearly full.

mod error;
mod failed;
mod headers;
mod request;
mod stream;
mod wanted;

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::address::WebAddress;
use crate::client::Connection;

use error::Failure;
use headers::Pin;
use request::Clients;
use stream::Stream;
use wanted::Wanted;

pub use error::{FetchError, Oddity};
pub use headers::{ContentRange, retry_after};

/// A gap of so many bytes is read over: a request of its own costs as much time.
const READ_OVER: u64 = 64 << 10;
/// How much the first request of a place asks for, and the most that any asks for which nobody expects.
const FIRST: u64 = 64 << 10;
const LARGEST: u64 = 4 << 20;
/// A read that has come so far since it failed begins to count its tries anew.
const PROGRESS: u64 = 64 << 10;

/// How long, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How many tries may fail one after the other.
    pub tries: u32,
    /// The wait after the first one; each further one is twice as long.
    pub first: Duration,
    /// No wait is longer, unless the server asks for it.
    pub longest: Duration,
    /// How long connecting may take, with names and TLS.
    pub connect: Duration,
    /// How long the other end may say nothing.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            // Waits of two minutes in all: a server starts again within that.
            tries: 9,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(30),
            connect: Duration::from_secs(20),
            silence: Duration::from_secs(30),
        }
    }
}

impl Patience {
    /// The wait after so many failures in a row.
    fn wait(&self, failures: u32) -> Duration {
        let doubled = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first.saturating_mul(doubled).min(self.longest)
    }
}

/// A wait before the next try.
#[derive(Clone, Debug)]
pub struct Pause {
    /// What happened, for people.
    pub why: String,
    /// How long to wait.
    pub wait: Duration,
    /// How many tries have failed one after the other.
    pub failed: u32,
    /// How many may.
    pub tries: u32,
}

/// Whoever waits, and tells people about it.
pub trait Waits: Send + Sync {
    /// Waits.
    fn wait(&self, pause: &Pause);
}

/// Sleeps, and leaves a line in the log.
#[derive(Clone, Copy, Debug)]
pub struct Sleeps;

impl Waits for Sleeps {
    fn wait(&self, pause: &Pause) {
        let Pause { why, wait, failed, tries } = pause;
        tracing::warn!("{why} ({failed}/{tries}, {} s)", wait.as_secs());
        thread::sleep(*wait);
    }
}

/// How many bytes of a file have come, and how many are still expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// What the server has sent of the file, what was read over with it.
    pub came: u64,
    /// What is expected and has not come yet.
    pub coming: u64,
}

/// What a request asks for: the bytes from one place up to another.
#[derive(Clone, Copy, Debug)]
struct Wish {
    from: u64,
    to: u64,
}

/// A file on a web server.
pub struct Remote {
    address: WebAddress,
    clients: Clients,
    patience: Patience,
    waits: Box<dyn Waits>,
    state: Mutex<State>,
    came: AtomicU64,
    coming: AtomicU64,
}

#[derive(Debug)]
struct State {
    stream: Option<Stream>,
    /// Which file it is; nothing before the first answer.
    pin: Option<Pin>,
    wanted: Wanted,
    /// How much the next request asks for, and where one must begin to be the next.
    ahead: u64,
    next: u64,
}

impl State {
    /// Where the stream is.
    fn place(&self) -> u64 {
        self.stream.as_ref().map_or(u64::MAX, Stream::at)
    }
}

impl Remote {
    /// The file at an address. Nobody is asked yet.
    pub fn open(
        address: WebAddress,
        connection: Connection<'_>,
        patience: Patience,
        waits: Box<dyn Waits>,
    ) -> Result<Self, FetchError> {
        let clients = Clients::new(connection, patience);
        clients.agent(address.is_secure())?;
        let state =
            State { stream: None, pin: None, wanted: Wanted::default(), ahead: FIRST, next: 0 };
        Ok(Self {
            address,
            clients,
            patience,
            waits,
            state: Mutex::new(state),
            came: AtomicU64::new(0),
            coming: AtomicU64::new(0),
        })
    }

    /// Its address.
    pub fn address(&self) -> &WebAddress {
        &self.address
    }

    /// These stretches will be read, and no others; in the order of their places, if they are to come with few
    /// requests. What was expected before is forgotten.
    pub fn expect(&self, stretches: &[Range<u64>]) {
        let mut state = self.state();
        state.wanted = Wanted::new(stretches, READ_OVER);
        self.coming.store(state.wanted.bytes(), Ordering::Relaxed);
    }

    /// What has come so far. It can be asked for while another thread reads.
    pub fn fetched(&self) -> Fetched {
        let [came, coming] = [&self.came, &self.coming].map(|it| it.load(Ordering::Relaxed));
        Fetched { came, coming }
    }

    /// Fills `bytes` with what stands at this place. What lies behind the end is
    /// [`io::ErrorKind::UnexpectedEof`], and nothing else is; any other error has a [`FetchError`] in it.
    pub fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        let mut state = self.state();
        let mut tries = Tries::default();
        let mut done = 0;
        while done < bytes.len() {
            let place = at.checked_add(done as u64).ok_or(io::ErrorKind::UnexpectedEof)?;
            match self.read_some(&mut state, &mut bytes[done..], place) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    done += read;
                    tries.came(read as u64);
                }
                Err(failure) => self.after(&mut state, &mut tries, failure)?,
            }
        }
        Ok(())
    }

    /// How long the file is, where the server says it.
    pub fn length(&self) -> io::Result<Option<u64>> {
        let mut state = self.state();
        let mut tries = Tries::default();
        loop {
            if let Some(pin) = &state.pin {
                return Ok(pin.length);
            }
            if let Err(failure) = self.ask(&mut state, 0, 0) {
                self.after(&mut state, &mut tries, failure)?;
            }
        }
    }

    /// Reads some bytes from a place on; none behind the end.
    fn read_some(&self, state: &mut State, bytes: &mut [u8], at: u64) -> Result<usize, Failure> {
        let needed = bytes.len() as u64;
        let length = state.pin.as_ref().and_then(|pin| pin.length);
        if length.is_some_and(|length| at.checked_add(needed).is_none_or(|end| end > length)) {
            return Ok(0);
        }
        let leads = |stream: &Stream| stream.leads_to(at, READ_OVER);
        if !state.stream.as_ref().is_some_and(leads) {
            self.ask(state, at, needed)?;
        }
        let mut over = vec![0; if state.place() < at { READ_OVER as usize } else { 0 }];
        while state.place() < at {
            let most = (at - state.place()).min(READ_OVER) as usize;
            if self.take(state, &mut over[..most])? == 0 {
                return Ok(0);
            }
        }
        self.take(state, bytes)
    }

    /// Reads some bytes where the stream is, and counts them.
    fn take(&self, state: &mut State, bytes: &mut [u8]) -> Result<usize, Failure> {
        let Some(stream) = &mut state.stream else { return Ok(0) };
        let from = stream.at();
        let read = stream.read(bytes, &self.address, self.patience.silence.saturating_mul(2))?;
        state.wanted.came(from..stream.at());
        if read == 0
            && let Some(pin) = &mut state.pin
        {
            pin.length = pin.length.or(Some(from));
        }
        self.came.fetch_add(read as u64, Ordering::Relaxed);
        self.coming.store(state.wanted.bytes(), Ordering::Relaxed);
        Ok(read)
    }

    /// Begins a new stream that leads to a place.
    fn ask(&self, state: &mut State, at: u64, needed: u64) -> Result<(), Failure> {
        // The connection of the old one serves no more before its end is read.
        state.stream = None;
        let wish = state.wish(at, needed);
        let (stream, found) = self.clients.ask(&self.address, wish, state.pin.as_ref())?;
        let pin = state.pin.get_or_insert(found.clone());
        pin.length = pin.length.or(found.length);
        state.stream = Some(stream);
        Ok(())
    }

    /// A try has failed: waits for the next one, or ends.
    fn after(&self, state: &mut State, tries: &mut Tries, failure: Failure) -> io::Result<()> {
        state.stream = None;
        let (why, after) = match failure {
            Failure::Lasting(error) => return Err(io::Error::other(error)),
            Failure::Passing { why, after } => (why, after),
        };
        let failed = tries.failed();
        let most = self.patience.tries;
        if failed >= most {
            let url = self.address.to_string();
            return Err(io::Error::other(FetchError::GaveUp { url, tries: failed, why }));
        }
        let wait = self.patience.wait(failed).max(after.unwrap_or_default());
        self.waits.wait(&Pause { why, wait, failed, tries: most });
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What to ask for so that a place comes, and whatever is read behind it.
    fn wish(&mut self, at: u64, needed: u64) -> Wish {
        let goes_on = at == self.next && at > 0;
        self.ahead = if goes_on { self.ahead.saturating_mul(2).min(LARGEST) } else { FIRST };
        let needed = at.saturating_add(needed.max(1));
        let end = self.wanted.end_of(at).unwrap_or_else(|| at.saturating_add(self.ahead));
        let length = self.pin.as_ref().and_then(|pin| pin.length).unwrap_or(u64::MAX);
        let to = end.max(needed).min(length.max(needed));
        self.next = to;
        Wish { from: at, to }
    }
}

/// The tries of one read.
#[derive(Debug, Default)]
struct Tries {
    failed: u32,
    came: u64,
}

impl Tries {
    fn failed(&mut self) -> u32 {
        self.failed += 1;
        self.came = 0;
        self.failed
    }

    /// A byte at a time is no progress: the other end could go on so for ever.
    fn came(&mut self, bytes: u64) {
        self.came += bytes;
        if self.came >= PROGRESS {
            self.failed = 0;
        }
    }
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Remote({})", self.address)
    }
}
