# shellcheck shell=sh
# The factory state stays a snapshot of its own beside the latest backup, as before the fold.

export ZSHIELD_LEAVE_OUT=detach-factory
