//! Where what is logged goes.

use std::fmt;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

/// What commands say goes to stderr where somebody asks for it.
pub(crate) fn to_stderr() {
    if std::env::var_os("ZSHIELD_LOG").is_some() {
        tracing_subscriber::fmt().with_writer(std::io::stderr).log_internal_errors(false).init();
    }
}

/// What goes wrong in a service goes to the journal, which reads the level from the line's beginning.
pub(crate) fn to_journal() {
    if std::env::var_os("ZSHIELD_LOG").is_some() {
        return to_stderr();
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
