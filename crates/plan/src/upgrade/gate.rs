//! Whether a new version is healthy, from what was observed of its start.
//!
//! What is asked for is what the version before had: nobody wants to lose it by an upgrade. The network counts, for
//! an appliance that nobody reaches is lost where nobody stands before it, and so it is judged strictly: a cable that
//! was pulled out meanwhile costs one more try, a driver that finds no card would cost the machine.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use zshield_messages::say;
use zshield_units::Bytes;

use super::room::{self, ByPlace, Lacking};
use crate::policy::UnitName;

/// What was observed, when the start came to its end or its time was up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whether the default target was reached.
    pub target: bool,
    /// The units of the policy that are not active.
    pub inactive: Vec<UnitName>,
    /// All units that failed, before and now.
    pub failed: BeforeAndNow<BTreeSet<String>>,
    /// The network, before and now.
    pub network: BeforeAndNow<Network>,
    /// What is free on root and `/boot`.
    pub free: ByPlace<Bytes>,
    /// What a check against the new version finds.
    pub check: Check,
    /// What became of the programs that were asked.
    pub programs: Vec<Program>,
}

/// The same thing under both versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeforeAndNow<T> {
    /// Under the old one, right before the upgrade.
    pub before: T,
    /// Under the new one.
    pub now: T,
}

/// How a machine is in the network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// The interfaces that are up with an address that others can reach.
    pub addressed: BTreeSet<String>,
    /// Whether there is a default route.
    pub default_route: bool,
}

/// What a check finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Nothing.
    Clean,
    /// So many things that are not as delivered, and one of them.
    Drift {
        /// How many.
        count: usize,
        /// One.
        example: String,
    },
    /// It could not be made.
    Failed(String),
}

/// What became of a program in `/etc/zshield/health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// How much it counts.
    pub weight: Weight,
    /// How it ended.
    pub end: End,
}

/// How much a program counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// `required.d`: without it no version is healthy.
    Required,
    /// `wanted.d`: it warns.
    Wanted,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// With this status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// Its time was up.
    TimedOut,
    /// It could not be started.
    NotStarted(String),
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Symptom {
    /// The default target was not reached.
    Target,
    /// A unit of the policy is not active.
    Inactive(String),
    /// A unit failed that had not failed before.
    Failed(String),
    /// An interface has no address any more.
    Address(String),
    /// There is no default route any more.
    Route,
    /// A filesystem has no room left.
    Full(Lacking),
    /// A check finds something.
    Check(Check),
    /// A program says so.
    Program(Program),
}

/// What is said of the new version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Verdict {
    /// It stays.
    Healthy {
        /// What somebody should look at.
        warnings: Vec<Symptom>,
    },
    /// It is left.
    Sick {
        /// Why: at least one.
        reasons: Vec<Symptom>,
        /// What else somebody should look at.
        warnings: Vec<Symptom>,
    },
}

/// The verdict on a start.
pub fn judge(facts: &Facts) -> Verdict {
    let programs = |weight| {
        let is_one = move |it: &&Program| it.weight == weight && it.end != End::Exited(0);
        facts.programs.iter().filter(is_one).cloned().map(Symptom::Program)
    };
    let mut reasons = Vec::new();
    reasons.extend((!facts.target).then_some(Symptom::Target));
    reasons.extend(facts.inactive.iter().map(|unit| Symptom::Inactive(unit.to_string())));
    reasons.extend(lost(&facts.network));
    reasons.extend(room::filled(&facts.free).map(Symptom::Full));
    reasons.extend(drift(&facts.check));
    reasons.extend(programs(Weight::Required));
    let BeforeAndNow { before, now } = &facts.failed;
    let is_named = |unit: &&String| facts.inactive.iter().any(|it| it.as_str() == unit.as_str());
    let failed = now.difference(before).filter(|unit| !is_named(unit)).cloned();
    let warnings = failed.map(Symptom::Failed).chain(programs(Weight::Wanted)).collect();
    if reasons.is_empty() {
        Verdict::Healthy { warnings }
    } else {
        Verdict::Sick { reasons, warnings }
    }
}

/// What the network had before and has no more.
fn lost(network: &BeforeAndNow<Network>) -> impl Iterator<Item = Symptom> {
    let BeforeAndNow { before, now } = network;
    let addresses = before.addressed.difference(&now.addressed).cloned().map(Symptom::Address);
    let route = before.default_route && !now.default_route;
    addresses.chain(route.then_some(Symptom::Route))
}

fn drift(check: &Check) -> Option<Symptom> {
    match check {
        Check::Clean => None,
        Check::Drift { .. } | Check::Failed(_) => Some(Symptom::Check(check.clone())),
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Exited(status) => say::upgrade::end_exited(status.to_string()),
            Self::Killed(signal) => say::upgrade::end_killed(signal.to_string()),
            Self::TimedOut => say::upgrade::end_timed_out(),
            Self::NotStarted(why) => say::upgrade::end_not_started(why),
        })
    }
}

