use std::path::Path;

use super::*;

const LEAST: &str =
    "[product]\nname = \"Gateway\"\nversion = \"1\"\n[payload]\nsource = \"r.tar\"\n";

fn parse(extra: &str) -> Result<Policy, PolicyError> {
    Policy::parse(&format!("{LEAST}{extra}"), Path::new("appliance.toml"))
}

fn for_build(extra: &str) -> Result<Policy, PolicyError> {
    Policy::for_build(&format!("{LEAST}{extra}"), Path::new("appliance.toml"))
}

fn message(extra: &str) -> String {
    parse(extra).unwrap_err().to_string()
}

#[test]
fn the_commented_example_says_the_defaults() {
    let text = include_str!("../../../../examples/appliance.toml");
    let example = Policy::parse(text, Path::new("appliance.toml")).unwrap();
    let least = parse("").unwrap();
    assert_eq!(example.disks, least.disks);
    assert_eq!(example.storage, least.storage);
    assert_eq!(example.menu, least.menu);
    assert_eq!(example.recover, least.recover);
    assert_eq!(example.upgrade, least.upgrade);
    assert_eq!(example.vault, least.vault);
    assert_eq!(example.image, least.image);
    assert_eq!(example.backup, least.backup);
    assert_eq!(example.check, least.check);
    assert_eq!(example.payload.cmdline, least.payload.cmdline);
    assert_eq!(example.payload.fstab, least.payload.fstab);
    assert_eq!(example.backup, least.backup);
    assert_eq!(example.alarm, least.alarm);
}

/// A policy with one sink and one far place of each kind, and all that can be said of it.
const MANY: &str = r#"
[[alarm.syslog]]
name = "siem"
server = "log.example"
port = 6514
transport = "tls"
ca = "/ca"
[[alarm.mail]]
name = "mail"
server = "10.0.0.1"
port = 587
security = "starttls"
from = "a@example"
to = ["b@example"]
user = "a"
password_file = "/p"
ca = "/ca"
[[alarm.webhook]]
name = "hook"
url_file = "/u"
secret_file = "/s"
ca = "/ca"
[[alarm.dingtalk]]
name = "d"
url_file = "/u"
secret_file = "/s"
ca = "/ca"
[[alarm.wecom]]
name = "w"
url_file = "/u"
[[alarm.feishu]]
name = "f"
url_file = "/u"
[[vault.s3]]
name = "bucket"
endpoint = "https://s3.example"
bucket = "gateway"
prefix = "one"
region = "eu-1"
style = "host"
ca = "/ca"
proxy = "http://proxy.example:3128"
credentials_file = "/c"
every = "7d"
window = "22:00-05:00"
bandwidth = "5MiB"
[[vault.sftp]]
name = "server"
host = "10.0.0.1"
port = 2222
user = "gateway"
directory = "/srv/gateway"
identity_file = "/i"
known_hosts_file = "/k"
[[vault.directory]]
name = "nas"
path = "/mnt/nas"
"#;

/// Each word of a policy behind the table that it stands in: `("storage.root", "min")`.
fn words(table: &str, value: &serde_json::Value) -> Vec<(String, String)> {
    let entries = value.as_object().into_iter().flatten();
    entries
        .flat_map(|(word, value)| match value {
            serde_json::Value::Object(_) => {
                words(format!("{table}.{word}").trim_start_matches('.'), value)
            }
            // A list of tables, whose names stand in two brackets.
            serde_json::Value::Array(list) if list.iter().any(serde_json::Value::is_object) => {
                list.iter().flat_map(|one| words(&format!("[{table}.{word}]"), one)).collect()
            }
            _ => vec![(table.to_owned(), word.clone())],
        })
        .collect()
}

#[test]
fn the_reference_explains_each_word_under_its_table() {
    let policy = serde_json::to_value(parse(MANY).unwrap()).unwrap();
    let error = parse("[disks.ssd]\ntransport = \"?\"\n").unwrap_err();
    let Fault::UnknownWord { expected: transports, .. } = error.fault else { panic!("{error}") };
    for page in [
        include_str!("../../../../docs/appliance.toml.md"),
        include_str!("../../../../docs/appliance.toml.zh.md"),
    ] {
        let section = |table: &str| {
            let heading = format!("`[{table}]`");
            let of_table = |part: &&str| part.lines().next().unwrap().contains(&heading);
            page.split("\n## ").find(of_table).unwrap_or_else(|| panic!("no section [{table}]"))
        };
        let found = words("", &policy);
        assert!(found.len() > 30, "{found:?}");
        for (table, word) in found {
            let row = format!("\n| `{word}` |");
            assert!(section(&table).contains(&row), "[{table}] says nothing of {word}");
        }
        for pattern in CONFIG.iter().chain(VOLATILE).chain(MADE) {
            assert!(section("check").contains(&format!("`/{pattern}`")), "{pattern}");
        }
        for transport in &transports {
            assert!(section("disks.ssd").contains(&format!("`{transport}`")), "{transport}");
        }
    }
}

