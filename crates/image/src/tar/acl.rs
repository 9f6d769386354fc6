//! POSIX access lists: as tars write them, and as Linux keeps them.

use std::collections::BTreeMap;

/// The numbers of a payload's users and groups, by name.
#[derive(Debug, Default)]
pub(super) struct Ids {
    pub(super) users: BTreeMap<String, u32>,
    pub(super) groups: BTreeMap<String, u32>,
}

/// Reads `name:x:number:` lines.
pub(super) fn ids(text: &str) -> BTreeMap<String, u32> {
    let line = |line: &str| {
        let mut fields = line.split(':');
        Some((fields.next()?.to_owned(), fields.nth(1)?.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

const VERSION: u32 = 2;
const NOBODY: u32 = u32::MAX;
const OWNER: u16 = 0x01;
const USER: u16 = 0x02;
const OWNING_GROUP: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHER: u16 = 0x20;

/// The value of the attribute in which Linux keeps such a list (`user::rw-,user:anna:r--,…`): empty
/// where the list says no more than a mode does, the part that makes no sense as an error.
pub(super) fn of_text(text: &str, ids: &Ids) -> Result<Vec<u8>, String> {
    let lines = text.split([',', '\n']).map(|line| line.split('#').next().unwrap_or("").trim());
    let entry = |line: &str| entry(line, ids).ok_or_else(|| line.to_owned());
    let mut entries =
        lines.filter(|line| !line.is_empty()).map(entry).collect::<Result<Vec<_>, _>>()?;
    // As Linux wants them: by kind, then by number.
    entries.sort_unstable();
    if !entries.iter().any(|(tag, ..)| matches!(*tag, USER | GROUP | MASK)) {
        return Ok(Vec::new());
    }
    let mut value = VERSION.to_le_bytes().to_vec();
    for (tag, id, rights) in entries {
        value.extend(tag.to_le_bytes());
        value.extend(rights.to_le_bytes());
        value.extend(id.to_le_bytes());
    }
    Ok(value)
}

fn entry(line: &str, ids: &Ids) -> Option<(u16, u32, u16)> {
    let mut fields = line.split(':');
    let (kind, who, rights) = (fields.next()?, fields.next()?, fields.next()?);
    let mut bits = 0;
    for letter in rights.chars() {
        bits |= match letter {
            'r' => 4,
            'w' => 2,
            'x' => 1,
            '-' => 0,
            _ => return None,
        };
    }
    // Some tars add the number behind; others write it for the name.
    let mut number = |names: &BTreeMap<String, u32>| {
        let said = fields.next().and_then(|number| number.parse().ok());
        said.or_else(|| names.get(who).copied()).or_else(|| who.parse().ok())
    };
    let (tag, id) = match (kind, who) {
        ("user" | "u", "") => (OWNER, NOBODY),
        ("user" | "u", _) => (USER, number(&ids.users)?),
        ("group" | "g", "") => (OWNING_GROUP, NOBODY),
        ("group" | "g", _) => (GROUP, number(&ids.groups)?),
        ("mask" | "m", _) => (MASK, NOBODY),
        ("other" | "o", _) => (OTHER, NOBODY),
        _ => return None,
    };
    Some((tag, id, bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_what_linux_keeps_of_it() {
        let ids =
            Ids { users: ids("root:x:0:0::/:\nanna:x:1000:1000::/:\n"), groups: ids("adm:x:4:\n") };
        let value =
            of_text("user::rw-,group::r--,group:adm:r-x,user:anna:rwx,mask::rwx,other::---", &ids);
        let entry = |tag: u16, rights: u16, id: u32| {
            [tag.to_le_bytes().to_vec(), rights.to_le_bytes().to_vec(), id.to_le_bytes().to_vec()]
                .concat()
        };
        let wanted = [
            vec![2, 0, 0, 0],
            entry(1, 6, NOBODY),
            entry(2, 7, 1000),
            entry(4, 4, NOBODY),
            entry(8, 5, 4),
            entry(0x10, 7, NOBODY),
            entry(0x20, 0, NOBODY),
        ];
        assert_eq!(value.unwrap(), wanted.concat());
        let by_number =
            of_text("user::r--\nuser:ghost:r--:77\ngroup::---\nmask::r--\nother::---\n", &ids);
        assert_eq!(by_number.unwrap()[12..20], entry(2, 4, 77));
    }

    #[test]
    fn what_a_mode_says_is_no_list_and_a_name_of_nobody_is_said() {
        assert_eq!(of_text("user::rw-,group::r--,other::r--", &Ids::default()), Ok(vec![]));
        let said = of_text("user::rw-,user:ghost:r--,mask::r--", &Ids::default());
        assert_eq!(said, Err("user:ghost:r--".to_owned()));
        assert!(
            of_text("user::rwq", &Ids::default()).is_err()
                && of_text("x", &Ids::default()).is_err()
        );
    }
}
