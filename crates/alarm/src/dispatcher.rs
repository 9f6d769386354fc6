//! The dispatcher: a thread that notes what was seen and has it told. Each sink has a thread of its own,
//! so that one that hangs holds up neither the others nor the dispatcher, and the dispatcher nobody else.

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use zshield_messages::{Language, in_language, say};
use zshield_plan::policy::Policy;
use zshield_units::UnixTime;

use crate::audit;
use crate::banner;
use crate::batch::{self, Batch};
use crate::event::Number;
use crate::list::{AlarmList, Seen};
use crate::metrics::{self, MetricsInput, NumbersFile, Shared};
use crate::outbox::Failure;
use crate::sink::Sink;
use crate::store::Store;

/// What may be told by now is looked for this often.
const TICK: Duration = Duration::from_secs(1);

/// The dispatcher, as others see it.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    messages: Sender<Message>,
}

/// What the dispatcher hears.
enum Message {
    /// Somebody has looked.
    Seen(Seen, Box<MetricsInput>),
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

impl Dispatcher {
    /// Opens the dispatcher of a running appliance.
    pub fn open(store: Store, policy: &Policy, sender: batch::Sender) -> Self {
        let (messages, inbox) = mpsc::channel();
        let language = policy.product.language.into();
        let workers = Sink::all(&policy.alarm)
            .into_iter()
            .enumerate()
            .map(|(number, sink)| SinkWorker::start(number, sink, language, messages.clone()))
            .collect();
        let shared = Shared::default();
        if let Some(address) = policy.alarm.metrics.listen.0
            && let Err(error) = metrics::serve(address, Arc::clone(&shared))
        {
            warn(
                &say::alarm::NoMetrics { address: address.to_string(), why: error.to_string() }
                    .to_string(),
            );
        }
        let at_work = AtWork {
            file: policy.alarm.metrics.file.clone().map(NumbersFile::at),
            banner: policy.alarm.banner,
            ..AtWork::new(store, sender, workers, shared)
        };
        thread::spawn(move || in_language(language, || at_work.run(&inbox)));
        Self { messages }
    }

    /// Somebody has looked. It takes no time.
    pub fn observe(&self, seen: Seen, input: MetricsInput) {
        // The dispatcher lives as long as the process.
        let _ = self.messages.send(Message::Seen(seen, Box::new(input)));
    }
}

/// The thread of a sink, as the dispatcher sees it.
struct SinkWorker {
    name: String,
    limit: usize,
    jobs: Sender<Batch>,
    /// Whether it is at a job.
    busy: bool,
}

impl SinkWorker {
    fn start(number: usize, sink: Sink, language: Language, messages: Sender<Message>) -> Self {
        let (jobs, given) = mpsc::channel::<Batch>();
        let (name, limit) = (sink.name().to_owned(), sink.limit());
        thread::spawn(move || {
            for batch in given {
                let result = in_language(language, || -> Result<(), Failure> {
                    let some = sink.send(&batch)?;
                    if let Some(why) = some {
                        warn(
                            &say::alarm::NotAll { sink: sink.name(), why: why.to_string() }
                                .to_string(),
                        );
                    }
                    Ok(())
                });
                let numbers = batch.numbers();
                let told = Told { sink: number, numbers, dropped: batch.dropped, result };
                if messages.send(Message::Told(told)).is_err() {
                    return;
                }
            }
        });
        Self { name, limit, jobs, busy: false }
    }
}

/// The dispatcher's own side.
struct AtWork {
    store: Store,
    sender: batch::Sender,
    workers: Vec<SinkWorker>,
    shared: Shared,
    file: Option<NumbersFile>,
    banner: bool,
    /// What was seen last, until it is in the list.
    seen: Option<Seen>,
    /// Attempts that have ended, until they are in the list.
    told: Vec<Told>,
    /// Why nothing can be noted in the list, while that is so.
    unnoted: Option<String>,
    input: MetricsInput,
    list: AlarmList,
    stamp: Option<(u64, i64)>,
    /// What is shown to others: the numbers as a text.
    shown: Option<String>,
}

impl AtWork {
    /// One that has seen and told nothing yet, and shows its numbers in no file.
    fn new(store: Store, sender: batch::Sender, workers: Vec<SinkWorker>, shared: Shared) -> Self {
        Self {
            store,
            sender,
            workers,
            shared,
            file: None,
            banner: false,
            seen: None,
            told: Vec::new(),
            unnoted: None,
            input: MetricsInput::default(),
            list: AlarmList::default(),
            stamp: None,
            shown: None,
        }
    }

