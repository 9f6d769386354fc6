//! What came of a power cut.

use std::fmt;
use std::time::Duration;

/// What came of a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Everything that always holds does.
    Held,
    /// It came back to no state that is allowed, or needed help.
    Brick,
    /// Data or a way back was lost, or what must not be written was.
    Lost,
}

/// The status with which a script says that something was lost.
pub(crate) const LOST: i32 = 40;

impl Verdict {
    /// What a script's exit status says.
    pub(crate) const fn of(status: i32) -> Self {
        match status {
            0 => Self::Held,
            LOST => Self::Lost,
            _ => Self::Brick,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Brick => "brick",
            Self::Lost => "lost",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "verdict={}", self.word())
    }
}

/// A cut that was tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tried {
    /// Its number.
    pub cut: usize,
    /// What came of it.
    pub verdict: Verdict,
    /// How long that took, with the disks put into their state.
    pub took: Duration,
    /// Whether it was tried itself, or an earlier one that read nothing in which the two differ.
    pub itself: bool,
}

/// The line that says it on a console.
impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cut, verdict, took, itself } = self;
        let known = if *itself { "" } else { KNOWN };
        write!(f, "{MARK}{cut} {verdict} seconds={:.2}{known}", took.as_secs_f64())
    }
}

/// How a line of ours begins.
pub(crate) const MARK: &str = "::torture:: cut=";

/// How the line of one ends that was not tried itself.
const KNOWN: &str = " known";

/// The cuts of a console, as far as they went.
pub(crate) fn said(console: &str) -> Vec<Tried> {
    let cut = |line: &str| {
        let (number, rest) = line.split_once(MARK)?.1.split_once(' ')?;
        let (word, seconds) = rest.strip_prefix("verdict=")?.split_once(" seconds=")?;
        let all = [Verdict::Held, Verdict::Brick, Verdict::Lost];
        let verdict = all.into_iter().find(|verdict| verdict.word() == word)?;
        let (seconds, itself) = match seconds.trim_end().split_once(KNOWN) {
            Some((seconds, _)) => (seconds, false),
            None => (seconds.trim_end(), true),
        };
        let took = Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?;
        Some(Tried { cut: number.parse().ok()?, verdict, took, itself })
    };
    console.lines().filter_map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_console_says_is_read() {
        let console = "boot\n::torture:: cut=7 begins\n::torture:: cut=7 verdict=held seconds=1.00\r\n\
                       noise\n::torture:: cut=9 begins\n::torture:: cut=9 verdict=lost seconds=0.3\n\
                       ::torture:: cut=11 begins\n::torture:: cut=12 verdict=held sec";
        let tried = |cut, verdict, millis| Tried {
            cut,
            verdict,
            took: Duration::from_millis(millis),
            itself: true,
        };
        assert_eq!(said(console), [tried(7, Verdict::Held, 1000), tried(9, Verdict::Lost, 300)]);
        let brick = tried(3, Verdict::Brick, 4210);
        assert_eq!(said(&brick.to_string()), [brick]);
        let known = Tried { itself: false, ..brick };
        assert_eq!(said(&known.to_string()), [known]);
    }

    #[test]
    fn any_other_failure_is_a_brick() {
        assert_eq!([0, 1, 40, 137].map(Verdict::of), {
            [Verdict::Held, Verdict::Brick, Verdict::Lost, Verdict::Brick]
        });
    }
}
