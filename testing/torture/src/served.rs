//! Disks behind the kernel's network block devices, served by this program inside user-mode
//! Linux, so that it sees what is asked of each of them and can change what they hold at once.
//!
//! Why not `dm-log-writes`: to have the writes of several disks in one order it needs them joined
//! to one device below it, and then a flush of one disk is a flush of all. But what a power cut
//! can break is just that: the SSD's cache is written and the HDD's is not.

use std::io::{self, BufReader};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context as _, Result};

use crate::disk::Disk;
use crate::log::{self, Event};
use crate::read_set::Watch;
use zshield_machines::nbd::{self, Ask, Cache, Request};

/// Disks with what is asked of them.
#[derive(Debug)]
pub(crate) struct Disks {
    /// The disks.
    pub all: Vec<Disk>,
    /// What was asked of them, while that is recorded.
    pub recorded: Option<Vec<Event>>,
    /// What is read of a state, while a trial of it is watched.
    pub watch: Option<Watch>,
}

impl Disks {
    fn write(&mut self, disk: usize, at: u64, data: Vec<u8>, durable: bool) -> io::Result<()> {
        self.all[disk].write(at, &data)?;
        if let Some(watch) = &mut self.watch {
            watch.written(disk, at, data.len());
        }
        if let Some(recorded) = &mut self.recorded {
            recorded.push(Event { disk, request: log::Request::Write { at, data, durable } });
        }
        Ok(())
    }

    fn read(&mut self, disk: usize, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.all[disk].read(at, bytes)?;
        if let Some(watch) = &mut self.watch {
            watch.read(disk, at, bytes);
        }
        Ok(())
    }

    fn flush(&mut self, disk: usize) {
        if let Some(recorded) = &mut self.recorded {
            recorded.push(Event { disk, request: log::Request::Flush });
        }
    }
}

/// Disks that several threads hold.
#[derive(Debug, Clone)]
pub(crate) struct Served(Arc<Mutex<Disks>>);

impl Served {
    /// Serves disks at a socket, each by the name of its number.
    pub(crate) fn at(socket: &Path, disks: Vec<Disk>) -> Result<Self> {
        let listener = UnixListener::bind(socket)
            .with_context(|| format!("cannot listen at {}", socket.display()))?;
        let served = Self(Arc::new(Mutex::new(Disks { all: disks, recorded: None, watch: None })));
        let shared = served.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = shared.clone();
                thread::spawn(move || {
                    if let Err(error) = shared.serve(&stream) {
                        println!("::torture:: a disk is gone: {error}");
                    }
                });
            }
        });
        Ok(served)
    }

    /// The disks, for as long as the guard is held.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Disks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: &UnixStream) -> Result<()> {
        let size = |name: &str| {
            let disk = name.parse().ok()?;
            Some((disk, self.lock().all.get(disk).map(Disk::size)?))
        };
        let Some(disk) = nbd::greet(stream, Cache::Flushed, size)? else { return Ok(()) };
        let mut from = BufReader::with_capacity(256 << 10, stream);
        while let Some(Request { handle, ask }) = nbd::next(&mut from)? {
            match self.answer(disk, ask)? {
                Some(read) => nbd::answer(&mut &*stream, handle, &read)?,
                None => nbd::refuse(&mut &*stream, handle)?,
            }
        }
        Ok(())
    }

    /// What was read; nothing where the disk can't do it.
    fn answer(&self, disk: usize, ask: Ask) -> Result<Option<Vec<u8>>> {
        let mut disks = self.lock();
        let has = |at, length| disks.all[disk].has(at, length);
        Ok(match ask {
            Ask::Read(at, length) if has(at, length.into()) => {
                let mut data = vec![0; usize::try_from(length)?];
                disks.read(disk, at, &mut data)?;
                Some(data)
            }
            Ask::Write(at, data, durable) if has(at, data.len() as u64) => {
                disks.write(disk, at, data, durable)?;
                Some(Vec::new())
            }
            Ask::Flush => {
                disks.flush(disk);
                Some(Vec::new())
            }
            Ask::Read(..) | Ask::Write(..) | Ask::Unknown => None,
        })
    }
}
