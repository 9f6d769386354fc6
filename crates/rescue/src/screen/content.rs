//! What each screen says.

mod recovery;

use zshield_messages::say::rescue as say;

use super::page::{Block, Choice, DiskRow, Hint, Page, Tone};
use super::{Confirm, Finished, Offers, Operation, Progress, Screen, clock, size};
use zshield_plan::model::Target;

use crate::log;
use crate::operations::{Disk, Failure, InstallPreview, Refusal, Status, Step};
use crate::power::End;
use crate::text::Text;

/// The page of a screen in the current language.
pub(crate) fn page(screen: &Screen) -> Page {
    let mut page = match screen {
        Screen::Starting(lines) => starting(lines),
        Screen::Install(preview) => install(preview),
        Screen::Present { preview, facts, offers } => present(preview, facts, *offers),
        Screen::Refused(refusal) => refused(refusal),
        Screen::Progress(progress) => under_way(progress),
        Screen::Done(finished) => done(finished),
        Screen::Failed { failure, ways, on_stick, log } => {
            failed(failure, *ways, on_stick.as_deref(), log)
        }
        Screen::Confirm(confirm) => confirmation(confirm),
        Screen::Recovery(recovery) => recovery::ways_back(recovery),
        Screen::NothingToRepair(left) => nothing_to_repair(left),
        Screen::Restart => restart(),
    };
    page.keys.push(Hint::new("L", say::key_language()));
    page
}

fn texts(texts: &[Text]) -> Vec<String> {
    texts.iter().map(Text::to_string).collect()
}

fn end_keys() -> [Hint; 2] {
    [Hint::new("R", say::key_restart()), Hint::new("P", say::key_power_off())]
}

fn starting(lines: &[Text]) -> Page {
    Page {
        headline: say::starting_title(),
        blocks: lines.iter().map(|line| Block::Text(Tone::Quiet, line.to_string())).collect(),
        ..Page::default()
    }
}

fn disk_row(disk: &Disk, why: Option<String>) -> DiskRow {
    DiskRow {
        role: disk.role.to_string(),
        device: disk.device.clone(),
        model: disk.model.clone(),
        serial: disk.serial.clone(),
        size: size(disk.bytes),
        why,
    }
}

fn disks(disks: &[Disk]) -> Block {
    Block::Disks(disks.iter().map(|disk| disk_row(disk, None)).collect())
}

fn install(preview: &InstallPreview) -> Page {
    let mut keys = vec![Hint::new("I", say::key_install())];
    keys.extend(end_keys());
    let mut blocks = vec![
        Block::Text(Tone::Calm, say::install_disks()),
        disks(&preview.disks),
        Block::List {
            tone: Tone::Warning,
            title: say::install_erased(),
            items: texts(&preview.erased),
        },
    ];
    blocks.extend(preview.root.iter().map(|root| Block::Text(Tone::Calm, root.to_string())));
    blocks.push(Block::Call(say::install_call()));
    Page { tone: Tone::Calm, headline: say::install_title(), blocks, keys }
}

fn present(preview: &InstallPreview, facts: &[Text], offers: Offers) -> Page {
    let Offers { keeps, restores, starts } = offers;
    let offer = |key: &str, title: String, fact: String, available: bool| Choice {
        key: key.to_owned(),
        title,
        facts: vec![fact],
        available,
        chosen: false,
    };
    let keeping = if keeps { say::present_rebuild() } else { say::present_no_rebuild() };
    // What keeps most comes first.
    let choices = [
        Some(offer("F", say::key_repair(), say::present_repair(), true)),
        starts.then(|| offer("W", say::key_recover(), say::present_recover(), true)),
        restores.then(|| offer("B", say::key_restore(), say::present_restore(), true)),
        Some(offer("K", say::key_rebuild(), keeping, keeps)),
        Some(offer("I", say::key_install_anew(), say::present_anew(), true)),
    ];
    let hint = if starts {
        Block::Text(Tone::Calm, say::present_hint())
    } else {
        Block::Text(Tone::Warning, say::present_no_start())
    };
    Page {
        tone: Tone::Warning,
        headline: say::present_title(),
        blocks: vec![
            Block::List { tone: Tone::Warning, title: say::present_facts(), items: texts(facts) },
            disks(&preview.disks),
            hint,
            Block::Choices(choices.into_iter().flatten().collect()),
        ],
        keys: end_keys().into(),
    }
}

