//! The vault: backups copied where neither the SSD's end nor the machine's takes them along.

mod backups;
mod copy;
mod credentials;
mod far;
mod far_prune;
mod fetch;
mod generations;
mod init;
mod local;
mod proof;
mod recovery_key;
pub mod state;
mod taken;
mod trouble;
mod wanted_back;

pub use copy::{CopiedBackup, Options, Outcome, Prepared, prepare};
pub use far::{Places, Sent, Tested, send, test};
pub use far_prune::{FarPruned, PreparedPrune, prepare_prune_at};
pub use fetch::{
    FetchedBackup, FetchedFrom, ListedThere, PreparedFetch, forget_fetched, list_at, prepare_fetch,
};
pub use generations::{ListedGeneration, Listing, list};
pub use init::{NewVault, PreparedInit, prepare_init};
pub use proof::{Checked, Pruned, check, prune};
pub use recovery_key::replace_recovery_key;
pub use taken::{Taken, get, mount};
pub use trouble::Trouble;
pub(crate) use trouble::generation_told;
pub use wanted_back::WantedBack;
