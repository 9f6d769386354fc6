//! Answers of `storcli … J`, of its second generation, and of the tools that are the same under other
//! names. Each row is read by itself: an odd one hides no other.

use serde_json::Value;
use zshield_plan::health::{Array, Card, DiskHealth};

use super::super::json::number;

/// The arrays of all cards: `/call/vall show`; nothing where no card answered.
pub(in super::super) fn arrays(json: &[u8]) -> Option<Vec<Array>> {
    let told: Vec<(String, Value)> = answered(json);
    (!told.is_empty()).then(|| told.iter().flat_map(|(card, data)| of_card(card, data)).collect())
}

fn of_card(card: &str, data: &Value) -> Vec<Array> {
    let array = |row: &Value| {
        // The second generation has each row in one of its own.
        let row = row.get("VD Info").unwrap_or(row);
        // Older tools write DG/VD, newer ones DG/VD too, and some DG/VD/Name.
        let place = text(row.get("DG/VD"));
        let volume = place.split('/').nth(1).unwrap_or(&place).to_owned();
        let state = text(row.get("State"));
        (!state.is_empty()).then(|| Array { name: format!("c{card}-v{volume}"), state })
    };
    rows(data, "Virtual Drives").filter_map(array).collect()
}

/// The disks that a card calls failing: `/call/eall/sall show all`. Each is known by its serial number, as
/// `smartctl` knows it, or by its place.
pub(super) fn failing(json: &[u8]) -> Vec<DiskHealth> {
    let mut found = Vec::new();
    for (_, data) in answered(json) {
        for row in rows(&data, "Drives List") {
            let place = text(find(row, "EID:Slt"));
            found.extend(failing_disk(&place, row, text(find(row, "Serial Number"))));
        }
        for (key, details) in data.as_object().into_iter().flatten() {
            let Some(place) = key.strip_suffix(" - Detailed Information") else { continue };
            let place = place.trim_start_matches("Drive ");
            found.extend(failing_disk(place, details, text(find(details, "SN"))));
        }
    }
    found
}

fn failing_disk(place: &str, details: &Value, serial: String) -> Option<DiskHealth> {
    let expects = number(find(details, "Predictive Failure Count")).is_some_and(|count| count > 0);
    let flagged = text(find(details, "S.M.A.R.T alert flagged by drive")) == "Yes";
    let disk = if serial.is_empty() { place.to_owned() } else { serial };
    (expects || flagged).then(|| DiskHealth { disk, passed: Some(false), ..DiskHealth::default() })
}

/// The cards themselves: `/call show all`.
pub(super) fn cards(json: &[u8]) -> Vec<Card> {
    answered(json).iter().map(|(card, data)| of_itself(card, data)).collect()
}

fn of_itself(card: &str, data: &Value) -> Card {
    let lists = ["BBU_Info", "Cachevault_Info", "Energy Pack Info"];
    let state = |row: &Value| text(row.get("State").or_else(|| row.get("Status")));
    let mut batteries: Vec<String> =
        lists.iter().flat_map(|list| rows(data, list).map(state)).collect();
    if batteries.is_empty() {
        batteries.extend(number(data.pointer("/Status/BBU Status")).and_then(battery));
    }
    Card {
        name: format!("c{card}"),
        state: text(data.pointer("/Status/Controller Status")),
        batteries,
    }
}

/// A battery's state by the bits of the firmware (`MFI_BBU_STATE`), where the tool has no word of it;
/// nothing where it is well, is being charged, or asks for its next learning cycle.
fn battery(bits: u64) -> Option<String> {
    const CHARGES: u64 = 1 << 3;
    const LEARNS_NEXT: u64 = 1 << 12;
    (bits & !(CHARGES | LEARNS_NEXT) != 0).then(|| format!("BBU Status {bits}"))
}

/// The cards that answered, each with its number. One that has no arrays says so by a failure.
fn answered(json: &[u8]) -> Vec<(String, Value)> {
    let Ok(answer) = serde_json::from_slice::<Value>(json) else { return Vec::new() };
    let one = |controller: &Value| {
        let said = |name| text(controller.pointer(&format!("/Command Status/{name}")));
        let has_none = || said("Description").starts_with("No VD");
        let data = controller.get("Response Data").cloned().unwrap_or_default();
        (said("Status") == "Success" || has_none()).then(|| (said("Controller"), data))
    };
    rows(&answer, "Controllers").filter_map(one).collect()
}

