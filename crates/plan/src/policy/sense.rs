//! Values that each are of their kind, and contradict each other or make no sense.
//!
//! A contradiction is refused wherever a policy is read. Nonsense is refused when an image is built,
//! with its place, and not by a machine in a factory: an appliance that was installed by such a policy
//! goes on, and so does one whose policy somebody has changed, which its check has to tell.

use std::time::Duration;

use globset::GlobBuilder;
use zshield_messages::say::plan as say;
use zshield_units::Bytes;

use super::{
    FarPlace, Keep, LEAST_VAULT, Look, Mail, MailSecurity, PathPattern, Policy, Share, VaultSize,
};

/// The keys that lead to a value.
pub(super) type Keys = Vec<&'static str>;

/// The least that can hold two kernels with their initial RAM disks, and a backup's saving of them.
const LEAST_BOOT: Bytes = Bytes::mib(128);
/// The least that can hold an image.
const LEAST_GOLDEN: Bytes = Bytes::mib(64);
/// The least that can hold a system.
const LEAST_ROOT: Bytes = Bytes::mib(256);
/// The least that is a filesystem with a journal, and some room in it.
const LEAST_DATA: Bytes = Bytes::mib(16);

/// With less a night's changes take more than a day.
const LEAST_BANDWIDTH: Bytes = Bytes(16 << 10);

/// Words of the kernel's command line that only zshield may say: they say what is started.
const OWN_WORDS: [&str; 6] = ["root=", "rootfstype=", "init=", "rdinit=", "zshield_", "rd.lvm.lv="];

/// No service becomes healthy within less.
const LEAST_HEALTH_LIMIT: Duration = Duration::from_secs(30);
/// Longer than the unit of the health gate has, which ends in the recovery.
const MOST_HEALTH_LIMIT: Duration = Duration::from_hours(2);
/// Nobody's server is to be asked more often.
const LEAST_EVERY: Duration = Duration::from_hours(1);
/// Whoever waits longer for a repair has not asked for it.
const MOST_EVERY: Duration = Duration::from_hours(31 * 24);

/// Directories that the system is made of; below them a volume is in order.
const MADE_OF: [&str; 4] = ["/usr", "/usr/local", "/var", "/var/lib"];
/// Directories at and below which no volume is in order.
const CLOSED: [&str; 18] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/sbin",
    "/var/lib/dpkg",
    "/var/lib/rpm",
    "/var/lib/systemd",
    "/var/lib/zshield",
];

/// Directories of the system itself: a pattern for one of them leaves the system unchecked.
const SYSTEM: [&str; 10] =
    ["bin", "boot", "etc", "lib", "lib64", "sbin", "usr", "usr/bin", "usr/lib", "usr/sbin"];

/// The first value that contradicts another, with the keys that lead to it.
pub(super) fn contradiction(policy: &Policy) -> Option<(Keys, String)> {
    let Policy { product, payload, menu, storage, upgrade, .. } = policy;
    let chunk = storage.chunk.0;
    for (key, text) in [("name", &product.name), ("version", &product.version)] {
        if text.trim().is_empty() {
            return Some((vec!["product", key], say::must_not_be_empty()));
        }
    }
    if storage.root.min > storage.root.size {
        Some((vec!["storage", "root", "min"], say::min_above_size()))
    } else if !chunk.is_power_of_two() || !(4 << 10..=512 << 10).contains(&chunk) {
        Some((vec!["storage", "chunk"], say::expected_chunk()))
    } else if [storage.user.size, storage.audit.size] == [Share::Rest, Share::Rest] {
        Some((vec!["storage", "audit", "size"], say::two_rests()))
    } else if storage.user.mount == storage.audit.mount {
        Some((vec!["storage", "audit", "mount"], say::same_mount()))
    } else if menu.password.as_ref().is_some_and(|hash| !is_grub_hash(hash)) {
        Some((vec!["menu", "password"], say::expected_grub_hash()))
    } else if payload.cmdline.contains(['\n', '$', '"', '\'', '\\', ';', '{', '}']) {
        Some((vec!["payload", "cmdline"], say::expected_cmdline()))
    } else if upgrade.look != Look::Never && upgrade.url.is_none() {
        Some((vec!["upgrade", "look"], say::look_without_url()))
    } else {
        of_sinks(policy).or_else(|| of_far_places(policy))
    }
}

