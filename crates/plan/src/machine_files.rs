//! The files in GRUB's directory on `/boot` that belong to the machine and to no version of its
//! system: no part of a backup, and left alone by a recovery.
//!
//! This table is their one definition: writers take their names from it, and boot sets, readers of
//! `/boot` and tests go by [`ALL`].

/// How long a file of the machine stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stays {
    /// As long as the appliance.
    Always,
    /// Until the state that it is about has ended.
    Meanwhile,
}

/// Makes the constants of its list, and the list of them all.
macro_rules! machine_files {
    ($($(#[$doc:meta])+ $name:ident: [$($file:literal),+], $stays:ident;)+) => {
        $($(#[$doc])+ pub const $name: [&str; [$($file),+].len()] = [$($file),+];)+

        /// All of them.
        pub const ALL: &[(&str, Stays)] = &[$($(($file, Stays::$stays)),+),+];
    };
}

machine_files! {
    /// The ledger, in two copies.
    LEDGER: ["ledger.a", "ledger.b"], Always;
    /// How the last operation ended, in two copies.
    OUTCOME: ["outcome.a", "outcome.b"], Always;
    /// The record of upgrades, in two copies, from the first one on.
    UPGRADE: ["upgrade.a", "upgrade.b"], Always;
    /// GRUB's environment.
    ENVIRONMENT: ["grubenv"], Always;
    /// Which files a recovery is about that has begun or is ordered, in two copies.
    SCOPE: ["only.a", "only.b"], Meanwhile;
    /// The note that root ran without its snapshots.
    DEGRADED: ["degraded"], Meanwhile;
}

/// Whether a file of this name in GRUB's directory is the machine's own.
pub fn is_one(name: &[u8]) -> bool {
    ALL.iter().any(|(file, _)| file.as_bytes() == name)
}

/// The names of those that an appliance always has.
pub fn lasting() -> impl Iterator<Item = &'static str> {
    ALL.iter().filter(|(_, stays)| *stays == Stays::Always).map(|(file, _)| *file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_one_alone() {
        assert!(["ledger.b", "grubenv", "only.a"].iter().all(|name| is_one(name.as_bytes())));
        assert!(
            ["ledger", "ledger.a.old", "grub.cfg", ""].iter().all(|name| !is_one(name.as_bytes()))
        );
        assert_eq!(
            lasting().collect::<Vec<_>>().join(" "),
            "ledger.a ledger.b outcome.a outcome.b upgrade.a upgrade.b grubenv"
        );
    }
}
