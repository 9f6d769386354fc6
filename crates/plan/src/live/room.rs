//! Whether what is written has room.

/// Whether there is room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Room {
    /// For all of it.
    Enough,
    /// Once what is too much has gone.
    AfterRemoving,
    /// Not even then: only copying back, which writes where the blocks are, needs none.
    Short,
}

/// A filesystem that is filled to the brim is slow, and the system itself goes on writing.
const RESERVE: u64 = 16 << 20;

impl Room {
    /// The room for so many bytes, where so many are free, and so many become free.
    pub const fn of(needed: u64, free: u64, freed: u64) -> Self {
        if needed + RESERVE <= free {
            Self::Enough
        } else if needed <= free + freed {
            Self::AfterRemoving
        } else {
            Self::Short
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_makes_room_where_there_is_little() {
        let mib = |count: u64| count << 20;
        assert_eq!(Room::of(mib(10), mib(100), 0), Room::Enough);
        assert_eq!(Room::of(mib(10), mib(12), 0), Room::AfterRemoving);
        assert_eq!(Room::of(mib(10), 0, mib(50)), Room::AfterRemoving);
        assert_eq!(Room::of(mib(10), mib(2), mib(3)), Room::Short);
    }
}
