//! What is being done: a bar that moves on a terminal, a line for each part elsewhere.

use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use zshield_image::progress::{Phase, Progress};

pub(super) struct Bars {
    now: Mutex<(String, ProgressBar)>,
}

impl Bars {
    pub(super) fn new() -> Self {
        Self { now: Mutex::new((String::new(), ProgressBar::hidden())) }
    }

    /// A part of the work begins, unless it is the one that is going on.
    pub(super) fn part(&self, name: &str) {
        let Ok(mut now) = self.now.lock() else { return };
        if now.0 == name {
            return;
        }
        now.1.finish_and_clear();
        name.clone_into(&mut now.0);
        if !std::io::stderr().is_terminal() {
            err!("{name}");
            return;
        }
        now.1 = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {bytes}") {
            now.1.set_style(style);
        }
        now.1.set_message(name.to_owned());
        now.1.enable_steady_tick(Duration::from_millis(120));
    }

    /// So many bytes more of it are done.
    pub(super) fn bytes(&self, count: u64) {
        if let Ok(now) = self.now.lock() {
            now.1.inc(count);
        }
    }

    /// Nothing more is done.
    pub(super) fn finish(&self) {
        if let Ok(now) = self.now.lock() {
            now.1.finish_and_clear();
        }
    }
}

impl Progress for Bars {
    fn begin(&self, phase: Phase) {
        self.part(&phase.to_string());
    }

    fn advance(&self, bytes: u64) {
        self.bytes(bytes);
    }
}
