# shellcheck shell=sh
# libc and systemd are replaced by others that work too, and run.

libc=$(readlink -f /lib/x86_64-linux-gnu/libc.so.6)
for file in "$libc" /usr/lib/systemd/systemd; do
    cp -a "$file" "$file.other"
    echo other >>"$file.other"
    mv "$file.other" "$file"
done
systemctl daemon-reexec
sha256sum "$libc" /usr/lib/systemd/systemd >/home/replaced
