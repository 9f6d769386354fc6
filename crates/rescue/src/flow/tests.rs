//! The dialog led by a person of the test: it reads the lines of a console and presses keys.

mod from_stick;
mod lasting;
mod recovery;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead as _, BufReader, PipeReader, pipe};
use std::os::fd::OwnedFd;
use std::sync::mpsc::Sender;
use std::thread;

use super::*;
use zshield_plan::id::GenerationId;
use zshield_plan::model::Target;

use crate::cmdline::RecoveryMode;
use crate::console::{Consoles, presses};
use crate::event::Event;
use crate::key::decode;
use crate::medium::Medium;
use crate::operations::{
    Assessment, Damaged, Data, Done, InstallPreview, Observer, Product, Refusal, RestorePoint,
    RestorePoints, Status, Step,
};
use crate::press::{Burst, Press};
use crate::screen::Frame;

/// Operations that see one assessment after the other, the last one for ever, and succeed but for the
/// recovery to the latest backup.
struct Pretended(VecDeque<Assessment>, Option<Target>);

impl Operations for Pretended {
    fn open(&mut self, _: &Medium) -> Result<Product, Failure> {
        unreachable!("the tests begin behind it")
    }

    fn look(&mut self) -> Assessment {
        if self.0.len() > 1 { self.0.pop_front().unwrap() } else { self.0[0].clone() }
    }

    fn install(&mut self, data: Data, observer: &mut dyn Observer) -> Result<Done, Failure> {
        for status in [Status::Begun, Status::Done] {
            let title = Text::fixed("Unpack");
            observer.step(Step { number: 1, total: 1, name: "unpack".into(), title, status });
        }
        Ok(Done { notes: vec![Text::fixed(format!("data {data:?}"))] })
    }

    fn ways_back(&mut self) -> RestorePoints {
        let way = |target, unavailable| RestorePoint {
            target,
            facts: Vec::new(),
            unavailable,
            lost: Vec::new(),
        };
        // The latest backup is there where a recovery to it has begun.
        let gone = (self.1 != Some(Target::Latest)).then(|| Text::fixed("gone"));
        let ways = vec![way(Target::Factory, None), way(Target::Latest, gone)];
        RestorePoints { ways, begun: self.1, own_image: Some(true), vault: true }
    }

    fn generations(&mut self) -> Result<Vec<RestorePoint>, Text> {
        let generation = |day| RestorePoint {
            target: Target::Vault(GenerationId::of([day; 32])),
            facts: Vec::new(),
            unavailable: None,
            lost: Vec::new(),
        };
        Ok((1..=9).rev().map(generation).collect())
    }

    fn damage(&mut self) -> Result<Damaged, Text> {
        // A recovery that has begun goes on instead.
        let parts = |is_there: bool| is_there.then(|| Text::fixed("part-of-boot")).into_iter();
        let has_begun = self.1.is_some();
        Ok(Damaged { mended: parts(!has_begun).collect(), left: parts(has_begun).collect() })
    }

    fn repair(&mut self, _: &mut dyn Observer) -> Result<Done, Failure> {
        Ok(Done { notes: vec![Text::fixed("repaired")] })
    }

    fn recover(
        &mut self,
        target: Target,
        _: AskedBy,
        _: &mut dyn Observer,
    ) -> Result<Done, Failure> {
        if target == Target::Latest {
            let [what, state, next] = ["no space", "half", "again"].map(Text::fixed);
            return Err(Failure { what, state, next });
        }
        Ok(Done { notes: vec![Text::fixed(target.name())] })
    }
}

/// Who sits at the console.
struct Person {
    lines: BufReader<PipeReader>,
    keys: Sender<Event>,
    seen: Vec<String>,
}

impl Person {
    /// Reads until a line with this text stands there; returns the line.
    fn sees(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            let length = self.lines.read_line(&mut line).unwrap();
            assert!(length > 0, "the session ended without {text:?}:\n{}", self.seen.concat());
            self.seen.push(line.clone());
            if line.contains(text) {
                return line.trim().to_owned();
            }
        }
    }

    fn presses(&self, key: Key) {
        self.keys.send(Event::Press(Press { key, burst: Burst::Alone })).unwrap();
    }

    fn types(&self, text: &str) {
        text.chars().for_each(|digit| self.presses(Key::Char(digit)));
        self.presses(Key::Enter);
    }

    /// Leaves the screen at the end.
    fn then_restarts(&mut self) {
        self.sees("screen=done");
        self.presses(Key::Char('r'));
    }

    /// What an echoing line sends.
    fn echo(&self, text: &str) {
        for press in presses(&decode(text.as_bytes())) {
            self.keys.send(Event::Press(press)).unwrap();
        }
    }
}

