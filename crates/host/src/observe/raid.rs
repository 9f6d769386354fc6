//! The arrays of LSI RAID cards: `storcli /call/vall show J`, and the tools that are the same under
//! other names.

use std::io;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use zshield_linux::program::{self, Program};
use zshield_plan::health::Array;

/// What the tool is called: by Broadcom, and by Dell.
pub const TOOLS: [&str; 4] = ["storcli64", "storcli", "perccli64", "perccli"];
/// Where their packages put them, outside every path.
const DIRECTORIES: [&str; 3] = ["", "/opt/MegaRAID/storcli/", "/opt/MegaRAID/perccli/"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    controllers: Vec<Controller>,
}

#[derive(Deserialize)]
struct Controller {
    #[serde(rename = "Command Status")]
    status: Status,
    #[serde(rename = "Response Data", default)]
    data: Value,
}

#[derive(Deserialize)]
struct Status {
    #[serde(rename = "Controller", default)]
    controller: Value,
    #[serde(rename = "Status", default)]
    status: String,
}

/// The tool that is installed; nothing where none is.
pub fn tool() -> Option<String> {
    let there = |path: &String| Program::new(path, program::READING).arg("-v").run().is_ok();
    let paths =
        DIRECTORIES.iter().flat_map(|directory| TOOLS.map(|name| format!("{directory}{name}")));
    paths.into_iter().find(there)
}

/// The arrays of all cards, as this tool names them; nothing where there is no card.
pub fn arrays(tool: &str) -> io::Result<Option<Vec<Array>>> {
    let storcli = Program::new(tool, program::READING).args(["/call/vall", "show", "J", "nolog"]);
    // It would leave a log wherever it is started.
    Ok(parse(&storcli.within(Path::new("/run")).run()?.stdout))
}

pub(super) fn parse(json: &[u8]) -> Option<Vec<Array>> {
    let answer: Answer = serde_json::from_slice(json).ok()?;
    let sound = |one: &&Controller| one.status.status == "Success" && one.data.is_object();
    let found: Vec<&Controller> = answer.controllers.iter().filter(sound).collect();
    (!found.is_empty()).then(|| found.into_iter().flat_map(of_controller).collect())
}

fn of_controller(controller: &Controller) -> Vec<Array> {
    let number = &controller.status.controller;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let array = |row: &Value| {
        // Older tools write DG/VD, newer ones DG/VD too, and some DG/VD/Name.
        let place = text(row.get("DG/VD")?);
        let volume = place.split('/').nth(1).unwrap_or(&place).to_owned();
        Some(Array { name: format!("c{number}-v{volume}"), state: text(row.get("State")?) })
    };
    let rows = controller.data.get("Virtual Drives").and_then(Value::as_array);
    rows.into_iter().flatten().filter_map(array).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_of_all_cards_are_read_with_their_states() {
        let json = r#"{"Controllers":[
            {"Command Status":{"CLI Version":"007.2","Controller":0,"Status":"Success"},
             "Response Data":{"Virtual Drives":[
              {"DG/VD":"0/0","TYPE":"RAID1","State":"Optl","Access":"RW","Size":"465.250 GB"},
              {"DG/VD":"1/1","TYPE":"RAID5","State":"Dgrd","Access":"RW","Size":"1.8 TB"}]}},
            {"Command Status":{"Controller":1,"Status":"Success"},
             "Response Data":{"Virtual Drives":[{"DG/VD":"0/239","State":"Pdgd"}]}}]}"#;
        let found = parse(json.as_bytes()).unwrap();
        let found: Vec<_> =
            found.iter().map(|one| (one.name.as_str(), one.state.as_str())).collect();
        assert_eq!(found, [("c0-v0", "Optl"), ("c0-v1", "Dgrd"), ("c1-v239", "Pdgd")]);
    }

    #[test]
    fn a_machine_without_a_card_has_none() {
        let json = r#"{"Controllers":[{"Command Status":{"CLI Version":"007.2","Status":"Failure",
            "Description":"No Controller found"}}]}"#;
        assert_eq!(parse(json.as_bytes()), None);
        assert_eq!(parse(b"not json"), None);
    }

    #[test]
    fn a_card_without_arrays_has_an_empty_list() {
        let json = r#"{"Controllers":[{"Command Status":{"Controller":0,"Status":"Success"},
            "Response Data":{}}]}"#;
        assert_eq!(parse(json.as_bytes()), Some(Vec::new()));
    }
}
