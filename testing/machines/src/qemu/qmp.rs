//! QEMU's control socket.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// A connection to one QEMU.
#[derive(Debug)]
pub(super) struct Qmp {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
}

impl Qmp {
    /// Greets QEMU on its socket.
    pub(super) fn connect(stream: UnixStream) -> Result<Self> {
        stream.set_read_timeout(Some(Duration::from_mins(5)))?;
        let writer = stream.try_clone()?;
        let mut qmp = Self { reader: BufReader::new(stream), writer };
        qmp.read()?;
        qmp.execute("qmp_capabilities", json!({}))?;
        Ok(qmp)
    }

    /// Carries out one command and returns what it returned.
    pub(super) fn execute(&mut self, command: &str, arguments: Value) -> Result<Value> {
        let mut line = json!({ "execute": command, "arguments": arguments }).to_string();
        line.push('\n');
        self.writer.write_all(line.as_bytes()).context("QEMU is gone")?;
        loop {
            let mut reply = self.read()?;
            if let Some(error) = reply.get("error") {
                bail!("QEMU refused {command}: {error}");
            }
            // Whatever else comes in between is an event.
            if let Some(returned) = reply.get_mut("return") {
                return Ok(returned.take());
            }
        }
    }

    fn read(&mut self) -> Result<Value> {
        let mut line = String::new();
        if self.reader.read_line(&mut line).context("no answer from QEMU")? == 0 {
            bail!("QEMU closed its control socket");
        }
        serde_json::from_str(&line).context("QEMU's answer is not JSON")
    }
}
