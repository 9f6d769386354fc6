use super::*;
use crate::id::Uuid;
use crate::policy::Starts;

const fn own() -> OwnPartitions {
    OwnPartitions { golden: Uuid::random([1; 16]), hdd: Some(Uuid::random([2; 16])) }
}

const RESCUE: Rescue<'_> =
    Rescue { partition: "$disk,gpt4", medium: "id", slot: "a", language: Language::English };

fn policy(cmdline: &str) -> Policy {
    let text = format!(
        "[product]\nname = \"Gateway\"\nversion = \"1.0.0\"\n\
         [payload]\nsource = \"rootfs.tar\"\ncmdline = \"{cmdline}\"\n"
    );
    Policy::parse(&text, "appliance.toml".as_ref()).unwrap()
}

fn kernels(menu: &str) -> Vec<&str> {
    menu.lines().map(str::trim).filter(|line| line.starts_with("linux ")).collect()
}

#[test]
fn of_the_environment_only_our_own_words_are_loaded() {
    let menu = installed(&policy("quiet"), &own());
    let loads: Vec<&str> = menu.lines().filter(|line| line.contains("load_env")).collect();
    assert_eq!(loads, ["load_env zshield_recover zshield_request zshield_tries zshield_trial"]);
    // None of them comes to a kernel's command line as it is: one could hold another word.
    let saved = menu.find("save_env zshield_tries\n\tset own=").unwrap();
    assert!(
        menu[..saved].contains("elif [ \"$zshield_tries\" != 3 ]; then set zshield_tries=1; fi")
    );
}

/// What a part of the menu begins by itself, read as GRUB's commands are.
fn begun_by_itself(menu: &str, trial: bool, tries: u8) -> Option<&str> {
    let from = menu.find("elif [ \"$zshield_trial\" = 1 ]; then\n").unwrap();
    let part = &menu[from..];
    let part = &part[..part.find("\nfi\n").unwrap()];
    let (on_trial, off_trial) = part.split_once("\nelif ").unwrap();
    let is_one_of = |condition: &str| condition.contains(&format!("\"$zshield_tries\" = {tries} "));
    let (condition, commands) =
        if trial { on_trial.split_once("\tif ") } else { Some(("", off_trial)) }
            .and_then(|(_, rest)| rest.split_once("; then"))
            .unwrap();
    is_one_of(condition)
        .then(|| commands.split_once("set recovery=").unwrap().1.split([';', '\n']).next().unwrap())
}

#[test]
fn a_new_version_that_used_up_its_starts_is_left_by_itself() {
    for starts in [1, 3, 5, 9] {
        let mut policy = policy("quiet");
        policy.upgrade.starts = Starts::new(starts).unwrap();
        let menu = installed(&policy, &own());
        for tries in 0..=starts.max(TRIES) {
            let on_trial = (tries >= starts).then_some("latest");
            assert_eq!(begun_by_itself(&menu, true, tries), on_trial, "{starts} {tries} {menu}");
            let off_trial = (tries >= TRIES).then_some("menu");
            assert_eq!(begun_by_itself(&menu, false, tries), off_trial, "{starts} {tries} {menu}");
        }
    }
}

#[test]
fn what_somebody_asks_for_comes_before_the_end_of_a_trial_and_what_has_begun_before_that() {
    let menu = installed(&policy("quiet"), &own());
    let at = |text: &str| menu.find(text).unwrap();
    assert!(at("\"$zshield_recover\" = factory") < at("-n \"$zshield_request\""));
    assert!(at("-n \"$zshield_request\"") < at("\"$zshield_trial\" = 1"));
    // A cut before the rescue system has armed the recovery: the next start must come here again.
    assert!(!menu.contains("save_env zshield_trial"), "{menu}");
}

#[test]
fn starts_are_counted_one_by_one_up_to_the_most_that_a_policy_allows() {
    for most in [3, 9] {
        let mut policy = policy("quiet");
        policy.upgrade.starts = Starts::new(most).unwrap();
        let menu = installed(&policy, &own());
        for tries in 1..most {
            let line = format!(
                "if [ \"$zshield_tries\" = {tries} ]; then set zshield_tries={}\n",
                tries + 1
            );
            assert!(menu.contains(&line), "{menu}");
        }
        assert!(menu.contains(&format!("!= {most} ]; then set zshield_tries=1; fi\n")));
    }
}

#[test]
fn the_core_is_locked_and_goes_to_the_rescue_system_without_a_menu() {
    let core = core();
    let lines: Vec<&str> = core.lines().collect();
    assert_eq!(lines[..2], ["set superusers=zshield", "export superusers"]);
    let [eval] = &lines[2..] else { panic!("{core}") };
    let (menu, rescue) = eval.split_once("fi; ").unwrap();
    assert_eq!(
        menu,
        "eval 'if [ -f \"$prefix/grub.cfg\" ]; then configfile \"$prefix/grub.cfg\"; "
    );
    assert_eq!(eval.matches('\'').count(), 2);
    let kernel = "linux ($disk,gpt4)/$slot/vmlinuz zshield_medium=$medium zshield_slot=$slot ";
    assert!(rescue.contains(kernel), "{rescue}");
    assert!(rescue.contains("if [ -f \"($disk,gpt4)/second\" -a "), "{rescue}");
    assert!(rescue.ends_with("; fi; boot; sleep 30; reboot'"), "{rescue}");
}

