//! Long work on a disk that others use too.

use std::thread;
use std::time::Instant;

use zshield_linux::activity;
use zshield_plan::throttle::{self, Piece};
use zshield_units::{Bytes, Sectors};

/// Rests between the pieces of long work on a disk, as far as others want it.
#[derive(Debug)]
pub struct Pacer {
    disk: String,
    /// When the piece that is under way began, and what the disk had moved by then.
    begun: Option<(Instant, Sectors)>,
}

impl Pacer {
    /// One for work on this disk. What was done before its first piece has ended is not counted.
    pub const fn of(disk: String) -> Self {
        Self { disk, begun: None }
    }

    /// A piece is done that has moved so much: rests, and begins the next one. Of a disk that the kernel has no
    /// numbers of nobody is taken to want anything.
    pub fn rest_after(&mut self, own: Bytes) {
        let Some(moved) = activity::moved(&self.disk) else { return };
        if let Some((begun, before)) = self.begun {
            let all = Sectors(moved.0.saturating_sub(before.0)).bytes();
            let waiting = activity::of(&self.disk).map_or(0, |activity| activity.under_way);
            thread::sleep(throttle::pause(&Piece { took: begun.elapsed(), own, all, waiting }));
        }
        let moved = activity::moved(&self.disk).unwrap_or(moved);
        self.begun = Some((Instant::now(), moved));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_without_numbers_costs_no_rest() {
        let mut pacer = Pacer::of("/dev/no-such-disk".into());
        pacer.rest_after(Bytes(1));
        pacer.rest_after(Bytes(1));
        assert!(pacer.begun.is_none());
    }
}
