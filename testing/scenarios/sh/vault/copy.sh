# shellcheck shell=sh
# Backups are copied into the vault and sent to a directory elsewhere; stock restic reads, checks and restores both.

vault() { zshield --lang en vault "$@" --root /run/sys; }
ends_with() {
    wanted=$1
    shift
    status=0
    "$@" || status=$?
    test $status = "$wanted"
}
backup() { zshield backup --root /run/sys; }
restic() { command restic --no-cache --quiet "$@"; }
generations() { vault list --json | jq -r ".generations[] | select(.kind == \"$1\") | .id"; }
# The state $1 is equal to the generation $2 in the repository $3.
restores() {
    zshield backup mount "$1" /run/state --root /run/sys
    mkdir /run/user/restored
    restic -r "$3" restore "$2" --target /run/user/restored
    rsync -aHAX --delete --dry-run --itemize-changes /run/state/ /run/user/restored/ >/run/differs
    # The format has no place for root's topmost directory; this restic is older than that for a link's target that is no text.
    if grep -v -e ' \./$' -e ' srv/odd/raw -> ' /run/differs; then exit 1; fi
    rm -r /run/user/restored
    zshield backup umount /run/state --root /run/sys
}

mount_system
mkdir -p /run/state /run/user /run/vault /run/nas
mount /dev/vgroup/lv-user /run/user
# Odd things, all of which come back.
odd=/run/sys/srv/odd
mkdir -p $odd
ln "$odd/../../etc/fstab" $odd/hard 2>/dev/null || cp -a /run/sys/etc/fstab $odd/hard
ln $odd/hard $odd/harder
ln -s to "$odd/$(printf 'link\377')"
ln -s "$(printf 'to\377')" $odd/raw
mknod $odd/device c 5 1
mkfifo $odd/fifo
truncate -s 3M $odd/sparse
setfattr -n user.note -v value $odd/hard
setfacl -m u:7:r $odd/sparse
chmod 4711 $odd/fifo

