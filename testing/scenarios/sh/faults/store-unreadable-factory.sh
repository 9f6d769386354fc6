# shellcheck shell=sh
# One sector of the factory store cannot be read. No start and no recovery to TARGET reads it; the next backup does.
# It makes the factory state anew, and says so.
# Takes TARGET.

latest_then_broken
recovery_has_begun "$TARGET"
lvm vgchange -q -ay vgroup
unreadable vgroup-snap0
lvm vgchange -q -ay vgroup
recover "$TARGET"
restored_to snap1
mount_system
echo fresh >/run/sys/token
refused 'made anew from the Golden Image' backup
one_latest fresh
offered factory
umount /run/sys/boot /run/sys
lvm vgchange -q -an vgroup
readable
