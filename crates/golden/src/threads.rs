//! Plain threads for work that splits into pieces.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

/// How many workers are worth having.
pub fn count() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// The results of `work` for 0, 1, … `pieces - 1`, in that order, made by several threads. The
/// first error ends the work.
pub fn map<T: Send, E: Send>(
    pieces: u64,
    work: impl Fn(u64) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let next = AtomicU64::new(0);
    let failed = AtomicBool::new(false);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..count() {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed) {
                    let piece = next.fetch_add(1, Ordering::Relaxed);
                    if piece >= pieces {
                        return;
                    }
                    let result = work(piece);
                    failed.fetch_or(result.is_err(), Ordering::Relaxed);
                    lock(&done).push((piece, result));
                }
            });
        }
    });
    let mut results = lock(&done).drain(..).collect::<Vec<_>>();
    results.sort_by_key(|(piece, _)| *piece);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The lock's content. A thread that panics here brings its scope down with it, so what it leaves
/// behind is never used.
pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
