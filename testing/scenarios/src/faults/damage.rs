//! What is kept on the disks is damaged.

use crate::scenario::Scenario;

use super::boots::{boot, boots};
use crate::kill_matrix::TEXT_LOST;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "recover-store-damaged",
        "a sector is lost from the latest backup's table: no recovery to it begins, root stays \
         as it was, and the way to the factory is open",
        |context| boots(context, &[boot("damaged", &[STORE]), boot("factory", &[FACTORY])]),
    ),
    Scenario::uml(
        "recover-store-unreadable",
        "one sector of the latest backup's store can't be read, and LVM activates nothing of root: it goes, \
         and a recovery to the factory that has begun goes on by the image. One sector of the factory store \
         keeps nothing from going on, and the next backup makes that anew",
        |context| {
            let latest = boot("latest", &[FOLD_UNREADABLE]).with("TARGET", "latest");
            let factory = boot("factory", &[UNREADABLE, "made_anew"]);
            boots(context, &[latest, factory.with("TARGET", "factory")])
        },
    ),
    Scenario::uml(
        "recover-store-unreadable-of-two",
        "the same where the kernel follows root with two snapshots, as before the backup that brings an appliance \
         over: the one that can't be read goes, and the other one is gone back to",
        |context| {
            let of_two = |label, lost, target, then: &[_]| {
                let scripts = [&[OF_TWO], then, &["made_anew"]].concat();
                boot(label, &scripts).with("LOST", lost).with("TARGET", target)
            };
            let latest = of_two("latest", "snap0", "latest", &["restored_to snap1"]);
            boots(context, &[latest, of_two("factory", "snap1", "factory", &[])])
        },
    ),
    Scenario::uml(
        "recover-store-refused",
        "the header of the latest backup's store is damaged but can be read, and the kernel refuses it: it \
         goes, and the image is gone back to. That of the factory store keeps nothing from going on",
        |context| {
            let latest = boot("latest", &[REFUSED, "restored_to snap1", "made_anew"]);
            let factory = boot("factory", &[REFUSED, "made_anew"]);
            // Another magic; chunks of three sectors.
            let magic = latest.with("LOST", "snap0").with("TARGET", "latest").with("WORD", "0 7");
            let chunk =
                factory.with("LOST", "snap1").with("TARGET", "factory").with("WORD", "12 3");
            boots(context, &[magic, chunk])
        },
    ),
    Scenario::uml(
        "recover-metadata-damaged",
        "one disk's copy of LVM's metadata is lost: backups and recoveries go on by the other",
        |context| boots(context, &[boot("damaged", &[METADATA]), boot("recovered", &[RECOVERED])]),
    ),
    Scenario::uml(
        "recover-metadata-torn",
        "the power went while LVM changed the group, and both disks have kept the header of the new \
         metadata and lost its text: the recovery undoes that change and goes on",
        |context| {
            let torn = boot("torn", &[METADATA_CHANGED, TEXT_LOST]);
            boots(context, &[torn, boot("recovered", &[RECOVERED]), boot("undone", &[UNDONE])])
        },
    ),
    Scenario::uml(
        "recover-menu-damaged",
        "GRUB's environment and both menus are damaged: none of it is backed up, and the recovery \
         brings them back",
        |context| boots(context, &[boot("damaged", &[MENU]), boot("recovered", &[RECOVERED])]),
    ),
    Scenario::uml(
        "recover-superblock-torn",
        "one sector of the superblock of /boot is newer than the other, and the kernel refuses it: the \
         recovery mends it and goes on",
        |context| boots(context, &[boot("torn", &[TORN]), boot("recovered", &[RECOVERED])]),
    ),
    Scenario::uml(
        "recover-deleted-files-open",
        "deleted files were open when the backup was made, and stand in its filesystem as orphans: \
         nobody who reads the snapshot writes to it, and the recovery gives their room back",
        |context| {
            let listed = [boot("open", &[OPEN]), boot("recovered", &[ORPHANS])];
            let filed =
                [boot("open-filed", &[ORPHAN_FILE, OPEN]), boot("recovered-filed", &[ORPHANS])];
            let [open, recovered] = listed;
            let [open_filed, recovered_filed] = filed;
            boots(context, &[open, recovered, open_filed, recovered_filed])
        },
    ),
    Scenario::uml(
        "recover-ledger-damaged",
        "one copy of the ledger is damaged and nobody notices; then both: a backup is refused, and a \
         recovery makes it again",
        |context| boots(context, &[boot("one", &[LEDGER]), boot("both", &[NO_LEDGER])]),
    ),
    Scenario::uml(
        "recover-boot-lost",
        "/boot is empty, its superblock is garbage, and nothing is left of its filesystem: the rescue \
         system makes the ledger again from the disks, goes back and puts /boot back, by a snapshot \
         and by the image",
        |context| {
            let [emptied, superblock] = [boot("emptied", &[EMPTIED]), boot("superblock", &[GONE])];
            boots(context, &[emptied, superblock, boot("destroyed", &[DESTROYED])])
        },
    ),
];

const STORE: &str = include_str!("../../sh/faults/store-damaged.sh");

const FACTORY: &str = include_str!("../../sh/faults/store-damaged-factory.sh");

/// The kernel reads the beginning of the table of exceptions to activate a snapshot, and LVM all of
/// them to activate root.
const UNREADABLE: &str = include_str!("../../sh/faults/store-unreadable.sh");
const OF_TWO: &str = include_str!("../../sh/faults/store-unreadable-of-two.sh");
const FOLD_UNREADABLE: &str = include_str!("../../sh/faults/store-unreadable-factory.sh");

/// The kernel reads the header of a store to activate a snapshot.
const REFUSED: &str = include_str!("../../sh/faults/store-refused.sh");

const METADATA: &str = include_str!("../../sh/faults/metadata-damaged.sh");

const METADATA_CHANGED: &str = include_str!("../../sh/faults/metadata-changed.sh");

const UNDONE: &str = include_str!("../../sh/faults/metadata-undone.sh");

const RECOVERED: &str = include_str!("../../sh/faults/recovered.sh");

const MENU: &str = include_str!("../../sh/faults/menu-damaged.sh");

const TORN: &str = include_str!("../../sh/faults/superblock-torn.sh");

/// Newer systems keep orphans in a file and not in a list.
const ORPHAN_FILE: &str = include_str!("../../sh/faults/orphan-file.sh");

const OPEN: &str = include_str!("../../sh/faults/deleted-files-open.sh");

const ORPHANS: &str = include_str!("../../sh/faults/orphans-recovered.sh");

const LEDGER: &str = include_str!("../../sh/faults/ledger-damaged.sh");

const NO_LEDGER: &str = include_str!("../../sh/faults/no-ledger.sh");

const EMPTIED: &str = include_str!("../../sh/faults/boot-emptied.sh");

const GONE: &str = include_str!("../../sh/faults/boot-superblock-gone.sh");

const DESTROYED: &str = include_str!("../../sh/faults/boot-destroyed.sh");
