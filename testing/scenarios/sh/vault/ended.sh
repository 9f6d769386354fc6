# shellcheck shell=sh
# A copy gives way to a backup at the worst moment: the machine is slow, and the factory state that the copy asked for is
# made when the copy has been told to end. The backup is made, and nothing of the copy is left in its way.

backup() { zshield backup --root /run/sys; }
mount_system
echo first >/run/sys/token
backup
mkdir -p /run/slow
real=$(command -v dmsetup)
cat >/run/slow/dmsetup <<SLOW
#!/bin/sh
if test "\$1" = create && mkdir /run/slow/once; then
    kill -TERM \$PPID
    # Whoever asked for it may wait for it, or not.
    timeout 1 sh -c "while test -e /proc/\$PPID; do :; done" || true
    $real "\$@"
    exit
fi
exec $real "\$@"
SLOW
chmod 755 /run/slow/dmsetup
status=0
PATH=/run/slow:$PATH zshield --lang en vault copy --root /run/sys || status=$?
test $status != 0
# It is over when everything is that it has begun.
at_it() { pgrep -x dmsetup >/dev/null; }
if at_it; then over=no; else over=yes; fi
while at_it; do sleep 0.1; done
losetup --list
dmsetup info --columns
echo second >/run/sys/token
backup
all_volumes
if grep -s snap1 /sys/block/loop*/loop/backing_file; then exit 1; fi
zshield vault copy --root /run/sys
test $over = yes
