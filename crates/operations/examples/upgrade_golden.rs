//! The Golden Image's part of an upgrade, for tests: `upgrade_golden WHAT ROOT [BUNDLE]`, where the appliance's system
//! is mounted at `ROOT`.
//!
//! | `WHAT` | does |
//! |---|---|
//! | `build` | puts the new image together in the inactive slot |
//! | `confirm` | notes that the new version is on root and was confirmed, as if all of it had been applied |
//! | `switch`, `renew` | one half of what follows |
//! | `settle` | all that follows, and its end in the record |
//! | `keep` | confirms the version on trial, as a person does, and brings it to its end |
//! | `steps` | says which steps a part has: `upgrade_golden steps ROOT BUNDLE build` |

use std::fs::File;

use anyhow::{Context as _, Result, bail};
use zshield_bundle::head::Payload;
use zshield_bundle::keyring::Keyring;
use zshield_bundle::new_slot::NewSlot as _;
use zshield_bundle::open::Bundle;
use zshield_bundle::source::Source;
use zshield_golden::signature::key_files;
use zshield_host::appliance::{self, Found};
use zshield_host::ledger::LedgerStore;
use zshield_host::upgrade_record;
use zshield_operations::env::Env;
use zshield_operations::installed::KEYS;
use zshield_operations::progress::{Part, Progress};
use zshield_operations::settle;
use zshield_operations::upgrade::confirm;
use zshield_plan::upgrade::record::{self, AskedBy, Golden, Record, System};
use zshield_plan::upgrade_plan::golden;

/// Says each step, as the rescue system does.
struct Said;

impl Progress for Said {
    fn begin(&self, part: &Part<'_>) {
        if let Part::Step { number, total, step } = part {
            println!("step={number}/{total} name={} status=begun", step.name());
        }
    }
    fn advance(&self, _done: u64, _total: Option<u64>) {}
    fn end(&self, _part: &Part<'_>) {}
    fn warn(&self, text: &str) {
        println!("warning: {text}");
    }
}

fn prepared(env: &Env) -> Result<settle::Prepared> {
    settle::prepare(env).map_err(zshield_operations::Error::into_anyhow)
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().context("upgrade_golden WHAT ROOT [BUNDLE]");
    let (what, env) = (next()?, Env::at(next()?));
    match what.as_str() {
        "build" | "confirm" => with_bundle(&what, &env, &next()?),
        "switch" => prepared(&env)?.switch(&Said),
        "renew" => prepared(&env)?.renew(&Said),
        "settle" => prepared(&env)?.run(&Said).map_err(zshield_operations::Error::into_anyhow),
        "keep" => keep(&env),
        "steps" => {
            let (bundle, which) = (next()?, next()?);
            say_steps(&env, &bundle, &which)
        }
        _ => bail!("no {what}"),
    }
}

fn keep(env: &Env) -> Result<()> {
    let prepared = confirm::prepare(env).map_err(zshield_operations::Error::into_anyhow)?;
    let kept = prepared.run(&Said, || println!("confirmed"));
    kept.map_err(zshield_operations::Error::into_anyhow)
}

fn with_bundle(what: &str, env: &Env, path: &str) -> Result<()> {
    let mut keyring = Keyring::default();
    for file in key_files(&env.root.join(KEYS))? {
        keyring.add(&std::fs::read_to_string(file)?)?;
    }
    let file = File::open(path)?;
    // As one that a server has.
    let source: &dyn Source = &file;
    let bundle = Bundle::open(source, &keyring)?;
    let index = bundle.index()?;
    let group = env.policy()?.storage.group;
    let found = appliance::running(&env.root, &group, false)?;
    let new = settle::new_slot(&found, &bundle, &index, &keyring.trusted())?;
    let new = new.context("the factory state stays")?;
    if what == "build" {
        return settle::build(&found, &new, &Said);
    }
    let Payload::System(system) = &bundle.head().payload else { bail!("no system") };
    let to =
        System { version: bundle.head().version.to_string(), image: system.manifest.to_string() };
    assert_eq!(to.image, new.manifest().digest().to_string());
    confirm(env, found, to)
}

fn say_steps(env: &Env, bundle: &str, which: &str) -> Result<()> {
    let plan = match which {
        "build" => {
            let group = env.policy()?.storage.group;
            let found = appliance::running(&env.root, &group, false)?;
            Some(golden::build(&found.appliance, &found.ledger, bundle))
        }
        "switch" => Some(prepared(env)?.plan().clone()),
        "renew" => prepared(env)?.renewal()?,
        _ => bail!("no part {which}"),
    };
    for (number, step) in (1..).zip(plan.iter().flat_map(|plan| &plan.steps)) {
        println!("step={number} name={}", step.name());
    }
    Ok(())
}

fn confirm(env: &Env, found: Found, to: System) -> Result<()> {
    let Found { ledger, .. } = found;
    let from = System { version: ledger.version.clone(), image: ledger.image.clone() };
    let (bundle, now) = (record::Bundle("of a test".into()), env.now());
    let record = Record::default()
        .begin(bundle, [from, to.clone()], Golden::MovesAlong, AskedBy::Person, now)?
        .try_out(now)?
        .confirm(now)?;
    LedgerStore::in_directory(&env.boot()).write(&ledger.with_system(to.version, to.image))?;
    Ok(upgrade_record::write(&env.boot(), &record)?)
}
