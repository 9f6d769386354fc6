//! Any bytes as the beginning of a physical volume, with nothing but zeros behind: its group is
//! readable, or there is something to go back to that then is, or there is nothing.

use zshield_formats::lvm2::{AreaState, HEADER_SIZE, Label};

/// As large as LVM makes the area and what is before it.
const SIZE: usize = 1 << 20;

pub(crate) fn volume(bytes: &[u8]) {
    let Some(label) = Label::read(bytes) else { return };
    let mut whole = bytes.to_vec();
    whole.resize(SIZE.max(bytes.len()), 0);
    let bound = |at: u64| usize::try_from(at).expect("an address").min(whole.len());
    let mut area = whole[bound(label.area().start)..bound(label.area().end)].to_vec();
    if let AreaState::Torn(before) = AreaState::of(&area, &label, "vgroup") {
        area[..HEADER_SIZE].copy_from_slice(before.header.as_slice());
        assert_eq!(AreaState::of(&area, &label, "vgroup"), AreaState::Readable);
    }
}
