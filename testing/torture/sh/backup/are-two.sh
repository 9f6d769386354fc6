# shellcheck shell=sh
# Both are snapshots that the kernel follows.

lvm vgchange -q -ay vgroup
for name in snap0 snap1; do
    test "$(lvm lvs --noheadings -o origin vgroup/$name | tr -d ' ')" = lv-root
done
