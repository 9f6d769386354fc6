//! The operations that are cut: how the disks come to be as they are before, what is recorded,
//! and what has to hold after a cut.
//!
//! What a cut has left is looked at with tools that share nothing with ours: `diff`, `cmp`, `tar`
//! into `sha256sum`, `e2fsck`, and GRUB's own reader of filesystems, which replays no journal.

use crate::power::Power;

/// An operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject {
    /// Its name.
    pub name: &'static str,
    /// What it begins with; nothing where the disks are empty.
    pub prepare: Option<&'static str>,
    /// What is recorded.
    pub operation: &'static str,
    /// What is noted once it has ended.
    pub then: &'static str,
    /// What has to succeed after each cut.
    pub after: &'static str,
    /// The words that stand for others in its scripts.
    pub words: &'static [(&'static str, &'static str)],
}

/// All of them.
pub(crate) const SUBJECTS: [Subject; 5] = [
    Subject {
        name: "install",
        prepare: None,
        operation: INSTALL,
        then: "",
        after: AFTER_INSTALL,
        words: &[],
    },
    Subject {
        name: "backup",
        prepare: Some(CHANGED_SINCE_BACKUP),
        operation: BACKUP,
        then: NEW_BACKUP,
        after: AFTER_BACKUP,
        words: &[],
    },
    Subject {
        name: "recover-factory",
        prepare: Some(BROKEN),
        operation: RECOVER,
        then: "",
        after: AFTER_RECOVERY,
        words: &[("TARGET", "factory"), ("SNAPSHOT", "snap0")],
    },
    Subject {
        name: "recover-latest",
        prepare: Some(BROKEN),
        operation: RECOVER,
        then: "",
        after: AFTER_RECOVERY,
        words: &[("TARGET", "latest"), ("SNAPSHOT", "snap1")],
    },
    Subject {
        name: "live",
        prepare: Some(BROKEN),
        operation: LIVE,
        then: "",
        after: AFTER_RECOVERY,
        // When an inode was changed nobody can say but the kernel.
        words: &[
            ("TARGET", "latest"),
            ("SNAPSHOT", "snap1"),
            ("UNTOLD", "--pax-option=delete=atime,delete=ctime"),
        ],
    },
];

/// What all scripts can say.
pub(crate) const WORDS: &str = r#"
    set -x
    ssd=/dev/nbd0p hdd=/dev/nbd1p stick=/dev/nbd2p
    zshield() { "$ZSHIELD" "$@"; }
    lost() { echo "lost: $*"; exit 40; }
    mounted() { mkdir -p /run/$2; mount -o $3 $1 /run/$2; }
    # As a start has both mended before it mounts them: fsck.repair=yes, and an fsck in the initrd.
    mended() { e2fsck -y $1 || test $? = 1; }
    # What GRUB has the kernel begin a start with, in an initramfs as it finds one.
    begin_start() {
        initramfs=/run/initramfs
        mkdir -p $initramfs/usr $initramfs/proc $initramfs/sys $initramfs/dev $initramfs/zshield/fsck
        for directory in bin sbin lib lib64; do ln -sfn usr/$directory $initramfs/$directory; done
        for directory in usr proc sys dev; do mount --bind /$directory $initramfs/$directory; done
        echo root=/dev/mapper/vgroup-lv--root zshield_wait=0 >$initramfs/line
        mount --bind $initramfs/line $initramfs/proc/cmdline
        touch $initramfs/zshield/early
        mount --bind "$ZSHIELD" $initramfs/zshield/early
        ZSHIELD_EARLY=1 chroot $initramfs /zshield/early
    }
    mount_system() {
        lvm vgchange -q -ay vgroup
        mended /dev/vgroup/lv-root
        mended ${ssd}3
        mounted /dev/vgroup/lv-root sys noatime,noinit_itable
        mount -o noatime,noinit_itable ${ssd}3 /run/sys/boot
    }
    # Every file of a system or of data, with all that is known of it.
    digest() {
        directory=$1
        shift
        tar -C $directory --sort=name --numeric-owner --xattrs UNTOLD --exclude ./boot "$@" -c . |
            sha256sum
    }
    digest_of() { mounted $1 look ro,noload; digest /run/look; umount /run/look; }
    # A snapshot that can't be gone back to is called invalid here.
    volumes() {
        lvm lvs --noheadings -o lv_name,lv_snapshot_invalid vgroup |
            sed '/Retrying metadata/d; s/unknown//; s/ //g' | sort | tr '\n' ' '
    }
    all_volumes() { test "$(volumes)" = "lv-audit lv-root lv-user snap0 snap1 "; }
    # Each disk knows all of the group: without the other one LVM finds it in the same state.
    lvm_is_whole() {
        if lvm vgck vgroup 2>&1 | grep WARNING; then exit 1; fi
        lvm vgs --noheadings -o vg_seqno --config "devices{filter=[\"a|${hdd}1\$|\",\"r|.*|\"]}" vgroup >/run/of-hdd
        lvm vgs --noheadings -o vg_seqno --config "devices{filter=[\"a|${ssd}5\$|\",\"r|.*|\"]}" vgroup >/run/of-ssd
        cmp /run/of-hdd /run/of-ssd
    }
    # GRUB would read these as they are in a directory.
    grub_reads() {
        directory=$1
        shift
        for file in "$@"; do grub-fstest ${ssd}3 cmp /$file $directory/$file; done
    }
    # A way back that only an image could be unpacked for would be another one.
    offers_both_ways() {
        for way in latest factory; do
            zshield recover $way --offline --root /run/sys --dry-run --json >/run/way-$way || lost $way
            grep copy-back /run/way-$way || lost $way
        done
    }
    data_is_there() {
        for volume in user audit; do
            test "$(digest_of /dev/vgroup/lv-$volume)" = "$(cat SHARED/$volume)" || lost $volume
        done
    }
