//! A rotating disk for benches: a block device served to the kernel over NBD, each request after
//! the time that a head would need for it.
//!
//! It has one head and no cache of writes, as a RAID card without a battery leaves its disks, and
//! takes of the requests that wait the next one in the direction in which the head moves. What it
//! can't show: zones, a track buffer beyond the next read, errors, the card's own memory.

mod timing;

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufReader, Seek as _, SeekFrom};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::fs::OFlags;
use zshield_formats::AlignedBuffer;

use crate::nbd::{self, Ask, Cache, Request};
use timing::{Access, Head};

/// Where the disk stands, to be read by whoever measures.
pub const ACCOUNT: &str = "/run/disk-model";

/// Serves `device` on the socket `socket` to one client, until it has gone.
pub fn serve(device: &Path, socket: &Path) -> Result<()> {
    let flags = OFlags::DIRECT.bits().cast_signed();
    let mut file = File::options().read(true).write(true).custom_flags(flags).open(device)?;
    let length = file.seek(SeekFrom::End(0))?;
    let listener = UnixListener::bind(socket).context("cannot listen")?;
    let (client, _) = listener.accept()?;
    if nbd::greet(&client, Cache::None, |_| Some(((), length)))?.is_none() {
        return Ok(());
    }
    let queue = Queue::default();
    thread::scope(|scope| {
        let disk = scope.spawn(|| Disk::new(file, length).work(&queue, &client));
        let heard = queue.fill(&client);
        queue.close();
        let worked = disk.join().map_err(|_| anyhow::anyhow!("the disk has crashed"))?;
        worked.and(heard)
    })
}

/// A request and when it came.
struct Waiting {
    request: Request,
    since: Instant,
}

impl Waiting {
    fn place(&self) -> Access {
        let (offset, length, writes) = match &self.request.ask {
            Ask::Read(offset, length) => (*offset, u64::from(*length), false),
            Ask::Write(offset, bytes, _) => (*offset, bytes.len() as u64, true),
            Ask::Flush | Ask::Unknown => (0, 0, false),
        };
        Access { offset, length, writes }
    }
}

/// What waits for the disk.
#[derive(Default)]
struct Queue {
    waiting: Mutex<(VecDeque<Waiting>, bool)>,
    changed: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, (VecDeque<Waiting>, bool)> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fill(&self, client: &UnixStream) -> Result<()> {
        let mut client = BufReader::with_capacity(1 << 20, client);
        while let Some(request) = nbd::next(&mut client)? {
            self.lock().0.push_back(Waiting { request, since: Instant::now() });
            self.changed.notify_one();
        }
        Ok(())
    }

    fn close(&self) {
        self.lock().1 = true;
        self.changed.notify_one();
    }

    /// The request that lies next ahead of the head, or else the first of all.
    fn take(&self, head: u64) -> Option<Waiting> {
        let mut queue = self.lock();
        loop {
            let ahead = |waiting: &Waiting| {
                let offset = waiting.place().offset;
                (offset < head, offset)
            };
            let next = queue.0.iter().enumerate().min_by_key(|(_, waiting)| ahead(waiting));
            if let Some((index, _)) = next {
                return queue.0.remove(index);
            }
            if queue.1 {
                return None;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

struct Disk {
    file: File,
    head: Head,
    busy: Duration,
    seeks: u64,
    account: PathBuf,
}

impl Disk {
    fn new(file: File, length: u64) -> Self {
        let account = ACCOUNT.into();
        Self { file, head: Head::new(length), busy: Duration::ZERO, seeks: 0, account }
    }

    fn work(mut self, queue: &Queue, client: &UnixStream) -> Result<()> {
        let mut free = Instant::now();
        while let Some(waiting) = queue.take(self.head.at()) {
            let rested = waiting.since > free;
            let (takes, sought) = self.head.moved(waiting.place(), rested);
            // Whoever slept too long before does not make the disk slower.
            free = free.max(waiting.since) + takes;
            self.busy += takes;
            self.seeks += u64::from(sought);
            fs::write(&self.account, format!("{} {}", self.busy.as_micros(), self.seeks))?;
            let Request { handle, ask } = waiting.request;
            let read = self.execute_unjournaled(ask)?;
            thread::sleep(free.saturating_duration_since(Instant::now()));
            nbd::answer(&mut &*client, handle, &read)?;
        }
        Ok(())
    }

    fn execute_unjournaled(&self, ask: Ask) -> Result<Vec<u8>> {
        match ask {
            Ask::Read(offset, length) => {
                let length = usize::try_from(length)?;
                let mut space = AlignedBuffer::new(length);
                self.file.read_exact_at(space.first(length), offset)?;
                Ok(space.first(length).to_vec())
            }
            Ask::Write(offset, bytes, _) => {
                let mut space = AlignedBuffer::new(bytes.len());
                space.first(bytes.len()).copy_from_slice(&bytes);
                self.file.write_all_at(space.first(bytes.len()), offset)?;
                Ok(Vec::new())
            }
            Ask::Flush | Ask::Unknown => bail!("{ask:?} of a disk without a cache"),
        }
    }
}
