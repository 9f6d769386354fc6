# shellcheck shell=sh
# The steps of a part, WHICH.
# Takes SHARED, WHICH.

mount_system
if test "$WHICH" = renew; then golden switch /run/sys >/dev/null; fi
golden steps /run/sys "$SHARED/next.zsb" "$WHICH"
