#!/bin/sh
# The system in $1 has its files noted by rpm, in packages that are made for it here, and by nobody
# else: what Debian's packages have brought is packed by the names of the Red Hat family, and a product
# is installed from a package as any vendor's.
set -eu
root=$1
build=$root/tmp/rpms
mkdir -p "$build"

# Everything that a package has of a system that is there: no script of rpmbuild's own, which would
# look for what it needs, strip it and want Perl.
spec() {
    cat <<END
%define debug_package %{nil}
%define __os_install_post %{nil}
%define __check_files %{nil}
Name: $1
Version: 1.0
Release: 1.el9
Summary: Imitation
License: None
BuildArch: x86_64
AutoReqProv: no
%description
Files of $1.
%install
$2
%files -f /tmp/rpms/$1.list
END
}
pack() {
    spec "$1" "$2" >"$build/$1.spec"
    chroot "$root" rpmbuild --quiet -bb --define '_topdir /tmp/rpms' \
        --define '_binary_payload w1.gzdio' --define '_buildhost localhost' "/tmp/rpms/$1.spec"
}

# Where Debian's lists have files, and where they are.
moved='s,^/\(bin\|sbin\|lib\|lib64\)/,/usr/\1/,
s,^\(/usr/s\?bin\)/grub-,\1/grub2-,
s,\.ko$,.ko.xz,'
# The files of Debian's packages $2 become the package $1.
files() {
    name=$1
    shift
    for package; do
        sed "$moved" "$root"/var/lib/dpkg/info/"$package".list
    done | sort -u | while read -r file; do
        if test -h "$root$file" || test -f "$root$file"; then echo "$file"; fi
    done >"$build/$name.list"
    pack "$name" "sed s,^/,, /tmp/rpms/$name.list | tar -C / -cf - -T - | tar -C %{buildroot} -xf -"
}
(
    cd "$root/var/lib/dpkg/info"
    mv linux-image-[0-9]*.list kernel.list
)
files kernel-core kernel
for name in coreutils e2fsprogs lvm2 openssh-server systemd; do files "$name" "$name"; done
chroot "$root" rpm --initdb
chroot "$root" sh -c 'rpm -i --justdb --nodeps --noscripts /tmp/rpms/RPMS/x86_64/*.rpm'

printf '%s\n' /usr/bin/imitated '%config(noreplace) /etc/imitated.conf' \
    /usr/lib/systemd/system/imitated.service >"$build/imitated.list"
pack imitated 'mkdir -p %{buildroot}/usr/bin %{buildroot}/etc %{buildroot}/usr/lib/systemd/system
printf "#!/bin/sh\nexec sleep infinity\n" >%{buildroot}/usr/bin/imitated
chmod 755 %{buildroot}/usr/bin/imitated
echo "greeting = hello" >%{buildroot}/etc/imitated.conf
printf "[Service]\nExecStart=/usr/bin/imitated\n[Install]\nWantedBy=multi-user.target\n" \
    >%{buildroot}/usr/lib/systemd/system/imitated.service'
chroot "$root" sh -c 'rpm -i /tmp/rpms/RPMS/x86_64/imitated-*.rpm'
chroot "$root" systemctl enable imitated.service
rm -rf "$build"

rm -rf "$root/var/lib/dpkg" "$root/var/lib/apt" "$root/var/cache/apt" "$root/etc/apt" \
    "$root"/usr/bin/dpkg* "$root"/usr/bin/apt* "$root"/usr/sbin/dpkg* "$root/usr/bin/rpmbuild"
