# shellcheck shell=sh
# Any exception that is lost or misplaced is found; then every byte is restored.
# Takes SHARED, TOOL.

# Until every chunk is another than it was: a loss behind which nothing has changed is none.
dd if=/dev/urandom of=/dev/vgroup/root bs=1M conv=fsync status=none || true
$TOOL table /dev/mapper/vgroup-first-cow /dev/vgroup/root
dd if=/dev/mapper/vgroup-first-cow of=/run/store.img bs=1M status=none
$TOOL damage /run/store.img /dev/vgroup/root
rm /run/store.img
$TOOL restore /dev/mapper/vgroup-first-cow /dev/vgroup/root
hash /dev/vgroup/root | cmp - "$SHARED/first"
hash /dev/vgroup/second | cmp - "$SHARED/second"
