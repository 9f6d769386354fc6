//! Which generation comes back.

/// Which generation a caller wants back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedBack {
    /// The newest copy of a latest backup.
    Newest,
    /// The one of this name, or the only one whose name begins so.
    Named(String),
}

impl WantedBack {
    /// What a person has typed: `newest`, or the name of a generation.
    pub fn parse(typed: &str) -> Self {
        match typed {
            "newest" => Self::Newest,
            name => Self::Named(name.to_owned()),
        }
    }
}
