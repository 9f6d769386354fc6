use super::*;

/// A member as tars of the `ustar` form have it.
fn member(name: &str, kind: u8, link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = Header([0; BLOCK]);
    header.0[..name.len()].copy_from_slice(name.as_bytes());
    header.0[100..108].copy_from_slice(b"0000644\0");
    header.0[136..148].copy_from_slice(b"14525220400\0");
    header.0[156] = kind;
    header.0[157..157 + link.len()].copy_from_slice(link.as_bytes());
    header.0[257..265].copy_from_slice(b"ustar\x0000");
    header.set_size(content.len());
    let mut bytes = [&header.0[..], content].concat();
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    bytes
}

fn file(name: &str, content: &[u8]) -> Vec<u8> {
    member(name, b'0', "", content)
}

fn tar(members: &[Vec<u8>]) -> Vec<u8> {
    [members.concat(), vec![0; 20 * BLOCK]].concat()
}

fn indexed(members: &[Vec<u8>]) -> Result<Index, TarProblem> {
    Index::read(tar(members).as_slice())
}

/// Names and first bytes of what a rewritten tar holds, and the rewritten tar.
fn rewritten(members: &[Vec<u8>]) -> (Vec<String>, Vec<u8>) {
    let (before, mut after) = (tar(members), Vec::new());
    let index = Index::read(before.as_slice()).unwrap();
    rewrite(before.as_slice(), &mut after, &index, |_| true).unwrap();
    let mut left = Members::of(after.as_slice());
    let mut names = Vec::new();
    while let Some(found) = left.next().unwrap() {
        let content = left.padded(found.member.size).unwrap();
        let first = content.first().map_or(String::new(), |byte| format!("={}", char::from(*byte)));
        names.push(String::from_utf8_lossy(&found.member.name).into_owned() + &first);
    }
    (names, after)
}

#[test]
fn of_two_members_with_one_name_the_later_one_counts() {
    let directory = || member("./etc/", b'5', "", b"");
    let members =
        [directory(), file("./etc/a", b"1"), file("b", b"2"), directory(), file("etc/a", b"3")];
    assert_eq!(rewritten(&members).0, ["b=2", "etc", "etc/a=3"]);
    // A file of which tar was told twice is there as a hard link to itself.
    let twice = [file("a", b"1"), member("a", b'1', "a", b"")];
    assert_eq!(rewritten(&twice).0, ["a=1"]);
}

#[test]
fn what_only_unpacking_would_tell_is_refused_in_words() {
    let link = |name: &str, to: &str| member(name, b'1', to, b"");
    let refused = |members: &[Vec<u8>]| indexed(members).unwrap_err().to_string();
    let said = refused(&[file("a", b"1"), link("b", "a"), file("a", b"2")]);
    assert!(said.starts_with("a is in the tar several times"), "{said}");
    let said = refused(&[file("a", b"1"), member("a/", b'5', "", b"")]);
    assert!(said.starts_with("a is in the tar several times"), "{said}");
    let said = refused(&[link("usr/b", "proc/kcore")]);
    assert!(said.starts_with("usr/b is a hard link to proc/kcore"), "{said}");
    let said = refused(&[member("lib", b'2', "usr/lib", b""), file("lib/x", b"")]);
    assert!(said.starts_with("lib/x leads through lib"), "{said}");
    let said = refused(&[file("a/../../x", b"")]);
    assert!(said.contains("leads out"), "{said}");
}

#[test]
fn a_tar_of_before_posix_and_times_of_before_1970_get_a_form_that_all_read() {
    let old = |name: &str, content: &[u8]| {
        let mut bytes = file(name, content);
        let mut header = Header(*bytes.first_chunk().unwrap());
        header.0[156] = 0;
        header.0[257..265].fill(0);
        header.0[136..148].copy_from_slice(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x85");
        header.set_size(content.len());
        bytes[..BLOCK].copy_from_slice(&header.0);
        bytes
    };
    let (names, after) = rewritten(&[old("etc/", b""), old("etc/a", b"1")]);
    assert_eq!(names, ["etc", "etc/a=1"]);
    assert!(begins(&old("etc/", b"")) && !begins(&[0; BLOCK]) && !begins(b"short"));
    let header = Header(*after.first_chunk().unwrap());
    assert!(header.is_sound() && header.kind() == b'5' && header.0[156] == b'5');
    assert_eq!(header.0[136..147], *b"00000000000");
    assert_eq!(header.0[257..265], *b"ustar\x0000");
}

#[test]
fn one_that_is_cut_short_or_changed_is_told() {
    let whole = tar(&[file("a", &[7; 3000]), file("b", b"2")]);
    for length in [100, BLOCK + 5, 2000] {
        let cut = Index::read(&whole[..length]);
        assert!(matches!(cut, Err(TarProblem::Damaged { .. })), "{length}");
    }
    let mut changed = whole;
    changed[3] ^= 1;
    let said = Index::read(changed.as_slice()).unwrap_err().to_string();
    assert!(said.contains("at byte 512"), "{said}");
}

#[test]
fn names_in_access_lists_are_those_of_the_payload() {
    let mut list = member("x", b'x', "", b"");
    let records =
        Records(vec![("SCHILY.acl.access".to_owned(), b"user:anna:r--,mask::r--".to_vec())]);
    let bytes = records.bytes();
    let mut header = Header(*list.first_chunk().unwrap());
    header.set_size(bytes.len());
    list = [&header.0[..], &bytes].concat();
    list.resize(list.len().next_multiple_of(BLOCK), 0);
    let a = [list, file("a", b"1")].concat();
    let passwd = file("etc/passwd", b"root:x:0:0::/:\nanna:x:1000:1000::/:\n");
    let (_, after) = rewritten(&[a.clone(), passwd]);
    let stored = format!("{}access=", zshield_golden::xattrs::STORED_ACL);
    let found = after.windows(stored.len()).any(|window| window == stored.as_bytes());
    assert!(found);
    let before = tar(&[a]);
    let said = rewrite(before.as_slice(), io::sink(), &Index::default(), |_| true).unwrap_err();
    assert!(said.to_string().contains("user:anna:r--"), "{said}");
}
