//! Places for the vault's objects, with real servers on this host's loopback and stock `restic` as the other reader.

mod bench;
mod directory;
mod faults;
pub(super) mod s3;
mod sftp;

use crate::scenario::Scenario;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::host(
        "vault-directory",
        "a directory: restic's repository is read there, a mirror of one is checked and restored by restic; \
         another appliance's is refused",
        directory::run,
    ),
    Scenario::host(
        "vault-s3",
        "S3 with users, policies and signatures, over TLS: likewise; answers that are cut, slow, wrong or 503; \
         append-only credentials, with which a thief destroys nothing",
        s3::run,
    ),
    Scenario::host(
        "vault-sftp",
        "OpenSSH: likewise; lost connections, strange and unknown keys; a server that lets nobody remove",
        sftp::run,
    ),
];
