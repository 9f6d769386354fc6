//! A recovery without a restart: the files of the running system are put right one by one, and
//! what runs from them is started again.

mod room;
mod services;
mod steps;
mod unit_files;
mod values;
mod writers;

pub use crate::recovered_files::{files, files_with_identity};
pub use room::Room;
pub use services::services;
pub use steps::{Running, may_go_on, plan};
pub use values::{Changed, Fate, Left, Process, ServiceInventory, Services, Unit, Writer};
pub use writers::unstopped;
