//! The user interface of the dialog: the consoles, the screen on them, and the events of both.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;
use zshield_messages::{language, say, set_language};

use crate::console::Consoles;
use crate::event::Event;
use crate::key::Key;
use crate::operations::{Observer, Status, Step};
use crate::power::{self, End};
use crate::press::Press;
use crate::screen::{Frame, Operation, Screen};
use crate::text::Text;
use zshield_linux::uevent::Uevents;

/// The consoles, with the screen that stands on them, and the queue of events.
pub(crate) struct Ui {
    consoles: Consoles,
    /// What stands around every screen.
    pub(crate) frame: Frame,
    sender: Sender<Event>,
    events: Receiver<Event>,
    /// Disks have come or gone while nobody asked.
    devices: bool,
}

/// What a person, or the lack of one, answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Press(Press),
    /// Disks have come or gone.
    Devices,
    /// Nothing for as long as was allowed.
    Silence,
}

impl Ui {
    pub(crate) fn new(consoles: Consoles, frame: Frame) -> Self {
        let (sender, events) = mpsc::channel();
        Self { consoles, frame, sender, events, devices: false }
    }

    pub(crate) fn consoles(&mut self) -> &mut Consoles {
        &mut self.consoles
    }

    /// Where a test presses keys.
    #[cfg(test)]
    pub(crate) fn sender(&self) -> &Sender<Event> {
        &self.sender
    }

    /// Hears keys, Ctrl-Alt-Del and disks that come and go, from now on.
    pub(crate) fn listen(&mut self) {
        self.consoles.listen(&self.sender);
        // PID 1 passes on what the kernel sends it for the three keys.
        if let Ok(mut signals) = Signals::new([SIGINT]) {
            let sender = self.sender.clone();
            thread::spawn(move || {
                signals.forever().all(|_| sender.send(Event::CtrlAltDel).is_ok())
            });
        }
        if let Ok(events) = Uevents::listen() {
            let sender = self.sender.clone();
            thread::spawn(move || {
                while events.wait_for_disk(None) && sender.send(Event::Devices).is_ok() {}
            });
        }
    }

    /// Draws from now on, if there is something to draw on; else that is said on every screen.
    pub(crate) fn find_screen(&mut self) {
        if !self.consoles.find_screen() {
            self.frame.warnings.push(Text::said(say::rescue::no_framebuffer));
        }
    }

    /// Shows a screen, once.
    pub(crate) fn show(&mut self, screen: &Screen) {
        self.consoles.show(&self.frame, screen);
    }

    /// Says a line for scripts.
    pub(crate) fn script(&self, words: &str) {
        self.consoles.script(&format!("::zshield:: {words}"));
    }

    /// Shows a screen and waits for an answer to it, until the deadline. It is the caller's, who asks
    /// anew after each answer: what happens by itself must not put it off. The language key and Ctrl-Alt-Del are dealt
    /// with here.
    pub(crate) fn ask(&mut self, screen: &Screen, deadline: Option<Instant>) -> Answer {
        self.show(screen);
        loop {
            if std::mem::take(&mut self.devices) {
                return Answer::Devices;
            }
            match self.next(deadline) {
                None => return Answer::Silence,
                Some(Event::Press(press)) if is_language(press) => self.switch_language(screen),
                Some(Event::Press(press)) => return Answer::Press(press),
                Some(Event::Devices) => self.devices = true,
                Some(Event::CtrlAltDel) => {
                    self.ask_restart(deadline);
                    self.show(screen);
                }
                Some(Event::Said(_) | Event::Step(_) | Event::Bytes(..) | Event::Worked) => {}
            }
        }
    }

