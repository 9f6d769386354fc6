//! What the dialog waits for.

use crate::operations::Step;
use crate::press::Press;
use crate::text::Text;

/// Something that happened, from any thread.
#[derive(Debug)]
pub(crate) enum Event {
    /// A key on one of the consoles.
    Press(Press),
    /// Ctrl-Alt-Del.
    CtrlAltDel,
    /// A disk has come or gone.
    Devices,
    /// The start has come so far.
    Said(Text),
    /// A step of the running operation has begun or ended.
    Step(Step),
    /// The bytes of the running step: done, and of how many.
    Bytes(u64, u64),
    /// The running work has ended.
    Worked,
}
