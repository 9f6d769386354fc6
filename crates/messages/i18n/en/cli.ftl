about = Installs, backs up, checks and recovers a Linux appliance
statuses = Exit status: 0 done; 1 failed, and the message says in which state the machine is; 2 wrong usage; 3 refused before anything was changed; 4 “check” found a difference; 5 done, but the machine must be restarted.
lang = The language of all texts; without it, the language of the locale
json = Print JSON
error = error: { $error }
not-begun =
    { $error }
    Nothing was changed. Remove the cause, then run the command again.
not-begun-advised =
    { $error }
    Nothing was changed.
interrupted = Interrupted. Nothing was changed.
yes = Do not ask
dry-run = Show what would be done, and change nothing
slot = The slot that holds the image
keys-directory = The directory of the public keys to trust
init = The rescue system’s first process; only the kernel starts it
init-needs-kernel = Only the kernel can start the rescue system, as /init of its initramfs. Nothing was changed.
generate = Write man pages, completions and units of systemd
generate-man = The directory for man pages
generate-completions = The directory for completions
generate-units = The directory for units of systemd
enter = Run a program within another root
nobody-to-ask = This command asks a question, and there is no terminal to ask on. Nothing was changed. Run it in a terminal, or with --yes if the command has this option.
scheduled = Started by the daemon
root = Where the appliance’s system is mounted

# The parser’s words
heading-usage = Usage
heading-options = Options
heading-arguments = Arguments
heading-commands = Commands
help-flag = Print help
version-flag = Print the version
default-is = [default: { $value }]
unknown-command = There is no command { $name }.
unknown-argument = This command has no option or argument { $name }.
bad-value = { $argument } can’t be { $value }.
missing-arguments = These arguments are missing: { $names }
conflicting = { $argument } can’t be used together with { $other }.
wrong-usage = The command line can’t be understood.
try-help = For more information, try --help.
