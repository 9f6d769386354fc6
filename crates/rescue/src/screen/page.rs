//! A screen's content, before it is drawn in pixels or printed as lines.

use ratatui::style::Color;

/// What a part of a page says by its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing special.
    #[default]
    Calm,
    /// Less important than the rest.
    Quiet,
    /// All is well.
    Good,
    /// To be read before going on.
    Warning,
    /// Something is lost, or has failed.
    Danger,
}

/// A page: what a person reads and which keys act.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Page {
    pub(crate) tone: Tone,
    pub(crate) headline: String,
    pub(crate) blocks: Vec<Block>,
    pub(crate) keys: Vec<Hint>,
}

/// A part of a page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Block {
    /// A paragraph.
    Text(Tone, String),
    /// Disks, each with what there is to say of it.
    Disks(Vec<DiskRow>),
    /// A title with items below.
    List { tone: Tone, title: String, items: Vec<String> },
    /// How far something has come, in thousandths.
    Bar { label: String, permille: u16, caption: String },
    /// The one thing to do now, large.
    Call(String),
    /// What has been typed so far.
    Field { typed: String, length: usize },
    /// Things to choose between.
    Choices(Vec<Choice>),
    /// Lines of a log.
    Log(Vec<String>),
}

/// A disk.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DiskRow {
    pub(crate) role: String,
    pub(crate) device: String,
    pub(crate) model: String,
    pub(crate) serial: String,
    pub(crate) size: String,
    /// Why it was passed over.
    pub(crate) why: Option<String>,
}

/// A thing to choose.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    pub(crate) key: String,
    pub(crate) title: String,
    pub(crate) facts: Vec<String>,
    pub(crate) available: bool,
    pub(crate) chosen: bool,
}

/// A key and what it does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hint {
    pub(crate) key: String,
    pub(crate) does: String,
}

impl Hint {
    pub(crate) fn new(key: impl Into<String>, does: String) -> Self {
        Self { key: key.into(), does }
    }
}

/// The colours, chosen to be told apart on a poor panel and by colour-blind eyes: tones differ in
/// lightness too.
impl Tone {
    /// A band behind a headline, and the text on it.
    pub(crate) const fn band(self) -> (Color, Color) {
        match self {
            Self::Calm | Self::Quiet => {
                (Color::Rgb(0x1f, 0x4e, 0x79), Color::Rgb(0xff, 0xff, 0xff))
            }
            Self::Good => (Color::Rgb(0x1e, 0x7b, 0x3f), Color::Rgb(0xff, 0xff, 0xff)),
            Self::Warning => (Color::Rgb(0xf2, 0xb7, 0x05), Color::Rgb(0x10, 0x10, 0x10)),
            Self::Danger => (Color::Rgb(0xb7, 0x1c, 0x1c), Color::Rgb(0xff, 0xff, 0xff)),
        }
    }

    /// Text on the background.
    pub(crate) const fn text(self) -> Color {
        match self {
            Self::Calm => Color::Rgb(0xf0, 0xf2, 0xf5),
            Self::Quiet => Color::Rgb(0xa8, 0xb4, 0xc2),
            Self::Good => Color::Rgb(0x7c, 0xe0, 0x9b),
            Self::Warning => Color::Rgb(0xff, 0xd7, 0x5e),
            Self::Danger => Color::Rgb(0xff, 0x8f, 0x85),
        }
    }
}

/// The background of everything.
pub(crate) const BACKGROUND: Color = Color::Rgb(0x10, 0x18, 0x22);
/// Behind the frame's top and bottom.
pub(crate) const PANEL: Color = Color::Rgb(0x1b, 0x27, 0x35);
