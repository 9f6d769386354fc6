//! The questions of operations. The caller asks them: on a terminal, on a screen, by a switch.

/// A question before an operation runs, which that operation makes. The answer by default is no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question in the current language.
    pub text: String,
    /// How it is answered with yes.
    pub answer: Answer,
    /// The text of the refusal where it is answered with no.
    pub declined: String,
}

/// How a question is answered with yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// By a plain yes, for which a switch may stand.
    Yes,
    /// By a person who types this word. No switch stands for it.
    Typed(&'static str),
}
