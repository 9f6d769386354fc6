"""A DHCP server that offers an address and takes it back: `takes_back.py LINK NETWORK`."""

import socket
import sys

OFFER, NAK = 2, 6
link, network = sys.argv[1:]
server = socket.inet_aton(f"{network}.1")
listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
listener.bind(("", 67))
while True:
    asked = listener.recv(2048)
    kind = asked[asked.index(b"\x35\x01", 240) + 2]
    lent = socket.inet_aton(f"{network}.9") if kind == 1 else bytes(4)
    head = b"\x02" + asked[1:16] + lent + bytes(8) + asked[28:44] + bytes(192)
    options = bytes([0x35, 1, OFFER if kind == 1 else NAK, 0x36, 4]) + server + b"\xff"
    listener.sendto(head + b"\x63\x82\x53\x63" + options, ("255.255.255.255", 68))
