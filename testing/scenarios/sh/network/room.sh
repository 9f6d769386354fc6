# shellcheck shell=sh
# A machine in a network of its own, and servers at the other ends of its cables: what PROGRAM does there by its words.
# Takes DIRECTORY; CABLES: words NUMBER:connected or NUMBER:loose; SERVERS: words NUMBER:RANGE, an address from 192.0.NUMBER.0/24
# at which dnsmasq begins to lend, or NUMBER:none for a server that lends nothing, or NUMBER:takes-back for one that takes back
# what it offers; OPTIONS for dnsmasq; TAKES_BACK, that program. Its words are the program and its words.

set -eu
cd "$DIRECTORY"

# What the machine has of its own: a network without anything in it, and certificates where the rescue system has them.
exec 3<&0
# The inner shell expands it.
# shellcheck disable=SC2016
unshare --net --mount sh -eu -c '
    mount -t sysfs sysfs /sys
    for all in all default; do echo 0 >"/proc/sys/net/ipv4/conf/$all/rp_filter"; done
    mount -t tmpfs tmpfs /etc/ssl
    mkdir /etc/ssl/certs
    cp ca.pem /etc/ssl/certs/ca-certificates.crt
    touch arrived
    until [ -e connected ]; do sleep 0.05; done
    PATH=/nowhere exec "$@"' sh "$@" <&3 &
machine=$!
until [ -e arrived ]; do sleep 0.05; done

# dnsmasq knows names, and lends addresses from a range on.
knows_names() {
    # OPTIONS are words.
    # shellcheck disable=SC2086
    dnsmasq --conf-file=/dev/null --no-daemon --no-resolv --no-hosts --user=root --group=root --pid-file= \
        --interface="port$1" --except-interface=lo --bind-interfaces --address=/files.example/"192.0.$1.1" \
        --address=/gone.example/ --log-facility=- $OPTIONS \
        ${2:+--dhcp-authoritative --dhcp-range="$2,192.0.$1.250,120s" --dhcp-leasefile="leases$1" --dhcp-option=option:domain-name,example} \
        2>>"dnsmasq$1.log" &
    dnsmasq=$!
}

ip link set lo up
for cable in $CABLES; do
    number=${cable%%:*}
    ip link add "port$number" type veth peer name "cable$number" netns "$machine"
    ip address add "192.0.$number.1/24" dev "port$number"
    [ "${cable#*:}" = loose ] || ip link set "port$number" up
done
touch connected
/usr/sbin/nginx -c "$DIRECTORY/nginx.conf" &
for server in $SERVERS; do
    number=${server%%:*}
    case ${server#*:} in
    none) knows_names "$number" ;;
    takes-back) python3 "$TAKES_BACK" "port$number" "192.0.$number" & ;;
    *) knows_names "$number" "${server#*:}" ;;
    esac
done

# What is done to the network meanwhile.
while kill -0 "$machine"; do
    if [ -e pull ]; then
        rm pull
        ip link set port2 down
    fi
    if [ -e withdraw ]; then
        rm withdraw
        kill "$dnsmasq"
        rm leases2
        knows_names 2 192.0.2.200
    fi
    sleep 0.1
done 2>gone.log
wait "$machine"
