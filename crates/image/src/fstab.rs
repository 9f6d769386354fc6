//! The payload's own `/etc/fstab`, in whose place the installation writes another one.

use zshield_plan::policy::Policy;

/// The lines that mount something which is neither the appliance's own nor in the policy.
pub(crate) fn left_out(text: &str, policy: &Policy) -> Vec<String> {
    let mut own = vec!["/", "none", "swap", "/boot/efi"];
    own.extend(policy.storage.mount_points());
    let place = |line: &str| line.split_whitespace().nth(1).map(str::to_owned);
    let kept: Vec<String> = policy.payload.fstab.iter().filter_map(|line| place(line)).collect();
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let is_left_out = |line: &&str| {
        place(line).is_some_and(|place| !own.contains(&place.as_str()) && !kept.contains(&place))
    };
    lines
        .filter(is_left_out)
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn lines_that_an_installation_leaves_out_are_told() {
        let policy = |lines: &str| {
            let text = format!(
                "[product]\nname = \"x\"\nversion = \"1\"\n[payload]\nsource = \"r.tar\"\nfstab = [{lines}]\n"
            );
            Policy::for_build(&text, Path::new("appliance.toml")).unwrap()
        };
        let text = "# /etc/fstab\n/dev/mapper/cl-root / xfs defaults 0 0\nUUID=1 /boot xfs defaults 0 0\n\
            UUID=2 /home ext4 defaults 0 0\n/dev/mapper/cl-swap none swap defaults 0 0\n\n\
            UUID=3\t/data  xfs defaults 0 0\ntmpfs /tmp tmpfs size=1G 0 0\n";
        let said = left_out(text, &policy(""));
        assert_eq!(said, ["UUID=3 /data xfs defaults 0 0", "tmpfs /tmp tmpfs size=1G 0 0"]);
        let said = left_out(text, &policy("\"tmpfs /tmp tmpfs size=2G 0 0\""));
        assert_eq!(said, ["UUID=3 /data xfs defaults 0 0"]);
    }
}
