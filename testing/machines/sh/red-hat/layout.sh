#!/bin/sh
# A Debian, unpacked in $1, is laid out as a system of the Red Hat family: what zshield looks at has
# the names, places and forms that it has there.
# Takes HOSTONLY, where what dracut makes by default is put, and APT's configuration for $1 as
# mmdebstrap gives it.
set -eu
root=$1
scratch=$(mktemp -d)
release=$(basename "$root"/usr/lib/modules/*)
id=4d3c2b1a4d3c2b1a4d3c2b1a4d3c2b1a

# Libraries are in /usr/lib64 by name. Debian's loader looks there for none, so they stay where they are.
rm "$root/usr/lib64/ld-linux-x86-64.so.2"
rmdir "$root/usr/lib64"
ln -s lib/x86_64-linux-gnu "$root/usr/lib64"

# rpm's program without rpmbuild's needs, which are some fifty megabytes of Perl.
(cd "$scratch" && APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -qq -o APT::Sandbox::User=root download rpm)
dpkg-deb -x "$scratch"/rpm_*.deb "$scratch"
for program in rpm rpmbuild rpmdb rpmkeys; do
    cp "$scratch/usr/bin/$program" "$root/usr/bin/"
done
cp -a "$scratch/usr/lib/rpm/." "$root/usr/lib/rpm/"
mkdir -p "$root/usr/lib/rpm/macros.d" "$root/var/lib/rpm"
cat >"$root/usr/lib/rpm/macros.d/macros.red-hat" <<'END'
%_dbpath /var/lib/rpm
%_db_backend sqlite
END

# Its release.
rm -f "$root/etc/os-release" "$root/usr/lib/os-release" "$root/etc/debian_version"
cat >"$root/usr/lib/os-release" <<'END'
NAME="Imitated Enterprise Linux"
VERSION="9.2"
ID="imitated"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.2"
PRETTY_NAME="Imitated Enterprise Linux 9.2"
END
ln -s ../usr/lib/os-release "$root/etc/os-release"
echo "Imitated Enterprise Linux release 9.2" >"$root/etc/redhat-release"

# GRUB's programs are called grub2-*, its directory is /boot/grub2; the file of its environment is a
# link to where no EFI system partition is mounted.
for program in "$root"/usr/bin/grub-* "$root"/usr/sbin/grub-*; do
    mv "$program" "${program%/*}/grub2-${program##*/grub-}"
done
rm -f "$root/usr/sbin/update-grub" "$root/usr/sbin/update-grub2"
mkdir -p "$root/boot/grub2" "$root/boot/efi" "$root/boot/loader/entries"
printf 'insmod blscfg\nblscfg\n' >"$root/boot/grub2/grub.cfg"
ln -s ../efi/EFI/imitated/grubenv "$root/boot/grub2/grubenv"
ln -s ../boot/grub2/grub.cfg "$root/etc/grub2.cfg"

# The kernel's modules lie packed, its configuration beside them. In /boot are a checksum, a link that
# leads out of it, and a second kernel to rescue with.
modules=$root/usr/lib/modules/$release
find "$modules" -name '*.ko' -print0 | xargs -0 -n 64 -P 2 xz -1
chroot "$root" depmod -a "$release"
cp "$root/boot/config-$release" "$modules/config"
cp "$root/boot/vmlinuz-$release" "$modules/vmlinuz"
gzip -n </dev/null >"$modules/symvers.gz"
ln -s "/lib/modules/$release/symvers.gz" "$root/boot/symvers-$release.gz"
(cd "$root/boot" && sha512sum "vmlinuz-$release" >".vmlinuz-$release.hmac")
cp "$root/boot/vmlinuz-$release" "$root/boot/vmlinuz-0-rescue-$id"
: >"$root/boot/initramfs-0-rescue-$id.img"
cat >"$root/boot/loader/entries/$id-$release.conf" <<END
title Imitated Enterprise Linux ($release) 9.2
version $release
linux /vmlinuz-$release
initrd /initramfs-$release.img
options root=/dev/mapper/imitated-root ro crashkernel=auto rd.lvm.lv=imitated/root
grub_class imitated
END

# What the kernel's package calls after it has put a kernel into /usr/lib/modules. dracut would take
# minutes in an emulator: what it makes is handed over.
rm -f "$root/usr/lib/kernel/install.d/85-initrd.install"
echo 'layout=other' >"$root/usr/lib/kernel/install.conf"
cat >"$root/usr/lib/kernel/install.d/20-grub.install" <<'END'
#!/bin/sh
set -eu
entry=/boot/loader/entries/$(cat /etc/machine-id)-$2.conf
case $1 in
add)
    cp "$4" "/boot/vmlinuz-$2"
    test -z "${5-}" || cp "$5" "/boot/initramfs-$2.img"
    printf 'title %s\nlinux /vmlinuz-%s\ninitrd /initramfs-%s.img\n' "$2" "$2" "$2" >"$entry"
    ;;
remove) rm -f "/boot/vmlinuz-$2" "/boot/initramfs-$2.img" "$entry" ;;
esac
END
chmod 755 "$root/usr/lib/kernel/install.d/20-grub.install"

# dracut as an image needs it; and once as it is by default, for the one machine that it runs on.
rm -rf "$root"/boot/initrd.img-* "$root"/initrd.img* "$root"/vmlinuz* "$root/etc/initramfs-tools" \
    "$root/usr/share/initramfs-tools" "$root/usr/sbin/update-initramfs" \
    "$root/usr/sbin/mkinitramfs" "$root"/etc/kernel/post*.d/*
mkdir -p "$root/etc/dracut.conf.d"
printf 'hostonly="no"\nadd_dracutmodules+=" lvm "\n' >"$root/etc/dracut.conf.d/appliance.conf"
chroot "$root" dracut --quiet --force "/boot/initramfs-$release.img" "$release"
# It looks at a machine only where it finds one.
# shellcheck disable=SC2016 # The script is another shell's.
unshare --mount sh -eu -c '
    mount -t tmpfs tmpfs "$1/run"
    mount --rbind /dev "$1/dev"
    chroot "$1" dracut --quiet --force --hostonly --hostonly-cmdline /run/hostonly.img "$2"
    mv "$1/run/hostonly.img" "$HOSTONLY"' sh "$root" "$release"
rm -rf "$scratch"
