//! Whether two things of one name are the same.

use std::io;

use zshield_golden::compare::FileKind;
use zshield_golden::descent::Descent;
use zshield_golden::holes::{data_from, fill};
use zshield_golden::{Action, FileError, Progress};

use super::{Depth, Pair};
use crate::attributes::Attributes;
use crate::error::LiveError;
use crate::node::Node;
use crate::scope::Scope;

/// How two things differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Not at all, and nobody has touched the inode since.
    Untouched,
    /// Not at all.
    Same,
    /// In what they have beside their content.
    Attributes,
    /// In their content; or only one of them is there.
    Content,
}

/// Read at a time.
const BUFFER: usize = 128 << 10;

pub(super) fn judge(
    pair: &Pair,
    (from, to): &mut (Descent, Descent),
    scope: &Scope,
    depth: Depth,
    progress: Progress<'_>,
) -> Result<Verdict, LiveError> {
    let (Some(wanted), Some(actual)) = (&pair.wanted, &pair.actual) else {
        return Ok(Verdict::Content);
    };
    let believed = depth == Depth::Quick || wanted.kind != FileKind::File;
    if believed && wanted.is_untouched(actual) {
        return Ok(Verdict::Untouched);
    }
    if wanted.kind == FileKind::File && wanted.size != actual.size {
        return Ok(Verdict::Content);
    }
    let wanted = opened(from, pair)?;
    let Ok(actual) = opened(to, pair) else {
        // It has gone meanwhile: the system runs.
        return Ok(Verdict::Content);
    };
    let full = to.name().join(pair.path.as_path());
    let any_time = wanted.metadata.is_directory() && scope.any_time(&pair.path);
    compared(&wanted, &actual, any_time, progress)
        .map_err(|error| FileError::at(Action::Read, full)(error).into())
}

fn opened(tree: &mut Descent, pair: &Pair) -> Result<Node, FileError> {
    let directory = tree.directory(&pair.path.parent().unwrap_or_default())?;
    let node = Node::open(&directory, pair.path.name().unwrap_or(b"."));
    node.map_err(FileError::at(Action::Read, tree.name().join(pair.path.as_path())))
}

fn compared(
    wanted: &Node,
    actual: &Node,
    any_time: bool,
    progress: Progress<'_>,
) -> io::Result<Verdict> {
    let same = wanted.metadata.kind == actual.metadata.kind
        && match wanted.metadata.kind {
            FileKind::File => same_content(wanted, actual, progress)?,
            FileKind::Symlink => wanted.target()? == actual.target()?,
            FileKind::CharDevice | FileKind::BlockDevice => {
                wanted.metadata.number == actual.metadata.number
            }
            FileKind::Directory | FileKind::Fifo | FileKind::Socket => true,
        };
    if !same {
        return Ok(Verdict::Content);
    }
    let (wanted, mut actual) = (Attributes::of(wanted)?, Attributes::of(actual)?);
    if any_time {
        actual.mtime = wanted.mtime;
    }
    Ok(if wanted == actual { Verdict::Same } else { Verdict::Attributes })
}

fn same_content(wanted: &Node, actual: &Node, progress: Progress<'_>) -> io::Result<bool> {
    if wanted.metadata.size != actual.metadata.size {
        return Ok(false);
    }
    let (one, other) = (wanted.reader()?, actual.reader()?);
    let (mut of_one, mut of_other) = (vec![0; BUFFER], vec![0; BUFFER]);
    let mut at = 0;
    loop {
        // Where neither has anything both are the same.
        let data = [data_from(&one, at)?, data_from(&other, at)?];
        let Some(from) = data.into_iter().flatten().min() else { return Ok(true) };
        let length = fill(&one, &mut of_one, from)?;
        if fill(&other, &mut of_other, from)? != length || of_one[..length] != of_other[..length] {
            return Ok(false);
        }
        if length == 0 {
            return Ok(true);
        }
        progress(from - at + length as u64);
        at = from + length as u64;
    }
}
