//! Links are brought up, and the other ends of their cables waited for.

use std::time::{Duration, Instant};

use zshield_linux::link::{Link, LinkEvents};

use super::error::{NetworkError, Unused, Why, shown};
use super::wait;

/// A card and a switch agree within some seconds; a card on USB turns up late.
const PATIENCE: Duration = Duration::from_secs(15);
/// When the first has a carrier, the others have had nearly as much time.
const OTHERS: Duration = Duration::from_secs(3);
/// Cards that turn up one after the other are looked at together.
const SILENCE: Duration = Duration::from_millis(500);

/// The links with a carrier, and what is against the others.
pub(super) fn find(
    say: &mut dyn FnMut(Vec<String>),
) -> Result<(Vec<Link>, Vec<Unused>), NetworkError> {
    let events = LinkEvents::listen()?;
    let (mut seen, mut failed) = (Vec::<Link>::new(), Vec::<Unused>::new());
    let mut deadline = Instant::now() + PATIENCE;
    let mut is_quiet = false;
    loop {
        let links = Link::all()?;
        let known = seen.len();
        for link in &links {
            if seen.contains(link) {
                continue;
            }
            seen.push(link.clone());
            if let Err(error) = link.up() {
                failed.push(Unused::new(link, Why::Failed(error.to_string())));
            }
        }
        if seen.len() > known {
            say(names(&links));
        }
        let (with, without): (Vec<Link>, Vec<Link>) =
            links.into_iter().partition(Link::has_carrier);
        if !with.is_empty() {
            deadline = deadline.min(Instant::now() + OTHERS);
        }
        let now = Instant::now();
        let is_enough = !with.is_empty() && without.is_empty();
        if (is_enough && is_quiet) || now >= deadline {
            return ended(with, without, failed);
        }
        let until = if is_enough { deadline.min(now + SILENCE) } else { deadline };
        is_quiet = !wait(&[&events], Some(until))?.contains(&true);
        events.drain();
    }
}

fn ended(
    with: Vec<Link>,
    without: Vec<Link>,
    failed: Vec<Unused>,
) -> Result<(Vec<Link>, Vec<Unused>), NetworkError> {
    let mut unused = failed;
    for link in &without {
        if !unused.iter().any(|it| it.link == shown(link.name())) {
            unused.push(Unused::new(link, Why::NoCarrier));
        }
    }
    if !with.is_empty() {
        return Ok((with, unused));
    }
    Err(match unused.as_slice() {
        [] => NetworkError::NoLinks,
        links => NetworkError::NoCarrier(links.iter().map(ToString::to_string).collect()),
    })
}

pub(super) fn names(links: &[Link]) -> Vec<String> {
    links.iter().map(|link| shown(link.name())).collect()
}
