//! Journals that earlier versions have written are read as they were meant, and written alike.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use zshield_plan::step::Step;

/// One of each step, as the first version to know it wrote it.
const WRITTEN: &str = include_str!("steps.json");

#[test]
fn steps_of_earlier_journals_are_read_and_written_alike() {
    let written: Value = serde_json::from_str(WRITTEN).unwrap();
    let steps: Vec<Step> = serde_json::from_str(WRITTEN).unwrap();
    assert_eq!(serde_json::to_value(&steps).unwrap(), written);
    let names = written.as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap());
    assert_eq!(names.collect::<Vec<_>>(), Step::KINDS);
}
