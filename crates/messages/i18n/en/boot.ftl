no-kernel = No kernel in /boot is complete. The boot menu was not changed.
starts = The boot menu starts { $kernel }.
target-missed = boot-complete.target was not reached, so this start counts as failed. Nothing was changed.
