//! How fast bytes go to a place and come from there.

use std::fmt;
use std::io::{self, Read};
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// No more than this goes at once, so that a line is not full for long.
pub(super) const AT_ONCE: usize = 16 << 10;

/// The time, and waiting for it.
pub trait Clock: Send + Sync {
    /// What time it is.
    fn now(&self) -> Instant;

    /// Waits so long.
    fn wait(&self, long: Duration);
}

/// This machine's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wait(&self, long: Duration) {
        thread::sleep(long);
    }
}

/// So many bytes in a second at most, for all who share it.
///
/// It is held within an object and not from one to the next: one of 16 MiB would fill a slow line for minutes.
#[derive(Clone)]
pub struct Bandwidth {
    per_second: NonZeroU64,
    clock: Arc<dyn Clock>,
    /// When all that was let through has had its time.
    free: Arc<Mutex<Option<Instant>>>,
}

impl Bandwidth {
    /// So many bytes in a second.
    pub fn new(per_second: NonZeroU64) -> Self {
        Self::by(per_second, Arc::new(SystemClock))
    }

    /// Likewise, by this clock.
    pub fn by(per_second: NonZeroU64, clock: Arc<dyn Clock>) -> Self {
        Self { per_second, clock, free: Arc::default() }
    }

    /// Waits until these bytes may go.
    pub(super) fn take(&self, bytes: usize) {
        let now = self.clock.now();
        let nanoseconds = (bytes as u128 * 1_000_000_000) / u128::from(self.per_second.get());
        let time = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        let begins = {
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            let begins = free.unwrap_or(now).max(now);
            *free = begins.checked_add(time);
            begins
        };
        if begins > now {
            self.clock.wait(begins - now);
        }
    }
}

impl fmt::Debug for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bandwidth({} bytes a second)", self.per_second)
    }
}

/// What is read at a bandwidth, if there is one.
pub(super) struct Limited<'a, R> {
    pub(super) from: R,
    pub(super) bandwidth: Option<&'a Bandwidth>,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(bandwidth) = self.bandwidth else { return self.from.read(buffer) };
        let most = buffer.len().min(AT_ONCE);
        let read = self.from.read(&mut buffer[..most])?;
        bandwidth.take(read);
        Ok(read)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A clock that is at once where it is waited for.
    pub(in crate::store) struct Fast(Mutex<Instant>, Instant);

    impl Fast {
        pub(in crate::store) fn new() -> Arc<Self> {
            let now = Instant::now();
            Arc::new(Self(Mutex::new(now), now))
        }

        /// How long was waited.
        pub(in crate::store) fn waited(&self) -> Duration {
            self.now() - self.1
        }
    }

    impl Clock for Fast {
        fn now(&self) -> Instant {
            *self.0.lock().unwrap()
        }

        fn wait(&self, long: Duration) {
            *self.0.lock().unwrap() += long;
        }
    }

    #[test]
    fn bytes_go_as_fast_as_they_may() {
        let clock = Fast::new();
        let bandwidth = Bandwidth::by(NonZeroU64::new(1 << 20).unwrap(), clock.clone());
        let content = vec![7; 10 << 20];
        let mut read = Vec::new();
        Limited { from: &content[..], bandwidth: Some(&bandwidth) }.read_to_end(&mut read).unwrap();
        assert!(read == content);
        let waited = clock.waited().as_secs_f64();
        assert!((9.9..=10.0).contains(&waited), "{waited}");
        // What was not used is not saved up.
        clock.wait(Duration::from_secs(100));
        let before = clock.waited();
        bandwidth.take(1 << 20);
        bandwidth.take(1);
        assert_eq!(clock.waited(), before + Duration::from_secs(1));
    }
}
