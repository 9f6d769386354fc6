# shellcheck shell=sh
# An administrator's lists and filter leave the machine's own group out, and so does the copy of them in
# the initial RAM disk that the next start has.

cat >>/etc/lvm/lvm.conf <<'END'
devices { filter = [ "r|.*|" ] }
activation {
    volume_list = [ "data" ]
    auto_activation_volume_list = [ "data" ]
    read_only_volume_list = [ "vgroup" ]
}
END
copy=$(mktemp -d)
mkdir -p "$copy/etc/lvm"
cp /etc/lvm/lvm.conf "$copy/etc/lvm/"
(cd "$copy" && find etc | cpio --quiet -o -H newc | gzip) >>"/boot/initrd.img-$(uname -r)"
sync
fsfreeze -f /boot
fsfreeze -u /boot
if lvs vgroup; then exit 1; fi
# A backup is made all the same, and somebody is told. What the scenario has made itself is found by the
# check before, and holds it.
zshield backup --despite-alarm --reason 'made by the scenario' --yes
zshield --lang en status >/run/said || test $? = 1
grep 'LVM will not activate all volumes of this machine: /etc/lvm/lvm.conf' /run/said
zshield --lang en boot-menu 2>&1 | grep 'LVM will not activate'
