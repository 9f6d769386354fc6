//! Numbers for Prometheus: as a text, in a file for `node_exporter`, and over HTTP.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use zshield_linux::durable_file;
use zshield_plan::health::Usage;
use zshield_units::{FillRatio, UnixTime};

use crate::alarm::AlarmState;
use crate::list::AlarmList;

/// What `OpenMetrics` is called over HTTP.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Whoever asks has so long.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is known beside alarms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricsInput {
    /// When the latest backup was taken.
    pub latest: Option<UnixTime>,
    /// When the next one is due.
    pub next: Option<UnixTime>,
    /// How full the filesystems are.
    pub usage: Vec<Usage>,
    /// How much of the snapshots' stores is used, by their names.
    pub fills: Vec<(String, FillRatio)>,
}

type Labels = Vec<(&'static str, String)>;

/// All numbers, as `OpenMetrics`.
pub fn text(list: &AlarmList, input: &MetricsInput) -> String {
    let mut registry = Registry::with_prefix("zshield");
    alarms(&mut registry, list);
    sinks(&mut registry, list);
    let latest = Gauge::<i64>::default();
    if let Some(at) = input.latest {
        latest.set(at.0);
        registry.register(
            "latest_backup_timestamp_seconds",
            "When the latest backup was taken",
            latest,
        );
    }
    if let Some(at) = input.next {
        let next = Gauge::<i64>::default();
        next.set(at.0);
        registry.register("next_backup_timestamp_seconds", "When the next backup is due", next);
    }
    let used = Family::<Labels, Gauge<i64>>::default();
    for usage in &input.usage {
        let labels = vec![("filesystem", usage.filesystem.name().to_owned())];
        used.get_or_create(&labels).set(i64::from(usage.percent));
    }
    registry.register("filesystem_used_percent", "How full a filesystem is", used);
    let fills = Family::<Labels, Gauge<i64>>::default();
    for (name, fill) in &input.fills {
        fills.get_or_create(&vec![("snapshot", name.clone())]).set(i64::from(fill.0));
    }
    let help = "How much of a snapshot's store is used, in hundredths of a percent";
    registry.register("snapshot_fill", help, fills);
    let mut text = String::new();
    // Into a text it can't fail.
    let _ = encode(&mut text, &registry);
    text
}

fn alarms(registry: &mut Registry, list: &AlarmList) {
    let alarms = Family::<Labels, Gauge<i64>>::default();
    for alarm in list.there() {
        let acknowledged = matches!(alarm.state, AlarmState::Acknowledged(_));
        let severity = match alarm.severity() {
            zshield_plan::health::Severity::Warning => "warning",
            zshield_plan::health::Severity::Critical => "critical",
        };
        let labels = vec![
            ("id", alarm.id()),
            ("severity", severity.to_owned()),
            ("acknowledged", acknowledged.to_string()),
        ];
        alarms.get_or_create(&labels).set(alarm.since.0);
    }
    let help = "Since when an alarm has been there, in seconds since 1970";
    registry.register("alarm_since_timestamp_seconds", help, alarms);
    let open = Gauge::<i64>::default();
    open.set(
        i64::try_from(list.there().filter(|alarm| alarm.is_open()).count()).unwrap_or(i64::MAX),
    );
    registry.register("alarms_open", "Alarms that nobody has acknowledged", open);
}

fn sinks(registry: &mut Registry, list: &AlarmList) {
    let waiting = Family::<Labels, Gauge<i64>>::default();
    let failures = Family::<Labels, Gauge<i64>>::default();
    for (name, queue) in list.outbox.queues() {
        let labels = vec![("sink", name.to_owned())];
        let count = i64::try_from(queue.waiting()).unwrap_or(i64::MAX);
        waiting.get_or_create(&labels).set(count);
        failures.get_or_create(&labels).set(i64::from(queue.failures));
    }
    registry.register("sink_waiting", "What a sink is still to be told", waiting);
    registry.register("sink_failures", "Attempts in a row by which it could not", failures);
}

/// The file for `node_exporter`. It is written in the background: it lies on a disk, and a disk that
/// does not answer must not hold up whoever tells that it does not.
pub(crate) struct NumbersFile {
    path: PathBuf,
    write: Arc<Write>,
    /// What it was given last.
    given: Option<String>,
    /// Whether it is being written at this moment, however long that takes.
    busy: Arc<AtomicBool>,
}

/// Writes a text to a path.
type Write = dyn Fn(&Path, &str) -> io::Result<()> + Send + Sync;

impl NumbersFile {
    /// The one of this path.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self::written_by(path, Arc::new(write))
    }

    fn written_by(path: PathBuf, write: Arc<Write>) -> Self {
        Self { path, write, given: None, busy: Arc::default() }
    }

    /// Has it hold this text, unless it is being written: then it is to be asked again.
    pub(crate) fn keep(&mut self, text: &str) {
        if self.given.as_deref() == Some(text) || self.busy.swap(true, Ordering::SeqCst) {
            return;
        }
        self.given = Some(text.to_owned());
        let (path, text, busy) = (self.path.clone(), text.to_owned(), Arc::clone(&self.busy));
        let write = Arc::clone(&self.write);
        thread::spawn(move || {
            if let Err(error) = write(&path, &text) {
                tracing::error!("{}: {error}", path.display());
            }
            busy.store(false, Ordering::SeqCst);
        });
    }
}

