//! All consoles at once: what is shown is shown on each, and a key may come from any.

mod input;
mod line;
mod vt;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::mpsc::Sender;

use ratatui::Terminal;
use zshield_messages::{Language, language, set_language};

#[cfg(test)]
pub(crate) use input::presses;

use crate::event::Event;
use crate::framebuffer::{self, Framebuffer};
use crate::log;
use crate::screen::{Frame, Screen, draw, plain};
use line::LineConsole;
#[cfg(feature = "fuzzing")]
pub(crate) use line::harmless;

/// The virtual terminal that belongs to the screen.
const SCREEN: &str = "tty1";

/// The machine's screen.
enum Display {
    /// With pixels.
    Pixels { terminal: Box<Terminal<Framebuffer<File>>>, vt: File },
    /// With the kernel's text, which has no Chinese.
    Lines(LineConsole),
    /// None.
    Absent,
}

/// The consoles.
pub(crate) struct Consoles {
    display: Display,
    serial: Vec<LineConsole>,
    names: Vec<String>,
    kernel_log: Option<File>,
    /// Only what scripts read goes to the serial consoles while something runs.
    quiet: bool,
}

impl Consoles {
    /// Opens every console that the kernel uses or the command line names.
    pub(crate) fn open(on_command_line: &[String], quiet: bool) -> Self {
        let active = fs::read_to_string("/sys/class/tty/console/active").unwrap_or_default();
        let names = serial_names(&active, on_command_line);
        let display = open_display();
        let serial = open_serial(&names);
        let kernel_log = OpenOptions::new().write(true).open("/dev/kmsg").ok();
        Self { display, serial, names, kernel_log, quiet }
    }

    /// Draws from now on, if there is something to draw on by now; whether it does.
    pub(crate) fn find_screen(&mut self) -> bool {
        if !matches!(self.display, Display::Pixels { .. }) {
            self.display = open_display();
        }
        matches!(self.display, Display::Pixels { .. })
    }

    /// One console of lines, written to a file.
    #[cfg(test)]
    pub(crate) fn for_test(output: File) -> io::Result<Self> {
        let serial = vec![LineConsole::open("test".into(), output)?];
        let display = Display::Absent;
        Ok(Self { display, serial, names: Vec::new(), kernel_log: None, quiet: false })
    }

    /// Reads keys from all of them, from now on.
    pub(crate) fn listen(&self, events: &Sender<Event>) {
        let screen = std::iter::once(SCREEN);
        for name in self.names.iter().map(String::as_str).chain(screen) {
            let followed = open_terminal(name)
                .and_then(|terminal| input::follow(name.to_owned(), terminal, events.clone()));
            if let Err(error) = followed {
                log::line(&format!("console {name}: no input: {error}"));
            }
        }
    }

    /// Shows a screen on each.
    pub(crate) fn show(&mut self, frame: &Frame, screen: &Screen) {
        match &mut self.display {
            Display::Pixels { terminal, .. } => {
                let drawn = terminal.draw(|area| draw::screen(frame, screen, area.buffer_mut()));
                if let Err(error) = drawn {
                    log::line(&format!("framebuffer: {error}"));
                }
            }
            Display::Lines(console) => console.show(in_english(|| plain::lines(frame, screen))),
            Display::Absent => {}
        }
        let passing = matches!(screen, Screen::Starting(_) | Screen::Progress(_));
        if self.quiet && passing {
            return;
        }
        let lines = plain::lines(frame, screen);
        for console in &mut self.serial {
            console.show(lines.clone());
        }
    }

    /// Says a line for scripts on each console of lines, in the log and in the kernel's log.
    pub(crate) fn script(&self, line: &str) {
        log::line(line);
        if let Some(mut kernel) = self.kernel_log.as_ref() {
            let _ = kernel.write_all(format!("<6>{line}\n").as_bytes());
        }
        let text_screen = match &self.display {
            Display::Lines(console) => Some(console),
            Display::Pixels { .. } | Display::Absent => None,
        };
        for console in self.serial.iter().chain(text_screen) {
            console.print(line);
        }
    }

