//! RAID cards and their arrays.

/// An array of a RAID card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array {
    /// The controller and the array on it: `c0-v1`.
    pub name: String,
    /// Its state, in the word of the card's own tool.
    pub state: String,
}

/// A RAID card itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The controller: `c0`.
    pub name: String,
    /// Its state, in the word of its own tool; empty where it gives none.
    pub state: String,
    /// The states of the batteries and capacitors that keep its cache.
    pub batteries: Vec<String>,
}

/// All RAID cards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raid {
    /// Their arrays.
    pub arrays: Vec<Array>,
    /// The cards themselves.
    pub cards: Vec<Card>,
}

/// Words for a state that is well: the first generation of tools has the short one for arrays.
const WELL: [&str; 4] = ["Optl", "Optimal", "OK", ""];

impl Raid {
    /// The arrays that are not well.
    pub(super) fn degraded(&self) -> impl Iterator<Item = &Array> {
        self.arrays.iter().filter(|array| !is_well(&array.state))
    }

    /// The cards that are not well, each with the state that says so. A card whose arrays are not well
    /// calls itself so too: that is said of the arrays.
    pub(super) fn unwell(&self) -> impl Iterator<Item = (&Card, &str)> {
        let is_whole = self.degraded().next().is_none();
        self.cards.iter().filter_map(move |card| {
            let battery = card.batteries.iter().find(|state| !is_well(state));
            let own = Some(&card.state).filter(|state| is_whole && !is_well(state));
            battery.or(own).map(|state| (card, state.as_str()))
        })
    }
}

fn is_well(state: &str) -> bool {
    WELL.contains(&state)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raid(array: &str, card: &str, batteries: &[&str]) -> Raid {
        let own = |text: &&str| (*text).to_owned();
        Raid {
            arrays: vec![Array { name: "c0-v0".into(), state: array.into() }],
            cards: vec![Card {
                name: "c0".into(),
                state: card.into(),
                batteries: batteries.iter().map(own).collect(),
            }],
        }
    }

    fn unwell(raid: &Raid) -> Vec<&str> {
        raid.unwell().map(|(_, state)| state).collect()
    }

    #[test]
    fn a_battery_is_told_before_the_card_and_an_array_instead_of_it() {
        assert_eq!(unwell(&raid("Optl", "Optimal", &["Optimal"])), [""; 0]);
        assert_eq!(unwell(&raid("Optl", "Needs Attention", &[])), ["Needs Attention"]);
        assert_eq!(unwell(&raid("Optl", "Needs Attention", &["Failed"])), ["Failed"]);
        assert_eq!(unwell(&raid("Dgrd", "Degraded", &["Optimal"])), [""; 0]);
        assert_eq!(raid("Dgrd", "Degraded", &[]).degraded().count(), 1);
    }
}
