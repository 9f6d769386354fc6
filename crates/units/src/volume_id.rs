//! What LVM knows a volume by.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What LVM knows a volume by, whatever its name is now: its UUID, as LVM prints it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeId([u8; Self::LENGTH]);

impl VolumeId {
    /// The length of each.
    pub const LENGTH: usize = 38;
    /// The lengths of its parts, between which there are hyphens.
    const PARTS: [usize; 7] = [6, 4, 4, 4, 4, 4, 6];

    /// The id, where the text is one.
    pub fn new(text: &str) -> Option<Self> {
        let is_digit = |digit: u8| digit.is_ascii_alphanumeric() || b"!#".contains(&digit);
        let digits = |part: &str| part.bytes().all(is_digit);
        let is_id = text.split('-').map(str::len).eq(Self::PARTS) && text.split('-').all(digits);
        if is_id { text.as_bytes().try_into().ok().map(Self) } else { None }
    }

    /// The id of the volume that LVM has mapped under this id of the device mapper's: the ids of group and
    /// volume, without hyphens. A part of a volume has a word behind them.
    pub fn of_mapping(id: &str) -> Option<Self> {
        let ids = id.strip_prefix("LVM-").filter(|ids| ids.is_ascii() && ids.len() == 64)?;
        let mut rest = &ids[32..];
        let parts = Self::PARTS.map(|length| {
            let (part, left) = rest.split_at(length);
            rest = left;
            part
        });
        Self::new(&parts.join("-"))
    }

    /// The id as a text.
    pub fn as_str(&self) -> &str {
        // It is ASCII: `new` has seen to it.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for VolumeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for VolumeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for VolumeId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for VolumeId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let unknown = || serde::de::Error::custom("an LVM UUID");
        Self::new(&String::deserialize(deserializer)?).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "Hd2VYs-NA1p-0Z1b-kCSf-3RzQ-5cfX-PzYxT0";
    const OTHER: &str = "q0Zk3J-bb8S-4WfL-mGQ1-x7Pd-TnYc-0aRv9K";

    #[test]
    fn an_id_has_the_parts_and_the_digits_of_one() {
        assert_eq!(VolumeId::new(ONE).unwrap().as_str(), ONE);
        assert!(VolumeId::new(&ONE[1..]).is_none() && VolumeId::new(&format!("{ONE}0")).is_none());
        for [from, to] in [["-", "/"], ["-NA1p", "NA1p-"], ["N", " "], ["N", "é"]] {
            assert_eq!(VolumeId::new(&ONE.replace(from, to)), None, "{from} {to}");
        }
    }

    #[test]
    fn a_mapping_has_the_ids_of_its_group_and_its_volume() {
        let mapped = format!("LVM-{}{}", OTHER.replace('-', ""), ONE.replace('-', ""));
        assert_eq!(VolumeId::of_mapping(&mapped), VolumeId::new(ONE));
        assert_eq!(VolumeId::of_mapping(&format!("{mapped}-cow")), None);
        assert_eq!(VolumeId::of_mapping(&mapped[4..]), None);
        assert_eq!(VolumeId::of_mapping("LVM-"), None);
    }

    #[test]
    fn it_is_written_as_lvm_prints_it() {
        let id = VolumeId::new(ONE).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{ONE}\""));
        assert_eq!(serde_json::from_str::<VolumeId>(&format!("\"{ONE}\"")).unwrap(), id);
        assert!(serde_json::from_str::<VolumeId>("\"x\"").is_err());
    }
}
