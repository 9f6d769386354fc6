//! What of an `lvm.conf`, or of a devices file, keeps LVM from the appliance's volumes: of a payload's, which is
//! refused then, and of the one on an installed system, of which an administrator is told.

/// A setting as it stands in the file.
#[derive(Debug, PartialEq, Eq)]
struct Setting {
    line: usize,
    key: String,
    values: Vec<String>,
    /// Its value, where that is a number.
    number: Option<u32>,
}

/// The directory of LVM's devices files.
pub const DEVICES: &str = "etc/lvm/devices";

/// Parts of patterns that reject what no appliance has its volumes on.
const NO_DISKS: [&str; 12] = [
    "cdrom",
    "dvd",
    "sr[",
    "sr.",
    "loop",
    "ram",
    "drbd",
    "rbd",
    "nbd",
    "/fd",
    "floppy",
    "mapper/mpath",
];

/// Who has written it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The payload brings it: nobody knows yet on which disks its group will be.
    Vendor,
    /// An administrator of an installed machine, whose disks a pattern may name.
    Administrator,
}

/// The settings that keep LVM from the volumes of this group: line, and `key = value`.
pub fn blocking_settings(text: &str, group: &str, owner: Owner) -> Vec<(usize, String)> {
    let blocks = |setting: &Setting| match setting.key.as_str() {
        "filter" | "global_filter" => rejects_a_disk(&setting.values, owner),
        "volume_list" | "auto_activation_volume_list" => {
            !setting.values.iter().any(|value| value == group)
        }
        "read_only_volume_list" => setting.values.iter().any(|value| {
            let rest = value.strip_prefix(group);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }),
        _ => false,
    };
    let found = settings(text).into_iter().filter(blocks);
    found.map(|found| (found.line, format!("{} = {:?}", found.key, found.values))).collect()
}

/// The name of the devices file, by the texts of LVM's settings, of which later ones count: where it is there, LVM
/// uses the disks in it and no others. Nothing where they say that it uses none. What LVM does where they say
/// nothing is built into it, and differs; a file that somebody has made is meant to be used.
pub fn devices_file(texts: &[String]) -> Option<String> {
    let settings: Vec<Setting> = texts.iter().flat_map(|text| settings(text)).collect();
    let last = |key: &str| settings.iter().rfind(|setting| setting.key == key);
    if last("use_devicesfile").is_some_and(|setting| setting.number == Some(0)) {
        return None;
    }
    let named = last("devicesfile").and_then(|setting| setting.values.first());
    Some(named.map_or("system.devices", String::as_str).to_owned())
}

/// The first of these physical volumes, by their UUIDs, that a devices file leaves out. It has them without hyphens.
pub fn left_out<'a>(devices: &str, physical: &'a [String]) -> Option<&'a str> {
    let lines = devices.lines().filter(|line| !line.trim_start().starts_with('#'));
    let listed: Vec<&str> = lines
        .flat_map(str::split_whitespace)
        .filter_map(|word| word.strip_prefix("PVID="))
        .collect();
    let is_left_out = |id: &&String| !listed.contains(&id.replace('-', "").as_str());
    physical.iter().find(is_left_out).map(String::as_str)
}

/// Whether the first pattern that could match a disk rejects it.
fn rejects_a_disk(patterns: &[String], owner: Owner) -> bool {
    for pattern in patterns {
        let mut letters = pattern.chars();
        let (kind, mark) = (letters.next(), letters.next());
        let body = letters.as_str().trim_end_matches(|letter| Some(letter) == mark);
        match kind {
            Some('a') if owner == Owner::Administrator => return false,
            Some('a') if matches!(body, "" | ".*" | "^.*" | "^/dev/" | "/dev/.*") => return false,
            Some('r') if !NO_DISKS.iter().any(|part| body.contains(part)) => return true,
            Some(_) | None => {}
        }
    }
    false
}

/// The settings of a file, whatever section they stand in; a list may go over several lines.
fn settings(text: &str) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    let mut is_open = false;
    for (line, text) in (1..).zip(text.lines()) {
        let mut rest = without_comment(text).trim();
        if !is_open {
            rest = rest.rsplit_once('{').map_or(rest, |(_, rest)| rest).trim();
            let Some((key, value)) = rest.split_once('=') else { continue };
            let key = key.trim().rsplit('/').next().unwrap_or_default().to_owned();
            rest = value.trim();
            let number = rest.trim_end_matches('}').trim().parse().ok();
            settings.push(Setting { line, key, values: Vec::new(), number });
            is_open = rest.starts_with('[');
        }
        if let Some(setting) = settings.last_mut() {
            // Each second part stands between quotes.
            setting.values.extend(rest.split('"').skip(1).step_by(2).map(str::to_owned));
        }
        let plain: String = rest.split('"').step_by(2).collect();
        is_open &= !plain.contains(']');
    }
    settings
}

