//! What LVM is told by every command, beside what the machine's `lvm.conf` says.

/// The configuration of a command, with these settings of its section `devices`.
///
/// Where `lvmdevices` has listed the machine's disks LVM would pass over any filter, and a global filter
/// of the machine's comes before any other; ours decides.
/// LVM of a version that does not know a setting would complain of it, and go on.
pub fn config(devices: &str) -> String {
    let blank = if devices.is_empty() { "" } else { " " };
    format!(
        "config{{checks=0}} devices{{use_devicesfile=0 global_filter=[\"a|.*|\"]{blank}{devices}}}"
    )
}

/// Patterns of a filter that lets LVM see these nodes and no others. A node has other names besides,
/// so that none of them may be let through at the end.
pub fn only<Node: AsRef<str>>(nodes: impl IntoIterator<Item = Node>) -> String {
    let admit = |node: Node| format!("\"a|^{}$|\",", node.as_ref());
    format!("[{}\"r|.*|\"]", nodes.into_iter().map(admit).collect::<String>())
}

/// That the volumes of this group may be activated and written, whatever lists of volumes the machine's
/// `lvm.conf` has: one without the group would keep root from every start.
pub fn activating(group: &str) -> String {
    let list = format!("[\"{group}\"]");
    format!(
        "activation{{volume_list={list} auto_activation_volume_list={list} read_only_volume_list=[]}}"
    )
}

/// What a machine's own configuration says so that whoever asks LVM there sees these nodes and no others,
/// and activates the volumes of this group on them.
pub fn confined<Node: AsRef<str>>(nodes: impl IntoIterator<Item = Node>, group: &str) -> String {
    format!(
        "config{{checks=0}} devices{{use_devicesfile=0 filter=[\"a|.*|\"] global_filter={}}} {}",
        only(nodes),
        activating(group)
    )
}

/// What of a report's shape the machine's `lvm.conf` could change. The one door to LVM
/// says it with every report, and plans show it.
pub const REPORT: &str = "report{binary_values_as_numeric=0 compact_output=0 list_item_separator=\",\" \
                          mark_hidden_devices=1 time_format=\"%s\"}";

/// Sizes are whole numbers of bytes; all values are strings.
pub const SHAPE: [&str; 5] = ["--reportformat", "json", "--units", "b", "--nosuffix"];
