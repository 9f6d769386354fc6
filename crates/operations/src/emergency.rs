//! A start that ended in systemd's emergency mode: its prompt stood there for ever, in a rack, unseen.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use zshield_messages::{Language, in_language, say};
use zshield_plan::emergency::{
    Emergency, EmergencyDecision, Process, decide, is_asked_for, somebody_is_in,
};

use crate::boot::{has_started, restart};
use crate::env::{self, Env};
use crate::error::Result;

/// Restarts the machine when nobody has been logged in for so long, unless somebody asked for this
/// mode. `tell` is given lines for the consoles.
pub fn see_out(env: &Env, patience: Duration, tell: impl Fn(&str)) -> Result<()> {
    env::needs_root()?;
    let line = fs::read_to_string(env.root.join("proc/cmdline")).unwrap_or_default();
    let (had_started, asked_for) = (has_started(env), is_asked_for(&line));
    let mut since = Instant::now();
    let mut told = false;
    loop {
        if somebody_is_in(&processes(env)) {
            since = Instant::now();
        }
        match decide(Emergency { had_started, asked_for, alone: since.elapsed() }, patience) {
            EmergencyDecision::Leave => return Ok(()),
            EmergencyDecision::Restart => break,
            EmergencyDecision::Wait(time) => {
                if !told {
                    tell_both(&tell, || say::boot::emergency(patience.as_secs().div_ceil(60)));
                    told = true;
                }
                // Nothing tells of a login.
                thread::sleep(time);
            }
        }
    }
    tell_both(&tell, say::boot::emergency_over);
    restart()
}

fn tell_both(tell: &impl Fn(&str), text: impl Fn() -> String) {
    tell(&in_language(Language::Chinese, &text));
    tell(&in_language(Language::English, &text));
}

/// The processes that can be seen.
fn processes(env: &Env) -> Vec<Process> {
    let entries = fs::read_dir(env.root.join("proc")).into_iter().flatten().flatten();
    let stats = entries.filter_map(|entry| fs::read(entry.path().join("stat")).ok());
    stats.filter_map(|stat| Process::parse(&stat)).collect()
}
