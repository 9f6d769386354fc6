no-kernel = No kernel in /boot is whole: the boot menu stays as it is.
starts = The boot menu starts { $kernel }.
target-missed = boot-complete.target was not reached: this start counts as one that failed. Nothing was changed.
