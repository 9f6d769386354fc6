# A machine comes into a network
link = { $link }: { $why }
why-no-carrier = no cable, or nothing at its other end
why-silent = no DHCP server answers
why-refused = the DHCP server lends no address
why-gone = the network card is gone
why-no-router = the DHCP server names no router
why-later = not needed: another connection was there first
why-failed = the kernel does not do it ({ $why })

stage-drivers = Loading the drivers of network cards
stage-carrier = Waiting for network cables ({ $links })
stage-lease = Asking for an address ({ $links })

no-links = There is no network card, or none that this system has a driver for. Nothing was changed. Connect a card of another kind, or go on without a network.
no-carrier = No network cable is connected ({ $links }). Connect one, check the lamp beside the socket and the switch, then try again.
no-lease = No DHCP server gives this machine an address ({ $links }). Check the cable and the DHCP server, then try again, or give an address by hand.
which-link = Cables are connected to several sockets ({ $links }). Say which one is to be used, or disconnect the others.
not-that-link = The network connection { $link } is not there, or has no cable. Those with a cable: { $others }.
link-lost = The network connection { $link } is lost: its cable, the switch or the card. Connect it again, then try again.
lease-lost = The address { $address } may not be used any more: the DHCP server did not renew it. Check the DHCP server, then try again.
kernel = The kernel does not set up the network ({ $why }). Start the machine again, and try again.

# An address that is given by hand
bad-address = “{ $text }” is not an address with the length of its network. Write it like 192.168.1.20/24.
no-prefix = “{ $text }” lacks the length of its network. Write it like 192.168.1.20/24 or 192.168.1.20/255.255.255.0.
bad-prefix = “{ $text }” is not the length of a network. It is a number from 1 to 32, or a mask like 255.255.255.0.
no-host = No machine can have the address { $address }. Take a free one of your network, like 192.168.1.20.
of-all = { $address } means the network itself or everybody in it, not one machine. Take another address of the network.
bad-router = “{ $text }” is not the address of a router. Write it like 192.168.1.1, or leave it empty if there is none.
router-outside = The router { $router } is not in the network { $network } of the machine’s address. Check both, and the length of the network.
router-is-self = { $address } is given to this machine and to the router. Each needs an address of its own.
bad-name-server = “{ $text }” is not the address of a DNS server. Write addresses like 192.168.1.1, with a comma between them, or leave it empty if there is none.
too-many-name-servers = { $count } DNS servers are too many. Give three at most.