"#;

/// The whole installation, by a stick that is not written but for its records.
pub(crate) const INSTALL: &str = r"
    mounted ${stick}3 medium ro,noload
    zshield install --slot /run/medium/a --keys KEYS --yes
";

/// A machine that starts is an appliance; one that does not becomes one by going on.
const AFTER_INSTALL: &str = r#"
    mounted ${stick}3 medium ro,noload
    mkdir -p /run/payload /run/system
    mount -t squashfs -o ro,loop /run/medium/a/root.squashfs /run/payload
    is_appliance() {
        begin_start
        lvm vgchange -q -ay vgroup
        test "$(volumes)" = "lv-audit lv-root lv-user snap0 "
        for device in /dev/vgroup/lv-root /dev/vgroup/lv-user /dev/vgroup/lv-audit ${ssd}3 ${ssd}4; do
            e2fsck -fn $device
        done
        for volume in lv-root snap0; do
            mount -o ro,noload /dev/vgroup/$volume /run/system
            mount -o ro,noload ${ssd}3 /run/system/boot
            mount -o ro,noload /dev/vgroup/lv-user /run/system/home
            mount -o ro,noload /dev/vgroup/lv-audit /run/system/var/log
            diff -r --no-dereference -x lost+found -x fstab -x machine-id -x zshield \
                /run/payload /run/system
            grub_reads /run/system/boot zshield/grub.cfg zshield/system.cfg \
                $(cd /run/payload/boot && ls)
            ls /run/system/var/log/zshield/install-*.json
            umount /run/system/boot /run/system/home /run/system/var/log /run/system
        done
        mounted ${ssd}4 golden ro,noload
        diff -r /run/medium/a /run/golden/a
        umount /run/golden
        cmp -n $(stat -c %s /run/medium/a/core.img) /run/medium/a/core.img ${ssd}1
        cmp -i 512 -n $(($(stat -c %s /run/medium/a/esp.img) - 512)) /run/medium/a/esp.img ${ssd}2
    }
    starts=no
    cmp -s -n 440 /dev/nbd0 /dev/zero || starts=yes
    if test -e ${ssd}2; then cmp -s -n 512 ${ssd}2 /dev/zero || starts=yes; fi
    echo "after the cut: starts=$starts"
    if test $starts = yes; then is_appliance; lvm vgchange -q -an vgroup; fi
    status=0
    zshield install --slot /run/medium/a --keys KEYS --yes || status=$?
    # An appliance is not installed over without a word that nobody types here.
    test $status = 0 || { test $status = 3; test $starts = yes; }
    cmp -n 440 /run/medium/a/boot.img /dev/nbd0
    cmp -n 512 /run/medium/a/esp.img ${ssd}2
    if test $starts = no; then is_appliance; fi