ends_with 3 vault list
echo first >/run/sys/token
backup
vault copy
test "$(generations latest | wc -l) $(generations factory | wc -l)" = "1 1"
vault copy | grep 'has all backups already'
vault list | grep 'There is no recovery key'
key=$(vault key --yes | grep -E '^ +[0-9A-Z-]{35}$' | tr -d ' ')
test ${#key} = 35
export RESTIC_PASSWORD="$key"

first=$(generations latest)
mount /dev/vgroup/lv-vault /run/vault
restic -r /run/vault/repository check --read-data
restores latest "$first" /run/vault/repository
# Files are taken out, odd ones too; one that is there stays.
zshield backup mount latest /run/state --root /run/sys
mkdir /run/user/taken
vault get "$first" /srv/odd /run/user/taken
test "$(rsync -aHAX --delete --dry-run --itemize-changes /run/state/srv/odd/ /run/user/taken/odd/ | wc -l)" = 0
zshield backup umount /run/state --root /run/sys
vault get "$first" /token /run/user/taken
ends_with 3 vault get "$first" /token /run/user/taken
ends_with 3 vault get "$first" /no-such /run/user/taken
test "$(cat /run/user/taken/token)" = first
rm -r /run/user/taken

restores factory "$(generations factory)" /run/vault/repository

# A second night, in which little is new; and a place elsewhere.
printf '[[vault.directory]]\nname = "nas"\npath = "/run/nas"\n' >>/run/sys/etc/zshield/appliance.toml
head -c 2000000 /dev/urandom >/run/sys/new
echo second >/run/sys/token
before=$(du -sk /run/vault/repository | cut -f 1)
backup
vault copy
grown=$(($(du -sk /run/vault/repository | cut -f 1) - before))
test $grown -gt 1900 && test $grown -lt 2600
test "$(generations latest | wc -l)" = 2
second=$(generations latest | head -n 1)
vault test | grep 'nas: answers, and is empty'
vault send
vault send | grep 'nothing was missing'
vault test | grep '3 backups are there'
restic -r /run/nas check --read-data
restores latest "$second" /run/nas
test "$(restic -r /run/nas dump "$first" /token)" = first
ends_with 3 vault send elsewhere
jq -e '.far.nas.newest == .hdd.newest and .far.nas.failed == null' /run/sys/var/lib/zshield/vault.json

# A place that is gone is told in those words, and the next try goes on.
rm -r /run/nas
ends_with 1 vault send >/run/said
grep 'does not exist' /run/said
jq -e '.far.nas.failed.kind == "gone"' /run/sys/var/lib/zshield/vault.json
mkdir /run/nas
vault send
restic -r /run/nas check --read-data

# What the HDD has given up goes there too, once nothing is missing there; everything else stays.
stray=/run/nas/data/00/$(printf '%064d' 0)
mkdir -p /run/nas/data/00
head -c 1000000 /dev/urandom >"$stray"
vault send
ends_with 3 vault prune --at nas </dev/null
test -e "$stray"
vault prune --at nas --dry-run | grep 'nas: 1 objects (1 MB)'
vault prune --at nas --yes | grep 'nas: 1 objects were removed'
if test -e "$stray"; then exit 1; fi
vault prune --at nas | grep 'has nothing that'
restic -r /run/nas check --read-data

# Those who read do not wait for each other, nothing is given up meanwhile, and what an ended one has mounted goes with it.
policy=/run/sys/etc/zshield/appliance.toml
cp -a $policy /run/policy
printf '[[vault.directory]]\nname = "slow"\npath = "/run/slow"\nbandwidth = "64KiB"\n' >>$policy
mkdir /run/slow
"$ZSHIELD" vault send slow --root /run/sys &
until grep -q ' /run/zshield/vault/' /proc/mounts; do :; done
vault list | grep "$(echo "$first" | cut -c 1-8)"
ends_with 3 vault prune
kill -TERM $!
ends_with 1 wait $!
if grep ' /run/zshield/vault/' /proc/mounts; then exit 1; fi
cp -a /run/policy $policy

# A full vault is told, and costs no backup; old copies can be given up, and with room again the next one is made.
free=$(($(stat -f -c '%a * %S' /run/vault)))
fallocate -l $((free - 16000000)) /run/vault/filler
head -c 8000000 /dev/urandom >/run/sys/new
backup
ends_with 1 vault copy >/run/said 2>&1
grep 'The vault is full' /run/said
jq -e '.hdd.failed.kind == "full"' /run/sys/var/lib/zshield/vault.json
vault prune
rm /run/vault/filler
vault copy
jq -e '.hdd.failed == null' /run/sys/var/lib/zshield/vault.json
restic -r /run/vault/repository check --read-data

# What is damaged is named, and sent nowhere; the rest is whole. The next copy writes it anew, for every generation.
vault check --deep | grep 'is whole'
# The first one that was written is the factory state's, which is there.
pack=$(find /run/vault/repository/data -type f -size +100k -printf '%T@ %p\n' | sort -n | head -n 1 | cut -d ' ' -f 2)
printf '\0' | dd of="$pack" bs=1 seek=5000 conv=notrunc status=none
rm -r /run/nas/*
ends_with 1 vault send >/run/said
grep "${pack##*/}" /run/said
ends_with 4 vault check --deep >/run/said
grep "${pack##*/}" /run/said
grep '1 damaged packs were taken out' /run/said
jq -e '.hdd.unproved.kind == "damaged" and .hdd.mend' /run/sys/var/lib/zshield/vault.json
if test -e "$pack"; then exit 1; fi
vault copy
jq -e '.hdd.mend == null' /run/sys/var/lib/zshield/vault.json
restic -r /run/vault/repository check --read-data
vault check --deep | grep 'is whole'
jq -e '.hdd.unproved == null' /run/sys/var/lib/zshield/vault.json
rm -r /run/nas/*
vault send
restic -r /run/nas check --read-data
restores latest "$(generations latest | head -n 1)" /run/nas
restores factory "$(generations factory)" /run/nas
vault prune
umount /run/vault /run/user
