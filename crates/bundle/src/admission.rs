//! Whether this machine takes this bundle. Nothing is looked up here.

use zshield_golden::Digest;
use zshield_units::{Bytes, UnixTime};

use crate::head::{self, Head, Payload};
use crate::refusal::Refusal;
use crate::version::Version;

/// What counts of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The product that it is.
    pub product: String,
    /// The installed version.
    pub version: Version,
    /// Its architecture, as `uname -m` prints it.
    pub architecture: String,
    /// The manifest that says what is installed.
    pub manifest: Digest,
    /// Nothing older may be installed.
    pub floor: Option<Version>,
    /// The moment by its clock.
    pub now: UnixTime,
    /// Free on root.
    pub root_free: Bytes,
    /// Free on the Golden partition once its inactive half is empty.
    pub golden_free: Bytes,
}

/// The way that a machine goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// From a version that the bundle knows.
    From(&'a head::From),
    /// From any version.
    Any,
}

/// Which way a machine goes with a bundle, or the first reason against it. The order of the reasons is fixed:
/// what another bundle would mend comes before what the administrator can mend.
pub fn admit<'a>(head: &'a Head, machine: &Machine) -> Result<Entry<'a>, Refusal> {
    if head.product != machine.product {
        let (bundle, machine) = (head.product.clone(), machine.product.clone());
        return Err(Refusal::Product { bundle, machine });
    }
    if head.architecture != machine.architecture {
        let (bundle, machine) = (head.architecture.clone(), machine.architecture.clone());
        return Err(Refusal::Architecture { bundle, machine });
    }
    if let Some(at) = head.expires.filter(|expires| machine.now > *expires) {
        return Err(Refusal::Expired { at });
    }
    if let Some(floor) = machine.floor.as_ref().filter(|floor| head.version < **floor) {
        return Err(Refusal::BelowFloor { version: head.version.clone(), floor: floor.clone() });
    }
    if let Some(least) = head.least.as_ref().filter(|least| machine.version < **least) {
        return Err(Refusal::TooOld { installed: machine.version.clone(), least: least.clone() });
    }
    let entry = entry(head, machine)?;
    let (needs, free) = (head.space.root, machine.root_free);
    if needs > free {
        return Err(Refusal::Room { needs, free });
    }
    let (needs, free) = (head.space.golden, machine.golden_free);
    if needs > free {
        return Err(Refusal::GoldenRoom { needs, free });
    }
    Ok(entry)
}

fn entry<'a>(head: &'a Head, machine: &Machine) -> Result<Entry<'a>, Refusal> {
    let Payload::System(system) = &head.payload else { return Ok(Entry::Any) };
    let known = system.from.iter().find(|from| from.manifest == machine.manifest);
    match known {
        Some(from) => Ok(Entry::From(from)),
        None if system.whole => Ok(Entry::Any),
        None => {
            let from = system.from.iter().map(|from| from.version.to_string()).collect();
            Err(Refusal::NoWay { installed: machine.version.clone(), from })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::tests::head;

    fn version(text: &str) -> Version {
        Version::new(text).unwrap()
    }

    fn machine() -> Machine {
        Machine {
            product: "Gateway".into(),
            version: version("1.0"),
            architecture: "x86_64".into(),
            manifest: Digest::of(b"1.0"),
            floor: Some(version("1.0")),
            now: UnixTime(1_000),
            root_free: Bytes(100),
            golden_free: Bytes(50),
        }
    }

    #[test]
    fn each_reason_is_found_and_their_order_is_fixed() {
        let mut head = head();
        assert!(
            matches!(admit(&head, &machine()), Ok(Entry::From(from)) if from.version == version("1.0"))
        );
        let mut machine = machine();
        // Each change is one more reason against it, found before all the ones above it.
        machine.golden_free = Bytes(49);
        let found = |head: &Head, machine: &Machine| admit(head, machine).unwrap_err();
        assert!(matches!(found(&head, &machine), Refusal::GoldenRoom { .. }));
        machine.root_free = Bytes(99);
        assert!(matches!(found(&head, &machine), Refusal::Room { .. }));
        machine.manifest = Digest::of(b"0.9");
        machine.version = version("0.9");
        assert!(matches!(found(&head, &machine), Refusal::NoWay { from, .. } if from == ["1.0"]));
        head.least = Some(version("0.10"));
        assert!(matches!(found(&head, &machine), Refusal::TooOld { .. }));
        machine.floor = Some(version("2.0.1"));
        assert!(matches!(found(&head, &machine), Refusal::BelowFloor { .. }));
        head.expires = Some(UnixTime(999));
        assert!(matches!(found(&head, &machine), Refusal::Expired { .. }));
        machine.architecture = "aarch64".into();
        assert!(matches!(found(&head, &machine), Refusal::Architecture { .. }));
        machine.product = "Router".into();
        assert!(matches!(found(&head, &machine), Refusal::Product { .. }));
    }

    #[test]
    fn what_is_just_enough_is_taken() {
        let (mut head, mut machine) = (head(), machine());
        head.expires = Some(machine.now);
        head.least = Some(machine.version.clone());
        machine.floor = Some(head.version.clone());
        assert!(admit(&head, &machine).is_ok());
        machine.floor = None;
        machine.manifest = Digest::of(b"anything");
        let Payload::System(system) = &mut head.payload else { panic!("no system") };
        system.whole = true;
        assert_eq!(admit(&head, &machine), Ok(Entry::Any));
    }
}
