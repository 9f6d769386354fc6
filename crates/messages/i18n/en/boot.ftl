no-kernel = No kernel in /boot is complete. The boot menu was not changed.
starts = The boot menu starts { $kernel }.
target-missed = boot-complete.target was not reached, so this start counts as failed. Nothing was changed.
not-restarted = The machine can’t be restarted. Switch it off and on

# The command line
complete-about = Record that this start reached a healthy system
menu-about = Let GRUB start the newest complete kernel
