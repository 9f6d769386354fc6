# shellcheck shell=sh
# A system that has started stays in emergency mode when it is asked for. The next start finds a volume of
# fstab missing, is counted as the third that fails, and has ten seconds of patience.

timeout 60 zshield boot-failed --after 0 || exit 1
echo '/dev/disk/by-label/none /srv ext4 x-systemd.device-timeout=5s 0 2' >>/etc/fstab
mkdir -p /etc/systemd/system/zshield-boot-failed.service.d
cat >/etc/systemd/system/zshield-boot-failed.service.d/soon.conf <<'END'
[Service]
ExecStart=
ExecStart=/usr/bin/zshield --lang en boot-failed --after 10
END
{
	printf '# GRUB Environment Block\nzshield_tries=2\n'
	head -c 983 /dev/zero | tr '\0' '#'
} | dd of=/boot/zshield/grubenv conv=notrunc status=none
test "$(stat -c %s /boot/zshield/grubenv)" = 1024
sync
