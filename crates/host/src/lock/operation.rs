//! What is done under a lock.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Who goes before whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rank {
    /// It can be interrupted at any time, goes on where it was, and may take hours.
    GivesWay,
    /// It only looks, and can be asked for again.
    Looks,
    /// It changes the appliance, and waits for nothing that gives way.
    GoesFirst,
}

macro_rules! operations {
    ($($(#[$doc:meta])+ $kind:ident = $words:literal, $rank:ident;)+) => {
        /// What is done under a lock, by the words that people know it by.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Operation {
            $($(#[$doc])+ #[serde(rename = $words)] $kind,)+
        }

        impl Operation {
            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$(Self::$kind),+];

            const fn rank(self) -> Rank {
                match self {
                    $(Self::$kind => Rank::$rank,)+
                }
            }

            /// The words.
            pub const fn words(self) -> &'static str {
                match self {
                    $(Self::$kind => $words,)+
                }
            }
        }
    };
}

operations! {
    /// A backup is made.
    Backup = "backup", GoesFirst;
    /// Backups are looked into.
    BackupList = "backup list", Looks;
    /// One is mounted for people.
    BackupMount = "backup mount", Looks;
    /// The running system is checked, or what was found is accepted.
    Check = "check", GoesFirst;
    /// An alarm of a check is acknowledged.
    Acknowledge = "alarm", GoesFirst;
    /// The keys that the appliance trusts are read.
    Keys = "keys", Looks;
    /// A recovery.
    Recover = "recover", GoesFirst;
    /// What follows a recovery, or an upgrade that was confirmed.
    Settle = "settle", GoesFirst;
    /// An upgrade.
    Upgrade = "upgrade", GoesFirst;
    /// It is looked for a newer version.
    Look = "look", Looks;
    /// Applications that a backup holds still are let go on.
    Hooks = "hooks", GoesFirst;
    /// Backups are copied into the vault.
    VaultCopy = "vault copy", GivesWay;
    /// The vault is proved.
    VaultCheck = "vault check", GivesWay;
    /// A vault is made.
    VaultInit = "vault init", GoesFirst;
    /// The vault's recovery key is replaced.
    VaultKey = "vault key", GoesFirst;
    /// What the policy does not keep is given up.
    VaultPrune = "vault prune", GoesFirst;
    /// The vault's generations are listed.
    VaultList = "vault list", Looks;
    /// Copies are sent off the machine.
    VaultSend = "vault send", Looks;
    /// A generation is brought from a place off the machine.
    VaultFetch = "vault fetch", Looks;
    /// Files are taken out of a generation.
    VaultGet = "vault get", Looks;
    /// A generation is mounted for people.
    VaultMount = "vault mount", Looks;
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl Operation {
    /// Whether it ends for another one.
    pub(super) fn gives_way_to(self, other: Self) -> bool {
        (self.rank(), other.rank()) == (Rank::GivesWay, Rank::GoesFirst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_written_as_people_read_it() {
        for operation in Operation::ALL {
            let json = serde_json::to_string(operation).unwrap();
            assert_eq!(json, format!("\"{operation}\""));
            assert_eq!(serde_json::from_str::<Operation>(&json).unwrap(), *operation);
        }
        assert!(serde_json::from_str::<Operation>("\"another\"").is_err());
    }

    #[test]
    fn only_what_goes_on_where_it_was_gives_way() {
        let gives_way = |operation: &&Operation| operation.rank() == Rank::GivesWay;
        let found: Vec<_> = Operation::ALL.iter().copied().filter(|it| gives_way(&it)).collect();
        assert_eq!(found, [Operation::VaultCopy, Operation::VaultCheck]);
    }
}