/// The keys of a menu with what each starts.
fn keys(menu: &str) -> Vec<(&str, &str)> {
    let entries = menu.lines().filter(|line| line.trim_start().starts_with("menuentry "));
    entries
        .filter_map(|line| {
            let (key, does) = line.split_once(" --hotkey ")?.1.split_once(" { ")?;
            Some((key.trim_matches('"'), does.trim_end_matches(" }")))
        })
        .collect()
}

#[test]
fn no_byte_brings_up_a_menu_that_stands() {
    let installed = installed(&policy("quiet"), &own());
    let stick = stick(&Menu::default(), Start::Menu, &RESCUE);
    for menu in [&installed, &stick] {
        let counts = menu.find("set timeout_style=countdown\n").unwrap();
        // GRUB ends its count at these two, unless an entry has them.
        for key in ["\u{1b}", "f4"] {
            assert!(keys(&menu[counts..]).contains(&(key, "start_$first")), "{menu}");
        }
        assert!(!menu.contains("configfile"), "{menu}");
    }
    assert_eq!(keys(&installed)[0], ("tab", "start_golden"));
    assert!(keys(&stick).iter().all(|(_, does)| *does == "start_$first"));
    // Nothing that is written presses the key of the recovery where a line echoes.
    assert!(
        installed
            .lines()
            .all(|line| !line.trim_start().starts_with("echo") || !line.contains('\t'))
    );
}

#[test]
fn what_can_not_be_started_restarts() {
    let installed = installed(&policy("quiet"), &own());
    let stick = stick(&Menu::default(), Start::Menu, &RESCUE);
    for (menu, count) in [(installed, 2), (stick, 1)] {
        assert_eq!(menu.matches("function start_").count(), count);
        assert_eq!(menu.matches("\tboot\n\tsleep 30\n\treboot\n}\n").count(), count, "{menu}");
    }
}

#[test]
fn grub_s_own_menu_opens_to_the_password_alone() {
    let mut policy = policy("quiet");
    policy.menu.password = Some("grub.pbkdf2.sha512.10000.AA.BB".into());
    let menu = installed(&policy, &own());
    let key = menu.find("--hotkey f10 {\n\t\tif authenticate; then\n").unwrap();
    let opens = &menu[key..];
    assert!(opens.find("configfile $prefix/grub.cfg").unwrap() < opens.find("reboot").unwrap());
    assert_eq!(menu.matches("configfile").count(), 1);
    assert!(menu.contains("[F10]"), "{menu}");
}

#[test]
fn a_start_is_told_which_partitions_are_its_own() {
    let menu = installed(&policy("quiet"), &own());
    assert!(menu.contains(&format!("\tset own={}\n\tsource $prefix/system.cfg\n", own())));
    assert!(system(&policy("quiet"), "vmlinuz", "initrd").contains(" zshield_own=$own "));
}

#[test]
fn no_kernel_stands_still_after_a_panic() {
    let installed = installed(&policy("quiet"), &own());
    for menu in [stick(&Menu::default(), Start::Menu, &RESCUE), installed] {
        assert!(matches!(kernels(&menu)[..], [line] if line.contains(" panic=10 ")), "{menu}");
    }
}

#[test]
fn a_system_without_its_root_restarts_unless_the_policy_says_otherwise() {
    let of = |cmdline| system(&policy(cmdline), "vmlinuz", "initrd");
    let (quiet, shell) = (of("quiet"), of("panic=0 rd.shell=1"));
    let [with, without] = kernels(&quiet)[..] else { panic!("{quiet}") };
    for line in [with, without] {
        assert!(line.contains(" panic=10 rd.shell=0 rd.emergency=reboot noresume quiet"), "{line}");
    }
    assert!(
        kernels(&shell).iter().all(|line| {
            line.contains(" panic=10 rd.shell=0 rd.emergency=reboot noresume panic=0 rd.shell=1")
        }),
        "{shell}"
    );
}

#[test]
fn a_serial_line_that_is_not_there_leaves_the_screen_alone() {
    let header = header(&Menu::default());
    let at = |text: &str| header.find(text).unwrap();
    assert!(at("terminal_output $screen\n") < at("if serial "));
    let lists = header.lines().filter(|line| {
        let words = line.trim().strip_prefix("terminal_").map(|rest| rest.split(' ').skip(1));
        words.is_some_and(|words| words.filter(|word| !word.starts_with("--")).count() > 1)
    });
    assert_eq!(lists.count(), 0, "{header}");
}

#[test]
fn the_golden_partition_says_which_slot_is_started_and_no_menu_does() {
    let menu = installed(&policy("quiet"), &own());
    for text in [&menu, &core()] {
        assert!(!text.contains("/a/vmlinuz") && !text.contains("/b/vmlinuz"), "{text}");
        assert!(text.find("set slot=b").unwrap() < text.find("/$slot/vmlinuz").unwrap());
    }
    // In the entry alone: a start of the system asks nothing of that partition.
    let entry = menu.find("function start_golden").unwrap();
    assert!(menu.find("gpt4)/second").unwrap() > entry);
}