fn refused(refusal: &Refusal) -> Page {
    let mut keys = vec![Hint::new("S", say::key_look_again())];
    keys.extend(end_keys());
    let mut blocks = vec![Block::List {
        tone: Tone::Danger,
        title: say::refused_reasons(),
        items: texts(&refusal.reasons),
    }];
    if refusal.disks.is_empty() {
        blocks.push(Block::Text(Tone::Calm, say::refused_no_disk()));
    } else {
        let rows = refusal.disks.iter().map(|(disk, why)| disk_row(disk, Some(why.to_string())));
        blocks.push(Block::Disks(rows.collect()));
    }
    blocks.push(Block::Text(Tone::Calm, say::refused_next()));
    Page { tone: Tone::Danger, headline: say::refused_title(), blocks, keys }
}

/// The line of a step, finished or not.
fn step_line(step: &Step) -> String {
    let title = step.title.to_string();
    match step.status {
        Status::Begun => plain_step(step),
        Status::Done => say::StepDone { number: step.number, title, total: step.total }.to_string(),
    }
}

/// A step as a line that stays the same when the step ends: it is printed when it begins.
pub(super) fn plain_step(step: &Step) -> String {
    let title = step.title.to_string();
    say::StepBegun { number: step.number, title, total: step.total }.to_string()
}

fn permille(done: u64, total: u64) -> u16 {
    let share = u128::from(done) * 1000 / u128::from(total.max(1));
    u16::try_from(share.min(1000)).unwrap_or(1000)
}

fn under_way(progress: &Progress) -> Page {
    let headline = match progress.operation {
        Operation::Install => say::progress_install(),
        Operation::Rebuild | Operation::Restore => say::progress_rebuild(),
        Operation::Recover(Target::Factory) => say::progress_factory(),
        Operation::Recover(Target::Latest) => say::progress_latest(),
        Operation::Recover(Target::Vault(_)) => say::progress_vault(),
        Operation::Repair => say::progress_repair(),
    };
    let mut blocks = Vec::new();
    if let Some(facts) = &progress.resumed {
        blocks.push(Block::Text(Tone::Warning, say::progress_resumed()));
        blocks.extend(facts.iter().map(|fact| Block::Text(Tone::Calm, fact.to_string())));
    }
    let running = progress.steps.last();
    let finished = progress.steps.iter().filter(|step| step.status != Status::Begun).count() as u64;
    let total = running.map_or(1, |step| u64::from(step.total));
    let part = progress.bytes.map_or(0, |(done, of)| u64::from(permille(done, of)));
    blocks.push(Block::Bar {
        label: say::progress_overall(),
        permille: permille(finished * 1000 + part, total * 1000),
        caption: say::progress_elapsed(clock(progress.seconds)),
    });
    let (label, of_step, caption) = match (running, progress.bytes) {
        (Some(step), Some((done, of))) if step.status == Status::Begun => (
            step.title.to_string(),
            permille(done, of),
            say::ProgressBytes { done: size(done), total: size(of) }.to_string(),
        ),
        (Some(step), _) if step.status == Status::Begun => {
            (step.title.to_string(), 0, String::new())
        }
        _ => (String::new(), 0, String::new()),
    };
    blocks.push(Block::Bar { label, permille: of_step, caption });
    blocks.push(Block::Text(Tone::Warning, say::progress_leave_on()));
    blocks.push(Block::List {
        tone: Tone::Quiet,
        title: say::progress_steps(),
        items: progress.steps.iter().rev().map(step_line).collect(),
    });
    Page { tone: Tone::Calm, headline, blocks, keys: Vec::new() }
}

fn done(finished: &Finished) -> Page {
    // From a stick nothing goes on by itself: it would be started again.
    let next = match finished.by_itself {
        None => say::done_remove_stick(),
        Some(_) => say::done_restart(),
    };
    let (headline, call) = match finished.operation {
        Operation::Install => (say::done_install(), say::done_remove_stick()),
        Operation::Rebuild | Operation::Restore => (say::done_rebuild(), say::done_remove_stick()),
        Operation::Recover(Target::Factory) => (say::done_factory(), next),
        Operation::Recover(Target::Latest) => (say::done_latest(), next),
        Operation::Recover(Target::Vault(_)) => (say::done_vault(), next),
        Operation::Repair => (say::done_repair(), next),
    };
    let mut blocks = vec![Block::Text(Tone::Good, say::done_took(clock(finished.seconds)))];
    if !finished.notes.is_empty() {
        blocks.push(Block::List {
            tone: Tone::Calm,
            title: say::done_notes(),
            items: texts(&finished.notes),
        });
    }
    blocks.push(Block::Call(call));
    if let Some((end, seconds)) = finished.by_itself {
        let text = match end {
            End::PowerOff => say::done_power_off(seconds),
            End::Restart => say::done_restarts(seconds),
        };
        blocks.push(Block::Text(Tone::Warning, text));
    }
    Page { tone: Tone::Good, headline, blocks, keys: end_keys().into() }
}

