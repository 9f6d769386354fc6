//! One console's input: bytes in, keys out, with the word what a key came with.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};

use crate::event::Event;
use crate::key::{Key, decode};
use crate::log;
use crate::press::{Burst, Press};

/// A person's next key comes later than this, a terminal's next byte sooner: 115200 baud is one
/// byte in 0.1 ms, 9600 one in 1 ms, and a virtual machine may stutter.
const PAUSE: Duration = Duration::from_millis(60);

/// Reads a terminal in a thread of its own until it is gone.
pub(super) fn follow(name: String, terminal: File, events: Sender<Event>) -> io::Result<()> {
    set_raw(&terminal)?;
    thread::Builder::new().name(format!("input-{name}")).spawn(move || {
        let mut terminal = terminal;
        let ended = read_all(&mut terminal, &events);
        log::line(&format!("console {name}: no more input: {ended:?}"));
    })?;
    Ok(())
}

fn read_all(terminal: &mut File, events: &Sender<Event>) -> io::Result<()> {
    loop {
        let burst = burst(terminal)?;
        for press in presses(&decode(&burst)) {
            if events.send(Event::Press(press)).is_err() {
                return Ok(());
            }
        }
    }
}

/// What comes until the line is silent for [`PAUSE`].
fn burst(terminal: &mut File) -> io::Result<Vec<u8>> {
    /// Nobody types more in one go.
    const MOST: usize = 4096;
    let mut bytes = Vec::new();
    let mut buffer = [0; 256];
    loop {
        match terminal.read(&mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => bytes.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        let pause = Timespec::try_from(PAUSE).ok();
        let more =
            poll(&mut [PollFd::new(terminal, PollFlags::IN)], pause.as_ref()).unwrap_or(0) > 0;
        if !more || bytes.len() > MOST {
            return Ok(bytes);
        }
    }
}

pub(crate) fn presses(keys: &[Key]) -> Vec<Press> {
    let of_number = |key: &Key| matches!(key, Key::Char('0'..='9') | Key::Enter | Key::Backspace);
    let burst = match keys {
        [_, rest @ ..] if rest.iter().all(|&key| key == Key::Enter) => Burst::Alone,
        keys if keys.iter().all(of_number) => Burst::Number,
        _ => Burst::Mixed,
    };
    keys.iter().map(|&key| Press { key, burst }).collect()
}

/// Bytes as they come: no echo, no lines, no signals, no flow control.
pub(crate) fn set_raw(terminal: &File) -> io::Result<()> {
    let mut settings = tcgetattr(terminal)?;
    settings.make_raw();
    settings.special_codes[SpecialCodeIndex::VMIN] = 1;
    settings.special_codes[SpecialCodeIndex::VTIME] = 0;
    tcsetattr(terminal, OptionalActions::Now, &settings)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(bytes: &[u8]) -> Vec<bool> {
        presses(&decode(bytes)).iter().map(|press| press.alone()).collect()
    }

    #[test]
    fn one_key_is_alone_with_or_without_a_return() {
        assert_eq!(alone(b"i"), [true]);
        assert_eq!(alone(b"i\r\n"), [true, true]);
        assert_eq!(alone(b"\x1b[12~"), [true]);
    }

    #[test]
    fn an_echoed_line_holds_no_key_pressed_alone() {
        assert!(alone(b"Press I to install\r\n").iter().all(|alone| !alone));
        assert!(alone(b"\xffi\0r").iter().all(|alone| !alone));
    }

    #[test]
    fn a_number_may_come_whole_but_not_in_a_line_of_text() {
        let typed = |bytes: &[u8]| presses(&decode(bytes)).iter().all(|press| press.typed());
        assert!(typed(b"1234\r") && typed(b"12\x7f234\r\n") && typed(b"1"));
        for line in ["digits=1234\r\n", "screen=confirm digits=1234\r\n", "[1234]\r\n"] {
            assert!(presses(&decode(line.as_bytes())).iter().all(|press| !press.typed()), "{line}");
        }
    }
}
