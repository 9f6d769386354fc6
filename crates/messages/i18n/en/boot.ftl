no-kernel = No kernel in /boot is complete. The boot menu was not changed. Install the package of the kernel again.
starts = The boot menu starts { $kernel }.
target-missed = boot-complete.target was not reached, so this start counts as failed. Nothing was changed. To see the units that failed: systemctl --failed
not-restarted = The machine can’t be restarted. Switch it off and on
emergency = This start ended in emergency mode. If nobody logs in, the machine restarts in { $minutes } minutes. After three failed starts in a row, it offers the recovery.
emergency-over = Nobody logged in: the machine restarts now.

# The command line
failed-about = Restart the machine after a start that ended in emergency mode
complete-about = Record that this start reached a healthy system
menu-about = Let GRUB start the newest complete kernel
