# shellcheck shell=sh
# Nothing differs, and no step is run. NOTHING is a pattern for the text that says so.
# Takes NOTHING.

zshield recover latest --root /run/sys --yes | tee /run/said
grep "$NOTHING" /run/said
if grep 'step=' /run/said; then exit 1; fi
zshield recover latest --root /run/sys --deep --dry-run | grep "$NOTHING"
