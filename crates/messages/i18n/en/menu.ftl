system = Start the system
golden = Golden Image recovery
rescue = zshield: install or repair this machine
grub = GRUB’s menu, by password
system-by-itself = The system starts by itself at 0. Press Tab for the recovery.
rescue-by-itself = It starts by itself at 0.
