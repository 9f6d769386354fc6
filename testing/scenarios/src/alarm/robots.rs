//! A webhook, and the robots of three chat systems.

use std::fs;

use anyhow::{Result, ensure};
use serde_json::Value;

use super::bench::Bench;
use super::{FAILED, FULL, HDD_MISSING, STALE};
use crate::loopback::Process;
use crate::scenario::Context;

const KINDS: [&str; 4] = ["webhook", "dingtalk", "wecom", "feishu"];

pub(super) fn run(context: &Context) -> Result<()> {
    let bench = Bench::new(&context.directory, context.artifacts.dispatcher()?)?;
    let receiver = bench.python("receiver", include_str!("receiver.py"), &[])?;
    bench.policy(&sinks(&bench, receiver.port()?)?)?;

    // Three within a moment: one message.
    let mut dispatcher = bench.dispatcher()?;
    dispatcher.see(&[STALE])?;
    dispatcher.see(&[STALE, HDD_MISSING])?;
    dispatcher.see(&[STALE, HDD_MISSING, FAILED])?;
    for kind in KINDS {
        let told = told(&receiver, kind, 1)?;
        ensure!(told.len() == 1, "{kind}: a burst was {} messages", told.len());
    }

    // Nobody answers; what happens meanwhile, and a kill, lose nothing.
    fs::write(bench.path("down"), "")?;
    dispatcher.see(&[STALE, HDD_MISSING])?;
    for kind in KINDS {
        receiver.until(&format!("::{kind} down"), 1)?;
    }
    drop(dispatcher);
    let mut dispatcher = bench.dispatcher()?;
    dispatcher.see(&[STALE, HDD_MISSING, FULL])?;
    fs::remove_file(bench.path("down"))?;
    for kind in ["dingtalk", "wecom", "feishu"] {
        let told = told(&receiver, kind, 2)?;
        let text = told[1].as_str().unwrap_or_default();
        let gone = text.find("no longer so").unwrap_or(usize::MAX);
        let full = text.find("nearly-full:boot");
        ensure!(full.is_some_and(|full| gone < full), "{kind}: {text}");
    }
    told(&receiver, "webhook", 2)?;

    // What is as it was is not told again: the next message has the news alone.
    dispatcher.see(&[STALE, HDD_MISSING, FULL])?;
    dispatcher.see(&[STALE, HDD_MISSING])?;
    let told = told(&receiver, "webhook", 3)?;
    let events: Vec<&Value> = told.iter().filter_map(Value::as_array).flatten().collect();
    let wanted = [
        (0, "opened", "stale"),
        (1, "opened", "disk-missing:hdd"),
        (2, "opened", "failed:backup"),
        (3, "cleared", "failed:backup"),
        (4, "opened", "nearly-full:boot"),
        (5, "cleared", "nearly-full:boot"),
    ];
    let wanted = wanted.map(|(number, what, id)| serde_json::json!([number, what, id]));
    ensure!(events.iter().copied().eq(&wanted), "{events:?}");
    Ok(())
}

fn sinks(bench: &Bench, port: u16) -> Result<String> {
    let key = bench.secret("key", "SECof-the-test")?;
    let ca = bench.shown("ca.pem");
    let sink = |kind: &str| {
        let query = match kind {
            "dingtalk" => "?access_token=token-of-the-test",
            "wecom" => "?key=token-of-the-test",
            _ => "",
        };
        let url = format!("https://localhost:{port}/{kind}{query}");
        let url = bench.secret(&format!("{kind}-url"), &url)?;
        let table =
            format!("[[alarm.{kind}]]\nname = \"{kind}\"\nurl_file = \"{url}\"\nca = \"{ca}\"\n");
        // WeCom knows no signatures.
        let secret = format!("secret_file = \"{key}\"\n");
        Ok(if kind == "wecom" { table } else { table + &secret })
    };
    KINDS.into_iter().map(sink).collect()
}

/// What one of them was told, message by message, once there are so many.
fn told(receiver: &Process, kind: &str, count: usize) -> Result<Vec<Value>> {
    let begin = format!("::{kind} told ");
    let said = receiver.until(&begin, count)?;
    // The line that the last one begins may not be whole yet.
    let said =
        if said.ends_with('\n') { said } else { receiver.until("\n", said.lines().count())? };
    said.lines()
        .filter_map(|line| line.strip_prefix(&begin))
        .map(|json| Ok(serde_json::from_str(json)?))
        .collect()
}
