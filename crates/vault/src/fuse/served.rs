//! What the kernel asks, and what it is answered.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;
use std::time::Duration;

use fuser::{
    AccessFlags, Errno, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo,
    InitFlags, IoctlFlags, KernelConfig, LockOwner, OpenFlags, ReplyAttr, ReplyData,
    ReplyDirectory, ReplyDirectoryPlus, ReplyEmpty, ReplyEntry, ReplyIoctl, ReplyLseek, ReplyOpen,
    ReplyStatfs, ReplyXattr, Request,
};

use super::attributes::{BLOCK, attributes, kind};
use super::nodes::{Position, number as own_number};
use super::state::{Failure, Handle, State};
use crate::read::{File, Kind};

/// Nothing ever changes.
const FOREVER: Duration = Duration::from_hours(365 * 24);
/// The whole of a filesystem has one.
const GENERATION: Generation = Generation(0);
/// `.` and `..` come before the first name.
const DOTS: u64 = 2;

/// What the threads answer from.
#[derive(Debug)]
pub(super) struct Served(pub(super) Arc<State>);

/// Answers, or says why not.
macro_rules! answer {
    ($self:ident, $number:expr, $reply:ident, $result:expr) => {
        match $result {
            Ok(answer) => answer,
            Err(failure) => return $reply.error($self.0.failed($number, failure)),
        }
    };
}

/// Of an attribute's value or list the kernel wants the length, or all where it has room.
fn xattr(value: &[u8], room: u32, reply: ReplyXattr) {
    match u32::try_from(value.len()) {
        Ok(length) if room == 0 => reply.size(length),
        Ok(length) if length <= room => reply.data(value),
        Ok(_) | Err(_) => reply.error(Errno::ERANGE),
    }
}

