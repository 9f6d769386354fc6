//! Going back after an upgrade and a mishap, file by file and block by block: the same root, the
//! same damage, each way in turn.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::findings::Findings;
use super::machine::{Hdd, Machine};
use super::restore::compared;
use crate::artifacts::Artifacts;
use crate::tool::{capture, tool};

const TURNS: usize = 3;
const CHUNKS: [&str; 2] = ["64k", "256k"];

pub(super) fn findings(artifacts: &Artifacts) -> Result<Findings> {
    let folder = artifacts.work().run_folder("bench-restore-files")?;
    let tool = artifacts.copy_back()?.display().to_string();
    let image = root_image(&artifacts.payload_base()?, &folder)?;
    let mut found = Findings::default();
    for chunk in CHUNKS {
        let mut turns = Vec::new();
        for turn in 0..TURNS {
            let mut machine =
                Machine::new(&folder, Hdd::Seeks)?.env("TOOL", &tool).env("CHUNK", chunk);
            machine.uml = machine.uml.shared_disk(&image);
            turns.push(machine.run(&format!("{chunk}-{turn}"), SCRIPT)?.0);
            machine.remove_disks()?;
        }
        let case = format!("upgrade undone, 2 GiB root, {chunk} chunks, seeks");
        found.rows.extend(compared("restore-files", &case, &turns)?);
    }
    std::fs::remove_file(image)?;
    Ok(found)
}

/// The payload in an ext4 of 2 GiB.
fn root_image(payload: &Path, folder: &Path) -> Result<PathBuf> {
    let tree = tempfile::tempdir_in(folder).context("no folder for the payload")?;
    capture(tool("tar", ["--exclude=./dev/*", "-xf"]).arg(payload).arg("-C").arg(tree.path()))?;
    let image = folder.join("root.img");
    let make = ["-q", "-t", "ext4", "-E", "lazy_itable_init=0,root_owner=0:0", "-d"];
    capture(tool("mke2fs", make).arg(tree.path()).arg(&image).arg("2G"))?;
    Ok(image)
}

/// `damage` replaces all of `/usr/share`, as an upgrade does, removes libraries and fills space.
/// The first damage and its repair are not measured: what is damaged again makes next to no new
/// exceptions, so all sides find the same store.
const SCRIPT: &str = r"
    group
    root 2G
    dd if=/dev/ubdc of=/dev/vgroup/root bs=1M conv=sparse,fsync status=none
    snapshot snap
    mkdir -p /run/root /run/snap
    damage() {
        mount -o noatime /dev/vgroup/root /run/root
        cp -a /run/root/usr/share /run/root/usr/share.new
        rm -rf /run/root/usr/share
        mv /run/root/usr/share.new /run/root/usr/share
        rm -rf /run/root/usr/lib/x86_64-linux-gnu
        head -c 40000000 /dev/urandom >/run/root/fresh
        umount /run/root
    }
    restore() { $TOOL restore /dev/mapper/vgroup-snap-cow /dev/vgroup/root /dev/vgroup/snap; }
    damage
    restore
    slow_on
    damage
    measure ours $TOOL restore /dev/mapper/vgroup-snap-cow /dev/vgroup/root /dev/vgroup/snap
    e2fsck -fn /dev/vgroup/root
    damage
    mount -o noatime /dev/vgroup/root /run/root
    mount -o ro,noload /dev/vgroup/snap /run/snap
    measure rsync sh -ec 'rsync -aHAX --delete --numeric-ids /run/snap/ /run/root/; sync -f /run/root'
    test -e /run/root/usr/lib/x86_64-linux-gnu && ! test -e /run/root/fresh
    umount /run/root /run/snap
    damage
    measure volume dd if=/dev/vgroup/snap of=/dev/vgroup/root bs=1M conv=fsync status=none
    damage
    measure merge lvm lvconvert -q -y --merge -i 1 vgroup/snap
    ! lvm lvs vgroup/snap
    e2fsck -fn /dev/vgroup/root
";
