//! What bundles from a web server are tried with: nginx and a bundle on this host's loopback, and a reader.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::loopback::{Process, certify, free_port, until, until_listening};
use crate::scenario::Context;
use zshield_machines::tool::capture;

/// What a reader must not look at: nobody listens there.
const PROXIES: [&str; 4] = ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY"];

/// A request, as the server has noted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) status: u16,
    /// How many bytes of the body went out.
    pub(super) sent: u64,
    /// The first byte that was asked for, and the last.
    pub(super) range: (u64, u64),
}

/// A bundle behind a server.
pub(super) struct Bench {
    directory: PathBuf,
    reader: PathBuf,
    pub(super) plain: u16,
    pub(super) secure: u16,
}

impl Bench {
    pub(super) fn new(context: &Context) -> Result<Self> {
        fs::create_dir_all(context.directory.join("etc/zshield"))?;
        let directory = context.directory.canonicalize()?;
        let bench = Self {
            directory,
            reader: context.artifacts.bundle_reader()?,
            plain: free_port()?,
            secure: free_port()?,
        };
        certify(&bench.directory)?;
        capture(Command::new(&bench.reader).arg("make").arg(&bench.directory))?;
        let bundle = bench.path("bundle.zsb");
        for place in ["www", "www/whole"] {
            fs::create_dir_all(bench.path(place))?;
            fs::hard_link(&bundle, bench.path(place).join("bundle.zsb"))?;
        }
        bench.policy("")?;
        Ok(bench)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// How long the bundle is.
    pub(super) fn length(&self) -> Result<u64> {
        Ok(fs::metadata(self.path("bundle.zsb"))?.len())
    }

    /// Writes the policy with these lines in its table of upgrades.
    pub(super) fn policy(&self, upgrade: &str) -> Result<()> {
        let text = format!(
            "[product]\nname = \"gateway\"\nversion = \"1\"\n[payload]\nsource = \"x\"\n[upgrade]\n{upgrade}"
        );
        Ok(fs::write(self.path("etc/zshield/appliance.toml"), text)?)
    }

    /// Starts the server: with TLS and without; below `/whole/` it knows no ranges.
    pub(super) fn nginx(&self) -> Result<Process> {
        let (plain, secure, directory) = (self.plain, self.secure, self.directory.display());
        let text = format!(
            r#"daemon off;
master_process off;
pid "{directory}/nginx.pid";
error_log "{directory}/nginx-error.log";
events {{}}
http {{
    log_format asked '$status $body_bytes_sent "$http_range"';
    access_log "{directory}/asked.log" asked;
    root "{directory}/www";
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{secure} ssl sndbuf=64k;
        ssl_certificate "{directory}/tls.pem";
        ssl_certificate_key "{directory}/tls.key";
        location /whole/ {{ max_ranges 0; }}
    }}
}}
"#
        );
        let file = self.path("nginx.conf");
        fs::write(&file, text)?;
        let nginx = Process::start("nginx", Command::new("/usr/sbin/nginx").arg("-c").arg(file))?;
        until_listening(plain)?;
        until_listening(secure)?;
        Ok(nginx)
    }

    /// A proxy that allows `CONNECT` to the server alone.
    pub(super) fn proxy(&self) -> Result<(Process, u16)> {
        let (port, secure, directory) = (free_port()?, self.secure, self.directory.display());
        let file = self.path("tinyproxy.conf");
        fs::write(
            &file,
            format!(
                "Port {port}\nListen 127.0.0.1\nConnectPort {secure}\nLogFile \"{directory}/proxy.log\"\n\
                 LogLevel Connect\nMaxClients 20\n"
            ),
        )?;
        let mut command = Command::new("tinyproxy");
        let proxy = Process::start("tinyproxy", command.arg("-d").arg("-c").arg(file))?;
        until_listening(port)?;
        Ok((proxy, port))
    }

    fn reading(&self, url: &str, every: usize) -> Command {
        let mut reader = Command::new(&self.reader);
        reader.arg("read").arg(&self.directory).args([url, &every.to_string()]);
        reader.envs(PROXIES.map(|name| (name, "http://127.0.0.1:9")));
        reader
    }

    /// Reads the bundle at an address, every so many-th content of it; returns what the reader says.
    pub(super) fn read(&self, url: &str, every: usize) -> Result<String> {
        let output = self.reading(url, every).stdin(Stdio::null()).output()?;
        let said = String::from_utf8(output.stdout)?;
        if output.status.success() { Ok(said) } else { bail!("the reader failed: {said}") }
    }

    /// The same, one step with each line that it is given.
    pub(super) fn reader(&self, url: &str) -> Result<Process> {
        Process::start("the reader", &mut self.reading(url, 1))
    }

    /// What the server was asked for, once there are so many requests.
    pub(super) fn asked(&self, at_least: usize) -> Result<Vec<Asked>> {
        let log = self.path("asked.log");
        until("the server has not noted so many requests", || {
            let text = fs::read_to_string(&log).ok()?;
            let asked: Option<Vec<Asked>> = text.lines().map(asked).collect();
            asked.filter(|asked| asked.len() >= at_least)
        })
    }

    /// The server's notes begin anew.
    pub(super) fn forget(&self) -> Result<()> {
        // It has the file open, and writes at its end.
        Ok(fs::File::options().write(true).open(self.path("asked.log"))?.set_len(0)?)
    }
}

fn asked(line: &str) -> Option<Asked> {
    let (numbers, range) = line.split_once(" \"")?;
    let (status, sent) = numbers.split_once(' ')?;
    let (first, last) = range.strip_prefix("bytes=")?.strip_suffix('"')?.split_once('-')?;
    Some(Asked {
        status: status.parse().ok()?,
        sent: sent.parse().ok()?,
        range: (first.parse().ok()?, last.parse().ok()?),
    })
}

/// The numbers of each line that begins with this.
pub(super) fn numbers(said: &str, begin: &str) -> Result<Vec<Vec<u64>>> {
    said.lines()
        .filter_map(|line| line.strip_prefix(begin))
        .map(|line| {
            let words = line.split(|c: char| !c.is_ascii_digit()).filter(|word| !word.is_empty());
            words.map(|word| word.parse().context("a number")).collect()
        })
        .collect()
}

/// Lets a reader go on.
pub(super) fn go_on(reader: &mut Process) -> Result<()> {
    Ok(reader.input()?.write_all(b"\n")?)
}