impl Filesystem for Served {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> io::Result<()> {
        let wanted = InitFlags::FUSE_DO_READDIRPLUS
            | InitFlags::FUSE_READDIRPLUS_AUTO
            | InitFlags::FUSE_PARALLEL_DIROPS
            | InitFlags::FUSE_CACHE_SYMLINKS;
        // An old kernel does without those that it does not know.
        let there = wanted & config.capabilities();
        config.add_capabilities(there).map_err(|_| io::ErrorKind::Unsupported.into())
    }

    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let found = answer!(self, parent.0, reply, self.0.lookup(parent.0, name.as_bytes()));
        reply.entry(&FOREVER, &found, GENERATION);
    }

    fn forget(&self, _: &Request, number: INodeNo, times: u64) {
        self.0.nodes.forget(number.0, times);
    }

    fn getattr(&self, _: &Request, number: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        let found = answer!(self, number.0, reply, self.0.attributes(number.0));
        reply.attr(&FOREVER, &found);
    }

    fn readlink(&self, _: &Request, number: INodeNo, reply: ReplyData) {
        match answer!(self, number.0, reply, self.0.entry(number.0)).kind {
            Kind::Symlink(target) => reply.data(&target),
            Kind::File(_)
            | Kind::Directory(_)
            | Kind::Block(_)
            | Kind::Char(_)
            | Kind::Fifo
            | Kind::Socket => reply.error(Errno::EINVAL),
        }
    }

    fn open(&self, _: &Request, number: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        let entry = answer!(self, number.0, reply, self.0.entry(number.0));
        let file = File::new(self.0.contents(), &entry).map_err(Failure::from);
        let file = answer!(self, number.0, reply, file);
        reply.opened(self.0.opened(Handle::File(Arc::new(file))), FopenFlags::FOPEN_KEEP_CACHE);
    }

    fn read(
        &self,
        _: &Request,
        number: INodeNo,
        handle: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let file = answer!(self, number.0, reply, self.0.file(handle));
        let range = offset..offset.saturating_add(u64::from(size));
        let bytes = file.read(self.0.contents(), range).map_err(Failure::from);
        let bytes = answer!(self, number.0, reply, bytes);
        reply.data(&bytes);
    }

    fn lseek(
        &self,
        _: &Request,
        number: INodeNo,
        handle: FileHandle,
        offset: i64,
        whence: i32,
        reply: ReplyLseek,
    ) {
        /// What these are to `lseek`.
        const DATA: i32 = 3;
        const HOLE: i32 = 4;
        let file = answer!(self, number.0, reply, self.0.file(handle));
        let Ok(offset) = u64::try_from(offset) else { return reply.error(Errno::ENXIO) };
        let found = match whence {
            DATA => file.data_from(offset),
            HOLE => file.hole_from(offset),
            _ => return reply.error(Errno::EINVAL),
        };
        match found.map(i64::try_from) {
            Some(Ok(found)) => reply.offset(found),
            Some(Err(_)) | None => reply.error(Errno::ENXIO),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        // The kernel asks no more then.
        reply.error(Errno::ENOSYS);
    }

    fn release(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        self.0.closed(handle);
        reply.ok();
    }

    fn opendir(&self, _: &Request, number: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        let (name, tree) = answer!(self, number.0, reply, self.0.directory(number.0));
        reply.opened(self.0.opened(Handle::Directory(name, tree)), FopenFlags::empty());
    }

    fn readdir(
        &self,
        _: &Request,
        number: INodeNo,
        handle: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let (_, tree) = answer!(self, number.0, reply, self.0.listed(handle));
        for (at, name) in (0..DOTS).zip([".", ".."]).skip(position(offset)) {
            if reply.add(number, at + 1, FileType::Directory, name) {
                return reply.ok();
            }
        }
        let rest = position(offset.saturating_sub(DOTS));
        for (entry, at) in tree.entries().iter().zip(1_u64..).skip(rest) {
            let own = INodeNo(own_number(number.0, entry));
            if reply.add(own, at + DOTS, kind(entry), OsStr::from_bytes(&entry.name)) {
                break;
            }
        }
        reply.ok();
    }

    fn readdirplus(
        &self,
        _: &Request,
        number: INodeNo,
        handle: FileHandle,
        offset: u64,
        mut reply: ReplyDirectoryPlus,
    ) {
        let (tree, entries) = answer!(self, number.0, reply, self.0.listed(handle));
        let own = answer!(self, number.0, reply, self.0.attributes(number.0));
        for (at, name) in (0..DOTS).zip([".", ".."]).skip(position(offset)) {
            // The kernel does not count these two as told: it knows them.
            if reply.add(number, at + 1, name, &FOREVER, &own, GENERATION) {
                return reply.ok();
            }
        }
        let rest = position(offset.saturating_sub(DOTS));
        for (at, entry) in entries.entries().iter().enumerate().skip(rest) {
            let told = self.0.nodes.tell(Position { parent: number.0, tree, at }, entry);
            let found = attributes(told, entry, self.0.contents());
            let (name, next) = (OsStr::from_bytes(&entry.name), at as u64 + 1 + DOTS);
            if reply.add(found.ino, next, name, &FOREVER, &found, GENERATION) {
                // There was no room to tell of it.
                self.0.nodes.forget(told, 1);
                break;
            }
        }
        reply.ok();
    }

    fn releasedir(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        reply: ReplyEmpty,
    ) {
        self.0.closed(handle);
        reply.ok();
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        let blocks = self.0.contents().bytes().div_ceil(u64::from(BLOCK));
        reply.statfs(blocks, 0, 0, 0, 0, BLOCK, 255, BLOCK);
    }

    fn getxattr(&self, _: &Request, number: INodeNo, name: &OsStr, room: u32, reply: ReplyXattr) {
        let value = answer!(self, number.0, reply, self.0.xattr(number.0, name.as_bytes()));
        xattr(&value, room, reply);
    }

    fn listxattr(&self, _: &Request, number: INodeNo, room: u32, reply: ReplyXattr) {
        let names = answer!(self, number.0, reply, self.0.xattrs(number.0));
        xattr(&names, room, reply);
    }

    fn access(&self, _: &Request, _: INodeNo, _: AccessFlags, reply: ReplyEmpty) {
        // The kernel judges by the mode.
        reply.error(Errno::ENOSYS);
    }

    fn ioctl(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        _: IoctlFlags,
        command: u32,
        _: &[u8],
        room: u32,
        reply: ReplyIoctl,
    ) {
        /// `FS_IOC_GETFLAGS`.
        const GET_FLAGS: u32 = 0x8008_6601;
        if command != GET_FLAGS {
            return reply.error(Errno::ENOTTY);
        }
        let entry = answer!(self, number.0, reply, self.0.entry(number.0));
        // Kernels since 5.13 leave room for four bytes, earlier ones for eight.
        let flags = u64::from(entry.flags).to_le_bytes();
        reply.ioctl(0, &flags[..flags.len().min(room as usize)]);
    }
}

/// A position that is passed over to.
fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
