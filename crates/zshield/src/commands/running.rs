//! What the commands of a running appliance have in common.

use std::fmt;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;
use zshield_linux::program::{self, Program};
use zshield_operations::progress::{Part, Progress};
use zshield_plan::model::Binding;
use zshield_plan::plan::{Operation, Plan};

/// What commands say goes to stderr where somebody asks for it.
pub(crate) fn start_log() {
    if std::env::var_os("ZSHIELD_LOG").is_some() {
        tracing_subscriber::fmt().with_writer(std::io::stderr).log_internal_errors(false).init();
    }
}

/// What goes wrong in a service goes to the journal, which reads the level from the line's beginning.
pub(crate) fn start_journal() {
    if std::env::var_os("ZSHIELD_LOG").is_some() {
        return start_log();
    }
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(Level::WARN)
        // They would be told on stderr, and end the process where there is none.
        .log_internal_errors(false)
        .event_format(ForJournal)
        .init();
}

/// A line with its level as the journal has it.
struct ForJournal;

impl<S, N> FormatEvent<S, N> for ForJournal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let level = if *event.metadata().level() == Level::ERROR { 3 } else { 4 };
        write!(writer, "<{level}>")?;
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

/// Prints a plan instead of doing it.
pub(crate) fn print_plan(plan: &Plan, binding: &Binding, json: bool) -> Result<ExitCode> {
    if json {
        out!("{:#}", serde_json::to_value(plan)?);
    } else {
        out!("{}", plan.shown(binding).trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

/// Restarts the machine in good order.
pub(crate) fn restart() -> Result<()> {
    Program::new("systemctl", program::CHANGING).arg("reboot").complaints_passed().run()?;
    Ok(())
}

/// One line for each step, as scripts read them; beside JSON on stderr.
pub(crate) struct Lines {
    operation: Operation,
    json: bool,
    warnings: Mutex<Vec<String>>,
}

impl Lines {
    /// The lines of this operation.
    pub(crate) const fn of(operation: Operation, json: bool) -> Self {
        Self { operation, json, warnings: Mutex::new(Vec::new()) }
    }

    /// What went wrong beside an operation that was done, one by one.
    pub(crate) fn each_warning(self) -> Vec<String> {
        self.warnings.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same as one text; nothing where all went well.
    pub(crate) fn warnings(self) -> Option<String> {
        self.each_warning().into_iter().reduce(|all, one| format!("{all}; {one}"))
    }
}

impl Progress for Lines {
    fn begin(&self, _: &Part<'_>) {}
    fn advance(&self, _: u64, _: Option<u64>) {}
    fn end(&self, part: &Part<'_>) {
        let Part::Step { number, total, step } = part else { return };
        let (operation, name) = (self.operation.name(), step.name());
        let line = format!("::zshield:: {operation} step={number}/{total} name={name} status=ok");
        if self.json {
            err!("{line}");
        } else {
            out!("{line}");
        }
    }
    fn warn(&self, text: &str) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
    }
}
