# Other machines
bad-proxy = the proxy in the policy is not the address of an HTTP proxy, such as http://proxy.example:3128
unknown-host = the server name { $name } can’t be resolved
no-name-server = the server name { $name } can’t be resolved: no DNS server is known. Give one, or use the server’s address
names-unanswered = the server name { $host } can’t be resolved: no DNS server gives an answer (asked: { $servers })
no-roots = there are no certificates to trust: install ca-certificates, or name a file in “ca”
bad-roots = there are no certificates in { $path }
untrusted = the server’s certificate is not trusted: { $why }
not-valid-yet = the certificate is valid from { $from } on, and the clock of this machine says { $now }. If the clock is wrong, set it
expired = the certificate was valid until { $until }, and the clock of this machine says { $now }. If the clock is wrong, set it
unreachable = the server can’t be reached, or the connection broke: { $why }

# A file on a web server
not-there = There is no file at { $url } (any more). Check the address, or ask the vendor for the right one.
not-allowed = The server does not give { $url } to this machine (status { $status }). Check the address, the user and the password, or ask the vendor for access.
proxy-refuses = The proxy does not let this machine through (status { $status }). Check the proxy in the policy. For every address the proxy must allow CONNECT.
status = The server answers { $url } with status { $status }, with which no file comes. Check the address, or ask the vendor.
much-later = The server is busy and wants to be asked for { $url } again in { $seconds } seconds. Run the command again then.
gave-up = { $url } could not be read: { $tries } tries in a row failed, the last one with “{ $why }”. Check the network and the server, then run the command again.
changed = The file at { $url } changed while it was read. Run the command again.
too-many-redirections = { $url } leads from one address to the next without end. Ask the vendor for the right address.
bad-redirection = { $url } leads to an address that is not followed: it is none of a web server, or it is no longer behind TLS. Ask the vendor for the right address.
certificate = The certificate of the server at { $url } is not trusted ({ $why }). If the server has a certificate of your own authority, name that authority’s file in “ca” in the policy. If the clock of this machine is wrong, set it.
odd = The answer for { $url } makes no sense: { $what }. Ask whoever runs the server or the proxy.
odd-range = it has other bytes than those that were asked for
odd-length = it has more bytes than it says
odd-encoding = it is compressed, which nobody asked for
odd-protocol = it is not HTTP as it should be ({ $why })
answered = the server answered with status { $status }
silent = the server says nothing, or hardly anything
too-short = the answer ended too early