"#;

/// Data on the volumes that nothing may touch, and a backup of a system that is used.
const USED: &str = r"
    lvm vgchange -q -ay vgroup
    for volume in user audit; do
        mounted /dev/vgroup/lv-$volume data noatime
        mkdir /run/data/directory
        head -c 1500000 /dev/urandom >/run/data/directory/$volume
        echo $volume >/run/data/word
        umount /run/data
        digest_of /dev/vgroup/lv-$volume >SHARED/$volume
    done
    mount_system
    mkdir /run/sys/etc/vendor
    for number in 1 2 3 4 5 6 7 8; do
        head -c 300000 /dev/urandom >/run/sys/etc/vendor/$number
    done
    echo latest >/run/sys/token
    zshield backup --root /run/sys
";

const CHANGED_SINCE_BACKUP: &str = r"
    USED
    cp -a /run/sys/boot SHARED/boot
    rm /run/sys/etc/vendor/[1-4]
    for number in 6 7 8 9; do
        head -c 500000 /dev/urandom >/run/sys/etc/vendor/$number
    done
    echo now >/run/sys/token
    digest /run/sys --exclude ./var/lib/zshield >SHARED/now
    umount /run/sys/boot /run/sys
    digest_of /dev/vgroup/snap0 >SHARED/factory
    digest_of /dev/vgroup/snap1 >SHARED/old
";

const BACKUP: &str = r"
    mount_system
    zshield backup --root /run/sys
";

const NEW_BACKUP: &str = r"
    lvm vgchange -q -ay vgroup
    digest_of /dev/vgroup/snap1 >SHARED/new
    if cmp -s SHARED/old SHARED/new; then exit 1; fi
";

/// The system starts as it is, its latest backup is the old one or the new one to the last file,
/// and the next backup leaves nothing behind.
const AFTER_BACKUP: &str = r#"
    starts_as_it_was() {
        grub_reads SHARED/boot zshield/grub.cfg zshield/system.cfg zshield/grubenv \
            $(cd SHARED/boot && ls vmlinuz-* initrd*)
    }
    # Joined, since the shell looks at no status within what it chooses by.
    holds_now() {
        mounted /dev/vgroup/$1 look ro,noload &&
            test "$(digest /run/look --exclude ./var/lib/zshield)" = "$(cat SHARED/now)" &&
            diff -r -x grubenv -x 'ledger.*' -x 'outcome.*' -x lost+found \
                /run/look/var/lib/zshield/boot/files SHARED/boot &&
            umount /run/look
    }
    starts_as_it_was
    begin_start
    mount_system
    test "$(digest /run/sys --exclude ./var/lib/zshield)" = "$(cat SHARED/now)"
    offers_both_ways
    latest=$(sed -n 's/.*"snapshot":"\([^"]*\)".*/\1/p' /run/way-latest)
    found=$(digest_of /dev/vgroup/$latest)
    echo "after the cut: latest=$latest"
    test "$found" = "$(cat SHARED/old)" || test "$found" = "$(cat SHARED/new)" || MADE_SINCE ||
        lost latest
    test "$(digest_of /dev/vgroup/snap0)" = "$(cat SHARED/factory)" || lost factory
    zshield backup --root /run/sys
    all_volumes
    lvm_is_whole
    holds_now snap1
    umount /run/sys/boot /run/sys
    e2fsck -fn /dev/vgroup/lv-root
    e2fsck -fn ${ssd}3
    starts_as_it_was
    data_is_there
"#;

