no-kernel = No kernel in /boot is whole: the boot menu stays as it is.
starts = The boot menu starts { $kernel }.
