//! Objects as files of a server.

use std::time::{SystemTime, UNIX_EPOCH};

use zshield_linux::durable_file::unfinished;

use super::Failure;
use super::packet::{Answer, Entry};
use super::request::Request;
use super::session::{Broken, Session};
use crate::store::{Object, ObjectKind, ObjectName, StoreProblem, Stored};

/// So many directories are open at once.
const OPEN: usize = 32;
/// No directory has more names: a server that gives one after the other for ever is ended.
const MOST_NAMES: usize = 4 << 20;
/// What is being written, and that nobody has touched for so long, nobody writes any more.
const ABANDONED: u64 = 24 * 60 * 60;

/// The end of a list or a file.
pub(super) const END: u32 = 1;
pub(super) const NO_SUCH_FILE: u32 = 2;
const FAILURE: u32 = 4;

/// The path of an object.
pub(super) fn at(top: &str, object: Object) -> String {
    format!("{top}/{}", object.path())
}

/// Makes the directories that are not there, and removes what cuts have left.
pub(super) fn prepare(session: &mut Session, top: &str) -> Result<(), Failure> {
    match session.call(Request::OpenDirectory { path: &format!("{top}/.") })? {
        Answer::Handle(handle) => drop(session.call(Request::Close { handle: &handle })?),
        Answer::Status(NO_SUCH_FILE) => return Err(StoreProblem::NoPlace.into()),
        answer => return Err(unexpected(&answer)),
    }
    let wanted: Vec<String> =
        ObjectKind::ALL.into_iter().filter_map(ObjectKind::directory).map(String::from).collect();
    let wanted = wanted.into_iter().chain(["locks".to_owned()]);
    make(session, top, &wanted.collect::<Vec<_>>())?;
    let data = format!("{top}/data");
    make(session, &data, &packs().collect::<Vec<_>>())?;
    let mut directories = vec![top.to_owned()];
    directories.extend(ObjectKind::ALL.into_iter().flat_map(|kind| directories_of(top, kind)));
    let mut left = Vec::new();
    for_each(session, &directories, |directory, entry| {
        let name = String::from_utf8(entry.name).ok();
        if let Some(name) = name.filter(|name| unfinished(name.as_bytes()).is_some())
            && entry.attributes.changed.is_some_and(is_old)
        {
            left.push(format!("{directory}/{name}"));
        }
    })?;
    // Who may only add may not do this, and needs not.
    session.call_all(left.iter().map(|path| Request::Remove { path }))?;
    Ok(())
}

fn is_old(changed: u32) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    u64::from(changed) + ABANDONED < now
}

/// Makes those of the directories that are not there.
fn make(session: &mut Session, top: &str, wanted: &[String]) -> Result<(), Failure> {
    let mut there = Vec::new();
    for_each(session, &[top.to_owned()], |_, entry| there.push(entry.name))?;
    let missing = wanted.iter().filter(|name| !there.contains(&name.as_bytes().to_vec()));
    let paths: Vec<String> = missing.map(|name| format!("{top}/{name}")).collect();
    for answer in session.call_all(paths.iter().map(|path| Request::MakeDirectory { path }))? {
        match answer {
            // Somebody else may have made it at this moment; whoever opens it sees.
            Answer::Status(0 | FAILURE) => {}
            answer => return Err(unexpected(&answer)),
        }
    }
    Ok(())
}

fn packs() -> impl Iterator<Item = String> {
    (0..=255).map(|number| format!("{number:02x}"))
}

fn directories_of(top: &str, kind: ObjectKind) -> Vec<String> {
    match (kind, kind.directory()) {
        (ObjectKind::Pack, Some(name)) => {
            packs().map(|number| format!("{top}/{name}/{number}")).collect()
        }
        (_, Some(name)) => vec![format!("{top}/{name}")],
        (_, None) => Vec::new(),
    }
}

/// All objects of a kind.
pub(super) fn list(
    session: &mut Session,
    top: &str,
    kind: ObjectKind,
) -> Result<Vec<Stored>, Failure> {
    let mut found = Vec::new();
    if kind == ObjectKind::Config {
        let path = at(top, Object::CONFIG);
        match session.call(Request::Look { path: &path })? {
            Answer::Attributes(config) => {
                found.push(Stored { name: Object::CONFIG.name, bytes: config.bytes.unwrap_or(0) });
            }
            Answer::Status(NO_SUCH_FILE) => {}
            answer => return Err(unexpected(&answer)),
        }
        return Ok(found);
    }
    for_each(session, &directories_of(top, kind), |directory, entry| {
        let Some(name) = ObjectName::parse(&entry.name) else { return };
        let is_here = at(top, Object { kind, name }) == format!("{directory}/{name}");
        if let Some(bytes) = entry.attributes.bytes
            && is_here
            && entry.attributes.is_file()
        {
            found.push(Stored { name, bytes });
        }
    })?;
    Ok(found)
}

/// Gives each entry of directories to `take`. One that is not there has none.
fn for_each(
    session: &mut Session,
    directories: &[String],
    mut take: impl FnMut(&str, Entry),
) -> Result<(), Failure> {
    for some in directories.chunks(OPEN) {
        let opened = session.call_all(some.iter().map(|path| Request::OpenDirectory { path }))?;
        let mut open: Vec<(&str, Vec<u8>)> = Vec::new();
        let mut refused = None;
        for (path, answer) in some.iter().zip(opened) {
            match answer {
                Answer::Handle(handle) => open.push((path, handle)),
                Answer::Status(NO_SUCH_FILE) => {}
                answer => refused = Some(unexpected(&answer)),
            }
        }
        let handles = open.clone();
        let mut names = 0;
        while !open.is_empty() && refused.is_none() {
            let asked = open.iter().map(|(_, handle)| Request::ReadDirectory { handle });
            let answers = session.call_all(asked)?;
            let mut more = Vec::new();
            for ((path, handle), answer) in open.into_iter().zip(answers) {
                match answer {
                    Answer::Names(entries) if names + entries.len() <= MOST_NAMES => {
                        names += entries.len().max(1);
                        for entry in entries {
                            take(path, entry);
                        }
                        more.push((path, handle));
                    }
                    Answer::Status(END) => {}
                    answer => refused = Some(unexpected(&answer)),
                }
            }
            open = more;
        }
        session.call_all(handles.iter().map(|(_, handle)| Request::Close { handle }))?;
        if let Some(refused) = refused {
            return Err(refused);
        }
    }
    Ok(())
}

/// Removes a file.
pub(super) fn remove(session: &mut Session, path: &str) -> Result<(), Failure> {
    match session.call(Request::Remove { path })? {
        Answer::Status(NO_SUCH_FILE) => Ok(()),
        answer => succeeded(&answer),
    }
}

pub(super) fn succeeded(answer: &Answer) -> Result<(), Failure> {
    if *answer == Answer::Status(0) { Ok(()) } else { Err(unexpected(answer)) }
}

/// What an answer means that is not the one that was asked for.
pub(super) fn unexpected(answer: &Answer) -> Failure {
    match answer {
        Answer::Status(NO_SUCH_FILE) => StoreProblem::NoObject.into(),
        Answer::Status(3) => StoreProblem::NotAllowed.into(),
        Answer::Status(6 | 7) => StoreProblem::Away("the server has lost its files".into()).into(),
        Answer::Status(code) => {
            StoreProblem::Fault(format!("the server failed: {code}").into()).into()
        }
        Answer::Handle(_)
        | Answer::Data(_)
        | Answer::Names(_)
        | Answer::Attributes(_)
        | Answer::Extended(_) => Broken::Damaged("an answer to something else").into(),
    }
}
