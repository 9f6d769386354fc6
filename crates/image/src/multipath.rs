//! What of a payload's `multipath.conf` takes the appliance's disks from LVM.
//!
//! A disk with one way to it needs no multipath. Where it is made a device of its own all the same, its
//! partitions are in use by that device, and LVM, which goes by the disk's own partitions, can't open them.

/// The line, and the setting on it, that makes a device of every disk, whether it has one way or several;
/// nothing where every disk is left out anyway.
pub(crate) fn takes_disks(text: &str) -> Option<(usize, String)> {
    let words = |line: &str| -> Vec<String> {
        let line = line.split(['#', '!']).next().unwrap_or_default();
        line.split_whitespace().map(|word| word.trim_matches('"').to_owned()).collect()
    };
    let leaves_all_out = |line: &str| {
        let is_all = |pattern: &str| [".*", "*", "^.*", "^.*$"].contains(&pattern);
        words(line).windows(2).any(|pair| pair[0] == "devnode" && is_all(&pair[1]))
    };
    if text.lines().any(leaves_all_out) {
        return None;
    }
    let found = (1..).zip(text.lines()).filter_map(|(number, line)| {
        let words = words(line);
        let at = words.iter().position(|word| word == "find_multipaths")?;
        let value = words.get(at + 1)?;
        let takes = ["no", "off", "greedy"].contains(&value.as_str());
        takes.then(|| (number, format!("find_multipaths {value}")))
    });
    found.last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_makes_a_device_of_every_disk_is_found_with_its_line() {
        for value in ["no", "off", "greedy", "\"no\""] {
            let text =
                format!("defaults {{\n\tuser_friendly_names yes\n\tfind_multipaths {value}\n}}\n");
            let found = takes_disks(&text);
            let plain = format!("find_multipaths {}", value.trim_matches('"'));
            assert_eq!(found, Some((3, plain)), "{text}");
        }
        assert_eq!(takes_disks("defaults { find_multipaths no }").map(|(line, _)| line), Some(1));
    }

    #[test]
    fn what_distributions_deliver_takes_none() {
        for text in [
            "",
            "defaults {\n    user_friendly_names yes\n}\n",
            "defaults {\n\tuser_friendly_names yes\n\tfind_multipaths yes\n}\n",
            "defaults {\n\tfind_multipaths strict\n}\n",
            "defaults {\n#\tfind_multipaths no\n}\n",
            "defaults {\n\tfind_multipaths no\n}\nblacklist {\n\tdevnode \"*\"\n}\n",
        ] {
            assert_eq!(takes_disks(text), None, "{text}");
        }
    }
}