/// Commands and alarms know a place by its name.
fn of_far_places(policy: &Policy) -> Option<(Keys, String)> {
    let far = policy.vault.far();
    let mut names: Vec<_> = far.iter().map(|place| place.name).collect();
    names.sort();
    names.windows(2).any(|pair| pair[0] == pair[1]).then(|| (vec!["vault"], say::same_place()))
}

/// The first value that no appliance can do with, with the keys that lead to it.
pub(super) fn nonsense(policy: &Policy) -> Option<(Keys, String)> {
    of_words(policy)
        .or_else(|| of_fstab(policy))
        .or_else(|| of_sizes(policy))
        .or_else(|| of_mounts(policy))
        .or_else(|| of_patterns(policy))
        .or_else(|| of_upgrades(policy))
        .or_else(|| of_vault(policy))
}

fn of_words(policy: &Policy) -> Option<(Keys, String)> {
    let Policy { product, payload, .. } = policy;
    for (key, text) in [("name", &product.name), ("version", &product.version)] {
        if text.chars().any(char::is_control) {
            return Some((vec!["product", key], say::expected_one_line()));
        }
    }
    let is_own = |word: &&str| OWN_WORDS.iter().any(|own| word.starts_with(own));
    let own = payload.cmdline.split_whitespace().find(is_own)?;
    Some((vec!["payload", "cmdline"], say::own_word(own)))
}

/// Each line of the vendor's mounts something, and nothing where zshield does.
fn of_fstab(policy: &Policy) -> Option<(Keys, String)> {
    let own = policy.storage.mount_points();
    let is_line = |line: &String| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let place = fields.get(1).copied().unwrap_or_default();
        let is_place = matches!(place, "none" | "swap") || place.starts_with('/');
        let is_free = place != "/" && !own.contains(&place.trim_end_matches('/'));
        (4..=6).contains(&fields.len())
            && !line.contains(char::is_control)
            && !line.trim_start().starts_with('#')
            && is_place
            && is_free
    };
    let odd = policy.payload.fstab.iter().find(|line| !is_line(line))?;
    Some((vec!["payload", "fstab"], say::expected_fstab_line(odd.escape_debug().to_string())))
}

fn of_sizes(policy: &Policy) -> Option<(Keys, String)> {
    let storage = &policy.storage;
    let fixed = |share: Share| match share {
        Share::Size(size) => Some(size),
        Share::Rest => None,
    };
    let sizes: [(Keys, Option<Bytes>, Bytes); 8] = [
        (vec!["storage", "boot"], Some(storage.boot), LEAST_BOOT),
        (vec!["storage", "golden"], storage.golden, LEAST_GOLDEN),
        (vec!["storage", "root", "size"], Some(storage.root.size), LEAST_ROOT),
        (vec!["storage", "root", "min"], Some(storage.root.min), LEAST_ROOT),
        (vec!["storage", "user", "size"], fixed(storage.user.size), LEAST_DATA),
        (vec!["storage", "user", "min"], Some(storage.user.min), LEAST_DATA),
        (vec!["storage", "audit", "size"], fixed(storage.audit.size), LEAST_DATA),
        (vec!["storage", "audit", "min"], Some(storage.audit.min), LEAST_DATA),
    ];
    sizes
        .into_iter()
        .find(|(_, size, least)| size.is_some_and(|size| size < *least))
        .map(|(keys, _, least)| (keys, say::too_little(least.to_string())))
}

