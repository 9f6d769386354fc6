system = Start the system
golden = Golden Image recovery
factory = Return to the factory state (asks first)
latest = Return to the latest backup (asks first)
leave = Leave and start the system
rescue = zshield: install or repair this machine
