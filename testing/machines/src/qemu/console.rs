//! What a machine says on its serial console, and waiting for it to say something.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Everything said so far, without terminal escapes, shared with the thread that listens.
#[derive(Debug, Clone, Default)]
pub struct Transcript(Arc<(Mutex<Heard>, Condvar)>);

#[derive(Debug, Default)]
struct Heard {
    text: Vec<u8>,
    closed: bool,
}

/// Why waiting ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Waited {
    /// The pattern of this number was said; the position is behind it.
    Said(usize, usize),
    /// The console was closed: the machine is off.
    Closed,
    /// Time ran out.
    TimedOut,
}

impl Transcript {
    /// Listens to `source` in a thread of its own until that ends.
    pub fn listen(source: impl Read + Send + 'static) -> Self {
        let transcript = Self::default();
        let heard = transcript.clone();
        thread::spawn(move || heard.hear(source));
        transcript
    }

    fn hear(&self, mut source: impl Read) {
        let mut escapes = Escapes::Outside;
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = source.read(&mut buffer) {
            let mut heard = self.lock();
            heard.text.extend(buffer[..count].iter().filter(|byte| escapes.is_text(**byte)));
            self.0.1.notify_all();
        }
        self.lock().closed = true;
        self.0.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until one of `patterns` is said behind `from`. The earliest place wins.
    pub fn wait(&self, from: usize, patterns: &[&str], limit: Duration) -> Waited {
        let deadline = Instant::now() + limit;
        let mut heard = self.lock();
        loop {
            let first = patterns
                .iter()
                .enumerate()
                .filter_map(|(n, pattern)| Some((find(&heard.text[from..], pattern)?, n)))
                .min();
            if let Some((at, number)) = first {
                return Waited::Said(number, from + at + patterns[number].len());
            }
            if heard.closed {
                return Waited::Closed;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Waited::TimedOut;
            }
            heard = self.0.1.wait_timeout(heard, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What was said from one position to another, or to the end.
    pub fn text(&self, from: usize, to: Option<usize>) -> String {
        let heard = self.lock();
        let to = to.unwrap_or(heard.text.len());
        String::from_utf8_lossy(&heard.text[from..to]).into_owned()
    }
}

fn find(text: &[u8], pattern: &str) -> Option<usize> {
    text.windows(pattern.len()).position(|window| window == pattern.as_bytes())
}

/// Where in a terminal escape sequence the stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Outside,
    Begun,
    Control,
    Charset,
}

impl Escapes {
    fn is_text(&mut self, byte: u8) -> bool {
        let (next, text) = match (*self, byte) {
            (_, 0x1b) => (Self::Begun, false),
            (Self::Begun, b'[') | (Self::Control, 0x20..=0x3f) => (Self::Control, false),
            (Self::Begun, b'(' | b')') => (Self::Charset, false),
            (Self::Begun | Self::Control | Self::Charset, _) => (Self::Outside, false),
            (Self::Outside, _) => (Self::Outside, byte != b'\r'),
        };
        *self = next;
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_left_out() {
        let transcript = Transcript::default();
        transcript.hear(&b"\x1b[2J\x1b[01;31mred\x1b[0m\r\n\x1b(Bplain \xe4\xb8\xad"[..]);
        assert_eq!(transcript.text(0, None), "red\nplain 中");
    }

    #[test]
    fn the_earliest_of_several_patterns_wins() {
        let transcript = Transcript::default();
        transcript.hear(&b"one two three"[..]);
        let limit = Duration::ZERO;
        assert_eq!(transcript.wait(0, &["three", "two"], limit), Waited::Said(1, 7));
        assert_eq!(transcript.wait(8, &["two"], limit), Waited::Closed);
    }
}
