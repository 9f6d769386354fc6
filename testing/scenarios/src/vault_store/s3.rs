//! A bucket.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::bench::{Bench, Place};
use super::faults::{self, Fault};
use crate::loopback::{Process, certify};
use crate::scenario::Context;

/// The server, with a user who may do all and one who may only add.
pub(crate) struct Server {
    process: Process,
    port: u16,
    /// The port behind TLS.
    pub(crate) secure: u16,
    users: Value,
}

impl Server {
    /// Starts it; its certificates and its log are in this directory.
    pub(crate) fn start(directory: &Path, context: &Context) -> Result<Self> {
        certify(directory)?;
        let process = Process::start(
            "the S3 server",
            Command::new("python3")
                .args(["-c", include_str!("s3_server.py")])
                .arg(directory)
                .env("PYTHONPATH", context.artifacts.moto()?)
                .env("PYTHONSAFEPATH", "1")
                .stderr(std::fs::File::create(directory.join("s3.log"))?),
        )?;
        let port = process.port()?;
        let said = process.until("::port ", 1)?;
        let behind = |word: &str, end: char| {
            said.split(word).nth(1).and_then(|rest| rest.split(end).next()).map(ToOwned::to_owned)
        };
        let secure = behind("::secure ", ';').context("no port")?.parse()?;
        let users = serde_json::from_str(&behind("::users ", '\n').context("no users")?)?;
        Ok(Self { process, port, secure, users })
    }

    /// The id of a user's key, and the key.
    pub(crate) fn credentials(&self, user: &str) -> Result<[String; 2]> {
        let text = |name: &str| self.users[user][name].as_str().map(ToOwned::to_owned);
        Ok([text("key_id").context("no id")?, text("secret").context("no key")?])
    }

    /// Whether signatures and policies count.
    pub(crate) fn checks(&mut self, on: &str) -> Result<()> {
        writeln!(self.process.input()?, "{on}")?;
        self.process.until(&format!("::checks {on}\n"), 1).map(drop)
    }

    /// Settings for a user, a bucket and a prefix.
    fn settings(&self, user: &str, bucket: &str, prefix: &str) -> Value {
        let user = &self.users[user];
        json!({
            "kind": "s3", "endpoint": format!("http://127.0.0.1:{}", self.port), "bucket": bucket,
            "prefix": prefix, "key_id": user["key_id"], "secret": user["secret"],
        })
    }

    fn place(&self, bench: &Bench, user: &str, bucket: &str, prefix: &str) -> Result<Place> {
        let settings = self.settings(user, bucket, prefix);
        let text = |name: &str| settings[name].as_str().unwrap_or_default().to_owned();
        let name = format!("{user}-{bucket}-{prefix}");
        Ok(Place {
            settings: bench.settings(&name, &settings)?,
            repository: vec!["-r".to_owned(), format!("s3:{}/{bucket}/{prefix}", text("endpoint"))],
            environment: vec![
                ("AWS_ACCESS_KEY_ID", text("key_id")),
                ("AWS_SECRET_ACCESS_KEY", text("secret")),
            ],
        })
    }
}

pub(super) fn run(context: &Context) -> Result<()> {
    let bench = Bench::new(context)?;
    let mut server = Server::start(&bench.directory, context)?;
    bench.is_read(&server.place(&bench, "all", "plain", "made")?)?;
    let far = server.place(&bench, "all", "plain", "far")?;
    bench.mirrors(&far)?;
    bench.refuses_another(&far)?;
    bench.is_limited(&server.place(&bench, "all", "plain", "limited")?)?;
    server.checks("on")?;
    refusals(&bench, &server)?;
    let many = server.place(&bench, "all", "plain", "many & more")?;
    let said = bench.done("list", &[&many.settings])?;
    ensure!(said.contains("::listed 3500\n"), "{said}");
    conditions(&bench, &server)?;
    let local = bench.local("local")?;
    broken(&bench, &server, &local)?;
    append_only(&bench, &mut server, &local)?;
    server.checks("on")?;
    pruned(&bench, &server)
}

/// What is wrong is said in its own words, and no secret is.
fn refusals(bench: &Bench, server: &Server) -> Result<()> {
    let good = server.settings("all", "plain", "far");
    let with = |name: &str, value: Value| {
        let mut settings = good.clone();
        settings[name] = value;
        settings
    };
    let skewed = faults::http(server.port, 1, vec![Fault::Skewed; 99])?;
    let secure = |ca: &str| {
        let mut settings = with("endpoint", json!(format!("https://localhost:{}", server.secure)));
        settings["ca"] = json!(bench.path(ca));
        settings
    };
    for (settings, problem) in [
        (with("secret", json!("another secret of the test")), "Credentials"),
        (with("key_id", json!("AKIANOBODY")), "Credentials"),
        (with("bucket", json!("absent")), "NoPlace"),
        (with("endpoint", json!(format!("http://127.0.0.1:{skewed}"))), "Clock"),
        (with("endpoint", json!("http://127.0.0.1:9")), "Away"),
        (with("endpoint", json!(format!("https://127.0.0.1:{}", server.port))), "Away"),
        (secure("stranger.pem"), "Identity"),
    ] {
        let file = bench.settings("refused", &settings)?;
        let said = bench.fails("read", &[&file], problem)?;
        let secret = settings["secret"].as_str().context("no secret")?;
        ensure!(!said.contains(secret) && !said.contains("Signature="), "{said}");
    }
    let said = bench.done("read", &[&bench.settings("secure", &secure("ca.pem"))?])?;
    ensure!(said.contains("::read "), "{said}");
    Ok(())
}