fn of_mounts(policy: &Policy) -> Option<(Keys, String)> {
    let (user, audit) = (policy.storage.user.mount.as_str(), policy.storage.audit.mount.as_str());
    let within = |one: &str, other: &str| {
        one.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    for (volume, mount) in [("user", user), ("audit", audit)] {
        if MADE_OF.contains(&mount) || CLOSED.iter().any(|directory| within(mount, directory)) {
            return Some((vec!["storage", volume, "mount"], say::expected_mount_path()));
        }
    }
    if within(user, audit) {
        Some((vec!["storage", "user", "mount"], say::nested_mounts()))
    } else if within(audit, user) {
        Some((vec!["storage", "audit", "mount"], say::nested_mounts()))
    } else {
        None
    }
}

/// No pattern of files that change by themselves stands for a directory of the system.
fn of_patterns(policy: &Policy) -> Option<(Keys, String)> {
    let check = &policy.check;
    let leaves_unchecked = |pattern: &&PathPattern| {
        let glob = GlobBuilder::new(pattern.as_str()).literal_separator(true).build();
        glob.is_ok_and(|glob| {
            let matcher = glob.compile_matcher();
            SYSTEM.iter().any(|directory| matcher.is_match(directory))
        })
    };
    let found = check.volatile.iter().find(leaves_unchecked)?;
    Some((vec!["check", "volatile"], say::leaves_unchecked(format!("/{}", found.as_str()))))
}

/// A new version that has no time to become healthy would always be left again; and a server is asked now and then.
fn of_upgrades(policy: &Policy) -> Option<(Keys, String)> {
    let limit = policy.upgrade.health_limit.0;
    let every = policy.upgrade.every.0;
    let (key, wrong) = if limit < LEAST_HEALTH_LIMIT {
        ("health_limit", say::health_limit_too_short())
    } else if limit > MOST_HEALTH_LIMIT {
        ("health_limit", say::health_limit_too_long())
    } else if every < LEAST_EVERY {
        ("every", say::every_too_short())
    } else if every > MOST_EVERY {
        ("every", say::every_too_long())
    } else {
        return None;
    };
    Some((vec!["upgrade", key], wrong))
}

/// What would hold nothing, or would never come to its end.
fn of_vault(policy: &Policy) -> Option<(Keys, String)> {
    let vault = &policy.vault;
    let Keep { daily, weekly, monthly } = vault.keep;
    let too_small = matches!(vault.size, VaultSize::Size(size) if size < LEAST_VAULT);
    let slow = |place: &FarPlace<'_>| place.bandwidth.is_some_and(|it| it < LEAST_BANDWIDTH);
    if too_small {
        let least = LEAST_VAULT.to_string();
        Some((vec!["vault", "size"], say::too_little(least)))
    } else if [daily, weekly, monthly] == [0, 0, 0] {
        Some((vec!["vault", "keep"], say::keeps_nothing()))
    } else if vault.far().iter().any(slow) {
        Some((vec!["vault"], say::bandwidth_too_low(LEAST_BANDWIDTH.to_string())))
    } else {
        None
    }
}

fn of_sinks(policy: &Policy) -> Option<(Keys, String)> {
    let alarm = &policy.alarm;
    let mut names = alarm.names();
    names.sort();
    let mail = || alarm.mail.iter();
    let address = |text: &str| text.contains('@') && !text.contains(['\n', '\r', ',']);
    let complete = |mail: &Mail| {
        !mail.to.is_empty() && mail.to.iter().chain([&mail.from]).all(|text| address(text))
    };
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        Some((vec!["alarm"], say::same_sink()))
    } else if !mail().all(complete) {
        Some((vec!["alarm", "mail"], say::expected_addresses()))
    } else if mail().any(|mail| mail.user.is_some() != mail.password_file.is_some()) {
        Some((vec!["alarm", "mail"], say::user_without_password()))
    } else if mail().any(|mail| mail.user.is_some() && mail.security == MailSecurity::None) {
        Some((vec!["alarm", "mail"], say::password_in_clear()))
    } else {
        None
    }
}

fn is_grub_hash(hash: &str) -> bool {
    hash.strip_prefix("grub.pbkdf2.sha512.")
        .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_hexdigit() || c == '.'))
}
