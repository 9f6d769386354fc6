# shellcheck shell=sh
# A place in the middle of a file that has to come back cannot be read.

latest_then_broken
lvm vgchange -q -ay vgroup
block=$(debugfs -R "blocks /usr/data" /dev/vgroup/lv-root 2>/dev/null | awk '{print $(int(NF / 2))}')
# Its words are separate arguments.
# shellcheck disable=SC2046
set -- $(dmsetup table vgroup-lv--root-real)
bad=$(($5 + block * 8))
lvm vgchange -q -an vgroup
wrapped /dev/ubda5 ssd
sectors=$(blockdev --getsz /dev/mapper/ssd)
printf '0 %s linear /dev/plain-ubda5 0\n%s 512 error\n%s %s linear /dev/plain-ubda5 %s\n' \
    $bad $bad $((bad + 512)) $((sectors - bad - 512)) $((bad + 512)) | changed ssd
refused "(copy-back) failed" recover latest
armed latest
