//! Packets that a server is sent: SSH File Transfer Protocol, version 3, as far as objects need it.

/// For reading.
pub(super) const READ: u32 = 1;
/// For writing a file that is not there.
pub(super) const WRITE_NEW: u32 = 2 | 8 | 0x20;

/// What a server is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Request<'a> {
    Open {
        path: &'a str,
        flags: u32,
    },
    Close {
        handle: &'a [u8],
    },
    Read {
        handle: &'a [u8],
        at: u64,
        bytes: u32,
    },
    Write {
        handle: &'a [u8],
        at: u64,
        content: &'a [u8],
    },
    OpenDirectory {
        path: &'a str,
    },
    ReadDirectory {
        handle: &'a [u8],
    },
    Look {
        path: &'a str,
    },
    MakeDirectory {
        path: &'a str,
    },
    Remove {
        path: &'a str,
    },
    /// Fails where the new name is taken.
    Rename {
        from: &'a str,
        to: &'a str,
    },
    /// `fsync@openssh.com`
    Sync {
        handle: &'a [u8],
    },
    /// `statvfs@openssh.com`
    Room {
        path: &'a str,
    },
}

/// The first packet: version 3.
pub(super) const HELLO: [u8; 9] = [0, 0, 0, 5, 1, 0, 0, 0, 3];

impl Request<'_> {
    /// Appends the packet of this request.
    pub(super) fn encode(&self, id: u32, packet: &mut Vec<u8>) {
        let start = packet.len();
        packet.extend([0; 4]);
        packet.push(self.number());
        packet.extend(id.to_be_bytes());
        match *self {
            Self::Open { path, flags } => {
                string(packet, path.as_bytes());
                packet.extend(flags.to_be_bytes());
                // For the owner alone.
                packet.extend(4_u32.to_be_bytes());
                packet.extend(0o600_u32.to_be_bytes());
            }
            Self::Close { handle } | Self::ReadDirectory { handle } => string(packet, handle),
            Self::Read { handle, at, bytes } => {
                string(packet, handle);
                packet.extend(at.to_be_bytes());
                packet.extend(bytes.to_be_bytes());
            }
            Self::Write { handle, at, content } => {
                string(packet, handle);
                packet.extend(at.to_be_bytes());
                string(packet, content);
            }
            Self::OpenDirectory { path } | Self::Look { path } | Self::Remove { path } => {
                string(packet, path.as_bytes());
            }
            Self::MakeDirectory { path } => {
                string(packet, path.as_bytes());
                packet.extend(4_u32.to_be_bytes());
                packet.extend(0o700_u32.to_be_bytes());
            }
            Self::Rename { from, to } => {
                string(packet, from.as_bytes());
                string(packet, to.as_bytes());
            }
            Self::Sync { handle } => {
                string(packet, b"fsync@openssh.com");
                string(packet, handle);
            }
            Self::Room { path } => {
                string(packet, b"statvfs@openssh.com");
                string(packet, path.as_bytes());
            }
        }
        let length = size(packet.len() - start - 4);
        packet[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }

    /// How much of a file goes or comes by it.
    pub(super) fn content(&self) -> Option<usize> {
        match self {
            Self::Read { bytes, .. } => usize::try_from(*bytes).ok(),
            Self::Write { content, .. } => Some(content.len()),
            Self::Open { .. }
            | Self::Close { .. }
            | Self::OpenDirectory { .. }
            | Self::ReadDirectory { .. }
            | Self::Look { .. }
            | Self::MakeDirectory { .. }
            | Self::Remove { .. }
            | Self::Rename { .. }
            | Self::Sync { .. }
            | Self::Room { .. } => None,
        }
    }

    fn number(&self) -> u8 {
        match self {
            Self::Open { .. } => 3,
            Self::Close { .. } => 4,
            Self::Read { .. } => 5,
            Self::Write { .. } => 6,
            // Of a link itself, and not of what it leads to.
            Self::Look { .. } => 7,
            Self::OpenDirectory { .. } => 11,
            Self::ReadDirectory { .. } => 12,
            Self::Remove { .. } => 13,
            Self::MakeDirectory { .. } => 14,
            Self::Rename { .. } => 18,
            Self::Sync { .. } | Self::Room { .. } => 200,
        }
    }
}

/// Nothing that is sent is longer than 4 GiB.
fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn string(packet: &mut Vec<u8>, bytes: &[u8]) {
    packet.extend(size(bytes.len()).to_be_bytes());
    packet.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_its_length_and_number() {
        let mut sent = Vec::new();
        Request::Remove { path: "ab" }.encode(7, &mut sent);
        Request::Sync { handle: b"h" }.encode(8, &mut sent);
        let remove = [0, 0, 0, 11, 13, 0, 0, 0, 7, 0, 0, 0, 2, b'a', b'b'];
        let sync =
            [&[0, 0, 0, 31, 200, 0, 0, 0, 8, 0, 0, 0, 17][..], b"fsync@openssh.com"].concat();
        assert_eq!(sent, [&remove[..], &sync, &[0, 0, 0, 1, b'h']].concat());
    }
}
