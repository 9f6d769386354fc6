//! What is said on stdout and stderr. Whoever listens may go away (`zshield backup | head`): what
//! is being done goes on all the same, where `out!` would end it in the middle.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// A line on stdout.
macro_rules! out {
    ($($text:tt)*) => { $crate::said::line(std::io::stdout(), format_args!($($text)*)) };
}

/// A line on stderr.
macro_rules! err {
    ($($text:tt)*) => { $crate::said::line(std::io::stderr(), format_args!($($text)*)) };
}

pub(crate) fn line(mut to: impl Write, text: Arguments<'_>) {
    match writeln!(to, "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => tracing::error!("{error}"),
        Ok(()) | Err(_) => {}
    }
}
