# shellcheck shell=sh
# Breaks the system again, and runs the recovery of the matrix, which is cut at POINT.

break_all
mount_system
arm_fail_point
run_recovery
