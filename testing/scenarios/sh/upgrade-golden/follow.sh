# shellcheck shell=sh
# One half of what follows a confirmed version, WHICH, cut at POINT. GRUB's core is another one than the image's, as
# that of a version before would be.
# Takes WHICH.

mount_system
if test "$WHICH" = renew; then
    golden switch /run/sys
    if test "$(od -A n -t u8 -j 92 -N 8 /dev/ubda | tr -d ' ')" = 2048; then
        # Behind the last byte that GRUB needs to load it: only the comparison sees it.
        printf '\001' | dd of=/dev/ubda bs=1 seek=400 conv=notrunc
        sync
    fi
fi
arm_fail_point
golden "$WHICH" /run/sys