/// Replaces the file, which everybody can read.
fn write(path: &Path, text: &str) -> io::Result<()> {
    durable_file::write(path, 0o644, text.as_bytes())
}

/// What is answered to whoever asks.
pub type Shared = Arc<Mutex<String>>;

/// Answers over HTTP, in a thread of its own.
pub fn serve(address: SocketAddr, text: Shared) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(address)?;
    let bound = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming() {
            // Whoever hangs up harms himself.
            let _ = stream.and_then(|stream| answer(&stream, &text));
        }
    });
    Ok(bound)
}

fn answer(stream: &TcpStream, text: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (status, body) = match refused(stream)? {
        None => ("200 OK", text.lock().unwrap_or_else(PoisonError::into_inner).clone()),
        Some(status) => (status, String::new()),
    };
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {OPEN_METRICS}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Reads a request; the status by which it is refused, nothing where the numbers are asked for.
pub(crate) fn refused(request: impl Read) -> io::Result<Option<&'static str>> {
    const LONGEST: u64 = 16 << 10;
    let mut head = BufReader::new(request.take(LONGEST));
    let mut request = String::new();
    head.read_line(&mut request)?;
    // What is not read would have the connection cut before the answer is.
    let mut line = String::new();
    while head.read_line(&mut line)? > 2 {
        line.clear();
    }
    let mut words = request.split(' ');
    Ok(match (words.next(), words.next()) {
        (Some("GET"), Some("/metrics")) => None,
        (Some("GET"), _) => Some("404 Not Found"),
        _ => Some("405 Method Not Allowed"),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::mpsc;

    use zshield_plan::health::{Condition, Filesystem};
    use zshield_plan::role::Role;

    use super::*;
    use crate::list::Seen;

    fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn an_alarm_is_a_number_with_its_id_and_severity() {
        let mut list = AlarmList::default();
        list.outbox.set_sinks(["mail"]);
        let conditions = vec![Condition::DiskMissing { role: Role::Hdd }];
        list.observe(&Seen { conditions, unseen: vec![] }, UnixTime(1_800_000_000));
        let usage = vec![Usage { filesystem: Filesystem::Boot, percent: 41 }];
        let input = MetricsInput {
            latest: Some(UnixTime(7)),
            usage,
            fills: vec![("latest".to_owned(), FillRatio(250))],
            next: None,
        };
        let text = text(&list, &input);
        for line in [
            "zshield_alarm_since_timestamp_seconds{id=\"disk-missing:hdd\",severity=\"critical\",\
             acknowledged=\"false\"} 1800000000",
            "zshield_alarms_open 1",
            "zshield_sink_waiting{sink=\"mail\"} 1",
            "zshield_latest_backup_timestamp_seconds 7",
            "zshield_filesystem_used_percent{filesystem=\"boot\"} 41",
            "zshield_snapshot_fill{snapshot=\"latest\"} 250",
        ] {
            assert!(text.contains(&format!("{line}\n")), "{line} is not in:\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn they_are_answered_over_http_and_nothing_else_is() {
        let shared = Shared::default();
        let address = serve(SocketAddr::from(([127, 0, 0, 1], 0)), Arc::clone(&shared)).unwrap();
        "x 1\n# EOF\n".clone_into(&mut shared.lock().unwrap());
        let answer = get(address, "/metrics");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains(OPEN_METRICS) && answer.ends_with("x 1\n# EOF\n"), "{answer}");
        assert!(get(address, "/etc/passwd").starts_with("HTTP/1.1 404 "));
    }

    #[test]
    fn a_disk_that_does_not_answer_holds_nobody_up_and_has_the_newest_when_it_does() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("zshield.prom");
        // Whoever hands something over that nobody takes waits.
        let (hanging, answering) = mpsc::sync_channel(0);
        let hang = move |path: &Path, text: &str| match hanging.send(text.to_owned()) {
            Ok(()) => Ok(()),
            Err(_) => write(path, text),
        };
        let mut file = NumbersFile::written_by(path.clone(), Arc::new(hang));
        file.keep("1");
        file.keep("2");
        assert!(!path.exists());
        // It answers again.
        assert_eq!(answering.recv().unwrap(), "1");
        drop(answering);
        while fs::read_to_string(&path).ok().as_deref() != Some("3") {
            file.keep("3");
            thread::yield_now();
        }
    }
}
