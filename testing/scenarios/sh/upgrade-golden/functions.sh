# shellcheck shell=sh
# What the scripts about the Golden Image of an upgrade can call.
# Takes UPGRADE.

golden() { "$UPGRADE" "$@"; }
