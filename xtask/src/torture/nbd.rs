//! Disks behind the kernel's network block devices, served by this program inside user-mode
//! Linux, so that it sees what is asked of each of them and can change what they hold at once.
//!
//! Why not `dm-log-writes`: to have the writes of several disks in one order it needs them joined
//! to one device below it, and then a flush of one disk is a flush of all. But what a power cut
//! can break is just that: the SSD's cache is written and the HDD's is not.
//!
//! The protocol is NBD's fixed newstyle, as `nbd-client` speaks it:
//! `https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md`.

use std::io::{self, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context as _, Result};

use super::disk::Disk;
use super::log::{Event, Request};

/// Disks with what is asked of them.
#[derive(Debug)]
pub struct Disks {
    /// The disks.
    pub disks: Vec<Disk>,
    /// What was asked of them, while that is recorded.
    pub recorded: Option<Vec<Event>>,
}

impl Disks {
    fn write(&mut self, disk: usize, at: u64, data: Vec<u8>, durable: bool) -> io::Result<()> {
        self.disks[disk].write(at, &data)?;
        if let Some(recorded) = &mut self.recorded {
            recorded.push(Event { disk, request: Request::Write { at, data, durable } });
        }
        Ok(())
    }

    fn flush(&mut self, disk: usize) {
        if let Some(recorded) = &mut self.recorded {
            recorded.push(Event { disk, request: Request::Flush });
        }
    }
}

/// Disks that several threads hold.
#[derive(Debug, Clone)]
pub struct Served(Arc<Mutex<Disks>>);

impl Served {
    /// Serves disks at a socket, each by the name of its number.
    pub fn at(socket: &Path, disks: Vec<Disk>) -> Result<Self> {
        let listener = UnixListener::bind(socket)
            .with_context(|| format!("cannot listen at {}", socket.display()))?;
        let served = Self(Arc::new(Mutex::new(Disks { disks, recorded: None })));
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
    pub fn lock(&self) -> MutexGuard<'_, Disks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: &UnixStream) -> io::Result<()> {
        let mut from = BufReader::with_capacity(256 << 10, stream);
        let Some(disk) = self.greet(&mut from, stream)? else { return Ok(()) };
        while self.answer(disk, &mut from, stream)? {}
        Ok(())
    }

    /// Agrees with the client on a disk.
    fn greet(&self, from: &mut impl Read, mut to: &UnixStream) -> io::Result<Option<usize>> {
        const FIXED_NEWSTYLE_NO_ZEROES: u16 = 0b11;
        const OPTION: u64 = 0x4948_4156_454f_5054;
        const REPLY: u64 = 0x0003_e889_0455_65a9;
        const EXPORT_NAME: u32 = 1;
        const ABORT: u32 = 2;
        const UNSUPPORTED: u32 = (1 << 31) + 1;
        /// Has flags, flushes, writes through where that is asked for.
        const FLAGS: u16 = 1 | 1 << 2 | 1 << 3;
        let mut hello = b"NBDMAGICIHAVEOPT".to_vec();
        hello.extend(FIXED_NEWSTYLE_NO_ZEROES.to_be_bytes());
        to.write_all(&hello)?;
        let zeroes = u32::from_be_bytes(take(from)?) & 2 == 0;
        loop {
            if u64::from_be_bytes(take(from)?) != OPTION {
                return Err(io::Error::other("no option"));
            }
            let option = u32::from_be_bytes(take(from)?);
            let length = u32::from_be_bytes(take(from)?);
            let mut data = Vec::new();
            from.take(length.into()).read_to_end(&mut data)?;
            match option {
                EXPORT_NAME => {
                    let name = String::from_utf8_lossy(&data).into_owned();
                    let disk = name.parse().map_err(io::Error::other)?;
                    let size = self.lock().disks.get(disk).map(Disk::size);
                    let size = size.ok_or_else(|| io::Error::other("no such disk"))?;
                    let mut reply = size.to_be_bytes().to_vec();
                    reply.extend(FLAGS.to_be_bytes());
                    reply.resize(reply.len() + if zeroes { 124 } else { 0 }, 0);
                    to.write_all(&reply)?;
                    return Ok(Some(disk));
                }
                ABORT => return Ok(None),
                _ => {
                    let mut reply = REPLY.to_be_bytes().to_vec();
                    reply.extend([option, UNSUPPORTED, 0].map(u32::to_be_bytes).as_flattened());
                    to.write_all(&reply)?;
                }
            }
        }
    }

    /// Answers one request; `false` once the client is gone.
    fn answer(&self, disk: usize, from: &mut impl Read, mut to: &UnixStream) -> io::Result<bool> {
        const REQUEST: u32 = 0x2560_9513;
        const REPLY: u32 = 0x6744_6698;
        const DURABLE: u16 = 1;
        const INVALID: u32 = 22;
        let mut magic = [0; 4];
        match from.read_exact(&mut magic) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            other => other?,
        }
        if u32::from_be_bytes(magic) != REQUEST {
            return Err(io::Error::other("no request"));
        }
        let flags = u16::from_be_bytes(take(from)?);
        let kind = u16::from_be_bytes(take(from)?);
        let handle: [u8; 8] = take(from)?;
        let at = u64::from_be_bytes(take(from)?);
        let length = u32::from_be_bytes(take(from)?);
        let mut data = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        if kind == 1 {
            from.read_exact(&mut data)?;
        }
        let mut disks = self.lock();
        let there = disks.disks[disk].has(at, length.into());
        let mut error = 0;
        match kind {
            0 if there => disks.disks[disk].read(at, &mut data)?,
            1 if there => disks.write(disk, at, std::mem::take(&mut data), flags & DURABLE != 0)?,
            2 => return Ok(false),
            3 => disks.flush(disk),
            _ => error = INVALID,
        }
        drop(disks);
        let mut reply = REPLY.to_be_bytes().to_vec();
        reply.extend(error.to_be_bytes());
        reply.extend(handle);
        if kind == 0 && error == 0 {
            reply.append(&mut data);
        }
        to.write_all(&reply)?;
        Ok(true)
    }
}

fn take<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}