    fn run(mut self, inbox: &Receiver<Message>) {
        loop {
            match inbox.recv_timeout(TICK) {
                Ok(message) => self.handle(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let now = UnixTime::from(Timestamp::now());
            self.note(now);
            self.hand_out(now);
            self.show();
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Seen(seen, input) => {
                self.seen = Some(seen);
                self.input = *input;
            }
            Message::Told(told) => {
                if let Some(worker) = self.workers.get_mut(told.sink) {
                    worker.busy = false;
                }
                self.told.push(told);
            }
        }
    }

    /// Notes in the list what a message says, and reads what others have noted.
    fn note(&mut self, now: UnixTime) {
        let looked = self.seen.is_some();
        if !looked && self.told.is_empty() && self.stamp == self.store.stamp() {
            return;
        }
        let names: Vec<&str> = self.workers.iter().map(|worker| worker.name.as_str()).collect();
        let changed = self.store.change(|list| {
            list.outbox.set_sinks(names.iter().copied());
            if let Some(seen) = &self.seen {
                list.observe(seen, now);
            }
            for told in &self.told {
                let Some(name) = names.get(told.sink) else { continue };
                match &told.result {
                    Ok(()) => list.outbox.delivered(name, &told.numbers, told.dropped, now),
                    Err(failure) => list.outbox.failed(name, failure.clone(), now),
                }
            }
        });
        match changed {
            Ok(changed) => {
                self.complain();
                self.list = changed.list;
                self.stamp = self.store.stamp();
                self.seen = None;
                self.told.clear();
                self.unnoted = None;
            }
            // A change that could not be noted is noted with the next one.
            Err(error) => {
                let why = Some(error.to_string());
                if why != self.unnoted {
                    tracing::error!("{error}");
                }
                self.unnoted = why;
            }
        }
        if looked {
            self.store.catch_up(&self.list);
            if let Err(error) = audit::carry_over(&self.store) {
                tracing::error!("{error}");
            }
        }
    }

    /// Has the journal say which sink could not be told, the first time of several.
    fn complain(&self) {
        for told in &self.told {
            let Some(worker) = self.workers.get(told.sink) else { continue };
            let before = self.list.outbox.queues().find(|(name, _)| *name == worker.name);
            let failed_before = before.is_some_and(|(_, queue)| queue.failures > 0);
            if let Err(failure) = &told.result
                && !failed_before
            {
                warn(&say::alarm::Untold { sink: &worker.name, why: &failure.why }.to_string());
            }
        }
    }

    /// Gives each sink that is free what is due. One whose last attempt is not in the list would be
    /// told the same once more.
    fn hand_out(&mut self, now: UnixTime) {
        let unnoted: HashSet<usize> = self.told.iter().map(|told| told.sink).collect();
        let is_free =
            |(number, worker): &(usize, &mut SinkWorker)| !worker.busy && !unnoted.contains(number);
        for (_, worker) in self.workers.iter_mut().enumerate().filter(is_free) {
            let Some(due) = self.list.outbox.due(&worker.name, now) else { continue };
            let batch = Batch::fitted(&self.sender, &due.events, due.dropped, worker.limit);
            // Its thread lives as long as this one.
            worker.busy = worker.jobs.send(batch).is_ok();
        }
    }

    /// Shows others how it is now.
    fn show(&mut self) {
        let text = metrics::text(&self.list, &self.input);
        if let Some(file) = &mut self.file {
            file.keep(&text);
        }
        if self.shown.as_ref() == Some(&text) {
            return;
        }
        text.clone_into(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner));
        if self.banner
            && let Err(error) = banner::show(&self.list)
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
