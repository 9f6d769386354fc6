//! The ways back.

use zshield_messages::list;
use zshield_messages::say::rescue as say;
use zshield_plan::model::Target;

use super::super::page::{Block, Choice, Hint, Page, Tone};
use super::super::{LeadsTo, List, Recovery};
use super::texts;
use crate::operations::RestorePoint;

/// As many generations are seen at once.
const SEEN: usize = 3;

fn choice(recovery: &Recovery, place: usize, title: String, facts: Vec<String>) -> Choice {
    let (key, chosen) = ((place + 1).to_string(), recovery.chosen == place);
    Choice { key, title, facts, available: true, chosen }
}

fn way_choice(recovery: &Recovery, place: usize, way: &RestorePoint) -> Choice {
    let facts = texts(&way.facts);
    let (title, mut facts) = match way.target {
        Target::Factory => (say::recovery_factory(), facts),
        Target::Latest => (say::recovery_latest(), facts),
        // There are many of them: when it was taken is the title, and all else a line.
        Target::Vault(generation) => {
            let id = say::recovery_generation(generation.short());
            let mut facts = facts.into_iter();
            let title = facts.next().unwrap_or_default();
            (title, vec![list(facts.chain([id]).collect::<Vec<String>>())])
        }
    };
    if let Some(why) = &way.unavailable {
        facts.push(say::recovery_unavailable(why.to_string()));
    }
    let available = way.unavailable.is_none();
    Choice { available, ..choice(recovery, place, title, facts) }
}

/// The ways that are seen: of many, those around the one that is chosen.
fn seen(recovery: &Recovery) -> Vec<Choice> {
    let ways = recovery.ways.iter().enumerate();
    let first = match recovery.list {
        List::First { .. } => 0,
        List::Older => {
            recovery.chosen.saturating_sub(SEEN / 2).min(recovery.ways.len().saturating_sub(SEEN))
        }
    };
    let most = match recovery.list {
        List::First { .. } => recovery.ways.len(),
        List::Older => SEEN,
    };
    ways.skip(first).take(most).map(|(place, way)| way_choice(recovery, place, way)).collect()
}

pub(super) fn ways_back(recovery: &Recovery) -> Page {
    let mut choices = seen(recovery);
    let leave = match (recovery.list, recovery.leads_to, recovery.begun) {
        (List::Older, _, _) => (say::recovery_other_ways(), say::recovery_other_ways_fact()),
        (List::First { .. }, LeadsTo::Stick, _) => {
            (say::recovery_other_ways(), say::recovery_to_stick())
        }
        (List::First { .. }, LeadsTo::System, None) => {
            (say::recovery_leave(), say::recovery_leave_fact())
        }
        (List::First { .. }, LeadsTo::System, Some(_)) => {
            (say::recovery_leave(), say::recovery_leave_begun())
        }
    };
    if recovery.list == (List::First { vault: true }) {
        let facts = vec![say::recovery_older_fact()];
        choices.push(choice(recovery, recovery.ways.len(), say::recovery_older(), facts));
    }
    let (title, fact) = leave;
    choices.push(choice(recovery, recovery.leave(), title, vec![fact]));
    let numbers = format!("1-{}", (recovery.leave() + 1).min(9));
    let state = match recovery.begun {
        None => Block::Text(Tone::Calm, say::recovery_kept()),
        Some(_) => Block::Text(Tone::Danger, say::recovery_begun()),
    };
    let headline = match recovery.list {
        List::First { .. } => say::recovery_title(),
        List::Older => say::recovery_older(),
    };
    let time_out = match recovery.leads_to {
        LeadsTo::System => Some(Block::Text(Tone::Quiet, say::recovery_time_out())),
        LeadsTo::Stick => None,
    };
    Page {
        tone: Tone::Calm,
        headline,
        blocks: [state, Block::Choices(choices)].into_iter().chain(time_out).collect(),
        keys: vec![
            Hint::new(numbers, say::key_choose()),
            Hint::new(say::key_name_enter(), say::key_go_on()),
            Hint::new("P", say::key_power_off()),
        ],
    }
}
