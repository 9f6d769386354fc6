//! What people write, and what GRUB does.

use std::path::Path;

use zshield_plan::grubenv::Environment;
use zshield_plan::id::Uuid;
use zshield_plan::install::{Ids, Inputs, assess};
use zshield_plan::policy::Policy;
use zshield_plan::upgrade::keys::Statements;
use zshield_plan::world::World;
use zshield_units::UnixTime;

const EXAMPLE: &str = include_str!("../../examples/appliance.toml");

pub(crate) fn policy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Policy::parse(text, Path::new("appliance.toml")) {
        Ok(policy) => {
            let again = serde_json::to_value(&policy).expect("printed");
            assert_eq!(serde_json::from_value::<Policy>(again).expect("parsed"), policy);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A machine that a file describes is planned for as one that was observed.
pub(crate) fn world(bytes: &[u8]) {
    let Ok(world) = serde_json::from_slice::<World>(bytes) else { return };
    let printed = serde_json::to_string(&world).expect("printed");
    assert_eq!(serde_json::from_str::<World>(&printed).expect("parsed"), world);
    let policy = Policy::parse(EXAMPLE, Path::new("appliance.toml")).expect("the example");
    let mut count = 0u8;
    let ids = Ids::new(|| {
        count = count.wrapping_add(1);
        Uuid::random([count; 16])
    });
    let inputs = Inputs {
        policy: &policy,
        policy_text: EXAMPLE,
        keys: &[],
        said: &Statements::NONE,
        world: &world,
        now: UnixTime::default(),
        brings_back: None,
    };
    assess(&inputs, &ids);
}

pub(crate) fn grubenv(bytes: &[u8]) {
    let Some(environment) = Environment::parse(bytes) else { return };
    environment.begun();
    environment.tries();
    if let Ok(block) = environment.block() {
        assert_eq!(Environment::parse(&block), Some(environment));
    }
}
