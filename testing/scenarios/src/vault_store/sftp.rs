//! A directory of a server, over SFTP.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use zshield_machines::tool::{capture, tool};

use super::bench::{Bench, Place};
use super::faults;
use crate::loopback::{Process, free_port, until_listening};
use crate::scenario::Context;

/// What nobody may ask a server for that only takes more.
const NO_CHANGES: &str = "remove,rmdir,posix-rename,setstat,fsetstat,lsetstat,symlink,hardlink";

struct Server {
    _process: Process,
    port: u16,
    user: String,
}

impl Server {
    /// A server that lets two keys in: `all`, and `append`, which can't remove.
    fn start(bench: &Bench) -> Result<Self> {
        for name in ["host", "strange", "all", "append", "unknown"] {
            let file = bench.path(name).display().to_string();
            capture(&mut tool("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", &file]))?;
        }
        let public = |name: &str| fs::read_to_string(bench.path(&format!("{name}.pub")));
        let forced = format!("restrict,command=\"internal-sftp -P {NO_CHANGES}\"");
        fs::write(
            bench.path("authorized"),
            format!("restrict {}{forced} {}", public("all")?, public("append")?),
        )?;
        for (known, key) in [("known", "host"), ("changed", "strange")] {
            fs::write(bench.path(known), format!("[127.0.0.1]:* {}", public(key)?))?;
        }
        fs::write(bench.path("empty"), "")?;
        let port = free_port()?;
        let at = |name: &str| bench.path(name).display().to_string();
        let settings = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nPidFile none\nUsePAM no\nStrictModes no\n\
             AuthorizedKeysFile {}\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\nMaxStartups 100\n",
            at("host"),
            at("authorized"),
        );
        fs::write(bench.path("sshd_config"), settings)?;
        // Its own service makes it where there is one.
        let _ = fs::create_dir("/run/sshd");
        let process = Process::start(
            "sshd",
            Command::new("/usr/sbin/sshd")
                .args(["-D", "-e", "-f", &at("sshd_config")])
                .stderr(Stdio::from(fs::File::create(bench.path("sshd.log"))?)),
        )?;
        until_listening(port)?;
        let user = capture(&mut tool("id", ["-un"]))?.trim().to_owned();
        Ok(Self { _process: process, port, user })
    }

    fn settings(&self, bench: &Bench, key: &str, directory: &str) -> Value {
        json!({
            "kind": "sftp", "host": "127.0.0.1", "port": self.port, "user": self.user,
            "path": bench.path(directory), "identity": bench.path(key), "known_hosts": bench.path("known"),
        })
    }

    fn place(&self, bench: &Bench, key: &str, directory: &str) -> Result<Place> {
        fs::create_dir_all(bench.path(directory))?;
        let settings = self.settings(bench, key, directory);
        let at = |name: &str| bench.path(name).display().to_string();
        let command = format!(
            "ssh -F none -o UserKnownHostsFile={} -i {} -p {} {}@127.0.0.1 -s sftp",
            at("known"),
            at(key),
            self.port,
            self.user
        );
        Ok(Place {
            settings: bench.settings(&format!("{key}-{directory}"), &settings)?,
            repository: vec![
                "-o".to_owned(),
                format!("sftp.command={command}"),
                "-r".to_owned(),
                format!("sftp:x:{}", at(directory)),
            ],
            environment: Vec::new(),
        })
    }
}

pub(super) fn run(context: &Context) -> Result<()> {
    let bench = Bench::new(context)?;
    let server = Server::start(&bench)?;
    bench.is_read(&server.place(&bench, "all", "made")?)?;
    let far = server.place(&bench, "all", "far")?;
    bench.mirrors(&far)?;
    bench.refuses_another(&far)?;
    bench.is_limited(&server.place(&bench, "all", "limited")?)?;
    bench.done("write", &[&far.settings])?;
    refusals(&bench, &server)?;
    lost(&bench, &server)?;
    append_only(&bench, &server)
}

