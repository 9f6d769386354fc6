//! Mail.

use anyhow::{Result, ensure};
use serde_json::Value;

use super::HDD_MISSING;
use super::bench::Bench;
use crate::scenario::Context;

pub(super) fn run(context: &Context) -> Result<()> {
    let bench = Bench::new(&context.directory, context.artifacts.dispatcher()?)?;
    let server = bench.python("mail", include_str!("mail.py"), &[])?;
    let plain = bench.python("plain", include_str!("mail.py"), &["plain"])?;
    let picky = bench.python("picky", include_str!("mail.py"), &[])?;
    let password = bench.secret("password", "password of the test")?;
    let sink = |name: &str, port: u16, ca: &str| {
        format!(
            "[[alarm.mail]]\nname = \"{name}\"\nserver = \"localhost\"\nport = {port}\n\
             from = \"gw@example.com\"\nto = [\"a@example.com\", \"b@example.com\"]\n\
             user = \"gw\"\npassword_file = \"{password}\"\nca = \"{}\"\n",
            bench.shown(ca)
        )
    };
    let (port, without) = (server.port()?, plain.port()?);
    let one_gone = sink("picky", picky.port()?, "ca.pem").replace("\"a@", "\"gone@");
    bench.policy(&format!(
        "{}{}{}{one_gone}",
        sink("stranger", port, "stranger.pem"),
        sink("plain", without, "ca.pem"),
        sink("good", port, "ca.pem")
    ))?;
    let mut dispatcher = bench.dispatcher()?;
    dispatcher.see(&[HDD_MISSING])?;
    let said = server.until("}\n", 1)?;
    let line = said.lines().find_map(|line| line.strip_prefix("::mail ")).unwrap_or_default();
    let mail: Value = serde_json::from_str(line)?;
    ensure!(mail["tls"] == true && mail["user"] == "gw", "{mail}");
    ensure!(mail["to"] == serde_json::json!(["a@example.com", "b@example.com"]), "{mail}");
    ensure!(mail["auto"] == "auto-generated", "{mail}");
    let subject = mail["subject"].as_str().unwrap_or_default();
    ensure!(subject.contains("网关 gw-1"), "{subject}");
    let text = mail["text"].as_str().unwrap_or_default();
    ensure!(text.contains("the HDD is missing") && text.contains("disk-missing:hdd"), "{text}");

    // One who is not known there keeps the other from nothing.
    let said = picky.until("}\n", 1)?;
    ensure!(said.contains(r#""to": ["b@example.com"]"#), "{said}");

    // The others wait, and say why; a password is in no message.
    let waiting = bench.until_kept(|list| {
        let failures = |name: &str| list["outbox"]["queues"][name]["failures"].as_u64();
        let told = |name: &str| list["outbox"]["queues"][name]["waiting"] == serde_json::json!([]);
        told("good")
            && told("picky")
            && failures("plain") > Some(0)
            && failures("stranger") > Some(0)
    })?;
    let queues = &waiting["outbox"]["queues"];
    for (name, word) in [("plain", "STARTTLS"), ("stranger", "certificate")] {
        // In both languages.
        let why = queues[name]["why"].to_string();
        ensure!(why.contains(word), "{name}: {why}");
        ensure!(!why.contains("password of the test"), "{why}");
    }
    Ok(())
}