const BROKEN: &str = r"
    USED
    umount /run/sys/boot /run/sys
    for name in 0 1; do
        mounted /dev/vgroup/snap$name look ro,noload
        cp -a /run/look/var/lib/zshield/boot/files SHARED/boot-of-snap$name
        umount /run/look
        digest_of /dev/vgroup/snap$name >SHARED/snap$name
    done
    mount_system
    echo broken >/run/sys/token
    rm -rf /run/sys/usr/lib/modules /run/sys/etc/vendor/[2-5]
    for number in 7 8 9 10 11; do
        head -c 500000 /dev/urandom >/run/sys/etc/vendor/$number
    done
    rm /run/sys/boot/vmlinuz-*
    head -c 300000 /dev/urandom >/run/sys/boot/vmlinuz-broken
    sed -i 's/vmlinuz-[^ ]*/vmlinuz-broken/' /run/sys/boot/zshield/system.cfg
    digest /run/sys >SHARED/broken
    cp -a /run/sys/boot SHARED/boot-broken
    umount /run/sys/boot /run/sys
";

const RECOVER: &str = r"
    mounted ${ssd}4 golden ro,noload
    zshield recover TARGET --slot /run/golden/a --keys KEYS --yes
";

/// Without a restart. What runs is another kernel than the one that comes back: status 5.
const LIVE: &str = r"
    mount_system
    status=0
    zshield recover latest --root /run/sys --yes || status=$?
    test $status = 5
";

/// GRUB reads a menu, and by what it reads goes on with the recovery, or starts a system: the
/// broken one as it was, or the one that was to come back.
const AFTER_RECOVERY: &str = r#"
    starts() {
        grub_reads $1 zshield/system.cfg $(cd $1 && ls vmlinuz-* initrd*)
    }
    grub_reads SHARED/boot-broken zshield/grub.cfg zshield/menu.pf2
    armed=$(grub-fstest ${ssd}3 cat /zshield/grubenv | sed -n 's/^zshield_recover=//p')
    mounted ${ssd}4 golden ro,noload
    echo "after the cut: armed=$armed"
    state=
    if test -n "$armed"; then
        test "$armed" = TARGET
        zshield recover $armed --slot /run/golden/a --keys KEYS --yes
        if grub-fstest ${ssd}3 cat /zshield/grubenv | grep zshield_recover; then exit 1; fi
        state=back
    fi
    begin_start
    lvm vgchange -q -ay vgroup
    mended /dev/vgroup/lv-root
    mounted /dev/vgroup/lv-root sys noatime,noinit_itable
    if test -z "$state" && test "$(digest /run/sys)" = "$(cat SHARED/broken)"; then
        state=broken
        starts SHARED/boot-broken
    else
        test "$(digest /run/sys)" = "$(cat SHARED/SNAPSHOT)"
        starts SHARED/boot-of-SNAPSHOT
    fi
    mended ${ssd}3
    mount -o noatime,noinit_itable ${ssd}3 /run/sys/boot
    if test "$state" != broken; then
        diff -r -x grubenv -x 'ledger.*' -x 'outcome.*' -x lost+found \
            SHARED/boot-of-SNAPSHOT /run/sys/boot
    fi
    all_volumes
    offers_both_ways
    umount /run/sys/boot /run/sys
    for name in snap0 snap1; do
        test "$(digest_of /dev/vgroup/$name)" = "$(cat SHARED/$name)" || lost $name
    done
    e2fsck -fn /dev/vgroup/lv-root
    e2fsck -fn ${ssd}3
    data_is_there
"#;

impl Subject {
    /// The one of this name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        SUBJECTS.into_iter().find(|subject| subject.name == name)
    }

    /// What has to succeed after the last cut of a trial.
    pub(crate) fn has_to_hold(&self, power: Power) -> String {
        let since = match power {
            Power::FailsOnce => "false",
            // What went on after the first one has made a backup.
            Power::FailsTwice => "holds_now $latest",
        };
        self.after.replace("MADE_SINCE", since)
    }

    /// A script with its own words in it. `shared` is a directory of the host, `keys` that of the
    /// public keys.
    pub(crate) fn script(&self, script: &str, shared: &str, keys: &str) -> String {
        let words = [("USED", USED), ("SHARED", shared), ("KEYS", keys)];
        // What a subject does not say otherwise, all is told of.
        let all = words.iter().chain(self.words).chain(&[("UNTOLD", "")]);
        all.fold(format!("{WORDS}\n{script}"), |script, (word, stands_for)| {
            script.replace(word, stands_for)
        })
    }
}