fn failed(failure: &Failure, ways: bool, on_stick: Option<&str>, lines: &[String]) -> Page {
    let [restart, power_off] = end_keys();
    let ways = ways.then(|| Hint::new("W", say::key_ways_back()));
    let keys = [Some(restart), ways, Some(power_off)].into_iter().flatten().collect();
    let part = |title: String, text: &Text| Block::List {
        tone: Tone::Calm,
        title,
        items: vec![text.to_string()],
    };
    Page {
        tone: Tone::Danger,
        headline: say::failed_title(),
        blocks: vec![
            Block::List {
                tone: Tone::Danger,
                title: say::failed_what(),
                items: vec![failure.what.to_string()],
            },
            part(say::failed_state(), &failure.state),
            part(say::failed_next(), &failure.next),
            Block::Text(
                Tone::Quiet,
                on_stick.map_or_else(|| say::failed_log(log::PLACE), say::failed_log_on_stick),
            ),
            Block::Log(lines.to_vec()),
        ],
        keys,
    }
}

/// Whether customer data and logs stay.
const fn keeps_data(operation: Operation) -> bool {
    match operation {
        Operation::Rebuild | Operation::Restore | Operation::Recover(_) | Operation::Repair => true,
        Operation::Install => false,
    }
}

fn confirmation(confirm: &Confirm) -> Page {
    let (headline, back) = match confirm.operation {
        Operation::Install => (say::confirm_install(), say::key_back()),
        Operation::Rebuild => (say::confirm_rebuild(), say::key_back()),
        Operation::Restore => (say::confirm_restore(), say::key_back()),
        Operation::Recover(Target::Factory) => (say::confirm_factory(), say::key_back()),
        Operation::Recover(Target::Latest) => (say::confirm_latest(), say::key_back()),
        Operation::Recover(Target::Vault(_)) => (say::confirm_vault(), say::key_back()),
        Operation::Repair => (say::confirm_repair(), say::key_back()),
    };
    let is_repair = confirm.operation == Operation::Repair;
    let mut blocks = Vec::new();
    if keeps_data(confirm.operation) {
        let kept = if is_repair { say::confirm_kept_all() } else { say::confirm_kept_data() };
        let (title, items) = (say::confirm_kept(), vec![kept]);
        blocks.push(Block::List { tone: Tone::Good, title, items });
    }
    let (tone, title) = if is_repair {
        (Tone::Warning, say::confirm_repaired())
    } else {
        (Tone::Danger, say::confirm_lost())
    };
    blocks.push(Block::List { tone, title, items: texts(&confirm.lost) });
    blocks.push(Block::Call(say::confirm_call(confirm.digits.clone())));
    blocks.push(Block::Field { typed: confirm.typed.clone(), length: confirm.digits.len() });
    if confirm.wrong {
        blocks.push(Block::Text(Tone::Warning, say::confirm_wrong()));
    }
    Page {
        tone,
        headline,
        blocks,
        keys: vec![Hint::new(say::key_name_enter(), say::key_confirm()), Hint::new("Esc", back)],
    }
}

fn nothing_to_repair(left: &[Text]) -> Page {
    let [restart, power_off] = end_keys();
    let keys = vec![restart, Hint::new("Esc", say::key_back()), power_off];
    if left.is_empty() {
        let blocks = vec![Block::Text(Tone::Calm, say::repair_nothing_fact())];
        return Page { tone: Tone::Good, headline: say::repair_nothing(), blocks, keys };
    }
    let (title, items) = (say::repair_left(), texts(left));
    let blocks = vec![
        Block::List { tone: Tone::Danger, title, items },
        Block::Text(Tone::Calm, say::repair_none_fact()),
    ];
    Page { tone: Tone::Danger, headline: say::repair_none(), blocks, keys }
}

fn restart() -> Page {
    let mut keys: Vec<Hint> = end_keys().into();
    keys.push(Hint::new("Esc", say::key_back()));
    Page {
        tone: Tone::Warning,
        headline: say::restart_title(),
        blocks: vec![Block::Text(Tone::Calm, say::restart_text())],
        keys,
    }
}
