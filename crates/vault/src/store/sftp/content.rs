//! The content of an object, read and written.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::Bytes;

use super::Failure;
use super::files::{END, NO_SUCH_FILE, at, prepare, succeeded, unexpected};
use super::packet::{self, Answer};
use super::request::{READ, Request, WRITE_NEW};
use super::session::{Broken, Session};
use crate::store::{Object, StoreProblem};

/// What every server takes and gives at once.
const PART: usize = 32 << 10;
/// So many parts are under way at once.
const WINDOW: usize = 64;
/// No object is larger: packs have 128 MiB at most.
const LARGEST: u64 = 512 << 20;

/// A file, or a part of it.
pub(super) fn read(
    session: &mut Session,
    path: &str,
    range: Option<Range<u64>>,
) -> Result<Bytes, Failure> {
    let [found, opened] = {
        let open = Request::Open { path, flags: READ };
        let answers = session.call_all([Request::Look { path }, open])?;
        <[Answer; 2]>::try_from(answers).map_err(|_| Broken::Damaged("answers are missing"))?
    };
    let handle = match opened {
        Answer::Handle(handle) => handle,
        answer => return Err(unexpected(&answer)),
    };
    let read = match found {
        Answer::Attributes(found) if found.is_file() => {
            let length = found.bytes.unwrap_or(0);
            let range = range.unwrap_or(0..length);
            if length > LARGEST || range.end > length || range.start > range.end {
                Err(StoreProblem::Damaged(format!("it has {length} bytes")).into())
            } else {
                read_parts(session, &handle, range)
            }
        }
        Answer::Attributes(_) => Err(StoreProblem::Damaged("it is no file".to_owned()).into()),
        answer => Err(unexpected(&answer)),
    };
    if !matches!(read, Err(Failure::Broken(_))) {
        session.call(Request::Close { handle: &handle })?;
    }
    read
}

fn read_parts(session: &mut Session, handle: &[u8], range: Range<u64>) -> Result<Bytes, Failure> {
    let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
    let mut content = vec![0; length];
    let mut to_ask: VecDeque<Range<usize>> =
        (0..length).step_by(PART).map(|from| from..(from + PART).min(length)).collect();
    let mut asked: VecDeque<(u32, Range<usize>)> = VecDeque::new();
    let mut refused = None;
    loop {
        while asked.len() < WINDOW
            && refused.is_none()
            && let Some(part) = to_ask.pop_front()
        {
            let at = range.start + part.start as u64;
            let bytes = u32::try_from(part.len()).unwrap_or(u32::MAX);
            asked.push_back((session.send(Request::Read { handle, at, bytes })?, part));
        }
        let Some((id, part)) = asked.pop_front() else { break };
        match session.wait(id)? {
            Answer::Data(data) if !data.is_empty() && data.len() <= part.len() => {
                let end = part.start + data.len();
                content[part.start..end].copy_from_slice(&data);
                // A server may give less than it was asked for.
                if end < part.end {
                    to_ask.push_front(end..part.end);
                }
            }
            Answer::Status(END) => {
                refused = Some(StoreProblem::Damaged("it ends too early".to_owned()).into());
            }
            answer => refused = Some(unexpected(&answer)),
        }
    }
    refused.map_or(Ok(content.into()), Err)
}

/// Writes an object under a name of its own, and then gives it its name.
pub(super) fn write(
    session: &mut Session,
    top: &str,
    object: Object,
    content: &[Bytes],
) -> Result<(), Failure> {
    let path = at(top, object);
    if is_there(session, &path)? {
        return Ok(());
    }
    let (directory, name) = path.rsplit_once('/').unwrap_or((top, &path));
    let fresh = format!("{directory}/.{name}.{:08x}.new", random());
    let mut opened = session.call(Request::Open { path: &fresh, flags: WRITE_NEW })?;
    if opened == Answer::Status(NO_SUCH_FILE) {
        prepare(session, top)?;
        opened = session.call(Request::Open { path: &fresh, flags: WRITE_NEW })?;
    }
    let handle = match opened {
        Answer::Handle(handle) => handle,
        answer => return Err(unexpected(&answer)),
    };
    let placed = placed(session, &handle, content, &fresh, &path);
    let placed = match placed {
        Err(Failure::Broken(broken)) => return Err(broken.into()),
        Err(Failure::Refused(StoreProblem::Fault(_))) if no_room(session, top, content)? => {
            Err(StoreProblem::NoSpace.into())
        }
        placed => placed,
    };
    session.call(Request::Close { handle: &handle })?;
    if placed.is_err() {
        // What it is refused for is told; what it left nobody lists.
        session.call(Request::Remove { path: &fresh })?;
        // Somebody else came first.
        if is_there(session, &path)? {
            return Ok(());
        }
    }
    placed
}

fn is_there(session: &mut Session, path: &str) -> Result<bool, Failure> {
    match session.call(Request::Look { path })? {
        Answer::Attributes(_) => Ok(true),
        Answer::Status(NO_SUCH_FILE) => Ok(false),
        answer => Err(unexpected(&answer)),
    }
}

fn placed(
    session: &mut Session,
    handle: &[u8],
    content: &[Bytes],
    fresh: &str,
    path: &str,
) -> Result<(), Failure> {
    let mut at = 0;
    let mut asked = VecDeque::new();
    let mut refused = Ok(());
    for part in content.iter().flat_map(|part| part.chunks(PART)) {
        if asked.len() >= WINDOW
            && let Some(id) = asked.pop_front()
        {
            refused = refused.and(succeeded(&session.wait(id)?));
        }
        if refused.is_err() {
            break;
        }
        asked.push_back(session.send(Request::Write { handle, at, content: part })?);
        at += part.len() as u64;
    }
    for id in asked {
        refused = refused.and(succeeded(&session.wait(id)?));
    }
    refused?;
    sync(session, handle)?;
    succeeded(&session.call(Request::Rename { from: fresh, to: path })?)?;
    // Its new name goes to the disk with it: there is no request for directories.
    sync(session, handle)
}

fn sync(session: &mut Session, handle: &[u8]) -> Result<(), Failure> {
    if session.extensions.iter().any(|name| name == "fsync@openssh.com") {
        succeeded(&session.call(Request::Sync { handle })?)?;
    }
    Ok(())
}

/// Whether a disk is full: a server says no more of that than that it has failed.
fn no_room(session: &mut Session, top: &str, content: &[Bytes]) -> Result<bool, Failure> {
    if !session.extensions.iter().any(|name| name == "statvfs@openssh.com") {
        return Ok(false);
    }
    let needed: usize = content.iter().map(Bytes::len).sum();
    match session.call(Request::Room { path: top })? {
        Answer::Extended(answer) => {
            Ok(packet::room(&answer).is_some_and(|room| room < needed as u64))
        }
        _ => Ok(false),
    }
}

/// For a name that nobody else has.
fn random() -> u32 {
    use std::hash::{BuildHasher as _, RandomState};
    // Each has keys of its own.
    u32::try_from(RandomState::new().hash_one(()) >> 32).unwrap_or_default()
}
