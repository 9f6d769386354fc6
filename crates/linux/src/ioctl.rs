//! The system calls that no crate offers: a few block device requests, at most with a number.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd as _, RawFd};

use rustix::ffi::c_int;
use rustix::ioctl::{self, Getter, Ioctl, IoctlOutput, NoArg, Opcode, Setter};

/// `BLKRRPART`, `_IO(0x12, 95)`: reads the partition table again.
const BLKRRPART: Opcode = 0x125f;
/// `BLKROSET`, `_IO(0x12, 93)`: whether a device can be written; reads an `int`.
const BLKROSET: Opcode = 0x125d;
/// `BLKROGET`, `_IO(0x12, 94)`: writes an `int`.
const BLKROGET: Opcode = 0x125e;
/// `BLKDISCARD`, `_IO(0x12, 119)`: reads two u64, where it begins and how long it is, in bytes.
const BLKDISCARD: Opcode = 0x1277;
/// `BLKPG`, `_IO(0x12, 105)`: changes the kernel's list of a disk's partitions, and nothing on the disk.
const BLKPG: Opcode = 0x1269;
/// `FIFREEZE`, `_IOWR('X', 119, int)`; the kernel looks at no argument.
const FIFREEZE: Opcode = 0xc004_5877;
/// `FITHAW`, `_IOWR('X', 120, int)`.
const FITHAW: Opcode = 0xc004_5878;
/// `LOOP_SET_FD`: binds a loop device to a file.
const LOOP_SET_FD: Opcode = 0x4c00;
/// `LOOP_CLR_FD`: unbinds it.
const LOOP_CLR_FD: Opcode = 0x4c01;
/// `LOOP_CTL_GET_FREE`: the number of a loop device that is free.
const LOOP_CTL_GET_FREE: Opcode = 0x4c82;

/// A request without an argument that returns a number.
struct Number<const OPCODE: Opcode>;

// SAFETY: the request takes no argument and writes to no memory.
unsafe impl<const OPCODE: Opcode> Ioctl for Number<OPCODE> {
    type Output = IoctlOutput;
    const IS_MUTATING: bool = false;
    fn opcode(&self) -> Opcode {
        OPCODE
    }
    fn as_ptr(&mut self) -> *mut rustix::ffi::c_void {
        std::ptr::null_mut()
    }
    unsafe fn output_from_ptr(
        out: IoctlOutput,
        _: *mut rustix::ffi::c_void,
    ) -> rustix::io::Result<IoctlOutput> {
        Ok(out)
    }
}

/// A request whose argument is a file descriptor, passed as a number.
struct Descriptor<const OPCODE: Opcode>(RawFd);

// SAFETY: the kernel takes the argument as a number and follows no pointer.
unsafe impl<const OPCODE: Opcode> Ioctl for Descriptor<OPCODE> {
    type Output = ();
    const IS_MUTATING: bool = false;
    fn opcode(&self) -> Opcode {
        OPCODE
    }
    fn as_ptr(&mut self) -> *mut rustix::ffi::c_void {
        std::ptr::without_provenance_mut(self.0.unsigned_abs() as usize)
    }
    unsafe fn output_from_ptr(
        _: IoctlOutput,
        _: *mut rustix::ffi::c_void,
    ) -> rustix::io::Result<()> {
        Ok(())
    }
}

/// Has the kernel read a disk's partition table again.
pub fn reread_partitions(disk: &File) -> io::Result<()> {
    // SAFETY: BLKRRPART takes no argument.
    unsafe { ioctl::ioctl(disk, NoArg::<BLKRRPART>::new()) }.map_err(Into::into)
}

/// What `BLKPG` reads (`linux/blkpg.h`).
#[repr(C)]
// The kernel reads them.
#[allow(dead_code)]
struct PartitionRequest {
    operation: c_int,
    flags: c_int,
    length: c_int,
    partition: *const KernelPartition,
}

#[repr(C)]
#[allow(dead_code)]
struct KernelPartition {
    start: i64,
    length: i64,
    number: c_int,
    names: [[u8; 64]; 2],
}

/// Has the kernel forget a partition until it reads the table again; one that is in use stays.
pub fn forget_partition(disk: &File, number: u32) -> io::Result<()> {
    const DELETE: c_int = 2;
    let number = c_int::try_from(number).map_err(io::Error::other)?;
    let partition = KernelPartition { start: 0, length: 0, number, names: [[0; 64]; 2] };
    let length = c_int::try_from(size_of::<KernelPartition>()).map_err(io::Error::other)?;
    let request =
        PartitionRequest { operation: DELETE, flags: 0, length, partition: &raw const partition };
    // SAFETY: BLKPG reads the request and the partition that it points to; both live until the call is over.
    unsafe { ioctl::ioctl(disk, Setter::<BLKPG, PartitionRequest>::new(request)) }
        .map_err(Into::into)
}

/// Whether a device can't be written.
pub fn is_read_only(device: &File) -> io::Result<bool> {
    // SAFETY: BLKROGET writes an int.
    Ok(unsafe { ioctl::ioctl(device, Getter::<BLKROGET, c_int>::new()) }? != 0)
}

/// Has a device take writes, or refuse them.
pub fn set_read_only(device: &File, read_only: bool) -> io::Result<()> {
    let wanted = c_int::from(read_only);
    // SAFETY: BLKROSET reads an int, which lives until the call is over.
    unsafe { ioctl::ioctl(device, Setter::<BLKROSET, c_int>::new(wanted)) }.map_err(Into::into)
}

/// Tells a device that nothing of use lies in a range of bytes.
pub fn discard(device: &File, range: Range<u64>) -> io::Result<()> {
    let wanted = [range.start, range.end.saturating_sub(range.start)];
    // SAFETY: BLKDISCARD reads two u64, which live until the call is over.
    unsafe { ioctl::ioctl(device, Setter::<BLKDISCARD, [u64; 2]>::new(wanted)) }.map_err(Into::into)
}

/// The number of a free loop device; `control` is `/dev/loop-control`.
pub fn free_loop(control: &File) -> io::Result<u32> {
    // SAFETY: LOOP_CTL_GET_FREE takes no argument.
    let number = unsafe { ioctl::ioctl(control, Number::<LOOP_CTL_GET_FREE>) }?;
    u32::try_from(number).map_err(io::Error::other)
}

/// Binds a loop device to a file; read-only where the file was opened so.
pub fn bind_loop(device: &File, file: impl AsFd) -> io::Result<()> {
    let descriptor = Descriptor::<LOOP_SET_FD>(file.as_fd().as_raw_fd());
    // SAFETY: LOOP_SET_FD takes the number of an open file, which lives until the call is over.
    unsafe { ioctl::ioctl(device, descriptor) }.map_err(Into::into)
}

/// Unbinds a loop device.
pub fn unbind_loop(device: &File) -> io::Result<()> {
    // SAFETY: LOOP_CLR_FD takes no argument.
    unsafe { ioctl::ioctl(device, NoArg::<LOOP_CLR_FD>::new()) }.map_err(Into::into)
}

/// Freezes a filesystem: all of it is in its place on the disk, its journal empty.
pub fn freeze(mounted: &File) -> io::Result<()> {
    // SAFETY: FIFREEZE looks at no argument.
    unsafe { ioctl::ioctl(mounted, NoArg::<FIFREEZE>::new()) }.map_err(Into::into)
}

/// Lets it be written again.
pub fn thaw(mounted: &File) -> io::Result<()> {
    // SAFETY: FITHAW looks at no argument.
    unsafe { ioctl::ioctl(mounted, NoArg::<FITHAW>::new()) }.map_err(Into::into)
}