#[test]
fn an_unknown_word_is_answered_with_its_place_and_the_nearest() {
    let error = parse("[storage]\nchnuk = \"4KiB\"\n").unwrap_err();
    assert_eq!((error.line, error.column), (7, 1));
    let Fault::UnknownWord { nearest, expected, .. } = &error.fault else { panic!("{error}") };
    assert_eq!(nearest.as_deref(), Some("chunk"));
    assert!(expected.contains(&"golden".to_owned()));
    assert!(error.to_string().starts_with("appliance.toml, line 7, column 1: "), "{error}");
}

#[test]
fn an_unknown_value_is_answered_alike() {
    let error = parse("[disks.ssd]\ntransport = \"stata\"\n").unwrap_err();
    let Fault::UnknownWord { nearest, .. } = &error.fault else { panic!("{error}") };
    assert_eq!(nearest.as_deref(), Some("sata"));
    assert_eq!(error.line, 7);
}

#[test]
fn what_is_missing_is_named() {
    let error = Policy::parse("[product]\nname = \"x\"\n", Path::new("a.toml")).unwrap_err();
    assert_eq!(error.fault, Fault::Missing("version".to_owned()));
}

#[test]
fn values_are_checked_where_they_stand() {
    for (extra, line) in [
        ("[storage]\nchunk = \"5KiB\"\n", 7),
        ("[storage]\nchunk = \"100G\"\n", 7),
        ("[storage]\nboot = \"1GiB\"\n[storage.root]\nsize = \"10GiB\"\nmin = \"20GiB\"\n", 10),
        ("[storage.audit]\nsize = \"rest\"\nmount = \"/var/log\"\n", 7),
        ("[storage.user]\nsize = \"rest\"\nmount = \"home\"\n", 8),
        ("[storage.user]\nsize = \"rest\"\nmount = \"/etc\"\n", 8),
        ("[storage.audit]\nsize = \"1GiB\"\nmount = \"/home\"\n", 8),
        ("[storage]\ngroup = \"-x\"\n", 7),
        ("[menu]\npassword = \"secret\"\n", 7),
        ("[menu]\ntimeout = -1\n", 7),
        ("[alarm.thresholds]\nroot = 0\n", 7),
        ("[alarm.thresholds]\nroot = 101\n", 7),
        ("[alarm.metrics]\nlisten = \"localhost\"\n", 7),
        ("[[alarm.syslog]]\nname = \"wall\"\nserver = \"a\"\n", 7),
        ("[[alarm.syslog]]\nname = \"x\"\nserver = \"-a\"\n", 8),
        ("[upgrade]\nstarts = 0\n", 7),
        ("[upgrade]\nstarts = 10\n", 7),
        ("[upgrade]\nwindow = \"04:00\"\n", 7),
        ("[upgrade]\nurl = \"ftp://a/b\"\n", 7),
        ("[upgrade]\nunits = [\"ssh\"]\n", 7),
        ("[upgrade]\nlook = \"tell\"\n", 7),
        ("[vault]\nsize = \"all\"\n", 7),
        ("[vault.keep]\ndaily = -1\n", 7),
        ("[[vault.directory]]\nname = \"hdd\"\npath = \"/mnt/a\"\n", 7),
        ("[[vault.directory]]\nname = \"a\"\npath = \"mnt\"\n", 8),
        ("[[vault.directory]]\nname = \"a\"\npath = \"/mnt/a\"\nevery = \"1min\"\n", 9),
        ("[[vault.s3]]\nname = \"a\"\nendpoint = \"s3.example\"\n", 8),
        ("[storage\n", 6),
    ] {
        let error = parse(extra).unwrap_err();
        assert_eq!(error.line, line, "{extra}: {error}");
    }
}