    /// Waits until everything is out.
    pub(crate) fn flush(&self) {
        self.serial.iter().for_each(LineConsole::flush);
    }

    /// The console for a shell: the first serial one, else the screen.
    pub(crate) fn shell_terminal(&self) -> String {
        self.names.first().cloned().unwrap_or_else(|| SCREEN.to_owned())
    }

    /// Leaves the screen to the kernel's text, for a shell.
    pub(crate) fn lend(&mut self) {
        self.flush();
        if let Display::Pixels { vt, .. } = &self.display {
            let _ = vt::set_mode(vt, vt::Mode::Text);
        }
    }

    /// Takes the consoles back. The end of a shell hangs up its terminal for everybody: they are
    /// opened anew.
    pub(crate) fn take_back(&mut self) {
        self.serial = open_serial(&self.names);
        if let Display::Pixels { terminal, vt } = &mut self.display {
            if let Ok(opened) = open_terminal(SCREEN) {
                *vt = opened;
            }
            let _ = vt::set_mode(vt, vt::Mode::Graphics);
            let _ = terminal.clear();
        } else {
            self.display = open_display();
        }
    }
}

/// Every console's terminal, showing text: for the last words of PID 1.
pub(crate) fn in_text_mode() -> Vec<File> {
    let active = fs::read_to_string("/sys/class/tty/console/active").unwrap_or_default();
    let mut terminals: Vec<File> =
        serial_names(&active, &[]).iter().filter_map(|name| open_terminal(name).ok()).collect();
    if let Ok(screen) = open_terminal(SCREEN) {
        let _ = vt::set_mode(&screen, vt::Mode::Text);
        terminals.push(screen);
    }
    for terminal in &terminals {
        let _ = input::set_raw(terminal);
    }
    terminals
}

fn open_serial(names: &[String]) -> Vec<LineConsole> {
    let open = |name: &String| {
        let terminal = open_terminal(name)?;
        input::set_raw(&terminal)?;
        LineConsole::open(name.clone(), terminal)
    };
    names
        .iter()
        .filter_map(|name| {
            open(name).inspect_err(|error| log::line(&format!("console {name}: {error}"))).ok()
        })
        .collect()
}

/// Serial consoles in the kernel's order, then those only named. `tty` and a number is the screen.
fn serial_names(active: &str, on_command_line: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in active.split_whitespace().chain(on_command_line.iter().map(String::as_str)) {
        let screen = name
            .strip_prefix("tty")
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
        if !screen && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn open_terminal(name: &str) -> io::Result<File> {
    use rustix::fs::OFlags;
    use zshield_linux::open_flags::OpenFlags as _;
    // A port without carrier must not hold up the opening: it is opened so, and then waits again.
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .flags(OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NONBLOCK)
        .open(Path::new("/dev").join(name))?;
    let now = rustix::fs::fcntl_getfl(&file)?;
    rustix::fs::fcntl_setfl(&file, now - OFlags::NONBLOCK)?;
    Ok(file)
}

fn open_display() -> Display {
    let Ok(vt) = open_terminal(SCREEN) else { return Display::Absent };
    match framebuffer::open().and_then(|backend| {
        vt::set_mode(&vt, vt::Mode::Graphics)?;
        let mut terminal = Terminal::new(backend)?;
        terminal.clear()?;
        Ok(Box::new(terminal))
    }) {
        Ok(terminal) => Display::Pixels { terminal, vt },
        Err(error) => {
            log::line(&format!("no framebuffer: {error}"));
            LineConsole::open(SCREEN.to_owned(), vt).map_or(Display::Absent, Display::Lines)
        }
    }
}

fn in_english<T>(render: impl FnOnce() -> T) -> T {
    let before = language();
    set_language(Language::English);
    let rendered = render();
    set_language(before);
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_consoles_are_found_once_and_the_screen_is_none() {
        let named = ["tty0", "ttyS0", "ttyS1"].map(String::from);
        assert_eq!(serial_names("tty0 ttyS0\n", &named), ["ttyS0", "ttyS1"]);
        assert_eq!(serial_names("hvc0", &[]), ["hvc0"]);
    }
}