/// A line up to a `#` that is in no quotes.
fn without_comment(line: &str) -> &str {
    let mut is_quoted = false;
    let end = line.bytes().position(|byte| {
        is_quoted ^= byte == b'"';
        byte == b'#' && !is_quoted
    });
    &line[..end.unwrap_or(line.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, String)> {
        blocking_settings(text, "vgroup", Owner::Vendor)
    }

    #[test]
    fn what_keeps_lvm_from_the_appliance_is_found_with_its_line() {
        let text = "# volume_list = [ \"x\" ]\ndevices {\n\tglobal_filter = [ \"a|/dev/vda2|\",\n\t\t\"r|.*|\" ] # ours\n}\n\
            activation {\n\tvolume_list = [ \"centos\", \"@tag\" ]\n\tread_only_volume_list = [\"vgroup/lv-root\"]\n}\n\
            activation/auto_activation_volume_list = []\n";
        let lines: Vec<usize> = found(text).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [3, 7, 8, 10]);
        assert_eq!(found(text)[0].1, "global_filter = [\"a|/dev/vda2|\", \"r|.*|\"]");
    }

    #[test]
    fn an_administrator_may_name_disks_and_not_reject_them_all() {
        let of = |text| blocking_settings(text, "vgroup", Owner::Administrator).len();
        assert_eq!(of("devices { filter = [ \"a|/dev/disk/by-id/own|\", \"r|.*|\" ] }"), 0);
        assert_eq!(of("devices { filter = [ \"r|.*|\" ] }"), 1);
        assert_eq!(of("activation { volume_list = [ \"data\" ] }"), 1);
    }

    #[test]
    fn a_devices_file_counts_unless_the_settings_say_that_it_does_not() {
        let of = |texts: &[&str]| {
            devices_file(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
        };
        let usual = Some("system.devices".to_owned());
        for texts in [
            &[][..],
            &["devices {\n\t# use_devicesfile = 0\n}"],
            &["devices { use_devicesfile = 1 }"],
            &["devices/use_devicesfile=0", "devices/use_devicesfile=1"],
        ] {
            assert_eq!(of(texts), usual, "{texts:?}");
        }
        assert_eq!(of(&["devices { use_devicesfile = 0 }"]), None);
        assert_eq!(of(&["use_devicesfile = 1", "use_devicesfile = 0 # ours"]), None);
        let named = of(&["devices {\n\tdevicesfile = \"own.devices\"\n}"]);
        assert_eq!(named.as_deref(), Some("own.devices"));
    }

    #[test]
    fn a_physical_volume_is_listed_by_its_id() {
        let own =
            ["Pi3DNq-qIYC-Azvf-1zcb-fkCv-xSIq-hVHmPQ", "q0Zk3J-bb8S-4WfL-mGQ1-x7Pd-TnYc-0aRv9K"];
        let own = own.map(str::to_owned);
        // As lvmdevices 2.03.23 writes it.
        let entry = |id: &str| {
            let id = id.replace('-', "");
            format!("IDTYPE=sys_wwid IDNAME=naa.5000 DEVNAME=/dev/sda5 PVID={id} PART=5\n")
        };
        let head = "# LVM uses devices listed in this file.\nVERSION=1.1.2\n";
        let both = format!("{head}{}{}", entry(&own[0]), entry(&own[1]));
        assert_eq!(left_out(&both, &own), None);
        assert_eq!(
            left_out(&format!("{head}{}#{}", entry(&own[0]), entry(&own[1])), &own),
            Some(&*own[1])
        );
        assert_eq!(left_out(head, &own), Some(&*own[0]));
        assert_eq!(left_out(head, &[]), None);
    }

    #[test]
    fn what_distributions_deliver_blocks_nothing() {
        for text in [
            "devices { filter = [ \"a|.*|\" ] }",
            "devices {\n\tfilter = [ \"r|/dev/cdrom|\", \"r|/dev/drbd.*|\" ]\n}",
            "filter = [ \"a/.*/\", \"r|.*|\" ]",
            "report { binary_values_as_numeric = 1 }",
            "activation { volume_list = [ \"vgroup\", \"vg1\" ] }",
            "activation { read_only_volume_list = [ \"vg1\" ] }",
            "\t# global_filter = [ \"r|.*|\" ]",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
