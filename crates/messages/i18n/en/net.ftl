# Other machines
bad-proxy = the proxy in the policy is not the address of an HTTP proxy, such as http://proxy.example:3128
unknown-host = the server name { $name } can’t be resolved
no-roots = there are no certificates to trust: install ca-certificates, or name a file in “ca”
bad-roots = there are no certificates in { $path }
unreachable = the server can’t be reached, or the connection broke: { $why }
