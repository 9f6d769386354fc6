#!/bin/sh
# The system in $1 gets a policy's labels: the files that say which, and every file its own, as the
# system's own setfiles gives it. No policy is at work, and the kernel keeps labels as it keeps any attribute.
# Takes POLICY, ALIASES and LOCAL, the texts of file_contexts, .subs_dist and .local.
set -eu
root=$1
contexts=/etc/selinux/targeted/contexts/files/file_contexts
mkdir -p "$root${contexts%/*}"
printf 'SELINUX=permissive\nSELINUXTYPE=targeted\n' >"$root/etc/selinux/config"
printf %s "$POLICY" >"$root$contexts"
printf %s "$ALIASES" >"$root$contexts.subs_dist"
printf %s "$LOCAL" >"$root$contexts.local"
# It sets a label by the file's number in /proc.
# shellcheck disable=SC2016 # The script is another shell's.
unshare --mount sh -eu -c 'mount -t proc proc "$1/proc"; chroot "$1" setfiles -F -m "$2" /' \
    sh "$root" "$contexts"
