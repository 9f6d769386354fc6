//! A start that ended in systemd's emergency mode. Nobody is there to see its prompt: it restarts, is
//! counted by GRUB like any other start that failed, and the third one offers the recovery.

use std::time::Duration;

/// How long somebody who could log in is waited for.
pub const PATIENCE: Duration = Duration::from_mins(5);

/// What was seen of a machine in emergency mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emergency {
    /// Whether this start had come to a healthy system: somebody asked for the mode since.
    pub had_started: bool,
    /// Whether the kernel's command line asks for the mode.
    pub asked_for: bool,
    /// For how long nobody has been logged in.
    pub alone: Duration,
}

/// What is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmergencyDecision {
    /// Nothing, whatever comes: it is what somebody wants.
    Leave,
    /// It is looked again after so long.
    Wait(Duration),
    /// The machine restarts.
    Restart,
}

/// What is done, where somebody is waited for so long.
pub fn decide(seen: Emergency, patience: Duration) -> EmergencyDecision {
    /// So often it is looked whether somebody is there.
    const OFTEN: Duration = Duration::from_secs(5);
    if seen.had_started || seen.asked_for {
        return EmergencyDecision::Leave;
    }
    match patience.saturating_sub(seen.alone) {
        Duration::ZERO => EmergencyDecision::Restart,
        left => EmergencyDecision::Wait(left.min(OFTEN)),
    }
}

/// Whether a kernel's command line asks systemd for a mode with a shell.
pub fn is_asked_for(line: &str) -> bool {
    let asks = |word: &str| {
        let unit = word.strip_prefix("systemd.unit=").unwrap_or(word);
        ["emergency", "emergency.target", "-b", "rescue", "rescue.target", "single", "s", "S", "1"]
            .contains(&unit)
    };
    line.split_whitespace().any(asks)
}

/// A process, as the kernel shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub id: u32,
    /// That of its parent.
    pub parent: u32,
    /// Its name.
    pub name: Vec<u8>,
}

impl Process {
    /// What the kernel's `stat` of a process says. A name may have any bytes in it.
    pub fn parse(stat: &[u8]) -> Option<Self> {
        let open = stat.iter().position(|byte| *byte == b'(')?;
        let close = stat.iter().rposition(|byte| *byte == b')')?;
        let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.trim().parse().ok();
        let parent = stat.get(close + 1..)?.split(|byte| *byte == b' ').nth(2)?;
        Some(Self {
            id: number(&stat[..open])?,
            parent: number(parent)?,
            name: stat.get(open + 1..close)?.to_vec(),
        })
    }
}

/// Whether somebody has logged in at the prompt of emergency mode: `sulogin`, which asks by a process
/// of its name for each console, becomes a shell. Noise on a serial line logs nobody in.
pub fn somebody_is_in(processes: &[Process]) -> bool {
    const ASKS: &[u8] = b"sulogin";
    let asks = |id: u32| processes.iter().any(|it| it.id == id && it.name == ASKS);
    processes.iter().any(|it| it.name != ASKS && asks(it.parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_that_nobody_sees_restarts_and_an_administrator_is_left_alone() {
        let patience = Duration::from_mins(5);
        let alone = |seconds| Emergency {
            had_started: false,
            asked_for: false,
            alone: Duration::from_secs(seconds),
        };
        let decided = |seen| decide(seen, patience);
        assert_eq!(decided(alone(0)), EmergencyDecision::Wait(Duration::from_secs(5)));
        assert_eq!(decided(alone(298)), EmergencyDecision::Wait(Duration::from_secs(2)));
        assert_eq!(decided(alone(300)), EmergencyDecision::Restart);
        assert_eq!(
            decided(Emergency { had_started: true, ..alone(900) }),
            EmergencyDecision::Leave
        );
        assert_eq!(decided(Emergency { asked_for: true, ..alone(900) }), EmergencyDecision::Leave);
    }

    #[test]
    fn a_mode_is_asked_for_by_a_whole_word() {
        for line in ["ro emergency", "systemd.unit=rescue.target quiet", "ro single\n"] {
            assert!(is_asked_for(line), "{line}");
        }
        let ours =
            "root=/dev/mapper/a-b ro rd.emergency=reboot rd.shell=0 zshield_tries=1 panic=10";
        assert!(!is_asked_for(ours));
    }

    #[test]
    fn a_shell_below_the_prompt_is_somebody() {
        let of = |lines: &[&str]| {
            let all: Option<Vec<Process>> =
                lines.iter().map(|line| Process::parse(line.as_bytes())).collect();
            somebody_is_in(&all.unwrap())
        };
        let asks = [
            "1 (systemd) S 0 1 1",
            "300 (systemd-sulogin) S 1 300 300",
            "301 (sulogin) S 300 300 300",
            "302 (sulogin) S 301 302 302",
        ];
        assert!(!of(&asks));
        assert!(of(&[&asks[..], &["303 (ba) sh) S 301 303 303"]].concat()));
        assert_eq!(Process::parse(b"5 (x"), None);
        assert_eq!(Process::parse(b")(").map(|it| it.id), None);
    }
}
