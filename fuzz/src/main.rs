//! The targets as one program, built and linked once; `ZSHIELD_FUZZ` names the one to run. `cargo xtask fuzz` does,
//! with its corpus.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use zshield_fuzz::TARGETS;

/// The one that was asked for.
fn chosen() -> fn(&[u8]) {
    static CHOSEN: OnceLock<fn(&[u8])> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let name = std::env::var("ZSHIELD_FUZZ").unwrap_or_default();
        let found = TARGETS.iter().find(|(target, _)| *target == name);
        found.unwrap_or_else(|| panic!("ZSHIELD_FUZZ names no target: «{name}»")).1
    })
}

fuzz_target!(|bytes: &[u8]| chosen()(bytes));
