# shellcheck shell=sh
# One sector of the store of snapshot LOST cannot be read; a recovery to TARGET has begun and goes on.
# The kernel reads the beginning of the table of exceptions to activate a snapshot, and LVM needs
# all snapshots to activate root.
# Takes LOST, TARGET.

latest_then_broken
recovery_has_begun "$TARGET"
lvm vgchange -q -ay vgroup
cow=/dev/mapper/vgroup-$LOST-cow
# Its words are separate arguments.
# shellcheck disable=SC2046
set -- $(dmsetup table "vgroup-$LOST-cow")
bad=$(($5 + $(od -An -tu4 -j12 -N4 "$cow" | tr -d ' ')))
lvm vgchange -q -an vgroup
wrapped /dev/ubdb1 hdd
sectors=$(blockdev --getsz /dev/mapper/hdd)
printf '0 %s linear /dev/plain-ubdb1 0\n%s 8 error\n%s %s linear /dev/plain-ubdb1 %s\n' \
    $bad $bad $((bad + 8)) $((sectors - bad - 8)) $((bad + 8)) | changed hdd
if lvm vgchange -q -ay vgroup; then exit 1; fi
recover "$TARGET"
if lvm lvs "vgroup/$LOST"; then exit 1; fi
# A disk puts elsewhere what is written to such a place.
echo "0 $sectors linear /dev/plain-ubdb1 0" | changed hdd
