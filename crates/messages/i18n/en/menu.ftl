system = Start the system
golden = Golden Image recovery
factory = Return to the factory state (asks again first)
latest = Return to the latest backup (asks again first)
leave = Leave: start the system
rescue = zshield: install or repair this machine
