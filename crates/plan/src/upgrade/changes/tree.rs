//! The walk over the paths of two versions.

use std::collections::BTreeSet;

use super::{Change, Decision, Refusal, Rules, Triple};
use crate::upgrade::etc::{Answer, Conflict, Rule, by_default, holds_accounts, rule};
use crate::upgrade::file::{FileState, Kind};
use crate::upgrade::path::SystemPath;
use crate::upgrade::three_ways::{Clash, Merged, Side, attributes, is_same, merged};

/// The walk.
pub(super) struct Walk<'a> {
    rules: Rules<'a>,
    decision: Decision,
    drift: Vec<SystemPath>,
    /// The path that is a directory on one side alone, as long as what is below it comes by.
    place: Option<Place>,
    /// Second names of the new version's files, whether they change or not.
    links: Vec<(SystemPath, FileState)>,
}

/// A path that is a directory on one side alone: what is below it depends on which side has it.
struct Place {
    path: SystemPath,
    rule: Rule,
    new: FileState,
    /// What it is called where the two sides are at odds about it.
    clash: Clash,
    /// Whether the two sides are at odds about it.
    clashes: bool,
    /// What is done for the new version's below it.
    within: Vec<Change>,
    /// What is here alone below it.
    loses: Vec<SystemPath>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(rules: Rules<'a>) -> Self {
        let decision = Decision::default();
        Self { rules, decision, drift: Vec::new(), place: None, links: Vec::new() }
    }

    /// One path more.
    pub(super) fn step(&mut self, triple: Triple) {
        if self.place.as_ref().is_some_and(|place| !triple.path.is_within(place.path.as_str())) {
            self.leave();
        }
        let rule = rule(&triple.path, (self.rules.class)(&triple.path), self.rules.kept);
        self.compare_with_old(&triple, rule);
        self.note_link(&triple, rule);
        if self.place.is_some() {
            return self.below(triple, rule);
        }
        let Triple { path, old, local, new } = triple;
        let becomes = match rule {
            Rule::Kept if old.is_some() || local.is_some() => Merged::Stays,
            Rule::Kept | Rule::Config | Rule::Volatile | Rule::System => {
                merged(old.as_ref(), local.as_ref(), new.as_ref())
            }
        };
        match (&local, new) {
            (Some(here), Some(new)) if here.is_directory() != new.is_directory() => {
                self.enter(path, rule, new, Some(here.is_directory()), &becomes);
            }
            (None, Some(new)) if new.is_directory() => self.enter(path, rule, new, None, &becomes),
            (_, new) => self.one(path, rule, [old, local, new], becomes),
        }
    }

    /// Keeps in mind a second name that nobody has changed here.
    fn note_link(&mut self, triple: &Triple, rule: Rule) {
        let Triple { path, old, local, new } = triple;
        let is_link = |state: &&FileState| matches!(state.kind, Kind::Link { .. });
        let untouched = [old, new].into_iter().any(|it| is_same(local.as_ref(), it.as_ref()));
        if let (Some(new), true, true) =
            (new.as_ref().filter(is_link), untouched, rule != Rule::Kept)
        {
            self.links.push((path.clone(), new.clone()));
        }
    }

    /// The end: nothing more comes by.
    pub(super) fn end(mut self) -> Result<Decision, Refusal> {
        self.leave();
        if !self.drift.is_empty() {
            return Err(Refusal::Drift(self.drift));
        }
        self.link_again();
        Ok(self.decision)
    }

    /// Notes what is not as it was delivered.
    fn compare_with_old(&mut self, triple: &Triple, rule: Rule) {
        let Triple { path, old, local, new } = triple;
        let is_as = |other: &Option<FileState>| is_same(local.as_ref(), other.as_ref());
        let is_known = old.is_some() || new.is_some();
        if rule == Rule::System && is_known && !is_as(old) && !is_as(new) {
            let accepted = (self.rules.accepted)(path);
            let list = if accepted { &mut self.decision.accepted } else { &mut self.drift };
            list.push(path.clone());
        }
    }

    /// A path that is no directory on one side alone.
    fn one(
        &mut self,
        path: SystemPath,
        rule: Rule,
        [old, local, new]: [Option<FileState>; 3],
        becomes: Merged,
    ) {
        match (becomes, new, local) {
            (Merged::Stays, _, _) => {}
            (Merged::Goes, _, _) => self.decision.changes.push(Change::Remove { path }),
            (Merged::Becomes(state, Side::New), _, _) => {
                self.decision.changes.push(Change::Write { path, state });
            }
            (Merged::Becomes(state, Side::Local), _, _) => {
                self.decision.changes.push(Change::Attributes { path, state });
            }
            (Merged::Clash(Clash::Content | Clash::BothAdded), Some(new), Some(local))
                if holds_accounts(&path) =>
            {
                let attributes = attributes(old.as_ref(), &local, &new);
                self.decision.changes.push(Change::Accounts { path, attributes });
            }
            (Merged::Clash(_), _, _) if rule == Rule::Volatile => self.decision.left.push(path),
            (Merged::Clash(clash), new, local) => self.clash(path, rule, clash, new, local),
        }
    }