    /// Runs work in a thread of its own while a screen about it stands and follows it. Ctrl-Alt-Del
    /// does nothing meanwhile: an operation that has begun goes on.
    pub(crate) fn during<T: Send>(
        &mut self,
        mut screen: Screen,
        work: impl FnOnce(Reporter) -> T + Send,
    ) -> T {
        let begun = Instant::now();
        let reporter = Reporter { sender: self.sender.clone(), said: None };
        let ended = self.sender.clone();
        thread::scope(|scope| {
            let worker = scope.spawn(move || {
                // Told even if the work panics.
                let _end = Ended(ended);
                work(reporter)
            });
            self.show(&screen);
            loop {
                let event = self.next(Some(Instant::now() + Duration::from_secs(1)));
                if matches!(event, Some(Event::Worked)) {
                    break;
                }
                self.follow(&mut screen, event, begun.elapsed().as_secs());
            }
            self.show(&screen);
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn follow(&mut self, screen: &mut Screen, event: Option<Event>, seconds: u64) {
        match (event, &mut *screen) {
            (Some(Event::Press(press)), _) if is_language(press) => {
                return self.switch_language(screen);
            }
            (Some(Event::Devices), _) => self.devices = true,
            (Some(Event::Said(text)), Screen::Starting(lines)) => lines.push(text),
            (Some(Event::Step(step)), Screen::Progress(progress)) => {
                progress.bytes = None;
                if step.status != Status::Begun {
                    self.script_step(progress.operation, &step);
                }
                // A finished step takes the place of its beginning.
                progress.steps.retain(|known| known.number != step.number);
                progress.steps.push(step);
            }
            (Some(Event::Bytes(done, total)), Screen::Progress(progress)) => {
                progress.bytes = Some((done, total));
            }
            _ => {}
        }
        if let Screen::Progress(progress) = screen {
            progress.seconds = seconds;
        }
        self.show(screen);
    }

    fn script_step(&self, operation: Operation, step: &Step) {
        self.script(&format!(
            "{} step={}/{} name={} status={}",
            operation.code(),
            step.number,
            step.total,
            step.name,
            step.status.code()
        ));
    }

    /// Forgets keys that were pressed before there was anything to answer.
    pub(crate) fn forget_keys(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            self.devices |= matches!(event, Event::Devices);
        }
    }

    /// Forgets that disks have come or gone; returns whether any did.
    pub(crate) fn forget_devices(&mut self) -> bool {
        self.forget_keys();
        std::mem::take(&mut self.devices)
    }

    /// The next event; nothing once the deadline has passed, whatever else has come.
    fn next(&self, deadline: Option<Instant>) -> Option<Event> {
        let Some(deadline) = deadline else { return self.events.recv().ok() };
        let left = deadline.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| self.events.recv_timeout(left).ok()).flatten()
    }

    fn switch_language(&mut self, screen: &Screen) {
        set_language(language().other());
        self.show(screen);
    }

    /// Asks whether to restart, for no longer than the screen below it stands.
    fn ask_restart(&mut self, deadline: Option<Instant>) {
        self.script("rescue status=ready screen=restart");
        self.show(&Screen::Restart);
        while let Some(event) = self.next(deadline) {
            match event {
                Event::Press(press) if is_language(press) => {
                    self.switch_language(&Screen::Restart);
                }
                Event::Press(Press { key: Key::Escape, .. }) => return,
                Event::Press(press) => {
                    if let Some(end) = end_of(press) {
                        self.end(end);
                    }
                }
                // Pressed twice: the person means it.
                Event::CtrlAltDel => self.end(End::Restart),
                Event::Devices => self.devices = true,
                Event::Said(_) | Event::Step(_) | Event::Bytes(..) | Event::Worked => {}
            }
        }
    }

    /// Ends the session: all is written, and the machine restarts or goes off.
    pub(crate) fn end(&mut self, end: End) {
        self.script(match end {
            End::Restart => "rescue status=restart",
            End::PowerOff => "rescue status=power-off",
        });
        self.consoles.flush();
        let refused = power::end(end);
        self.script(&format!("rescue status=failed reason=reboot-{refused}"));
    }
}

/// Whether a key switches the language. An echoing line would come to it again with each page that
/// is shown in the other one.
fn is_language(press: Press) -> bool {
    press.alone() && (press.key.is('l') || press.key == Key::Function(2))
}

/// Whether a key ends the session.
pub(crate) fn end_of(press: Press) -> Option<End> {
    match press.key {
        _ if !press.alone() => None,
        key if key.is('r') => Some(End::Restart),
        key if key.is('p') => Some(End::PowerOff),
        _ => None,
    }
}

/// Tells the dialog when the work's thread is through, in whatever way.
struct Ended(Sender<Event>);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.send(Event::Worked);
    }
}

/// How work tells the dialog where it stands.
pub(crate) struct Reporter {
    sender: Sender<Event>,
    said: Option<Instant>,
}

impl Reporter {
    /// A line on the starting screen.
    pub(crate) fn say(&self, text: Text) {
        let _ = self.sender.send(Event::Said(text));
    }
}

impl Observer for Reporter {
    fn step(&mut self, step: Step) {
        self.said = None;
        let _ = self.sender.send(Event::Step(step));
    }

    fn bytes(&mut self, done: u64, total: u64) {
        /// No eye sees more, and drawing takes time from the work.
        const INTERVAL: Duration = Duration::from_millis(250);
        let now = Instant::now();
        if done >= total || self.said.is_none_or(|said| now - said >= INTERVAL) {
            self.said = Some(now);
            let _ = self.sender.send(Event::Bytes(done, total));
        }
    }
}
