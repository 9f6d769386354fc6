about = Keys that sign images and bundles
generate-about = Make a key pair in minisign’s format
argument-file = The secret key to make; the public key gets the extension .pub
option-no-password = Do not protect the secret key with a password
made = Key { $id } was made.
    Secret: { $secret } (keep it off the stick and off the appliance)
    Public: { $public } (name it in trusted_keys of appliance.toml)
new-password = Password for the new key:
password-again = Once more:
passwords-differ = The passwords differ or are empty. No key was made. Run the command again.
list-about = List the keys that this machine trusts, and those that were revoked
delivered = { $key }  trusted: it was delivered with the system
introduced = { $key }  trusted: an upgrade introduced it
revoked = { $key }  revoked: nothing that it signs is accepted any more
none = This machine trusts no key.
