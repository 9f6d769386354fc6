//! The exit statuses of the command line: a contract with scripts, and with the daemon, which runs
//! checks and backups as processes of their own.

/// The operation failed; its message says in which state the machine is.
pub const FAILED: u8 = 1;
/// The command line can't be understood.
pub const USAGE: u8 = 2;
/// The operation was refused before anything changed.
pub const REFUSED: u8 = 3;
/// A check found something that is not in order.
pub const DRIFT: u8 = 4;
/// The operation was done, and the machine has to be restarted.
pub const RESTART_NEEDED: u8 = 5;
