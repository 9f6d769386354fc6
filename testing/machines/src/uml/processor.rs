//! The processor that a machine runs on.
//!
//! User-mode Linux is a process that has others stop at each of their system calls, and they wait for
//! one another in turns. Where the host itself is a virtual machine, waking one on another
//! processor takes longer than all that is done between: on one processor a machine is several
//! times as fast as on two.

use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result};
use rustix::thread::{CpuSet, sched_getaffinity};

/// A processor that no other machine is given until this is dropped, if there are as many.
#[derive(Debug)]
pub(super) struct Processor {
    number: usize,
    /// A name that one process of the host at a time can have, and no longer than it lives.
    _name: Option<UnixListener>,
}

impl Processor {
    /// One that no machine runs on, of whichever xtask; or any, where all have one.
    pub(super) fn free() -> Result<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let allowed = sched_getaffinity(None).context("no processor to run on")?;
        let numbers: Vec<usize> =
            (0..CpuSet::MAX_CPU).filter(|number| allowed.is_set(*number)).collect();
        for number in &numbers {
            if let Some(name) = named(*number)? {
                return Ok(Self { number: *number, _name: Some(name) });
            }
        }
        let number = numbers[NEXT.fetch_add(1, Ordering::Relaxed) % numbers.len()];
        Ok(Self { number, _name: None })
    }

    /// A program that runs on it alone, with all that it starts.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut taskset = Command::new("taskset");
        taskset.args(["--cpu-list", &self.number.to_string()]).arg(program);
        taskset
    }
}

/// The name that stands for a processor, unless another has it.
fn named(number: usize) -> Result<Option<UnixListener>> {
    let name = format!("zshield-xtask-processor-{number}");
    match UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name)?) {
        Ok(name) => Ok(Some(name)),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Ok(None),
        Err(error) => Err(error).with_context(|| format!("the name {name} can't be had")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_holder_at_a_time() {
        // No machine is given a processor of this number.
        let number = CpuSet::MAX_CPU;
        let held = named(number).unwrap();
        assert!(held.is_some());
        assert!(named(number).unwrap().is_none());
        drop(held);
        assert!(named(number).unwrap().is_some());
    }
}