impl fmt::Display for Symptom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Target => say::upgrade::symptom_target(),
            Self::Inactive(unit) => say::upgrade::symptom_inactive(unit),
            Self::Failed(unit) => say::upgrade::symptom_failed(unit),
            Self::Address(interface) => say::upgrade::symptom_address(interface),
            Self::Route => say::upgrade::symptom_route(),
            Self::Full(lacking) => say::upgrade::symptom_full(lacking.to_string()),
            Self::Check(Check::Clean) => String::new(),
            Self::Check(Check::Drift { count, example }) => {
                let (count, example) = (*count, example.clone());
                say::upgrade::SymptomDrift { count, example }.to_string()
            }
            Self::Check(Check::Failed(why)) => say::upgrade::symptom_no_check(why),
            Self::Program(Program { name, end, .. }) => {
                let (name, end) = (name.clone(), end.to_string());
                say::upgrade::SymptomProgram { name, end }.to_string()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upgrade::room::Place;

    const ROOM: ByPlace<Bytes> = ByPlace { root: Bytes::gib(1), boot: Bytes::gib(1), golden: None };

    fn network(interfaces: &[&str], default_route: bool) -> Network {
        let addressed = interfaces.iter().map(|name| (*name).to_owned()).collect();
        Network { addressed, default_route }
    }

    fn well() -> Facts {
        let network = network(&["eth0", "eth1"], true);
        Facts {
            target: true,
            inactive: Vec::new(),
            failed: BeforeAndNow::default(),
            network: BeforeAndNow { before: network.clone(), now: network },
            free: ROOM,
            check: Check::Clean,
            programs: vec![program("db", Weight::Required, End::Exited(0))],
        }
    }

    fn program(name: &str, weight: Weight, end: End) -> Program {
        Program { name: name.into(), weight, end }
    }

    fn unit(name: &str) -> UnitName {
        UnitName::new(name).unwrap()
    }

    fn healthy(warnings: Vec<Symptom>) -> Verdict {
        Verdict::Healthy { warnings }
    }

    fn sick(reasons: Vec<Symptom>) -> Verdict {
        Verdict::Sick { reasons, warnings: Vec::new() }
    }

    #[test]
    fn each_symptom_alone_makes_it_sick() {
        let drift = Check::Drift { count: 2, example: "/usr/bin/a".into() };
        let check_failed = Check::Failed("no signature".into());
        let hung = program("db", Weight::Required, End::TimedOut);
        let cases: Vec<(Facts, Symptom)> = vec![
            (Facts { target: false, ..well() }, Symptom::Target),
            (
                Facts { inactive: vec![unit("a.service")], ..well() },
                Symptom::Inactive("a.service".into()),
            ),
            (
                Facts {
                    network: BeforeAndNow { now: network(&["eth1"], true), ..well().network },
                    ..well()
                },
                Symptom::Address("eth0".into()),
            ),
            (
                Facts {
                    network: BeforeAndNow {
                        now: network(&["eth0", "eth1"], false),
                        ..well().network
                    },
                    ..well()
                },
                Symptom::Route,
            ),
            (
                Facts { free: ByPlace { root: Bytes(0), ..ROOM }, ..well() },
                Symptom::Full(Lacking { place: Place::Root, needs: Bytes::mib(16), has: Bytes(0) }),
            ),
            (Facts { check: drift.clone(), ..well() }, Symptom::Check(drift)),
            (Facts { check: check_failed.clone(), ..well() }, Symptom::Check(check_failed)),
            (Facts { programs: vec![hung.clone()], ..well() }, Symptom::Program(hung)),
        ];
        assert_eq!(judge(&well()), healthy(Vec::new()));
        for (facts, symptom) in cases {
            assert!(!symptom.to_string().is_empty());
            assert_eq!(judge(&facts), sick(vec![symptom]));
        }
    }

    #[test]
    fn a_required_program_counts_however_it_ends() {
        for end in [
            End::Exited(1),
            End::Exited(-1),
            End::Killed(9),
            End::TimedOut,
            End::NotStarted("no such file".into()),
        ] {
            let required = program("p", Weight::Required, end.clone());
            let wanted = program("p", Weight::Wanted, end);
            let facts = |program: &Program| Facts { programs: vec![program.clone()], ..well() };
            assert_eq!(judge(&facts(&required)), sick(vec![Symptom::Program(required)]));
            assert_eq!(judge(&facts(&wanted)), healthy(vec![Symptom::Program(wanted)]));
        }
    }

    #[test]
    fn what_was_no_better_before_is_no_symptom() {
        let units = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (old, new) = (units(&["old.service"]), units(&["old.service", "new.service"]));
        let failed = BeforeAndNow { before: old, now: new };
        let warned = vec![Symptom::Failed("new.service".into())];
        assert_eq!(judge(&Facts { failed: failed.clone(), ..well() }), healthy(warned));
        // A unit of the policy is named once.
        let inactive = vec![unit("new.service")];
        let named = sick(vec![Symptom::Inactive("new.service".into())]);
        assert_eq!(judge(&Facts { inactive, failed, ..well() }), named);
        // A machine that had no network needs none, and one that has more now is well.
        let none = BeforeAndNow { before: Network::default(), now: Network::default() };
        let more = BeforeAndNow { before: Network::default(), now: network(&["eth0"], true) };
        for network in [none, more] {
            assert_eq!(judge(&Facts { network, ..well() }), healthy(Vec::new()));
        }
    }

    #[test]
    fn all_reasons_are_named() {
        let facts = Facts { target: false, check: Check::Failed("x".into()), ..well() };
        let Verdict::Sick { reasons, .. } = judge(&facts) else { panic!() };
        assert_eq!(reasons.len(), 2);
    }
}
