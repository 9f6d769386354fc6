system = Start the system
golden = Golden Image recovery
rescue = zshield: install or repair this machine