#[test]
fn a_policy_can_not_ask_for_nonsense() {
    let data = |table: &str, mount: &str| {
        format!("[storage.{table}]\nsize = \"1GiB\"\nmount = \"{mount}\"\n")
    };
    for (extra, line) in [
        ("[storage]\nboot = \"0B\"\n", 7),
        ("[storage]\nboot = \"1MiB\"\n", 7),
        ("[storage]\ngolden = \"1MiB\"\n", 7),
        ("[storage.root]\nsize = \"1MiB\"\nmin = \"1MiB\"\n", 7),
        ("[storage.root]\nmin = \"1MiB\"\n", 7),
        ("[storage.user]\nsize = \"1MiB\"\nmount = \"/home\"\n", 7),
        ("[storage.user]\nsize = \"rest\"\nmin = \"1MiB\"\nmount = \"/home\"\n", 8),
        (&data("user", "/var/lib"), 8),
        (&data("user", "/usr"), 8),
        (&data("user", "/usr/lib/x"), 8),
        (&data("user", "/boot/efi"), 8),
        (&data("user", "/etc/zshield"), 8),
        (&data("user", "/var/log/user"), 8),
        (&data("audit", "/home/log"), 8),
        ("[check]\nvolatile = [\"/**\"]\n", 7),
        ("[check]\nvolatile = [\"/opt/x\", \"*\"]\n", 7),
        ("[check]\nvolatile = [\"/usr/b*\"]\n", 7),
        ("[upgrade]\nhealth_limit = \"5s\"\n", 7),
        ("[upgrade]\nhealth_limit = \"3h\"\n", 7),
        ("[upgrade]\nevery = \"10min\"\n", 7),
        ("[upgrade]\nevery = \"800h\"\n", 7),
        ("[vault]\nsize = \"1MiB\"\n", 7),
        ("[vault.keep]\ndaily = 0\nweekly = 0\nmonthly = 0\n", 6),
    ] {
        let error = for_build(extra).unwrap_err();
        assert_eq!(error.line, line, "{extra}: {error}");
    }
    for extra in [
        &data("user", "/var/lib/gateway")[..],
        &data("user", "/usr/local/data"),
        "[check]\nvolatile = [\"/opt/*/cache\", \"/usr/share/x\"]\n",
    ] {
        for_build(extra).unwrap();
    }
}

/// Its check has to tell what somebody has made of its policy, and must be able to read it.
#[test]
fn an_appliance_goes_on_by_a_policy_that_no_image_would_be_built_from() {
    parse("[check]\nvolatile = [\"/usr/*\", \"/**\"]\n").unwrap();
    parse("[storage]\nboot = \"1MiB\"\n").unwrap();
    parse("[storage.user]\nsize = \"1MiB\"\nmount = \"/var/lib\"\n").unwrap();
}

#[test]
fn what_a_vendor_writes_is_one_line_and_starts_no_other_system() {
    let with = |name: &str, cmdline: &str| {
        let text = format!(
            "[product]\nname = {name}\nversion = \"1\"\n[payload]\nsource = \"r\"\ncmdline = \"{cmdline}\"\n"
        );
        Policy::for_build(&text, Path::new("appliance.toml"))
    };
    for name in ["\"a\\nb\"", "\"a\\u001b[2Jb\"", "\" \""] {
        assert_eq!(with(name, "quiet").unwrap_err().line, 2, "{name}");
    }
    for cmdline in ["root=/dev/sda", "quiet init=/bin/sh", "rdinit=/x", "zshield_shell=1"] {
        let error = with("\"a\"", cmdline).unwrap_err();
        assert_eq!(error.line, 6);
        assert!(error.to_string().contains(cmdline.split(' ').next_back().unwrap()), "{error}");
    }
    with("\"网关 Ⅱ\"", "quiet panic=0 systemd.show_status=1").unwrap();
}

#[test]
fn sinks_that_contradict_themselves_are_refused() {
    let mail = |more: &str| {
        message(&format!("[[alarm.mail]]\nname = \"m\"\nserver = \"s\"\nfrom = \"a@b\"\n{more}"))
    };
    assert!(mail("to = []\n").contains("\"to\""));
    assert!(mail("to = [\"nobody\"]\n").contains("\"to\""));
    assert!(mail("to = [\"a@b\"]\nuser = \"u\"\n").contains("go together"));
    let clear = "to = [\"a@b\"]\nuser = \"u\"\npassword_file = \"/p\"\nsecurity = \"none\"\n";
    assert!(mail(clear).contains("unprotected"));
    let one = "[[alarm.syslog]]\nname = \"x\"\nserver = \"a\"\n";
    assert!(message(&format!("{one}{one}")).contains("same name"));
    let ipv6 = "[[alarm.syslog]]\nname = \"x\"\nserver = \"2001:db8::1\"\n";
    assert_eq!(parse(ipv6).unwrap().alarm.names().len(), 1);
}

