# shellcheck shell=sh
# A place of the store cannot be read that holds a part of a file's content and nothing else: it is
# read by the copying, and by nothing before. Then the HDD goes.

wrapped /dev/ubdb1 hdd
sectors=$(blockdev --getsz /dev/mapper/hdd)
latest_then_broken
lvm vgchange -q -ay vgroup
block=$(debugfs -R "blocks /usr/data" /dev/vgroup/lv-root 2>/dev/null | awk '{print $(int(NF / 2))}')
cow=/dev/mapper/vgroup-snap1-cow
chunk=$(od -An -tu4 -j12 -N4 $cow | tr -d ' ')
bytes=$((chunk * 512))
stored=$(od -An -v -w16 -tu8 -j$bytes -N$bytes $cow |
    awk -v wanted=$((block * 8 / chunk)) '$1 == wanted && $2 > 0 { print $2 }')
# Its words are separate arguments.
# shellcheck disable=SC2046
set -- $(dmsetup table vgroup-snap1-cow)
bad=$(($5 + stored * chunk))
lvm vgchange -q -an vgroup
printf '0 %s linear /dev/plain-ubdb1 0\n%s %s error\n%s %s linear /dev/plain-ubdb1 %s\n' \
    $bad $bad "$chunk" $((bad + chunk)) $((sectors - bad - chunk)) $((bad + chunk)) | changed hdd
refused "(copy-back) failed" recover latest
gone hdd
armed latest
