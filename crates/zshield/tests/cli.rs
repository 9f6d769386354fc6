//! The command line as a contract: what it prints, and with which status it ends.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn zshield(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_zshield"))
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// `install --dry-run` for a machine in a file.
fn plan(world: &Path, policy: &Path, more: &[&str]) -> Output {
    let (world, policy) = (world.to_str().unwrap(), policy.to_str().unwrap());
    let words = ["install", "--dry-run", "--world", world, "--policy", policy];
    zshield(&[&words, more].concat())
}

fn world(name: &str) -> PathBuf {
    workspace().join(format!("crates/plan/tests/worlds/{name}.json"))
}

fn example() -> PathBuf {
    workspace().join("examples/appliance.toml")
}

#[test]
fn a_dry_run_prints_the_whole_plan_for_a_machine_in_a_file() {
    for name in ["ssd-64gb", "ssd-120gb", "ssd-480gb"] {
        let output = plan(&world(name), &example(), &[]);
        assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
        insta::assert_snapshot!(name, printed(&output));
    }
}

#[test]
fn whoever_reads_may_go_away() {
    let (world, policy) = (world("ssd-64gb"), example());
    let mut command = Command::new(env!("CARGO_BIN_EXE_zshield"));
    command
        .args(["install", "--json", "--dry-run", "--world"])
        .arg(world)
        .arg("--policy")
        .arg(policy);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command.stdout(writer).output().unwrap();
    assert!(output.status.success(), "{}", complaint(&output));
    assert_eq!(complaint(&output), "");
}

#[test]
fn the_plan_is_json_too() {
    let output = plan(&world("ssd-64gb"), &example(), &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&printed(&output)).unwrap();
    assert_eq!(json["operation"], "install");
    assert!(json["steps"].as_array().unwrap().len() > 40);
}

#[test]
fn a_machine_that_does_not_fit_is_refused_with_every_disk() {
    let directory = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(world("ssd-64gb")).unwrap();
    let file = directory.path().join("world.json");
    fs::write(&file, text.replace("\"transport\": \"sata\"", "\"transport\": \"nvme\"")).unwrap();
    let output = plan(&file, &example(), &[]);
    assert_eq!(output.status.code(), Some(3));
    let text = complaint(&output);
    for disk in ["/dev/sda", "/dev/sdb", "/dev/sdc", "Nothing was changed"] {
        assert!(text.contains(disk), "{text}");
    }
}

#[test]
fn a_mistake_in_the_policy_is_answered_with_its_place_in_either_language() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("appliance.toml");
    let text = fs::read_to_string(example()).unwrap();
    fs::write(&file, text.replace("chunk =", "chnuk =")).unwrap();
    let output = plan(&world("ssd-64gb"), &file, &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(complaint(&output).contains("Did you mean “chunk”?"), "{}", complaint(&output));
    let output = plan(&world("ssd-64gb"), &file, &["--lang", "zh"]);
    assert!(complaint(&output).contains("您是指“chunk”吗"), "{}", complaint(&output));
}

#[test]
fn wrong_usage_and_refusals_have_their_own_status() {
    assert_eq!(zshield(&["no-such-command"]).status.code(), Some(2));
    assert_eq!(zshield(&["install", "--world", "x"]).status.code(), Some(2));
    assert_eq!(zshield(&["init"]).status.code(), Some(3));
    assert_eq!(zshield(&["image", "verify", "/no/such/image"]).status.code(), Some(1));
}

#[test]
fn an_image_is_not_written_to_what_is_no_disk() {
    let directory = tempfile::tempdir().unwrap();
    let image = directory.path().join("usb.img");
    fs::write(&image, vec![0; 1 << 20]).unwrap();
    let output = zshield(&["image", "write", image.to_str().unwrap(), "/dev/null", "--yes"]);
    assert_eq!(output.status.code(), Some(3), "{}", complaint(&output));
}

/// Packages of a payload run it, long before the payload is on an appliance.
#[test]
fn packages_of_what_is_no_appliance_are_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path().to_str().unwrap();
    let output = zshield(&["boot-menu", "--root", root, "6.1.0-1-amd64", "/boot/vmlinuz"]);
    assert_eq!((output.status.code(), printed(&output)), (Some(0), String::new()));
    assert_eq!(complaint(&output), "");
}

#[test]
fn a_key_pair_is_made_once_and_never_over_another() {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("vendor.key");
    let generate = || zshield(&["key", "generate", "--no-password", key.to_str().unwrap()]);
    assert_eq!(generate().status.code(), Some(0));
    let before = fs::read(&key).unwrap();
    assert!(directory.path().join("vendor.pub").exists());
    assert_eq!(generate().status.code(), Some(3));
    assert_eq!(fs::read(&key).unwrap(), before);
}

#[test]
fn help_is_in_both_languages() {
    assert!(printed(&zshield(&["--help"])).contains("Installs, backs up"));
    assert!(printed(&zshield(&["--lang", "zh", "--help"])).contains("设备的安装"));
    let help = printed(&zshield(&["--lang", "zh", "backup", "--help"]));
    assert!(help.contains("用法：zshield backup [选项]"), "{help}");
    assert!(help.contains("\n选项：\n") && !help.contains("项:"), "{help}");
    assert!(complaint(&zshield(&["--lang", "zh", "nonsense"])).contains("没有命令 nonsense"));
}

#[test]
fn man_pages_completions_and_units_are_generated() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path().to_str().unwrap();
    let units = directory.path().join("units");
    let units_at = units.to_str().unwrap();
    let output = zshield(&["generate", "--man", at, "--completions", at, "--units", units_at]);
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    for (target, unit) in [
        ("multi-user.target", "zshield.service"),
        ("multi-user.target", "zshield-boot-complete.service"),
        ("emergency.target", "zshield-boot-failed.service"),
        ("multi-user.target", "zshield-upgrade.service"),
        ("multi-user.target", "zshield-upgrade-settle.service"),
    ] {
        let wanted = units.join(format!("{target}.wants/{unit}"));
        let text = fs::read_to_string(wanted).unwrap();
        assert!(text.contains(&format!("WantedBy={target}")), "{text}");
    }
    // Its failure alone starts it.
    let gate = fs::read_to_string(units.join("zshield-upgrade.service")).unwrap();
    let failed = "zshield-upgrade-failed.service";
    assert!(gate.contains(&format!("OnFailure={failed}")) && units.join(failed).exists());
    let page = fs::read_to_string(directory.path().join("zshield-install.8")).unwrap();
    assert!(page.contains("dry\\-run"), "{page}");
    assert!(fs::read_to_string(directory.path().join("zshield")).unwrap().contains("_zshield"));
    for entry in fs::read_dir(directory.path()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!name.contains("help"), "{name}");
    }
}