#[test]
fn places_off_the_machine_have_names_of_their_own() {
    let place = |kind: &str, more: &str| format!("[[vault.{kind}]]\nname = \"a\"\n{more}");
    let directory = place("directory", "path = \"/mnt/a\"\n");
    let sftp = "host = \"h\"\nuser = \"u\"\ndirectory = \"d\"\nidentity_file = \"/i\"\n\
                known_hosts_file = \"/k\"\n";
    assert!(message(&format!("{directory}{}", place("sftp", sftp))).contains("same name"));
    let slow = format!("{directory}bandwidth = \"1KiB\"\n");
    assert!(for_build(&slow).unwrap_err().to_string().contains("16 KiB"));
    let error = parse("[[vault.sftp]]\nname = \"a\"\nidentityfile = \"/i\"\n").unwrap_err();
    let Fault::UnknownWord { nearest, .. } = &error.fault else { panic!("{error}") };
    assert_eq!((nearest.as_deref(), error.line), (Some("identity_file"), 8));
}

#[test]
fn a_policy_survives_being_written_and_read() {
    let audit = "[storage.audit]\nsize = \"3GiB\"\nmount = \"/var/log\"\n";
    let policy = parse(&format!("{audit}{MANY}")).unwrap();
    let json = serde_json::to_string(&policy).unwrap();
    assert_eq!(serde_json::from_str::<Policy>(&json).unwrap(), policy);
}

#[test]
fn every_mistake_has_a_message() {
    assert!(message("[storage]\nchunk = \"5KiB\"\n").contains("power of two"));
    assert!(message("[menu]\ntimeout = \"x\"\n").contains("line 7"));
}

#[test]
fn patterns_match_as_people_expect() {
    let pattern = Pattern::new("MR93*-8i").unwrap();
    assert!(pattern.matches("mr9361-8i  "));
    assert!(!pattern.matches("MR9361-4i"));
    assert!(Pattern::new(" ").is_none());
}

#[test]
fn device_paths_double_the_hyphens() {
    let group = GroupName::default();
    let root = VolumeName::fixed("lv-root");
    assert_eq!(group.device(&root), "/dev/vgroup/lv-root");
    assert_eq!(group.mapping(&root).node(), "/dev/mapper/vgroup-lv--root");
    assert_eq!(group.store(&root), "/dev/mapper/vgroup-lv--root-cow");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[\\[\\]a-z.=\"0-9\n{} ]{0,200}") {
        let _ = Policy::parse(&text, Path::new("a.toml"));
        let _ = parse(&text);
    }
}

#[test]
fn the_stick_installs_by_itself_only_where_the_policy_says_so() {
    use crate::grub::{Rescue, stick};
    let language = zshield_messages::Language::English;
    let rescue = Rescue { partition: "${disk},gpt3", medium: "id", slot: "a", language };
    let menu = |extra: &str| {
        let policy = parse(extra).unwrap();
        stick(&policy.menu, policy.image.install, &rescue)
    };
    assert!(menu("").contains("zshield_install=menu"));
    assert!(menu("[image]\ninstall = \"auto\"\n").contains("zshield_install=auto"));
    let nearest = parse("[image]\ninstall = \"atuo\"\n").unwrap_err();
    assert!(nearest.to_string().contains("“auto”"), "{nearest}");
}

#[test]
fn the_vendor_s_lines_of_fstab_mount_nothing_of_zshield_s() {
    let of = |line: &str| {
        let text = LEAST.replace("[payload]\n", &format!("[payload]\nfstab = [{line:?}]\n"));
        Policy::for_build(&text, Path::new("appliance.toml"))
    };
    for line in
        ["tmpfs /tmp tmpfs size=1G 0 0", "LABEL=data /data xfs nofail", "/dev/sdx none swap sw"]
    {
        of(line).unwrap();
    }
    for line in [
        "tmpfs /tmp",
        "a / ext4 defaults",
        "a /boot ext4 defaults",
        "a /home/ ext4 defaults",
        "a tmp ext4 defaults",
        "a /x ext4 x 0 0\nb /y ext4 x 0 0",
        "# a /x ext4 x",
    ] {
        let said = of(line).unwrap_err().to_string();
        assert!(said.contains("line for /etc/fstab"), "{line}: {said}");
    }
}
