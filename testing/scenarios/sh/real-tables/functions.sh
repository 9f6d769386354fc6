# shellcheck shell=sh
# What the scripts of this scenario can call.

set -x
# How many sectors of the first snapshot's store are in use.
used() { dmsetup status vgroup-first | sed 's/.* \([0-9]*\)\/.*/\1/'; }
hash() { dd if="$1" iflag=direct bs=1M status=none | sha256sum; }
