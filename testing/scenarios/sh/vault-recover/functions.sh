# shellcheck shell=sh
# The vault of a small appliance, and what its root has to be after a recovery from it.
# Takes SHARED.

vault() { zshield --lang en vault "$@" --root /run/sys; }
# The generations of the vault, the newest first.
generations() { vault list --json | jq -r ".generations[] | select(.kind == \"$1\") | .id"; }
# What GRUB would go on with.
armed() {
    mkdir -p /run/boot
    mount -o ro /dev/ubda3 /run/boot
    sed -n 's/^zshield_recover=//p' /run/boot/zshield/grubenv
    umount /run/boot
}
# A digest of everything in a tree: names, kinds, rights, owners, times, contents, attributes, links.
described() {
    tar -C "$1" --sort=name --format=posix --numeric-owner --acls --xattrs --xattrs-include='*' \
        --pax-option=delete=atime,delete=ctime --exclude=./lost+found --exclude=./boot/* -cf - . | sha256sum
}
