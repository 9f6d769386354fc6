# shellcheck shell=sh
# The machine that will be gone sends its backups elsewhere, and somebody keeps its recovery key.
# Takes SHARED. Calls functions of functions.sh.

mount_system
vault key --yes | grep -E '^ +[0-9A-Z-]{35}$' | tr -d ' ' >"$SHARED/key"
test "$(wc -c <"$SHARED/key")" = 36
mkdir -p "$SHARED/far"
printf '[[vault.directory]]\nname = "far"\npath = "%s"\n' "$SHARED/far" >>/run/sys/etc/zshield/appliance.toml
vault send far
vault test far | grep 'answers, 3 backups'
