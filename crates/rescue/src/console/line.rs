//! A console that shows lines: a serial port, or the text screen where there is no framebuffer.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use rustix::termios::tcdrain;

use crate::log;
use crate::screen::plain::news;

/// What the writing thread is asked for.
enum Order {
    Print(String),
    /// Say when all is out of the wire.
    Flush(Sender<()>),
}

/// A console of lines. It is written by a thread of its own: a serial port at the other end of
/// which nobody listens must not hold up an installation.
#[derive(Debug)]
pub(super) struct LineConsole {
    orders: Sender<Order>,
    shown: Vec<String>,
}

impl LineConsole {
    pub(super) fn open(name: String, mut terminal: File) -> io::Result<Self> {
        let (orders, todo) = mpsc::channel();
        thread::Builder::new().name(format!("output-{name}")).spawn(move || {
            for order in todo {
                let result = match order {
                    Order::Print(text) => terminal.write_all(text.as_bytes()),
                    Order::Flush(done) => {
                        let result = tcdrain(&terminal).map_err(io::Error::from);
                        let _ = done.send(());
                        result
                    }
                };
                if let Err(error) = result {
                    log::line(&format!("console {name}: no more output: {error}"));
                    return;
                }
            }
        })?;
        Ok(Self { orders, shown: Vec::new() })
    }

    /// Prints what of a screen's lines has not been printed.
    pub(super) fn show(&mut self, lines: Vec<String>) {
        for line in news(&self.shown, &lines) {
            self.print(line);
        }
        self.shown = lines;
    }

    /// Prints a line.
    pub(super) fn print(&self, line: &str) {
        let _ = self.orders.send(Order::Print(format!("{}\r\n", harmless(line))));
    }

    /// Waits until all is out, or for as long as a dead line deserves.
    pub(super) fn flush(&self) {
        let (done, out) = mpsc::channel();
        if self.orders.send(Order::Flush(done)).is_ok() {
            let _ = out.recv_timeout(Duration::from_secs(2));
        }
    }
}

/// A line without control characters: names of disks come from outside, and an escape sequence in
/// one could repaint the screen.
pub(crate) fn harmless(line: &str) -> String {
    line.chars().map(|character| if character.is_control() { '?' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn printed(file: &Path) -> String {
        fs::read_to_string(file).unwrap()
    }

    #[test]
    fn a_screen_is_printed_once_and_then_what_is_new() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut console = LineConsole::open("test".into(), file.reopen().unwrap()).unwrap();
        let lines = |text: &[&str]| text.iter().map(|&line| line.to_owned()).collect::<Vec<_>>();
        console.show(lines(&["one", "two"]));
        console.show(lines(&["one", "two"]));
        console.show(lines(&["one", "two", "three"]));
        console.print("::zshield:: x");
        console.show(lines(&["eins"]));
        console.flush();
        assert_eq!(printed(file.path()), "one\r\ntwo\r\nthree\r\n::zshield:: x\r\neins\r\n");
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        assert_eq!(harmless("SSD\x1b[2J\u{9b}1"), "SSD?[2J?1");
    }
}