/// An object that is there stays as it is, whether it was seen before or the server refuses to write over it.
fn conditions(bench: &Bench, server: &Server) -> Result<()> {
    for (prefix, fault) in [("u", Fault::Unconditional), ("b", Fault::Blind)] {
        let port = faults::http(server.port, 1, vec![fault; 999])?;
        let mut through = server.settings("all", "plain", prefix);
        through["endpoint"] = json!(format!("http://127.0.0.1:{port}"));
        bench.done("write", &[&bench.settings("conditions", &through)?])?;
    }
    let log = std::fs::read_to_string(bench.path("s3.log"))?;
    ensure!(log.contains("\" 412 "), "nothing was refused: {log}");
    Ok(())
}

/// Each fault ends a mirror at most, and the next goes on where it was.
fn broken(bench: &Bench, server: &Server, local: &Place) -> Result<()> {
    let kinds = [
        Fault::Busy,
        Fault::CutRequest,
        Fault::CutAnswer,
        Fault::LongAnswer,
        Fault::SlowAnswer,
        Fault::Nonsense,
    ];
    let broken = kinds.repeat(4);
    let most = broken.len();
    let port = faults::http(server.port, 7, broken)?;
    let far = server.place(bench, "all", "plain", "broken")?;
    let mut through = server.settings("all", "plain", "broken");
    through["endpoint"] = json!(format!("http://127.0.0.1:{port}"));
    let through = bench.settings("through", &through)?;
    let mut failed = 0;
    loop {
        let (problem, said) = bench.problem("mirror", &[&local.settings, &through])?;
        let Some(problem) = problem else { break };
        failed += 1;
        ensure!(matches!(problem.as_str(), "Away" | "Damaged") && failed <= most, "{said}");
    }
    ensure!(failed > 2, "only {failed} were broken");
    // What is there now is whole, whoever looks.
    let said = bench.done("mirror", &[&local.settings, &far.settings])?;
    ensure!(said.contains("::mirrored 0 objects"), "{said}");
    bench.done("read", &[&far.settings])?;
    // With patience one mirror goes through all of it.
    let port = faults::http(server.port, 4, kinds.repeat(2))?;
    let patient = server.place(bench, "all", "plain", "patient")?;
    let mut through = server.settings("all", "plain", "patient");
    through["endpoint"] = json!(format!("http://127.0.0.1:{port}"));
    through["tries"] = json!(4);
    let through = bench.settings("through", &through)?;
    bench.done("mirror", &[&local.settings, &through])?;
    bench.done("read", &[&patient.settings]).map(drop)
}

/// Root of the appliance has the credentials of the nightly copy, and an hour.
fn append_only(bench: &Bench, server: &mut Server, local: &Place) -> Result<()> {
    let far = server.place(bench, "append", "locked", "gw")?;
    bench.done("mirror", &[&local.settings, &far.settings])?;
    bench.done("write", &[&far.settings])?;
    let said = bench.done("remove", &[&far.settings])?;
    ensure!(said.contains("::removed 0, refused ") && !said.contains("refused 0"), "{said}");
    writeln!(server.process.input()?, "thief")?;
    let said = server.process.until(" whole\n", 1)?;
    let thief = said.lines().find(|line| line.starts_with("::thief")).context("no thief")?;
    let numbers: Vec<usize> =
        thief.split([' ', ',']).filter_map(|word| word.parse().ok()).collect();
    let [written, refused, whole, all] = numbers[..] else { anyhow::bail!("{thief}") };
    // Of each object he removes neither the newest version nor the oldest.
    ensure!(written == all && refused == 2 * all && whole == all && all > 5, "{thief}");
    Ok(())
}

/// What this side has given up goes there by credentials that may remove, and by no others; what is left is whole.
fn pruned(bench: &Bench, server: &Server) -> Result<()> {
    let [append, prune, all] =
        ["append", "prune", "all"].map(|user| server.place(bench, user, "locked", "pruned"));
    let (append, prune, all) = (append?, prune?, all?);
    let local = bench.local("local")?;
    bench.done("mirror", &[&local.settings, &append.settings])?;
    local.restic(&["forget", "--keep-last", "1", "--prune", "--max-unused", "0"])?;
    bench.done("mirror", &[&local.settings, &append.settings])?;
    let said = bench.done("prune", &[&local.settings, &append.settings])?;
    ensure!(said.contains("::pruned 0, refused ") && !said.contains("refused 0"), "{said}");
    let count = || Ok::<_, anyhow::Error>(all.restic(&["list", "snapshots"])?.lines().count());
    ensure!(count()? == 2, "{said}");
    let said = bench.done("prune", &[&local.settings, &prune.settings])?;
    ensure!(said.contains(", refused 0\n") && !said.contains("::pruned 0,"), "{said}");
    ensure!(count()? == 1, "{said}");
    bench.is_mirror(&all)?;
    let said = bench.done("prune", &[&local.settings, &prune.settings])?;
    ensure!(said.contains("::pruned 0, refused 0\n"), "{said}");
    Ok(())
}
