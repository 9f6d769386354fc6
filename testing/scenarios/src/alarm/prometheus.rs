//! Prometheus and Alertmanager.

use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::Value;

use super::HDD_MISSING;
use super::bench::{Bench, until_answered};
use crate::loopback::{Process, free_port, until_listening};
use crate::scenario::Context;
use zshield_machines::tool::{capture, tool};

pub(super) fn run(context: &Context) -> Result<()> {
    let bench = Bench::new(&context.directory, context.artifacts.dispatcher()?)?;
    let ports = [free_port()?, free_port()?, free_port()?];
    let [ours, prometheus, alertmanager] = ports;
    let file = bench.shown("zshield.prom");
    bench
        .policy(&format!("[alarm.metrics]\nlisten = \"127.0.0.1:{ours}\"\nfile = \"{file}\"\n"))?;
    let mut dispatcher = bench.dispatcher()?;
    dispatcher.see(&[HDD_MISSING])?;
    until_listening(ours)?;
    let _servers = (start_alertmanager(&bench, alertmanager)?, start_prometheus(&bench, ports)?);

    let alerts = until_answered(alertmanager, "/api/v2/alerts", |answer| {
        answer.as_array().is_some_and(|alerts| !alerts.is_empty())
    })?;
    let labels = &alerts[0]["labels"];
    ensure!(labels["id"] == "disk-missing:hdd" && labels["severity"] == "critical", "{alerts:#}");

    // Prometheus's own checker finds no fault with the file either.
    let checked = capture(&mut tool("sh", ["-c", "promtool check metrics <\"$0\"", &file]));
    ensure!(checked.is_ok(), "{checked:?}");

    // When it has gone, so has the alert.
    dispatcher.see(&[])?;
    let none = |answer: &Value| answer["data"]["alerts"] == Value::Array(Vec::new());
    until_answered(prometheus, "/api/v1/alerts", none).map(drop)
}

fn start_alertmanager(bench: &Bench, port: u16) -> Result<Process> {
    let file = bench.path("alertmanager.yml");
    fs::write(&file, "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n")?;
    let mut alertmanager = Command::new("prometheus-alertmanager");
    alertmanager
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.path={}", bench.shown("alertmanager")))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--cluster.listen-address=");
    Process::start("prometheus-alertmanager", &mut alertmanager)
}

fn start_prometheus(bench: &Bench, [ours, port, alertmanager]: [u16; 3]) -> Result<Process> {
    let rules = bench.path("rules.yml");
    fs::write(
        &rules,
        "groups:\n  - name: zshield\n    rules:\n      - alert: ZshieldAlarm\n        \
         expr: zshield_alarm_since_timestamp_seconds{acknowledged=\"false\"} > 0\n",
    )?;
    let file = bench.path("prometheus.yml");
    let text = format!(
        "global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\nrule_files: [{}]\n\
         alerting:\n  alertmanagers:\n    - static_configs:\n        - targets: ['127.0.0.1:{alertmanager}']\n\
         scrape_configs:\n  - job_name: zshield\n    static_configs:\n      - targets: ['127.0.0.1:{ours}']\n",
        rules.display()
    );
    fs::write(&file, text)?;
    let mut prometheus = Command::new("prometheus");
    prometheus
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.tsdb.path={}", bench.shown("prometheus")))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"));
    Process::start("prometheus", &mut prometheus)
}
