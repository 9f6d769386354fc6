# shellcheck shell=sh
# One sector of the latest backup's store cannot be read; a recovery to TARGET has begun and goes on.
# The kernel reads the beginning of the table of exceptions to activate a snapshot, and LVM needs
# all snapshots to activate root.
# Takes TARGET.

latest_then_broken
recovery_has_begun "$TARGET"
lvm vgchange -q -ay vgroup
unreadable vgroup-snap1-cow
if lvm vgchange -q -ay vgroup; then exit 1; fi
# The place of the store is free once it is removed, and is written before it is read: the disk gives it another
# sector then. LVM passes over a disk whose table is changed at that moment, so that no other of its commands runs.
lvm=$(command -v lvm)
mkdir /run/waiting
cat >/run/waiting/lvm <<END
#!/bin/sh
set -e
case "\$*" in
*lvcreate*)
    dmsetup suspend --noflush --nolockfs hdd
    echo "0 $(blockdev --getsz /dev/mapper/hdd) linear /dev/plain-ubdb1 0" | dmsetup load hdd
    dmsetup resume hdd
    ;;
esac
exec $lvm "\$@"
END
chmod +x /run/waiting/lvm
PATH=/run/waiting:$PATH
recover "$TARGET"
if lvm lvs vgroup/snap1; then exit 1; fi
