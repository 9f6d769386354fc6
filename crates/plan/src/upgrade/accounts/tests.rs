use super::*;

fn joined(database: Database, [old, local, new]: [&str; 3]) -> Result<String, Vec<IdClash>> {
    let found = merged(database, old.as_bytes(), local.as_bytes(), new.as_bytes());
    found.map(|text| String::from_utf8(text).unwrap())
}

const ROOT: &str = "root:x:0:0:root:/root:/bin/bash\n";
const SSHD: &str = "sshd:x:101:65534::/run/sshd:/usr/sbin/nologin\n";
const APP: &str = "app:x:102:102::/srv/app:/usr/sbin/nologin\n";
const ANNA: &str = "anna:x:1000:1000:Anna:/home/anna:/bin/bash\n";

#[test]
fn a_new_system_user_and_a_person_of_this_machine_are_both_there() {
    let old = format!("{ROOT}{SSHD}");
    let found =
        joined(Database::Passwd, [&old, &format!("{old}{ANNA}"), &format!("{ROOT}{SSHD}{APP}")]);
    assert_eq!(found.unwrap(), format!("{ROOT}{SSHD}{ANNA}{APP}"));
}

#[test]
fn what_was_removed_here_stays_so_and_what_the_new_version_has_no_more_is_kept() {
    let old = format!("{ROOT}{SSHD}{APP}");
    let local = format!("{ROOT}{APP}{ANNA}");
    let new = format!("{ROOT}{SSHD}");
    assert_eq!(joined(Database::Passwd, [&old, &local, &new]).unwrap(), local);
}

#[test]
fn fields_are_put_together_and_the_machine_s_stay() {
    let shell = |line: &str, shell: &str| line.replace("/bin/bash", shell);
    // The shell was changed here, the comment in the new version.
    let (local, new) = (shell(ROOT, "/bin/zsh"), ROOT.replace(":root:", ":Root:"));
    assert_eq!(
        joined(Database::Passwd, [ROOT, &local, &new]).unwrap(),
        "root:x:0:0:Root:/root:/bin/zsh\n"
    );
    // Both changed it.
    let new = shell(ROOT, "/bin/dash");
    assert_eq!(joined(Database::Passwd, [ROOT, &local, &new]).unwrap(), local);
}

#[test]
fn a_password_of_this_machine_stays() {
    let old = "root:*:19000:0:99999:7:::\n";
    let local = "root:$y$hash:20500:0:99999:7:::\n";
    let new = "root:*:20000:0:99999:14:::\napp:!:20000::::::\n";
    assert_eq!(
        joined(Database::Shadow, [old, local, new]).unwrap(),
        "root:$y$hash:20500:0:99999:14:::\napp:!:20000::::::\n"
    );
}

#[test]
fn members_come_and_go_from_both_sides() {
    let old = "adm:x:4:syslog,old,gone\n";
    let local = "adm:x:4:syslog,gone,anna\n";
    let new = "adm:x:4:syslog,old,app\n";
    assert_eq!(joined(Database::Group, [old, local, new]).unwrap(), "adm:x:4:syslog,anna,app\n");
    let found = joined(Database::Gshadow, ["adm:*::a\n", "adm:!:root:a,b\n", "adm:*::a,c\n"]);
    assert_eq!(found.unwrap(), "adm:!:root:a,b,c\n");
}

#[test]
fn a_number_that_is_somebody_else_s_is_refused_with_both_names() {
    let local = format!("{ROOT}local:x:102:102::/:/bin/sh\n");
    let clash = |name: &str, here: &str| IdClash {
        path: "etc/passwd",
        name: name.into(),
        id: "102".into(),
        here: here.into(),
    };
    let new = format!("{ROOT}{APP}");
    assert_eq!(joined(Database::Passwd, [ROOT, &local, &new]), Err(vec![clash("app", "local")]));
    // The name is here, with another number.
    let local = format!("{ROOT}{}", APP.replace(":102:102:", ":998:998:"));
    assert_eq!(joined(Database::Passwd, [ROOT, &local, &new]), Err(vec![clash("app", "998")]));
    // The new version gives one number to two names.
    let twice = format!("{new}{}", APP.replace("app:", "alias:"));
    assert!(joined(Database::Passwd, [ROOT, ROOT, &twice]).is_ok());
    // A number that was changed here stays, and the new version does not bring it.
    let old = format!("{ROOT}{APP}");
    assert_eq!(joined(Database::Passwd, [&old, &local, &old]).unwrap(), local);
    let text = clash("app", "local").to_string();
    assert!(
        ["/etc/passwd", "app", "102", "local"].iter().all(|word| text.contains(word)),
        "{text}"
    );
}

#[test]
fn both_sides_may_have_added_the_same() {
    let both = format!("{ROOT}{APP}");
    assert_eq!(joined(Database::Passwd, [ROOT, &both, &both]).unwrap(), both);
}

#[test]
fn what_is_no_account_stays_and_new_ones_come_before_the_network_s() {
    let local = format!("# people\n{ROOT}\n{ANNA}+::::::\n");
    let found = joined(Database::Passwd, [ROOT, &local, &format!("{ROOT}{APP}")]).unwrap();
    assert_eq!(found, format!("# people\n{ROOT}\n{ANNA}{APP}+::::::\n"));
    // A line without its end, and names of any encoding.
    let (old, local, new) =
        (&b"a:x:1:1\n"[..], &b"a:x:1:1\n\xc3\x28:x:2:2"[..], &b"a:x:1:1\nb:x:3:3\n"[..]);
    let found = merged(Database::Group, old, local, new).unwrap();
    assert_eq!(found, b"a:x:1:1\n\xc3\x28:x:2:2\nb:x:3:3\n");
    assert_eq!(joined(Database::Group, ["", "", "a:x:1:\n"]).unwrap(), "a:x:1:\n");
}

#[test]
fn a_line_of_another_form_is_the_machine_s() {
    let local = "root:x:0:0:root:/root\n";
    assert_eq!(
        joined(Database::Passwd, [ROOT, local, &ROOT.replace("bash", "sh")]).unwrap(),
        local
    );
}

#[test]
fn ranges_are_put_together_and_a_new_one_that_overlaps_is_moved() {
    let (anna, bob) = ("anna:100000:65536\n", "bob:165536:65536\n");
    let new = format!("{anna}app:165536:65536\n");
    assert_eq!(
        joined(Database::Subuid, [anna, &format!("{anna}{bob}"), &new]).unwrap(),
        format!("{anna}{bob}app:231072:65536\n")
    );
    assert_eq!(joined(Database::Subuid, [anna, anna, &new]).unwrap(), new);
    // Changed here, or removed here: it stays.
    let wider = "anna:100000:131072\n";
    let further = "anna:300000:65536\n";
    assert_eq!(joined(Database::Subgid, [anna, wider, further]).unwrap(), wider);
    assert_eq!(joined(Database::Subgid, [anna, bob, further]).unwrap(), bob);
    assert_eq!(joined(Database::Subgid, [anna, anna, further]).unwrap(), further);
    // The new version has it no more.
    assert_eq!(joined(Database::Subuid, [&new, &new, anna]).unwrap(), new);
}
