//! How this start of the rescue system was asked for.

use crate::cmdline::CommandLine;
use crate::settings::Settings;

/// What a start goes by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Boot {
    /// The kernel command line.
    pub command_line: CommandLine,
    /// What the image was built to allow.
    pub settings: Settings,
}
