# shellcheck shell=sh
# A backup in the background, with a hook that takes a while.

printf '#!/bin/sh\nsleep 8\n' >/etc/zshield/hooks/backup-pre.d/slow
chmod +x /etc/zshield/hooks/backup-pre.d/slow
zshield backup >/tmp/first 2>&1 &
