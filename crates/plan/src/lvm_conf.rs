//! What of an `lvm.conf` keeps LVM from the appliance's volumes: of a payload's, which is refused then,
//! and of the one on an installed system, of which an administrator is told.

/// A setting as it stands in the file.
#[derive(Debug, PartialEq, Eq)]
struct Setting {
    line: usize,
    key: String,
    values: Vec<String>,
}

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
            settings.push(Setting { line, key, values: Vec::new() });
            rest = value.trim();
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