/// Runs a session with a person; returns how it ended and what the console showed.
fn session(
    assessments: VecDeque<Assessment>,
    begun: Option<Target>,
    course: impl FnOnce(&mut Session<'_>) -> End + Send,
    person: impl FnOnce(&mut Person),
) -> (End, String) {
    let (reader, writer) = pipe().unwrap();
    let consoles = Consoles::for_test(File::from(OwnedFd::from(writer))).unwrap();
    let mut ui = Ui::new(consoles, Frame::default());
    let keys = ui.sender().clone();
    thread::scope(|scope| {
        let session = scope.spawn(move || {
            let mut boot = Boot::default();
            // The rescue system on the SSD installs nothing.
            boot.command_line.recovery = assessments.is_empty().then_some(RecoveryMode::Menu);
            let mut operations = Pretended(assessments, begun);
            course(&mut Session { boot: &boot, ui: &mut ui, operations: &mut operations })
        });
        let mut person_there = Person { lines: BufReader::new(reader), keys, seen: Vec::new() };
        person(&mut person_there);
        let end = session.join().unwrap();
        // The console is closed by now: what is left of it is all.
        let Person { mut lines, mut seen, .. } = person_there;
        let mut line = String::new();
        while lines.read_line(&mut line).unwrap() > 0 {
            seen.push(std::mem::take(&mut line));
        }
        (end, seen.concat())
    })
}

fn installs(
    mode: InstallMode,
    assessments: impl Into<VecDeque<Assessment>>,
    person: impl FnOnce(&mut Person),
) -> (End, String) {
    let assessments = assessments.into();
    session(assessments, None, move |session| session.installation(mode), person)
}

fn preview() -> InstallPreview {
    InstallPreview { disks: Vec::new(), erased: Vec::new(), root: None }
}

fn ready() -> Assessment {
    Assessment::Ready(preview())
}

fn present() -> Assessment {
    let rebuild = Some(vec![Text::fixed("system-lost")]);
    let lost = vec![Text::fixed("data-lost")];
    Assessment::AppliancePresent {
        preview: preview(),
        facts: Vec::new(),
        rebuild,
        restore: Some(vec![Text::fixed("since-lost")]),
        lost,
        starts: true,
    }
}

fn refused() -> Assessment {
    Assessment::Refused(Refusal { code: "no-ssd", reasons: Vec::new(), disks: Vec::new() })
}

fn digits_in(line: &str) -> String {
    line.split_once("digits=").unwrap().1.split_whitespace().next().unwrap().to_owned()
}

const BEGUN: &str = "::zshield:: install status=begun";

#[test]
fn one_key_installs() {
    let (end, shown) = installs(InstallMode::Menu, [ready()], |person| {
        person.sees("status=ready screen=install");
        person.presses(Key::Char('I'));
        person.sees("::zshield:: install step=1/1 name=unpack status=ok");
        person.sees("::zshield:: install status=done");
        person.then_restarts();
    });
    assert_eq!(end, End::Restart);
    assert!(shown.contains(BEGUN), "{shown}");
}

#[test]
fn other_keys_and_an_echoing_line_start_nothing() {
    let (end, shown) = installs(InstallMode::Menu, [ready()], |person| {
        person.sees("status=ready screen=install");
        for key in [Key::Enter, Key::Escape, Key::Char(' '), Key::Char('y'), Key::Down] {
            person.presses(key);
        }
        person.echo("Press the key I to install");
        person.presses(Key::Char('p'));
    });
    assert_eq!(end, End::PowerOff);
    assert!(!shown.contains(BEGUN), "{shown}");
}

#[test]
fn auto_installs_without_a_key_onto_disks_that_hold_nothing() {
    let (_, shown) = installs(InstallMode::Auto, [ready()], Person::then_restarts);
    assert!(shown.contains(BEGUN) && !shown.contains("screen=install"), "{shown}");
}

#[test]
fn auto_never_touches_an_appliance() {
    let (_, shown) = installs(InstallMode::Auto, [present()], |person| {
        person.sees("install status=refused reason=appliance-present");
        person.sees("screen=present");
        person.presses(Key::Char('p'));
    });
    assert!(!shown.contains(BEGUN), "{shown}");
}

#[test]
fn auto_starts_nothing_once_it_has_stopped_to_be_looked_at() {
    let (_, shown) = installs(InstallMode::Auto, [present(), ready()], |person| {
        person.sees("screen=present");
        // Disks were changed: they are empty now, but a person stands there.
        person.keys.send(Event::Devices).unwrap();
        person.sees("screen=install");
        person.presses(Key::Char('p'));
    });
    assert!(!shown.contains(BEGUN), "{shown}");
}

#[test]
fn an_appliance_is_erased_only_with_the_digits_shown() {
    let (_, shown) = installs(InstallMode::Menu, [present()], |person| {
        person.sees("screen=present");
        person.presses(Key::Char('i'));
        let digits = digits_in(&person.sees("screen=confirm"));
        let others = if digits == "1234" { "4321" } else { "1234" };
        person.types(others);
        // An echoed line has the digits in it, and more.
        person.echo(&format!("Type {digits} and press Enter"));
        person.echo(&format!("::zshield:: rescue status=ready digits={digits} screen=confirm\r\n"));
        person.echo(&format!("::zshield:: rescue status=ready screen=confirm digits={digits}\r\n"));
        person.presses(Key::Enter);
        person.presses(Key::Escape);
        person.sees("screen=present");
        person.presses(Key::Char('i'));
        let digits = digits_in(&person.sees("screen=confirm"));
        assert!(!person.seen.concat().contains(BEGUN));
        // A script sends them whole.
        person.echo(&format!("{digits}\r"));
        person.sees(BEGUN);
        person.sees("screen=done");
        person.presses(Key::Char('p'));
    });
    assert_eq!(shown.matches(BEGUN).count(), 1);
}

#[test]
fn a_disk_that_comes_while_the_digits_are_typed_makes_it_look_again() {
    let (_, shown) = installs(InstallMode::Menu, [present(), refused()], |person| {
        person.sees("screen=present");
        person.presses(Key::Char('i'));
        let digits = digits_in(&person.sees("screen=confirm"));
        person.keys.send(Event::Devices).unwrap();
        person.types(&digits);
        person.sees("screen=refused");
        person.presses(Key::Char('p'));
    });
    assert!(!shown.contains(BEGUN), "{shown}");
}

#[test]
fn a_refusal_is_looked_at_again_with_a_key() {
    let (_, shown) = installs(InstallMode::Menu, [present(), refused(), ready()], |person| {
        person.sees("screen=present");
        person.keys.send(Event::Devices).unwrap();
        person.sees("install status=refused reason=no-ssd");
        person.sees("screen=refused");
        person.presses(Key::Char('s'));
        person.sees("screen=install");
        person.presses(Key::Char('p'));
    });
    assert!(!shown.contains(BEGUN), "{shown}");
}

#[test]
fn an_interrupted_installation_goes_on_by_itself() {
    for (data, name) in [(Data::Erased, "install"), (Data::Kept, "rebuild")] {
        let assessment = Assessment::Resume { preview: preview(), facts: Vec::new(), data };
        installs(InstallMode::Menu, [assessment], |person| {
            person.sees(&format!("{name} status=begun resumed=yes"));
            person.then_restarts();
        });
    }
}

#[test]
fn the_data_is_kept_where_the_system_is_made_anew() {
    let (_, shown) = installs(InstallMode::Menu, [present()], |person| {
        person.sees("screen=present");
        person.presses(Key::Char('k'));
        let digits = digits_in(&person.sees("screen=confirm"));
        person.types(&digits);
        person.sees("::zshield:: rebuild status=begun");
        person.sees("screen=done");
        person.presses(Key::Char('p'));
    });
    assert!(shown.contains("data Kept") && shown.contains("system-lost"), "{shown}");
    let [stays, lost] = [say::rescue::confirm_kept(), say::rescue::confirm_lost()]
        .map(|title| shown.find(&title).unwrap_or_else(|| panic!("no {title}: {shown}")));
    assert!(stays < lost, "{shown}");
    assert!(!shown.contains("data-lost"), "{shown}");
}
