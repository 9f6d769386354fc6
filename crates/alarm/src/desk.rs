//! The desk: a thread that notes what was seen and has it told. Each sink has a thread of its own,
//! so that one that hangs holds up neither the others nor the desk, and the desk nobody else.

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use zshield_messages::{Language, in_language, say};
use zshield_plan::policy::Policy;

use crate::audit;
use crate::banner;
use crate::book::{Book, Seen};
use crate::digest::{self, Digest};
use crate::event::Number;
use crate::metrics::{self, NumbersFile, Shared, Vitals};
use crate::outbox::Failure;
use crate::sink::Sink;
use crate::store::Store;

/// What may be told by now is looked for this often.
const TICK: Duration = Duration::from_secs(1);

/// The desk, as others see it.
#[derive(Clone, Debug)]
pub struct Desk {
    heard: Sender<Heard>,
}

/// What the desk hears.
enum Heard {
    /// Somebody has looked.
    Seen(Seen, Box<Vitals>),
    /// A sink was told, or could not be.
    Told(Told),
}

/// How an attempt ended.
struct Told {
    sink: usize,
    numbers: Vec<Number>,
    dropped: u64,
    result: Result<(), Failure>,
}

impl Desk {
    /// Opens the desk of a running appliance.
    pub fn open(store: Store, policy: &Policy, sender: digest::Sender) -> Self {
        let (heard, inbox) = mpsc::channel();
        let language = policy.product.language.into();
        let clerks = Sink::all(&policy.alarm)
            .into_iter()
            .enumerate()
            .map(|(number, sink)| Clerk::start(number, sink, language, heard.clone()))
            .collect();
        let shared = Shared::default();
        if let Some(address) = policy.alarm.metrics.listen.0
            && let Err(error) = metrics::serve(address, Arc::clone(&shared))
        {
            warn(&say::alarm::no_metrics(address.to_string(), error.to_string()));
        }
        let at_work = AtWork {
            file: policy.alarm.metrics.file.clone().map(NumbersFile::at),
            banner: policy.alarm.banner,
            ..AtWork::new(store, sender, clerks, shared)
        };
        thread::spawn(move || in_language(language, || at_work.run(&inbox)));
        Self { heard }
    }

    /// Somebody has looked. It takes no time.
    pub fn observe(&self, seen: Seen, vitals: Vitals) {
        // The desk lives as long as the process.
        let _ = self.heard.send(Heard::Seen(seen, Box::new(vitals)));
    }
}

/// The thread of a sink, as the desk sees it.
struct Clerk {
    name: String,
    limit: usize,
    jobs: Sender<Digest>,
    /// Whether it is at a job.
    busy: bool,
}

impl Clerk {
    fn start(number: usize, sink: Sink, language: Language, heard: Sender<Heard>) -> Self {
        let (jobs, given) = mpsc::channel::<Digest>();
        let (name, limit) = (sink.name().to_owned(), sink.limit());
        thread::spawn(move || {
            for digest in given {
                let result = in_language(language, || -> Result<(), Failure> {
                    let some = sink.send(&digest)?;
                    if let Some(why) = some {
                        warn(&say::alarm::not_all(sink.name(), why.to_string()));
                    }
                    Ok(())
                });
                let numbers = digest.numbers();
                let told = Told { sink: number, numbers, dropped: digest.dropped, result };
                if heard.send(Heard::Told(told)).is_err() {
                    return;
                }
            }
        });
        Self { name, limit, jobs, busy: false }
    }
}

/// The desk's own side.
struct AtWork {
    store: Store,
    sender: digest::Sender,
    clerks: Vec<Clerk>,
    shared: Shared,
    file: Option<NumbersFile>,
    banner: bool,
    /// What was seen last, until it is in the book.
    seen: Option<Seen>,
    /// Attempts that have ended, until they are in the book.
    told: Vec<Told>,
    /// Why nothing can be noted in the book, while that is so.
    unnoted: Option<String>,
    vitals: Vitals,
    book: Book,
    stamp: Option<(u64, i64)>,
    /// What is shown to others: the numbers as a text.
    shown: Option<String>,
}

