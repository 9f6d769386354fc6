//! The floor: what is too old for this machine, and a person at the console who says otherwise.

use zshield_host::appliance::Found;
use zshield_host::floor as host;
use zshield_host::read_only_mount::ReadOnlyMount;
use zshield_linux::IoError;
use zshield_messages::say;
use zshield_plan::upgrade::floor::{Against, Floor, Purpose};
use zshield_plan::volumes::GOLDEN;
use zshield_plan::world::Disk;

use crate::question::{Answer, Question};
use crate::text;

/// The word by which a person takes an old version all the same. No switch stands for it.
pub const WORD: &str = "OLDER";

/// The floor of an appliance whose system runs: the higher one of its record's and its Golden partition's. A floor
/// that can't be read is an error: it may be any.
pub fn of_running(found: &Found) -> Result<Floor, Against> {
    let partition = found.appliance.binding.path(&GOLDEN);
    let read = || host::read(ReadOnlyMount::golden(&partition, "floor")?.root());
    let golden = read().map_err(unknown)?;
    Ok(golden.raised(found.appliance.upgrades.floor().clone()))
}

/// What stands against installing a version over the appliance on this SSD; nothing where the disk has no Golden
/// partition, and so no appliance.
pub fn against_installation(ssd: &Disk, version: &str) -> Option<Against> {
    ssd.golden()?;
    match host::of_ssd(&ssd.name) {
        Ok(floor) => floor.against(version, Purpose::Install),
        Err(why) => Some(unknown(why)),
    }
}

pub(crate) fn unknown(why: IoError) -> Against {
    Against::Unknown(text::chain(&why.into()))
}

/// Whether to use a version that is too old all the same. Only whoever types the word says so.
pub fn question(against: &Against) -> Question {
    let why = || against.to_string();
    Question {
        text: say::upgrade::FloorAgree { why: why(), word: WORD }.to_string(),
        answer: Answer::Typed(WORD),
        declined: say::upgrade::floor_refused(why()),
    }
}

#[cfg(test)]
mod tests {
    use zshield_plan::volumes::{GOLDEN_NAME, GOLDEN_PARTITION};

    use super::*;
    use crate::fixture;

    #[test]
    fn an_old_version_is_taken_by_a_typed_word_alone() {
        let floor = Floor::of_version("2.0");
        let against = floor.against("1.9", Purpose::Install).unwrap();
        let question = question(&against);
        assert_eq!(question.answer, Answer::Typed("OLDER"));
        for text in [question.text, question.declined] {
            assert!(text.contains("1.9") && text.contains("2.0"), "{text}");
        }
    }

    #[test]
    fn a_disk_without_a_golden_partition_has_no_floor_and_one_that_can_not_be_read_may_have_any() {
        let mut disk = fixture::world().disks[0].clone();
        disk.name.0 = "no-such-disk".into();
        disk.partitions.clear();
        assert_eq!(against_installation(&disk, "1.0"), None);
        disk.partitions.push(zshield_plan::world::Partition {
            number: GOLDEN_PARTITION,
            size: zshield_units::Bytes::gib(1),
            id: None,
            label: Some(GOLDEN_NAME.into()),
            content: None,
        });
        assert!(matches!(against_installation(&disk, "1.0"), Some(Against::Unknown(_))));
    }
}
