//! The part of the NBD protocol that a kernel's client speaks, as a server: fixed newstyle, as in
//! `https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md`.

use std::io::{self, Read, Write};

use anyhow::{Context as _, Result, ensure};

const GREETING: u64 = 0x4e42_444d_4147_4943;
const HAVE_OPTIONS: u64 = 0x4948_4156_454f_5054;
const REPLY: u64 = 0x0003_e889_0455_65a9;
const FIXED_NO_ZEROES: u16 = 3;
const EXPORT_NAME: u32 = 1;
const ABORT: u32 = 2;
const UNSUPPORTED: u32 = 0x8000_0001;
const REQUEST: u32 = 0x2560_9513;
const ANSWER: u32 = 0x6744_6698;
const INVALID: u32 = 22;
/// A request that has to be durable before it is answered.
const FUA: u16 = 1;

/// What a disk promises.
#[derive(Clone, Copy, Debug)]
pub enum Cache {
    /// It has none: what is answered is durable.
    None,
    /// It has one, flushes it, and writes through it where that is asked for.
    Flushed,
}

impl Cache {
    const fn flags(self) -> u16 {
        const HAS_FLAGS: u16 = 1;
        match self {
            Self::None => HAS_FLAGS,
            Self::Flushed => HAS_FLAGS | 1 << 2 | 1 << 3,
        }
    }
}

/// What a client asks of its disk, in bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Ask {
    /// To read so many from here.
    Read(u64, u32),
    /// To write these here, and durably.
    Write(u64, Vec<u8>, bool),
    /// To make all durable that was written.
    Flush,
    /// Something that no disk here can.
    Unknown,
}

/// A request, and what its answer has to name.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// The client's word for it.
    pub handle: [u8; 8],
    /// What it asks.
    pub ask: Ask,
}

/// Agrees with a client on a disk: `size` says how large the one of a name is. Nothing where the
/// client goes away instead.
pub fn greet<T>(
    mut client: impl Read + Write,
    cache: Cache,
    size: impl Fn(&str) -> Option<(T, u64)>,
) -> Result<Option<T>> {
    client.write_all(&GREETING.to_be_bytes())?;
    client.write_all(&HAVE_OPTIONS.to_be_bytes())?;
    client.write_all(&FIXED_NO_ZEROES.to_be_bytes())?;
    let wants_zeroes = u32::from_be_bytes(take(&mut client)?) & 2 == 0;
    loop {
        ensure!(u64::from_be_bytes(take(&mut client)?) == HAVE_OPTIONS, "no option");
        let option = u32::from_be_bytes(take(&mut client)?);
        let length = u32::from_be_bytes(take(&mut client)?);
        let mut data = Vec::new();
        (&mut client).take(length.into()).read_to_end(&mut data)?;
        match option {
            EXPORT_NAME => {
                let name = String::from_utf8_lossy(&data);
                let (disk, size) = size(&name).with_context(|| format!("no disk “{name}”"))?;
                client.write_all(&size.to_be_bytes())?;
                client.write_all(&cache.flags().to_be_bytes())?;
                if wants_zeroes {
                    client.write_all(&[0; 124])?;
                }
                client.flush()?;
                return Ok(Some(disk));
            }
            ABORT => return Ok(None),
            _ => {
                client.write_all(&REPLY.to_be_bytes())?;
                client.write_all([option, UNSUPPORTED, 0].map(u32::to_be_bytes).as_flattened())?;
            }
        }
    }
}

/// The next thing that the client asks; nothing once it has gone.
pub fn next(client: &mut impl Read) -> Result<Option<Request>> {
    let mut magic = [0; 4];
    match client.read_exact(&mut magic) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    ensure!(u32::from_be_bytes(magic) == REQUEST, "no request");
    let durably = u16::from_be_bytes(take(client)?) & FUA != 0;
    let command = u16::from_be_bytes(take(client)?);
    let handle = take(client)?;
    let offset = u64::from_be_bytes(take(client)?);
    let length = u32::from_be_bytes(take(client)?);
    let ask = match command {
        0 => Ask::Read(offset, length),
        1 => {
            let mut bytes = vec![0; usize::try_from(length)?];
            client.read_exact(&mut bytes)?;
            Ask::Write(offset, bytes, durably)
        }
        2 => return Ok(None),
        3 => Ask::Flush,
        _ => Ask::Unknown,
    };
    Ok(Some(Request { handle, ask }))
}

/// Answers a request, with what was read.
pub fn answer(client: &mut impl Write, handle: [u8; 8], bytes: &[u8]) -> io::Result<()> {
    reply(client, handle, 0)?;
    client.write_all(bytes)
}

/// Answers a request that can't be done.
pub fn refuse(client: &mut impl Write, handle: [u8; 8]) -> io::Result<()> {
    reply(client, handle, INVALID)
}

fn reply(client: &mut impl Write, handle: [u8; 8], error: u32) -> io::Result<()> {
    let mut head = [0; 16];
    head[..4].copy_from_slice(&ANSWER.to_be_bytes());
    head[4..8].copy_from_slice(&error.to_be_bytes());
    head[8..].copy_from_slice(&handle);
    client.write_all(&head)
}

fn take<const N: usize>(client: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_with_what_they_write() {
        let mut said = Vec::new();
        for (flags, command, length) in
            [(FUA, 1u16, 3u32), (0, 0, 512), (0, 3, 0), (0, 4, 9), (0, 2, 0)]
        {
            said.extend(REQUEST.to_be_bytes());
            said.extend(flags.to_be_bytes());
            said.extend(command.to_be_bytes());
            said.extend(*b"a handle");
            said.extend(4096u64.to_be_bytes());
            said.extend(length.to_be_bytes());
            said.extend(if command == 1 { &b"abc"[..] } else { b"" });
        }
        let mut said = &said[..];
        for ask in [
            Ask::Write(4096, b"abc".to_vec(), true),
            Ask::Read(4096, 512),
            Ask::Flush,
            Ask::Unknown,
        ] {
            let request = Request { handle: *b"a handle", ask };
            assert_eq!(next(&mut said).unwrap(), Some(request));
        }
        assert_eq!(next(&mut said).unwrap(), None);
        assert_eq!(next(&mut said).unwrap(), None);
        assert!(next(&mut &b"nonsense"[..]).is_err());
    }
}
