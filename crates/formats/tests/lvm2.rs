//! What a power cut can leave of a change of a group, and what is gone back to.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use zshield_formats::lvm2::{
    AreaState, HEADER_SIZE, LABEL_SIZE, Label, PreviousMetadata, roll_back,
};

/// The first 16 KiB of a physical volume as LVM 2.03.31 made it, in six changes of `vgroup`.
const REAL: &[u8] = include_bytes!("physical-volume");
const AREA: usize = 1020 << 10;

fn real() -> (Label, Vec<u8>) {
    let label = Label::read(&REAL[..LABEL_SIZE]).unwrap();
    assert_eq!(*label.area(), 4096..4096 + AREA as u64);
    let mut area = REAL[4096..].to_vec();
    area.resize(AREA, 0);
    (label, area)
}

/// Where the header says that the text is that holds.
fn current(area: &[u8]) -> usize {
    usize::try_from(u64::from_le_bytes(area[40..48].try_into().unwrap())).unwrap()
}

fn torn(area: &[u8], label: &Label) -> PreviousMetadata {
    match AreaState::of(area, label, "vgroup") {
        AreaState::Torn(before) => before,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_lvm_wrote_is_readable() {
    let (label, area) = real();
    assert_eq!(AreaState::of(&area, &label, "vgroup"), AreaState::Readable);
}

#[test]
fn one_change_after_another_is_undone() {
    let (label, mut area) = real();
    for seqno in (1..6).rev() {
        let at = current(&area);
        area[at..at + 512].fill(0);
        let before = torn(&area, &label);
        assert_eq!(before.seqno, seqno);
        area[..HEADER_SIZE].copy_from_slice(before.header.as_slice());
        assert_eq!(AreaState::of(&area, &label, "vgroup"), AreaState::Readable);
    }
    let at = current(&area);
    area[at] = 0;
    assert_eq!(AreaState::of(&area, &label, "vgroup"), AreaState::Lost);
}

#[test]
fn texts_of_others_are_not_gone_back_to() {
    let (label, area) = real();
    let mut damaged = area.clone();
    let at = current(&area);
    damaged[at + 700] ^= 1;
    assert_eq!(torn(&damaged, &label).seqno, 5);
    assert_eq!(AreaState::of(&damaged, &label, "vgrou"), AreaState::Lost);
    assert_eq!(AreaState::of(&damaged, &label, "other"), AreaState::Lost);
    // An appliance that was on this disk before had another physical volume.
    let id = b"a53418-a0d3-e741-3595-6c3f-e60d-3ccb85";
    let mut foreign = damaged;
    for at in 0..foreign.len() - id.len() {
        if foreign[at..].starts_with(id) {
            foreign[at] = b'b';
        }
    }
    assert_eq!(AreaState::of(&foreign, &label, "vgroup"), AreaState::Lost);
}

#[test]
fn a_header_that_is_none_is_not_built_on() {
    let (label, area) = real();
    for at in [0, 4, 20, 24, 32, 40, 56, 100, 511] {
        let mut damaged = area.clone();
        damaged[at] ^= 1;
        assert_eq!(AreaState::of(&damaged, &label, "vgroup"), AreaState::Lost, "{at}");
    }
    assert_eq!(AreaState::of(&area[..AREA - 512], &label, "vgroup"), AreaState::Lost);
    assert_eq!(AreaState::of(&[], &label, "vgroup"), AreaState::Lost);
}

#[test]
fn a_label_is_read_where_lvm_looks_for_it() {
    let label = Label::read(REAL);
    assert!(label.is_some());
    let mut moved = REAL[..LABEL_SIZE].to_vec();
    moved.rotate_right(512);
    assert_eq!(Label::read(&moved), None, "its own number is in it");
    for at in [512, 520, 528, 536, 544, 560, 600] {
        let mut damaged = REAL.to_vec();
        damaged[at] ^= 1;
        assert_eq!(Label::read(&damaged), None, "{at}");
    }
    assert_eq!(Label::read(&REAL[..600]), None);
    assert_eq!(Label::read(&[]), None);
}

#[test]
fn nothing_is_set_back_while_one_is_readable() {
    let before = || PreviousMetadata { seqno: 1, header: Box::new([0; HEADER_SIZE]) };
    assert_eq!(
        roll_back(vec![("ssd", AreaState::Torn(before())), ("hdd", AreaState::Readable)]),
        []
    );
    let all =
        roll_back(vec![("ssd", AreaState::Torn(before())), ("hdd", AreaState::Torn(before()))]);
    assert_eq!(all.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["ssd", "hdd"]);
    let one = roll_back(vec![("ssd", AreaState::Lost), ("hdd", AreaState::Torn(before()))]);
    assert_eq!(one, [("hdd", before())]);
    assert_eq!(roll_back::<&str>(Vec::new()), []);
}

/// A small area, changed as LVM changes one: the next text begins at the next sector, or behind the
/// header where no sector is left.
struct Group {
    label: Label,
    start: usize,
    area: Vec<u8>,
    seqno: u32,
}

const SMALL: usize = 24 << 10;

impl Group {
    fn new() -> Self {
        let mut label = REAL[512..1024].to_vec();
        // Its size in the label, and in the header.
        label[32 + 40 + 16 + 16 + 8..][..8].copy_from_slice(&(SMALL as u64).to_le_bytes());
        let sum = crc(&label[20..]);
        label[16..20].copy_from_slice(&sum.to_le_bytes());
        let label = Label::read(&[vec![0; 512], label].concat()).unwrap();
        let mut area = REAL[4096..4096 + HEADER_SIZE].to_vec();
        area.resize(SMALL, 0);
        area[32..40].copy_from_slice(&(SMALL as u64).to_le_bytes());
        let mut group = Self { label, start: HEADER_SIZE, area, seqno: 0 };
        group.change(0);
        group
    }

    /// The area before its header points to the new text; and after.
    fn change(&mut self, volumes: usize) -> Vec<u8> {
        self.seqno += 1;
        let text = self.text(volumes);
        let mut after = self.area.clone();
        let ring = SMALL - HEADER_SIZE;
        for (at, byte) in text.iter().enumerate() {
            after[HEADER_SIZE + (self.start - HEADER_SIZE + at) % ring] = *byte;
        }
        after[40..88].fill(0);
        after[40..48].copy_from_slice(&(self.start as u64).to_le_bytes());
        after[48..56].copy_from_slice(&(text.len() as u64).to_le_bytes());
        after[56..60].copy_from_slice(&crc(&text).to_le_bytes());
        let sum = crc(&after[4..HEADER_SIZE]);
        after[..4].copy_from_slice(&sum.to_le_bytes());
        let end = HEADER_SIZE + (self.start - HEADER_SIZE + text.len()) % ring;
        self.start = end.next_multiple_of(512);
        if self.start + 512 > SMALL {
            self.start = HEADER_SIZE;
        }
        std::mem::replace(&mut self.area, after)
    }

    fn text(&self, volumes: usize) -> Vec<u8> {
        let seqno = self.seqno;
        let id = "a53418-a0d3-e741-3595-6c3f-e60d-3ccb85";
        let volumes = format!("\nlv {{\nid = \"x{seqno}\"\n}}\n").repeat(volumes);
        format!(
            "vgroup {{\nid = \"group\"\nseqno = {seqno}\n\nphysical_volumes {{\n\npv0 {{\nid = \"{id}\"\n\
             }}\n}}\n\nlogical_volumes {{\n{volumes}}}\n}}\n# Generated by LVM2: {{\n\n\
             contents = \"Text Format Volume Group\"\nversion = 1\n\n\
             description = \"Write from lvm --config \\\"devices{{\\\".\"\n\n\
             creation_time = {seqno}\t# a day\n\n\0"
        )
        .into_bytes()
    }
}

/// As LVM's own code says it, bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0xf597_a6cf, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }
        })
    })
}

proptest! {
    /// After any number of changes, a cut that keeps any sectors of the last one leaves the group
    /// before it or after it.
    #[test]
    fn a_cut_leaves_the_group_as_it_was_or_as_it_was_to_be(
        changes in prop::collection::vec(0usize..150, 1..40),
        kept in prop::collection::vec(any::<bool>(), SMALL / 512),
    ) {
        let mut group = Group::new();
        let mut before = Vec::new();
        for volumes in changes {
            before = group.change(volumes);
        }
        let mut left = before.clone();
        for (sector, _) in kept.iter().enumerate().filter(|(_, kept)| **kept) {
            let range = sector * 512..(sector + 1) * 512;
            left[range.clone()].copy_from_slice(&group.area[range]);
        }
        match AreaState::of(&left, &group.label, "vgroup") {
            AreaState::Readable => {}
            AreaState::Torn(found) => {
                prop_assert_eq!(found.seqno, group.seqno - 1);
                prop_assert_eq!(found.header.as_slice(), &before[..HEADER_SIZE]);
            }
            AreaState::Lost => prop_assert!(false, "nothing to go back to"),
        }
    }
}
