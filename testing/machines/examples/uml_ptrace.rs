//! A `ptrace` for user-mode Linux to be started with (`LD_PRELOAD`), on processors that have more
//! state than it knows of.
//!
//! Linux takes the extended state of a traced process back only whole: `PTRACE_SETREGSET` fails
//! with EFAULT where the buffer is shorter than all that the processor could hold
//! (`xstateregs_set` in arch/x86/kernel/fpu/regset.c). User-mode Linux before 6.13 keeps 2,696
//! bytes, which end behind AVX-512 and the protection keys; with AMX there are 11,008, and its first
//! process dies. What is missing no process inside can have made use of, for it has to be asked for
//! first (`ARCH_REQ_XCOMP_PERM`): it is in its initial state, and says so where the header
//! (`XSTATE_BV`) has no bit for it. So anything may be put there; it is zeros.
#![allow(unsafe_code, reason = "the one way to change what a program that is not ours asks for")]

use std::cell::UnsafeCell;
use std::ffi::{c_long, c_uint, c_void};
use std::ptr;
use std::slice;

/// The extended state among the sets of registers (elf.h).
const NT_X86_XSTATE: usize = 0x202;
/// More than any processor's state.
const WHOLE: usize = 1 << 16;

/// Beside the stack, which for user-mode Linux's own code is 16 KiB, and the heap, which is its.
struct RegisterState(UnsafeCell<[u8; WHOLE]>);

// SAFETY: user-mode Linux traces from one thread, as Linux wants it: a process is traced by the
// thread that began it.
unsafe impl Sync for RegisterState {}

static STATE: RegisterState = RegisterState(UnsafeCell::new([0; WHOLE]));

/// `ptrace(2)`, with the state that is set padded to the processor's. On x86-64 a function without
/// variable arguments is called like one with them.
///
/// # Safety
///
/// That of `ptrace(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ptrace(
    request: c_uint,
    process: libc::pid_t,
    address: *mut c_void,
    data: *mut c_void,
) -> c_long {
    let extended = address.addr() == NT_X86_XSTATE;
    if request == libc::PTRACE_SETREGSET && extended {
        // SAFETY: for this request the data is an iovec of the caller's, and nobody else is in here.
        let (given, whole) = unsafe {
            let given = &*data.cast::<libc::iovec>();
            let given = slice::from_raw_parts(given.iov_base.cast::<u8>(), given.iov_len);
            (given, &mut *STATE.0.get())
        };
        // The rest is zeros: a caller's buffers are of one size.
        if let Some(kept) = whole.get_mut(..given.len()) {
            kept.copy_from_slice(given);
        }
        // The kernel takes of it what the processor has.
        let mut padded = libc::iovec { iov_base: whole.as_mut_ptr().cast(), iov_len: WHOLE };
        // SAFETY: the buffer outlives the call, which reads from it.
        return unsafe {
            libc::syscall(libc::SYS_ptrace, request, process, address, &raw mut padded)
        };
    }
    peek(request, process, address, data)
}

/// The other requests, as the C library has them: what is peeked at is returned.
fn peek(request: c_uint, process: libc::pid_t, address: *mut c_void, data: *mut c_void) -> c_long {
    const PEEKS: [c_uint; 3] =
        [libc::PTRACE_PEEKTEXT, libc::PTRACE_PEEKDATA, libc::PTRACE_PEEKUSER];
    let mut word: c_long = 0;
    let peeks = PEEKS.contains(&request);
    let data = if peeks { ptr::from_mut(&mut word).cast() } else { data };
    // SAFETY: what the caller of `ptrace` promises; and the word outlives the call.
    let ended = unsafe { libc::syscall(libc::SYS_ptrace, request, process, address, data) };
    if peeks && ended >= 0 {
        // Minus one may be a word too.
        // SAFETY: a thread's own.
        unsafe { *libc::__errno_location() = 0 };
        return word;
    }
    ended
}
