# shellcheck shell=sh
# What the machine is started by, damaged part by part, and looked at. The stick is mounted.
# Takes KEYS.

mkdir -p /run/medium /run/looked
mount -o ro,noload /dev/ubdc3 /run/medium

repair() { zshield --lang en repair --slot /run/medium/a --keys "$KEYS" "$@"; }

# Writes a command's output over a part of the /boot or of the Golden partition.
within() {
    mount "$1" /run/looked
    (cd /run/looked && eval "$2")
    umount /run/looked
}

over() { dd of="$1" bs="$2" count="$3" iflag=fullblock conv=notrunc,fsync status=none; }

damage() {
    case $1 in
    core) over /dev/ubda1 64k 2 </dev/urandom && over /dev/ubda 440 1 </dev/zero ;;
    esp) over /dev/ubda2 64k 2 </dev/urandom ;;
    boot) within /dev/ubda3 'rm vmlinuz* && echo >zshield/system.cfg' ;;
    boot-filesystem) blkdiscard -z /dev/ubda3 ;;
    golden) within /dev/ubda4 'over a/root.squashfs 1k 1 </dev/urandom' ;;
    golden-filesystem) blkdiscard -z /dev/ubda4 ;;
    ledger) within /dev/ubda3 'echo {} | tee zshield/ledger.a >zshield/ledger.b' ;;
    # The beginning of one disk, with the MBR, and the end of the other. Of the first the kernel sees nothing any more.
    table) over /dev/ubda 512 34 </dev/zero && blockdev --rereadpt /dev/ubda && test ! -e /dev/ubda1 ;;
    hdd-table) end_of_hdd over </dev/urandom ;;
    environment) within /dev/ubda3 'head -c 1024 /dev/urandom >zshield/grubenv' ;;
    esac
}

# The last 33 sectors: the second copy of the table.
end_of_hdd() {
    first=$(($(blockdev --getsz /dev/ubdb) - 33))
    case $1 in
    over) dd of=/dev/ubdb bs=512 seek=$first count=33 iflag=fullblock conv=notrunc,fsync status=none ;;
    from) dd if=/dev/ubdb bs=512 skip=$first count=33 status=none ;;
    esac
}

# All of it, but for what is a record of the machine's own.
sums() {
    # What the boot loader was written through on its way lies behind it.
    head -c "$(stat -c %s /run/medium/a/core.img)" /dev/ubda1 | sha256sum
    head -c 17408 /dev/ubda | sha256sum
    end_of_hdd from | sha256sum
    for part in 3 4; do
        mount -o ro,noload /dev/ubda$part /run/looked
        (cd /run/looked && find . -type f ! -path './lost+found/*' ! -name grubenv \
            ! -name 'ledger.?' ! -name 'floor.?' ! -name 'outcome.?' -exec sha256sum {} +) | sort -k 2
        umount /run/looked
    done
}

is_whole() { repair --dry-run | grep -q '^Nothing is damaged'; }
