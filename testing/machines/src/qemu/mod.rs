//! Whole machines in QEMU, without KVM: firmware, GRUB, stick, SSD and RAID card.

mod console;
mod disk;
pub mod grub;
mod machine;
mod qmp;
mod running;
mod shell;

pub use console::{Transcript, Waited};
pub use disk::Disk;
pub use machine::{Firmware, HOST, Machine, Port};
pub use running::Running;
pub use shell::Shell;
