# shellcheck shell=sh
# Compares all there is to say of two trees.

told() {
    (cd "$1" || exit
     find . -xdev -mindepth 1 -printf '%p %y %m %U %G %T@ %l %n\n' | sort
     find . -xdev \( -type b -o -type c \) -exec stat -c '%n %t %T' {} + | sort
     find . -xdev \( -type f -o -type d \) -exec lsattr -d {} + | sed 's/[eI]/-/g' | sort -k 2
     find . -xdev -print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex 2>/dev/null)
}
same() {
    told "$1" >/run/one
    told "$2" >/run/two
    if ! cmp -s /run/one /run/two; then diff /run/one /run/two | head -40; return 1; fi
    same_trees "$1" "$2"
}