/// What is wrong is said in its own words.
fn refusals(bench: &Bench, server: &Server) -> Result<()> {
    let good = server.settings(bench, "all", "far");
    let with = |name: &str, value: Value| {
        let mut settings = good.clone();
        settings[name] = value;
        settings
    };
    for (settings, problem) in [
        (with("known_hosts", json!(bench.path("changed"))), "Identity"),
        (with("known_hosts", json!(bench.path("empty"))), "Identity"),
        (with("identity", json!(bench.path("unknown"))), "Credentials"),
        (with("identity", json!(bench.path("absent"))), "Credentials"),
        (with("port", json!(9)), "Away"),
        (with("host", json!("no-such.invalid")), "Away"),
        (with("path", json!(bench.path("nowhere"))), "NoPlace"),
    ] {
        let file = bench.settings("refused", &settings)?;
        bench.fails("write", &[&file], problem)?;
    }
    Ok(())
}

/// Each connection that is lost ends a mirror, and the next goes on where it was.
fn lost(bench: &Bench, server: &Server) -> Result<()> {
    let local = bench.local("local")?;
    let cuts: Vec<u64> = (0..12)
        .map(|number| 4_000 + number * 37_000)
        .chain((1..6).map(|n| n * 1_500_000))
        .collect();
    let most = cuts.len();
    let port = faults::cuts(server.port, cuts)?;
    let far = server.place(bench, "all", "lost")?;
    let mut through = server.settings(bench, "all", "lost");
    through["port"] = json!(port);
    let through = bench.settings("through", &through)?;
    let mut failed = 0;
    loop {
        let (problem, said) = bench.problem("mirror", &[&local.settings, &through])?;
        let Some(problem) = problem else { break };
        failed += 1;
        ensure!(problem == "Away" && failed <= most, "{said}");
    }
    ensure!(failed > 8, "only {failed} were lost");
    bench.is_mirror(&far)
}

/// A server that only takes more is enough for a copy, and removes nothing.
fn append_only(bench: &Bench, server: &Server) -> Result<()> {
    let local = bench.local("local")?;
    let far = server.place(bench, "append", "added")?;
    bench.done("mirror", &[&local.settings, &far.settings])?;
    let said = bench.done("remove", &[&far.settings])?;
    ensure!(said.contains("::removed 0, refused ") && !said.contains("refused 0"), "{said}");
    let read = server.place(bench, "all", "added")?;
    bench.is_mirror(&read)?;
    // Nothing of the copy is left beside the objects.
    let left: Vec<PathBuf> = walk(&bench.path("added"))?;
    ensure!(left.iter().all(|path| path.extension().is_none()), "{left:?}");
    // Only root of a server can do more.
    let is_root = capture(&mut tool("id", ["-u"]))?.trim() == "0";
    if is_root { immutable(bench, server, &left) } else { Ok(()) }
}

/// A server that makes immutable what has come: a thief can't touch it, and the next copy adds what is new.
fn immutable(bench: &Bench, server: &Server, objects: &[PathBuf]) -> Result<()> {
    let chattr = |flag: &str| capture(tool("chattr", [flag]).args(objects));
    chattr("+i")?;
    let tried = stolen(bench, server, objects);
    chattr("-i")?;
    tried
}

fn stolen(bench: &Bench, server: &Server, objects: &[PathBuf]) -> Result<()> {
    let nothing = bench.path("empty");
    let lines = objects.iter().enumerate().flat_map(|(number, object)| {
        let (object, away) = (object.display(), bench.path(&format!("away{number}")));
        // With a dash each is tried, whatever came of the one before.
        [
            format!("-put {} {object}\n", nothing.display()),
            format!("-rename {object} {}\n", away.display()),
            format!("-rm {object}\n"),
        ]
    });
    fs::write(bench.path("batch"), lines.collect::<String>())?;
    let known = format!("UserKnownHostsFile={}", bench.path("known").display());
    let mut thief =
        tool("sftp", ["-q", "-F", "none", "-o", &known, "-P", &server.port.to_string()]);
    thief.arg("-i").arg(bench.path("append")).arg("-b").arg(bench.path("batch"));
    capture(thief.arg(format!("{}@127.0.0.1", server.user)))?;
    bench.is_mirror(&server.place(bench, "all", "added")?)?;
    ensure!(!bench.path("away0").exists(), "it was moved away");
    let local = bench.local("local")?;
    fs::write(bench.path("source/latest"), "later still")?;
    bench.back_up(&local)?;
    let far = server.place(bench, "append", "added")?;
    let said = bench.done("mirror", &[&local.settings, &far.settings])?;
    ensure!(!said.contains("::mirrored 0 objects"), "{said}");
    bench.is_mirror(&server.place(bench, "all", "added")?)
}

fn walk(directory: &std::path::Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(walk(&path)?) } else { found.push(path) }
    }
    Ok(found)
}
