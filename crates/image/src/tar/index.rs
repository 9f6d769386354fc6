//! What must be known of a whole tar before any of it is used.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};

use super::acl::{self, Ids};
use super::{LONGEST, Member, Members, TarProblem, first};

/// What a tar holds, as far as one member matters to another.
#[derive(Debug, Default)]
pub struct Index {
    /// Members that a later one of the same name replaces, by their numbers.
    superseded: HashSet<u64>,
    /// The first names of hard links.
    linked: HashSet<Vec<u8>>,
    pub(super) ids: Ids,
}

/// The last member of a name.
struct Last {
    number: u64,
    is_directory: bool,
}

impl Index {
    /// Reads a tar to its end.
    pub fn read(input: impl Read) -> Result<Self, TarProblem> {
        let mut index = Self::default();
        let mut members = Members::of(input);
        let mut last: HashMap<Vec<u8>, Last> = HashMap::new();
        let mut links: Vec<(u64, Vec<u8>)> = Vec::new();
        while let Some(found) = members.next()? {
            let member = found.member;
            if member.name.split(|byte| *byte == b'/').any(|name| name == b"..") {
                return Err(TarProblem::LeadsOut { name: member.name });
            }
            let mut content = Vec::new();
            let names = matches!(member.name.as_slice(), b"etc/passwd" | b"etc/group");
            if names && member.size < LONGEST {
                members.content(member.size, &mut content)?;
                content.truncate(first(&content, member.size).len());
            } else {
                members.content(member.size, &mut io::sink())?;
            }
            match member.name.as_slice() {
                b"etc/passwd" => index.ids.users = acl::ids(&String::from_utf8_lossy(&content)),
                b"etc/group" => index.ids.groups = acl::ids(&String::from_utf8_lossy(&content)),
                _ => {}
            }
            index.add(member, &mut last, &mut links)?;
        }
        // Whoever had the first content of a name would get the second.
        let replaced = links.into_iter().find(|(number, to)| {
            !index.superseded.contains(number) && last.get(to).is_some_and(|l| l.number > *number)
        });
        if let Some((_, name)) = replaced {
            return Err(TarProblem::Twice { name });
        }
        through_directories(&last)?;
        Ok(index)
    }

    fn add(
        &mut self,
        member: Member,
        last: &mut HashMap<Vec<u8>, Last>,
        links: &mut Vec<(u64, Vec<u8>)>,
    ) -> Result<(), TarProblem> {
        let (number, is_directory) = (member.number, member.is_directory());
        if let Some(to) = member.to {
            if to == member.name {
                // A file that tar was told of twice.
                self.superseded.insert(number);
                return Ok(());
            }
            if !last.contains_key(&to) {
                return Err(TarProblem::LinkLost { name: member.name, to });
            }
            self.linked.insert(to.clone());
            links.push((number, to));
        }
        match last.insert(member.name.clone(), Last { number, is_directory }) {
            Some(earlier) if earlier.is_directory != is_directory => {
                Err(TarProblem::Twice { name: member.name })
            }
            Some(earlier) => {
                self.superseded.insert(earlier.number);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Whether a later member of the same name replaces this one.
    pub(super) fn is_superseded(&self, member: &Member) -> bool {
        self.superseded.contains(&member.number)
    }

    /// Whether a hard link leads to this member.
    pub(crate) fn is_linked(&self, member: &Member) -> bool {
        self.linked.contains(&member.name)
    }
}

/// GNU tar follows a link that stands where a directory is meant; a squashfs has no such name.
fn through_directories(last: &HashMap<Vec<u8>, Last>) -> Result<(), TarProblem> {
    for name in last.keys() {
        let ends = name.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        for end in ends {
            if last.get(&name[..end]).is_some_and(|last| !last.is_directory) {
                let (name, link) = (name.clone(), name[..end].to_vec());
                return Err(TarProblem::Through { name, link });
            }
        }
    }
    Ok(())
}
