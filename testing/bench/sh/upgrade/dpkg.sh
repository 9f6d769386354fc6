# shellcheck shell=sh
# Measures the payload's own package manager with the same packages.
# Takes PACKAGES, XTASK.

set +x
mount_system
measure() { "$XTASK" guest measure "$@"; }
enter
mkdir /run/sys/var/cache/packages
cp "$PACKAGES"/*.deb /run/sys/var/cache/packages
sync
# The inner shell is the one to expand it.
# shellcheck disable=SC2016
measure dpkg chroot /run/sys sh -ec '
    export DEBIAN_FRONTEND=noninteractive TMPDIR=/tmp
    dpkg --force-confdef --force-confold --install /var/cache/packages/*.deb >/run/dpkg 2>&1 || { cat /run/dpkg; exit 1; }
    sync
'
