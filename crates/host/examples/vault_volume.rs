//! The vault on an HDD alone, for scenarios: mounted while a shell's command runs.
//!
//! ```text
//! vault_volume DISK GROUP DIRECTORY COMMAND
//! ```

use std::error::Error;
use std::path::Path;
use std::process::Command;

use zshield_host::vault::VaultMount;
use zshield_plan::id::DiskName;
use zshield_plan::policy::GroupName;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [disk, group, at, command] = &words[..] else { return Err("see the source".into()) };
    let group = GroupName::new(group.as_str()).ok_or("that is no name of a group")?;
    let vault = VaultMount::on_hdd_alone(&DiskName(disk.clone()), &group, Path::new(at))?;
    let room = vault.room()?;
    println!("room: {} free, {} % used", room.free, room.used());
    let ended = Command::new("sh").args(["-ec", command]).current_dir(vault.root()).status()?;
    vault.close()?;
    if ended.success() { Ok(()) } else { Err(format!("{ended}").into()) }
}
