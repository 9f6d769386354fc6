//! Namespaces of this host: a machine with cables, and servers at their other ends.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::loopback::{LIMIT, Process, certify, until};
use crate::scenario::Context;
use zshield_machines::tool::{capture, tool};

const ROOM: &str = include_str!("../../sh/network/room.sh");
const TAKES_BACK: &str = include_str!("takes_back.py");

pub(super) struct Room {
    directory: PathBuf,
    program: PathBuf,
}

impl Room {
    pub(super) fn new(context: &Context) -> Result<Self> {
        fs::create_dir_all(context.directory.join("www"))?;
        let directory = context.directory.canonicalize()?;
        let room = Self { directory, program: context.artifacts.network()? };
        certify(&room.directory)?;
        room.certify_later()?;
        fs::write(room.path("www/hello"), "hello")?;
        fs::write(room.path("takes_back.py"), TAKES_BACK)?;
        let directory = room.directory.display();
        let nginx = format!(
            r#"daemon off;
user root;
master_process off;
pid "{directory}/nginx.pid";
error_log "{directory}/nginx-error.log";
events {{}}
http {{
    access_log off;
    root "{directory}/www";
    server {{
        listen 80;
        listen 443 ssl;
        ssl_certificate "{directory}/tls.pem";
        ssl_certificate_key "{directory}/tls.key";
    }}
    server {{
        listen 444 ssl;
        ssl_certificate "{directory}/later.pem";
        ssl_certificate_key "{directory}/tls.key";
    }}
}}
"#
        );
        fs::write(room.path("nginx.conf"), nginx)?;
        Ok(room)
    }

    /// A certificate of the same authority that begins to be valid far in the future.
    fn certify_later(&self) -> Result<()> {
        let settings = "[ca]\ndefault_ca = this\n[this]\ndatabase = index.txt\nnew_certs_dir = .\nrand_serial = yes\n\
            default_md = sha256\npolicy = any\nx509_extensions = server\n[any]\ncommonName = supplied\n\
            [server]\nsubjectAltName = DNS:files.example\nbasicConstraints = CA:FALSE\n";
        fs::write(self.path("ca.cnf"), settings)?;
        fs::write(self.path("index.txt"), "")?;
        let words = "ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key -in tls.csr -out later.pem \
            -startdate 20490101000000Z -enddate 20491231000000Z";
        let mut openssl = tool("openssl", words.split_whitespace());
        capture(openssl.current_dir(&self.directory)).map(drop)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Tells the room to do something.
    pub(super) fn touch(&self, name: &str) -> Result<()> {
        Ok(fs::write(self.path(name), "")?)
    }

    /// A machine that is switched on in a room with these cables and servers.
    pub(super) fn machine(
        &self,
        cables: &str,
        servers: &str,
        options: &str,
        words: &[&str],
    ) -> Result<Machine> {
        for left in ["arrived", "connected", "leases2", "dnsmasq2.log"] {
            if let Err(error) = fs::remove_file(self.path(left))
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Err(error.into());
            }
        }
        let rooms = [
            "--map-root-user",
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
        ];
        let mut command = tool("unshare", rooms);
        command.args(["sh", "-c", ROOM, "sh"]).arg(&self.program).args(words);
        command.env("DIRECTORY", &self.directory).env("TAKES_BACK", self.path("takes_back.py"));
        command.envs([("CABLES", cables), ("SERVERS", servers), ("OPTIONS", options)]);
        Ok(Machine { process: Process::start("the machine", &mut command)?, given: 0 })
    }

    /// Waits until dnsmasq has noted this so many times.
    pub(super) fn until_logged(&self, what: &str, times: usize) -> Result<()> {
        until(&format!("dnsmasq has not noted {what} {times} times"), || {
            let log = fs::read_to_string(self.path("dnsmasq2.log")).ok()?;
            (log.matches(what).count() >= times).then_some(())
        })
    }
}

/// The program in its machine.
pub(super) struct Machine {
    process: Process,
    /// How many lines it was given.
    given: usize,
}

impl Machine {
    /// Waits until it has said this; returns all that it has said.
    pub(super) fn until(&self, pattern: &str) -> Result<String> {
        self.process.until(pattern, 1)
    }

    /// Has it do something; returns what it says of that.
    fn says(&mut self, line: &str) -> Result<String> {
        const DONE: &str = "::done\n";
        writeln!(self.process.input()?, "{line}")?;
        self.given += 1;
        let said = self.process.until(DONE, self.given)?;
        said.split(DONE).nth(self.given - 1).map(str::to_owned).context("it has said nothing")
    }

    /// Has it do something, of which it says this.
    pub(super) fn done(&mut self, line: &str, wanted: &str) -> Result<()> {
        let said = self.says(line)?;
        ensure!(said.contains(wanted), "«{line}»: {said}");
        Ok(())
    }

    /// Has it do something until it says this of it.
    pub(super) fn done_until(&mut self, line: &str, wanted: &str) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let said = self.says(line)?;
            if said.contains(wanted) {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "«{line}»: {said}");
        }
    }
}
