//! Syslog, to rsyslog.

use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};

use super::bench::Bench;
use super::{FULL, HDD_MISSING};
use crate::loopback::{Process, free_port, until_listening};
use crate::scenario::Context;

pub(super) fn run(context: &Context) -> Result<()> {
    let bench = Bench::new(&context.directory, context.artifacts.dispatcher()?)?;
    let ports = [free_port()?, free_port()?, free_port()?];
    let server = rsyslog(&bench, ports)?;
    let sink = |name: &str, port: u16| {
        format!(
            "[[alarm.syslog]]\nname = \"{name}\"\nserver = \"localhost\"\nport = {port}\n\
             transport = \"{name}\"\nca = \"{}\"\n",
            bench.shown("ca.pem")
        )
    };
    let [udp, tcp, tls] = ports;
    bench.policy(&format!("{}{}{}", sink("udp", udp), sink("tcp", tcp), sink("tls", tls)))?;
    let mut dispatcher = bench.dispatcher()?;
    dispatcher.see(&[HDD_MISSING, FULL])?;
    let said = server.until("]]\n", 6)?;
    let mut lines: Vec<&str> = said.lines().filter(|line| line.contains("[[")).collect();
    lines.sort_unstable();
    let wanted: Vec<String> = ["imtcp", "imtcp", "imudp"]
        .into_iter()
        .flat_map(|input| {
            [
                ("crit", "disk-missing", "the HDD is missing"),
                ("warning", "nearly-full", "/boot is 93 % full"),
            ]
            .map(|(level, kind, text)| {
                let word = if level == "crit" { "critical" } else { "warning" };
                format!("[[{input} daemon.{level} gw-1 zshield {kind}: \u{feff}[{word}] {text}]]")
            })
        })
        .collect();
    let mut wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    wanted.sort_unstable();
    ensure!(lines == wanted, "{lines:#?}\nis not\n{wanted:#?}");
    Ok(())
}

/// rsyslog in the foreground, which prints what it takes.
fn rsyslog(bench: &Bench, [udp, tcp, tls]: [u16; 3]) -> Result<Process> {
    let (ca, certificate, key) =
        (bench.shown("ca.pem"), bench.shown("tls.pem"), bench.shown("tls.key"));
    let file = bench.path("rsyslog.conf");
    let text = format!(
        r#"global(workDirectory="{directory}" defaultNetstreamDriverCAFile="{ca}"
            defaultNetstreamDriverCertFile="{certificate}" defaultNetstreamDriverKeyFile="{key}")
        module(load="imudp") module(load="imtcp")
        template(name="shown" type="string"
            string="[[%inputname% %syslogfacility-text%.%syslogseverity-text% %hostname% %app-name% %msgid%: %msg%]]\n")
        ruleset(name="all") {{ action(type="omfile" file="/dev/stdout" template="shown") }}
        input(type="imudp" address="127.0.0.1" port="{udp}" ruleset="all")
        input(type="imtcp" address="127.0.0.1" port="{tcp}" ruleset="all")
        input(type="imtcp" address="127.0.0.1" port="{tls}" ruleset="all"
            streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
        "#,
        directory = bench.shown("")
    );
    fs::write(&file, text)?;
    let mut rsyslog = Command::new("/usr/sbin/rsyslogd");
    rsyslog.args(["-n", "-i", "NONE", "-f"]).arg(file);
    let server = Process::start("rsyslogd", &mut rsyslog)?;
    until_listening(tcp)?;
    until_listening(tls)?;
    Ok(server)
}
