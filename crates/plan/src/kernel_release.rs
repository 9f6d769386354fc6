//! The order of kernel releases: that of the package managers, by which a distribution numbers its
//! security updates. Source: `rpmvercmp`; Debian's order is the same for kernels.

use std::cmp::Ordering;

/// A part of a release.
#[derive(PartialEq, Eq)]
enum Segment<'a> {
    Number(&'a str),
    Word(&'a str),
}

/// The word of a release candidate, which comes before its release.
const CANDIDATE: &str = "rc";

/// How one release stands to another: `3.10.0-1160.119.1.el7` comes after `3.10.0-1160.el7`.
pub fn compare(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (segments(one), segments(other));
    loop {
        let order = match (one.next(), other.next()) {
            (None, None) => return Ordering::Equal,
            (Some(more), None) => of_longer(&more),
            (None, Some(more)) => of_longer(&more).reverse(),
            (Some(one), Some(other)) => of_segments(&one, &other),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// A release that goes on is the newer one, unless it goes on as a candidate for the other.
fn of_longer(more: &Segment<'_>) -> Ordering {
    match more {
        Segment::Word(CANDIDATE) => Ordering::Less,
        Segment::Number(_) | Segment::Word(_) => Ordering::Greater,
    }
}

/// Numbers count as numbers, and come after words: those are the distribution's name.
fn of_segments(one: &Segment<'_>, other: &Segment<'_>) -> Ordering {
    match (one, other) {
        (Segment::Number(one), Segment::Number(other)) => {
            one.len().cmp(&other.len()).then_with(|| one.cmp(other))
        }
        (Segment::Word(one), Segment::Word(other)) => {
            (*one != CANDIDATE, one).cmp(&(*other != CANDIDATE, other))
        }
        (Segment::Number(_), Segment::Word(_)) => Ordering::Greater,
        (Segment::Word(_), Segment::Number(_)) => Ordering::Less,
    }
}

/// Runs of digits, without zeros in front, and runs of letters. All else stands between them.
fn segments(release: &str) -> impl Iterator<Item = Segment<'_>> {
    let mut rest = release;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_number = rest.starts_with(|c: char| c.is_ascii_digit());
        let other = |c: char| !c.is_ascii_alphanumeric() || c.is_ascii_digit() != is_number;
        let (segment, after) = rest.split_at(rest.find(other).unwrap_or(rest.len()));
        rest = after;
        match segment {
            "" => None,
            digits if is_number => Some(Segment::Number(digits.trim_start_matches('0'))),
            word => Some(Segment::Word(word)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_kernel_comes_after_an_older_one() {
        for (newer, older) in [
            ("3.10.0-1160.119.1.el7.x86_64", "3.10.0-1160.el7.x86_64"),
            ("3.10.0-957.1.3.el7.x86_64", "3.10.0-957.el7.x86_64"),
            ("4.18.0-553.16.1.el8_10.x86_64", "4.18.0-553.el8_10.x86_64"),
            ("4.18.0-553.64.1.el8_10.x86_64", "4.18.0-553.16.1.el8_10.x86_64"),
            ("5.14.0-427.13.1.el9_4.x86_64", "5.14.0-427.el9.x86_64"),
            ("5.14.0-570.12.1.el9_6.x86_64", "5.14.0-570.el9.x86_64"),
            ("6.1.0", "6.1.0-rc1"),
            ("6.1.0-rc2", "6.1.0-rc1"),
            ("6.10.0", "6.9.9"),
            ("6.1.0-44-amd64", "6.1.0-9-amd64"),
            ("6.12.0-1-amd64", "6.1.0-44-amd64"),
            ("6.6.0-72.0.0.64.oe2403.x86_64", "6.6.0-72.0.0.9.oe2403.x86_64"),
            ("18446744073709551616.1", "18446744073709551615.9"),
        ] {
            assert_eq!(compare(newer, older), Ordering::Greater, "{newer} {older}");
            assert_eq!(compare(older, newer), Ordering::Less, "{older} {newer}");
            assert_eq!(compare(newer, newer), Ordering::Equal);
        }
        assert_eq!(compare("6.01-0", "6.1.0"), Ordering::Equal);
    }

    proptest::proptest! {
        #[test]
        fn the_order_is_one(one in "[01acr.-]{0,9}", two in "[01acr.-]{0,9}", three in "[01acr.-]{0,9}") {
            assert_eq!(compare(&one, &two), compare(&two, &one).reverse());
            if compare(&one, &two) != Ordering::Greater && compare(&two, &three) != Ordering::Greater {
                assert_ne!(compare(&one, &three), Ordering::Greater);
            }
        }
    }
}
