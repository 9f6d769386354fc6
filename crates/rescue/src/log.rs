//! The rescue system's log: a file under `/run`, where a shell, an installation record or the
//! screen after a failure finds it.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Where the log lies while the rescue system runs.
pub(crate) const PLACE: &str = "/run/zshield/log";

static FILE: Mutex<Option<File>> = Mutex::new(None);

/// Opens the log, after what an earlier process of this boot wrote.
pub(crate) fn open() {
    if let Some(directory) = Path::new(PLACE).parent() {
        let _ = fs::create_dir_all(directory);
    }
    if let Ok(mut file) = FILE.lock() {
        *file = OpenOptions::new().create(true).append(true).open(PLACE).ok();
    }
}

/// Writes a line with the seconds since the kernel's start. A log that can't be written is no
/// reason to stop an installation.
pub fn line(text: &str) {
    if let Ok(mut file) = FILE.lock()
        && let Some(file) = file.as_mut()
    {
        let _ = writeln!(file, "[{:8.3}] {text}", since_start().as_secs_f64());
    }
}

/// The time since the kernel's start.
pub(crate) fn since_start() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    Duration::new(now.tv_sec.try_into().unwrap_or(0), now.tv_nsec.try_into().unwrap_or(0))
}

/// The last lines of the log, for the screen after a failure.
pub(crate) fn tail(lines: usize) -> Vec<String> {
    let text = fs::read_to_string(PLACE).unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].iter().map(|&line| line.to_owned()).collect()
}

/// Copies the kernel's own errors into the log: after a failure they often are the reason.
pub(crate) fn kernel_errors() {
    use std::io::Read as _;
    use zshield_linux::open_flags::OpenFlags as _;
    let nonblocking = rustix::fs::OFlags::NONBLOCK;
    let Ok(mut kernel) = OpenOptions::new().read(true).flags(nonblocking).open("/dev/kmsg") else {
        return;
    };
    let mut buffer = [0; 8192];
    // One record a read; EAGAIN at the end.
    while let Ok(length) = kernel.read(&mut buffer) {
        if let Some(message) = error_in(&String::from_utf8_lossy(&buffer[..length])) {
            line(&format!("kernel: {message}"));
        }
    }
}

/// The text of a record (`3,217,1200311,-;ata1: …`) that tells of an error or worse.
fn error_in(record: &str) -> Option<&str> {
    const ERROR: u32 = 3;
    let (head, text) = record.split_once(';')?;
    let priority: u32 = head.split(',').next()?.parse().ok()?;
    (priority % 8 <= ERROR).then(|| text.lines().next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::error_in;

    #[test]
    fn only_errors_of_the_kernel_are_taken() {
        assert_eq!(
            error_in("3,217,1200311,-;blk_update_request: I/O error\n SUBSYSTEM=block\n"),
            Some("blk_update_request: I/O error")
        );
        assert_eq!(error_in("6,1,0,-;Linux version 6.1.0\n"), None);
        assert_eq!(error_in("30,1,0,-;init: fine\n"), None);
        assert_eq!(error_in("garbage"), None);
    }
}