    /// A clash at a path that has nothing below it.
    fn clash(
        &mut self,
        path: SystemPath,
        rule: Rule,
        clash: Clash,
        new: Option<FileState>,
        local: Option<FileState>,
    ) {
        let same_content = new.as_ref().map(|it| &it.kind) == local.as_ref().map(|it| &it.kind);
        let change = match (self.answer(&path, rule, clash, Vec::new()), new) {
            (Answer::Keep, Some(state)) if !same_content && can_lie_beside(&state.kind) => {
                Some(Change::Beside { path, state })
            }
            (Answer::Keep, _) => None,
            (Answer::New, Some(state)) if same_content => Some(Change::Attributes { path, state }),
            (Answer::New, Some(state)) => Some(Change::Write { path, state }),
            (Answer::New, None) => Some(Change::Remove { path }),
        };
        self.decision.changes.extend(change);
    }

    /// Lists a clash, with what becomes of it.
    fn answer(
        &mut self,
        path: &SystemPath,
        rule: Rule,
        clash: Clash,
        loses: Vec<SystemPath>,
    ) -> Answer {
        let said = self.rules.answers.get(path);
        let answer = said.unwrap_or(by_default(path, rule));
        let (path, said) = (path.clone(), said.is_some());
        self.decision.conflicts.push(Conflict { path, clash, answer, said, loses });
        answer
    }

    /// A path that is a directory on one side alone; here it is one, something else, or nothing. What is below
    /// it decides as well.
    fn enter(
        &mut self,
        path: SystemPath,
        rule: Rule,
        new: FileState,
        directory_here: Option<bool>,
        becomes: &Merged,
    ) {
        let is_directory_here = directory_here == Some(true);
        let clash = if directory_here.is_none() { Clash::RemovedHere } else { Clash::Kind };
        match becomes {
            // Nobody touched it: what is below the new directory is new.
            Merged::Becomes(..) if !is_directory_here => {
                self.decision.changes.push(Change::Write { path, state: new });
            }
            // The new version changes nothing here. What is in a directory of its own could still change.
            Merged::Stays if is_directory_here => {}
            Merged::Stays | Merged::Goes | Merged::Becomes(..) | Merged::Clash(_) => {
                let clashes = matches!(becomes, Merged::Clash(_));
                let (within, loses) = (Vec::new(), Vec::new());
                self.place = Some(Place { path, rule, new, clash, clashes, within, loses });
            }
        }
    }

    /// A path below such a place.
    fn below(&mut self, triple: Triple, rule: Rule) {
        let Some(place) = self.place.as_mut().filter(|place| place.rule != Rule::Kept) else {
            return;
        };
        let Triple { path, old, local, new } = triple;
        if place.new.is_directory() {
            // Here is no directory, so nothing of it is there: it all comes with the directory.
            place.clashes |= !is_same(old.as_ref(), new.as_ref());
            place.within.extend(new.map(|state| Change::Write { path, state }));
        } else if local.is_some() && (rule == Rule::Kept || !is_same(local.as_ref(), old.as_ref()))
        {
            place.clashes = true;
            place.loses.push(path);
        }
    }

    /// Nothing more comes from below the place.
    fn leave(&mut self) {
        let place = self.place.take().filter(|place| place.rule != Rule::Kept);
        let Some(Place { path, rule, new, clash, clashes, within, loses }) = place else { return };
        let answer = match (clashes, clash) {
            (true, Clash::RemovedHere) if rule == Rule::Volatile => {
                return self.decision.left.push(path);
            }
            (true, _) => self.answer(&path, rule, clash, loses),
            // Nothing in it has changed between the versions: what is here in its place stays.
            (false, _) if new.is_directory() => return,
            (false, _) => Answer::New,
        };
        let changes = &mut self.decision.changes;
        match answer {
            Answer::New => {
                changes.push(Change::Write { path, state: new });
                changes.extend(within);
            }
            Answer::Keep if can_lie_beside(&new.kind) => {
                changes.push(Change::Beside { path, state: new });
            }
            Answer::Keep => {}
        }
    }

    /// A file that is made anew is another one: its second names, unchanged or not, must be its again.
    fn link_again(&mut self) {
        let written = |change: &Change| match change {
            Change::Write { path, .. } => Some(path.clone()),
            Change::Attributes { .. }
            | Change::Remove { .. }
            | Change::Beside { .. }
            | Change::Accounts { .. } => None,
        };
        let changes = &mut self.decision.changes;
        let anew: BTreeSet<SystemPath> = changes.iter().filter_map(written).collect();
        let touched: BTreeSet<SystemPath> =
            changes.iter().map(|change| change.path().clone()).collect();
        let left = self.decision.conflicts.iter().map(|conflict| &conflict.path);
        let left: BTreeSet<&SystemPath> = left.chain(&self.decision.left).collect();
        let again = self.links.drain(..).filter(|(path, state)| {
            let Kind::Link { to } = &state.kind else { return false };
            anew.contains(to) && !touched.contains(path) && !left.contains(path)
        });
        changes.extend(again.map(|(path, state)| Change::Write { path, state }));
    }
}

/// Whether there is one file to lay beside what stays.
const fn can_lie_beside(kind: &Kind) -> bool {
    match kind {
        Kind::File { .. } | Kind::Link { .. } | Kind::Symlink { .. } => true,
        Kind::Directory | Kind::Special { .. } => false,
    }
}
