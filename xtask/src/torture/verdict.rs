//! What came of a power cut.

use std::fmt;

/// What came of a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that always holds does.
    Held,
    /// It came back to no state that is allowed, or needed help.
    Brick,
    /// Data or a way back was lost, or what must not be written was.
    Lost,
}

/// The status with which a script says that something was lost.
pub const LOST: i32 = 40;

impl Verdict {
    /// What a script's exit status says.
    pub const fn of(status: i32) -> Self {
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

/// The cuts of a console, as far as they went: each with what came of it.
pub fn said(console: &str) -> Vec<(usize, Verdict)> {
    let cut = |line: &str| {
        let (number, rest) = line.split_once("::torture:: cut=")?.1.split_once(' ')?;
        let word = rest.strip_prefix("verdict=")?.split(' ').next()?;
        let all = [Verdict::Held, Verdict::Brick, Verdict::Lost];
        let verdict = all.into_iter().find(|verdict| verdict.word() == word)?;
        Some((number.parse().ok()?, verdict))
    };
    console.lines().filter_map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_console_says_is_read() {
        let console = "boot\n::torture:: cut=7 begins\n::torture:: cut=7 verdict=held seconds=1.00\n\
                       noise\n::torture:: cut=9 begins\n::torture:: cut=9 verdict=lost seconds=0.3\n\
                       ::torture:: cut=11 begins\n";
        assert_eq!(said(console), [(7, Verdict::Held), (9, Verdict::Lost)]);
        let line = format!("::torture:: cut=3 {} seconds=0", Verdict::Brick);
        assert_eq!(said(&line), [(3, Verdict::Brick)]);
    }

    #[test]
    fn any_other_failure_is_a_brick() {
        assert_eq!([0, 1, 40, 137].map(Verdict::of), {
            [Verdict::Held, Verdict::Brick, Verdict::Lost, Verdict::Brick]
        });
    }
}