impl AtWork {
    /// One that has seen and told nothing yet, and shows its numbers in no file.
    fn new(store: Store, sender: digest::Sender, clerks: Vec<Clerk>, shared: Shared) -> Self {
        Self {
            store,
            sender,
            clerks,
            shared,
            file: None,
            banner: false,
            seen: None,
            told: Vec::new(),
            unnoted: None,
            vitals: Vitals::default(),
            book: Book::default(),
            stamp: None,
            shown: None,
        }
    }

    fn run(mut self, inbox: &Receiver<Heard>) {
        loop {
            match inbox.recv_timeout(TICK) {
                Ok(heard) => self.hear(heard),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let now = Timestamp::now().as_second();
            self.note(now);
            self.hand_out(now);
            self.show();
        }
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Seen(seen, vitals) => {
                self.seen = Some(seen);
                self.vitals = *vitals;
            }
            Heard::Told(told) => {
                if let Some(clerk) = self.clerks.get_mut(told.sink) {
                    clerk.busy = false;
                }
                self.told.push(told);
            }
        }
    }

    /// Notes in the book what was heard, and reads what others have noted.
    fn note(&mut self, now: i64) {
        let looked = self.seen.is_some();
        if !looked && self.told.is_empty() && self.stamp == self.store.stamp() {
            return;
        }
        let names: Vec<&str> = self.clerks.iter().map(|clerk| clerk.name.as_str()).collect();
        let changed = self.store.change(|book| {
            book.outbox.set_sinks(names.iter().copied());
            if let Some(seen) = &self.seen {
                book.observe(seen, now);
            }
            for told in &self.told {
                let Some(name) = names.get(told.sink) else { continue };
                match &told.result {
                    Ok(()) => book.outbox.delivered(name, &told.numbers, told.dropped, now),
                    Err(failure) => book.outbox.failed(name, failure.clone(), now),
                }
            }
        });
        match changed {
            Ok(changed) => {
                self.complain();
                self.book = changed.book;
                self.stamp = self.store.stamp();
                self.seen = None;
                self.told.clear();
                self.unnoted = None;
            }
            // What was heard is noted with what is heard next.
            Err(error) => {
                let why = Some(error.to_string());
                if why != self.unnoted {
                    tracing::error!("{error}");
                }
                self.unnoted = why;
            }
        }
        if looked {
            self.store.catch_up(&self.book);
            if let Err(error) = audit::carry_over(&self.store) {
                tracing::error!("{error}");
            }
        }
    }

    /// Has the journal say which sink could not be told, the first time of several.
    fn complain(&self) {
        for told in &self.told {
            let Some(clerk) = self.clerks.get(told.sink) else { continue };
            let before = self.book.outbox.queues().find(|(name, _)| *name == clerk.name);
            let failed_before = before.is_some_and(|(_, queue)| queue.failures > 0);
            if let Err(failure) = &told.result
                && !failed_before
            {
                warn(&say::alarm::untold(&clerk.name, &failure.why));
            }
        }
    }

    /// Gives each sink that is free what is due. One whose last attempt is not in the book would be
    /// told the same once more.
    fn hand_out(&mut self, now: i64) {
        let unnoted: HashSet<usize> = self.told.iter().map(|told| told.sink).collect();
        let is_free =
            |(number, clerk): &(usize, &mut Clerk)| !clerk.busy && !unnoted.contains(number);
        for (_, clerk) in self.clerks.iter_mut().enumerate().filter(is_free) {
            let Some(due) = self.book.outbox.due(&clerk.name, now) else { continue };
            let digest = Digest::fitted(&self.sender, &due.events, due.dropped, clerk.limit);
            // Its thread lives as long as this one.
            clerk.busy = clerk.jobs.send(digest).is_ok();
        }
    }

    /// Shows others how it is now.
    fn show(&mut self) {
        let text = metrics::text(&self.book, &self.vitals);
        if let Some(file) = &mut self.file {
            file.keep(&text);
        }
        if self.shown.as_ref() == Some(&text) {
            return;
        }
        text.clone_into(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner));
        if self.banner
            && let Err(error) = banner::show(&self.book)
        {
            tracing::error!("{}: {error}", banner::FILE);
        }
        self.shown = Some(text);
    }
}

/// To the journal, which reads the level from the line's beginning. Where nobody reads it, there is
/// nothing to be done about that.
fn warn(text: &str) {
    let _ = writeln!(io::stderr(), "<4>{text}");
}

#[cfg(test)]
mod tests;
