//! Every scenario there is, but for the short forms of benches.

mod alarm;
mod backup_mount;
mod bundle_url;
mod check;
mod check_daemon;
mod copy_back;
mod cow;
mod cuts;
mod daemon;
mod degraded;
mod el;
mod factory_anew;
mod faults;
mod fold;
mod foreign_image;
mod gpt;
mod harness;
mod install;
mod install_cut;
mod install_menu;
mod install_unattended;
mod interrupted;
mod kill_matrix;
mod live;
mod live_matrix;
mod live_order;
mod live_repair;
mod live_writers;
mod load;
mod loopback;
mod network;
mod own_disks;
mod plan_runs_as_shown;
mod rebuild;
pub mod recover;
mod repair;
mod ruins;
mod running_matrix;
pub mod scenario;
mod soak_backup;
mod start;
mod stick;
mod upgrade;
mod upgrade_files_alone;
mod upgrade_golden;
mod upgrade_keys;
mod upgrade_look;
pub mod upgrade_machine;
mod upgrade_packages;
mod upgrade_refused;
mod vault_copy;
mod vault_init;
mod vault_machine;
mod vault_recover;
mod vault_store;
mod vault_volume;

use crate::scenario::Scenario;

/// All scenarios, of every tier.
pub fn all() -> Vec<Scenario> {
    let own = [
        install::SCENARIOS,
        install_cut::SCENARIOS,
        install_menu::SCENARIOS,
        install_unattended::SCENARIOS,
        interrupted::SCENARIOS,
        kill_matrix::SCENARIOS,
        plan_runs_as_shown::SCENARIOS,
        rebuild::SCENARIOS,
        repair::SCENARIOS,
        stick::SCENARIOS,
        vault_copy::SCENARIOS,
        vault_machine::SCENARIOS,
        vault_recover::SCENARIOS,
        vault_init::SCENARIOS,
        vault_volume::SCENARIOS,
        degraded::SCENARIOS,
        el::SCENARIOS,
        own_disks::SCENARIOS,
        factory_anew::SCENARIOS,
        fold::SCENARIOS,
        backup_mount::SCENARIOS,
        daemon::SCENARIOS,
        check::SCENARIOS,
        check_daemon::SCENARIOS,
        soak_backup::SCENARIOS,
        live::SCENARIOS,
        live_matrix::SCENARIOS,
        live_order::SCENARIOS,
        live_writers::SCENARIOS,
        live_repair::SCENARIOS,
        load::SCENARIOS,
        cuts::SCENARIOS,
        recover::SCENARIOS,
        ruins::SCENARIOS,
        start::SCENARIOS,
        upgrade::SCENARIOS,
        upgrade_files_alone::SCENARIOS,
        upgrade_golden::SCENARIOS,
        upgrade_keys::SCENARIOS,
        upgrade_look::SCENARIOS,
        upgrade_machine::SCENARIOS,
        upgrade_packages::SCENARIOS,
        upgrade_refused::SCENARIOS,
        running_matrix::SCENARIOS,
        cow::SCENARIOS,
        copy_back::SCENARIOS,
        foreign_image::SCENARIOS,
        gpt::SCENARIOS,
        harness::SCENARIOS,
        alarm::SCENARIOS,
        bundle_url::SCENARIOS,
        network::SCENARIOS,
        vault_store::SCENARIOS,
    ]
    .concat();
    [own, faults::GROUPS.concat()].concat()
}