fn rows<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// The first value of this name, however deep.
fn find<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Object(fields) => {
            fields.get(name).or_else(|| fields.values().find_map(|field| find(field, name)))
        }
        Value::Array(rows) => rows.iter().find_map(|row| find(row, name)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// A text or a number, as text; empty where it is none.
fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => {
            String::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(json: &str) -> Vec<(String, String)> {
        let found = arrays(json.as_bytes()).unwrap();
        found.into_iter().map(|one| (one.name, one.state)).collect()
    }

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(name, state)| ((*name).to_owned(), (*state).to_owned())).collect()
    }

    #[test]
    fn arrays_of_all_cards_are_read_with_their_states() {
        let json = r#"{"Controllers":[
            {"Command Status":{"CLI Version":"007.2","Controller":0,"Status":"Success"},
             "Response Data":{"Virtual Drives":[
              {"DG/VD":"0/0","TYPE":"RAID1","State":"Optl","Access":"RW","Size":"465.250 GB"},
              {"DG/VD":"1/1","TYPE":"RAID5","State":"Dgrd","Access":"RW","Size":"1.8 TB"}]}},
            {"Command Status":{"Controller":1,"Status":"Success"},
             "Response Data":{"Virtual Drives":[7,{"DG/VD":"0/239","State":"Pdgd"}]}}]}"#;
        let wanted = pairs(&[("c0-v0", "Optl"), ("c0-v1", "Dgrd"), ("c1-v239", "Pdgd")]);
        assert_eq!(states(json), wanted);
    }

    #[test]
    fn the_second_generation_is_read_as_the_first() {
        let json = r#"{"Controllers":[{"Command Status":{"CLI Version":"008.0011.0000.0014",
            "Controller":"0","Status":"Success"},"Response Data":{"Virtual Drives":[
            {"VD Info":{"DG/VD":"0/1","TYPE":"RAID1","State":"Dgrd"}}]}}]}"#;
        assert_eq!(states(json), pairs(&[("c0-v1", "Dgrd")]));
    }

    #[test]
    fn a_machine_without_a_card_has_none() {
        let json = r#"{"Controllers":[{"Command Status":{"CLI Version":"007.2","Status":"Failure",
            "Description":"No Controller found"}}]}"#;
        assert_eq!(arrays(json.as_bytes()), None);
        assert_eq!(arrays(b"not json"), None);
    }

    #[test]
    fn a_card_without_arrays_has_an_empty_list_and_one_that_can_not_be_asked_hides_no_other() {
        for status in [
            r#""Status":"Success"},"Response Data":{}"#,
            r#""Status":"Success"}"#,
            r#""Status":"Failure","Description":"No VDs have been configured"}"#,
        ] {
            let json =
                format!(r#"{{"Controllers":[{{"Command Status":{{"Controller":0,{status}}}]}}"#);
            assert_eq!(arrays(json.as_bytes()), Some(Vec::new()), "{json}");
        }
        let json = r#"{"Controllers":[{"Command Status":{"Controller":0,"Status":"Success"},
            "Response Data":{"Virtual Drives":[{"DG/VD":"0/0","State":"Dgrd"}]}},
            {"Command Status":{"Controller":1,"Status":"Failure","Description":"Un-supported command"}}]}"#;
        assert_eq!(states(json), pairs(&[("c0-v0", "Dgrd")]));
    }

    #[test]
    fn a_disk_that_its_card_calls_failing_is_known_by_its_serial_number() {
        let drive = |slot: u32, serial: &str, count: u32, flag: &str| {
            format!(
                r#""Drive /c0/e252/s{slot}":[{{"EID:Slt":"252:{slot}","State":"Onln"}}],
                "Drive /c0/e252/s{slot} - Detailed Information":{{
                "Drive /c0/e252/s{slot} State":{{"Predictive Failure Count":{count},
                "S.M.A.R.T alert flagged by drive":"{flag}"}},
                "Drive /c0/e252/s{slot} Device attributes":{{"SN":"{serial}"}}}}"#
            )
        };
        let drives = [drive(0, " Z1 ", 0, "No"), drive(1, " Z2 ", 3, "No"), drive(2, "", 0, "Yes")]
            .join(",");
        let json = format!(
            r#"{{"Controllers":[{{"Command Status":{{"Controller":0,"Status":"Success"}},
            "Response Data":{{{drives}}}}}]}}"#
        );
        let found = failing(json.as_bytes());
        let names: Vec<_> = found.iter().map(|one| one.disk.as_str()).collect();
        assert_eq!(names, ["Z2", "/c0/e252/s2"]);
        assert!(found.iter().all(|one| one.passed == Some(false)));
        let second = r#"{"Controllers":[{"Command Status":{"Controller":"0","Status":"Success"},
            "Response Data":{"Drives List":[{"Drive Information":{"EID:Slt":"306:4","State":"Conf"},
            "Drive Detailed Information":{"Serial Number":"WP00","Predictive Failure Count":"1"}}]}}]}"#;
        assert_eq!(failing(second.as_bytes())[0].disk, "WP00");
    }

    #[test]
    fn a_battery_is_told_by_its_word_or_by_the_bits_of_the_firmware() {
        let card = |more: &str| {
            let json = format!(
                r#"{{"Controllers":[{{"Command Status":{{"Controller":0,"Status":"Success"}},
                "Response Data":{{"Status":{{"Controller Status":"Optimal","BBU Status":{more}}}]}}"#
            );
            let mut cards = cards(json.as_bytes());
            cards.remove(0)
        };
        assert_eq!(card("0}}").batteries.len(), 0);
        assert_eq!(card(r#""NA"}}"#).batteries.len(), 0);
        assert_eq!(card("4104}}").batteries.len(), 0);
        assert_eq!(card("32}}").batteries, ["BBU Status 32"]);
        assert_eq!(card(r#"0},"Cachevault_Info":[{"State":"Degraded"}]}"#).batteries, ["Degraded"]);
        let pack = r#"0},"Energy Pack Info":[{"Type":"Supercap","Status":"Optimal"}]}"#;
        assert_eq!(
            (card(pack).batteries, card(pack).state),
            (vec!["Optimal".into()], "Optimal".into())
        );
    }
}
