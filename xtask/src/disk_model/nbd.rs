//! The part of the NBD protocol that a kernel's client speaks with a disk that has no cache.

use std::io::{self, Read, Write};

use anyhow::{Result, bail, ensure};

const GREETING: u64 = 0x4e42_444d_4147_4943;
const HAVE_OPTIONS: u64 = 0x4948_4156_454f_5054;
const REPLY: u64 = 0x0003_e889_0455_65a9;
const FIXED_NO_ZEROES: u16 = 3;
const EXPORT_NAME: u32 = 1;
const UNSUPPORTED: u32 = 0x8000_0001;
const HAS_FLAGS: u16 = 1;
const REQUEST: u32 = 0x2560_9513;
const ANSWER: u32 = 0x6744_6698;

/// What a client asks.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    Read { handle: [u8; 8], offset: u64, length: u32 },
    Write { handle: [u8; 8], offset: u64, bytes: Vec<u8> },
    Disconnect,
}

/// Agrees with a client on a disk of `length` bytes.
pub(super) fn greet(mut client: impl Read + Write, length: u64) -> Result<()> {
    client.write_all(&GREETING.to_be_bytes())?;
    client.write_all(&HAVE_OPTIONS.to_be_bytes())?;
    client.write_all(&FIXED_NO_ZEROES.to_be_bytes())?;
    let flags = u32::from_be_bytes(take(&mut client)?);
    loop {
        ensure!(u64::from_be_bytes(take(&mut client)?) == HAVE_OPTIONS, "no option");
        let option = u32::from_be_bytes(take(&mut client)?);
        let size = u32::from_be_bytes(take(&mut client)?);
        let mut data = vec![0; usize::try_from(size.min(4096))?];
        client.read_exact(&mut data)?;
        if option == EXPORT_NAME {
            break;
        }
        client.write_all(&REPLY.to_be_bytes())?;
        client.write_all(&option.to_be_bytes())?;
        client.write_all(&UNSUPPORTED.to_be_bytes())?;
        client.write_all(&0u32.to_be_bytes())?;
    }
    client.write_all(&length.to_be_bytes())?;
    client.write_all(&HAS_FLAGS.to_be_bytes())?;
    if flags & 2 == 0 {
        client.write_all(&[0; 124])?;
    }
    Ok(client.flush()?)
}

/// The next thing that the client asks.
pub(super) fn next(client: &mut impl Read) -> Result<Request> {
    ensure!(u32::from_be_bytes(take(client)?) == REQUEST, "no request");
    let _flags: [u8; 2] = take(client)?;
    let command = u16::from_be_bytes(take(client)?);
    let handle = take(client)?;
    let offset = u64::from_be_bytes(take(client)?);
    let length = u32::from_be_bytes(take(client)?);
    match command {
        0 => Ok(Request::Read { handle, offset, length }),
        1 => {
            let mut bytes = vec![0; usize::try_from(length)?];
            client.read_exact(&mut bytes)?;
            Ok(Request::Write { handle, offset, bytes })
        }
        2 => Ok(Request::Disconnect),
        other => bail!("a request of the unknown kind {other}"),
    }
}

/// Answers a request, with what was read.
pub(super) fn answer(client: &mut impl Write, handle: [u8; 8], bytes: &[u8]) -> io::Result<()> {
    let mut head = [0; 16];
    head[..4].copy_from_slice(&ANSWER.to_be_bytes());
    head[8..].copy_from_slice(&handle);
    client.write_all(&head)?;
    client.write_all(bytes)
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
        for (command, length) in [(1u16, 3u32), (0, 512), (2, 0)] {
            said.extend(REQUEST.to_be_bytes());
            said.extend([0, 0]);
            said.extend(command.to_be_bytes());
            said.extend(*b"a handle");
            said.extend(4096u64.to_be_bytes());
            said.extend(length.to_be_bytes());
            said.extend(if command == 1 { &b"abc"[..] } else { b"" });
        }
        let (mut said, handle, offset) = (&said[..], *b"a handle", 4096);
        let write = Request::Write { handle, offset, bytes: b"abc".to_vec() };
        assert_eq!(next(&mut said).unwrap(), write);
        assert_eq!(next(&mut said).unwrap(), Request::Read { handle, offset, length: 512 });
        assert_eq!(next(&mut said).unwrap(), Request::Disconnect);
        assert!(next(&mut said).is_err());
    }
}
