//! Reads, writes and mirrors objects, as scenarios tell it: see `testing/scenarios/src/vault_store`.
//!
//! Each line that begins with `::` is for them. A place is a file with its settings in JSON.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::num::NonZeroU64;
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use zshield_vault::mirror::{Mirror, MirrorError};
use zshield_vault::store::s3::{S3Credentials, S3Place, Style};
use zshield_vault::store::sftp::SftpPlace;
use zshield_vault::store::{
    Bandwidth, Directory, Object, ObjectKind, ObjectName, ObjectStore, Patience, Retried, S3, Sftp,
    StoreError, StoreProblem,
};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["list", at] => all(&*place(at)).map(|found| println!("::listed {}", found.len())),
        ["read", at] => read(&*place(at)),
        ["write", at] => write(&*place(at)),
        ["remove", at] => remove(&*place(at)),
        ["mirror", local, far] => mirror(&*place(local), &*place(far)),
        ["prune", local, far] => prune(&*place(local), &*place(far)),
        _ => panic!("list, read, write, remove, mirror or prune"),
    };
    let Err(error) = done else { return ExitCode::SUCCESS };
    println!("::problem {}", name(&error.problem));
    // All that anybody would ever be shown.
    println!("{error}\n{error:?}");
    ExitCode::FAILURE
}

fn place(file: &str) -> Box<dyn ObjectStore> {
    let settings: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let text = |name: &str| settings[name].as_str().unwrap_or_default();
    match text("kind") {
        "directory" => {
            let store = Directory::new(text("path"));
            patient(&settings, limited(&settings, store, Directory::limited))
        }
        "s3" => {
            let style = if text("style") == "host" { Style::Host } else { Style::Path };
            let (endpoint, bucket) = (text("endpoint"), text("bucket"));
            let mut at =
                S3Place::new(endpoint, bucket, "us-east-1", style, text("prefix")).unwrap();
            at.ca = settings["ca"].as_str().map(Into::into);
            at.proxy = settings["proxy"].as_str().map(Into::into);
            let (key_id, secret) = (text("key_id").to_owned(), text("secret").to_owned());
            let session_token = settings["token"].as_str().map(Into::into);
            let store = S3::new(at, S3Credentials { key_id, secret, session_token });
            patient(&settings, limited(&settings, store, S3::limited))
        }
        "sftp" => {
            let port = u16::try_from(settings["port"].as_u64().unwrap()).unwrap();
            let (user, host, path) = (text("user"), text("host"), text("path"));
            let (identity, known) = (text("identity"), text("known_hosts"));
            let at = SftpPlace::new((user, host, port), path, identity, known).unwrap();
            patient(&settings, limited(&settings, Sftp::new(at), Sftp::limited))
        }
        other => panic!("no kind of place: {other}"),
    }
}

fn limited<S>(settings: &Value, store: S, with: impl Fn(S, Bandwidth) -> S) -> S {
    let bandwidth = settings["bandwidth"].as_u64().and_then(NonZeroU64::new);
    match bandwidth {
        Some(bandwidth) => with(store, Bandwidth::new(bandwidth)),
        None => store,
    }
}

fn patient<S: ObjectStore>(settings: &Value, store: S) -> Box<dyn ObjectStore> {
    let Some(tries) = settings["tries"].as_u64() else { return Box::new(store) };
    let (first, longest) = (Duration::from_millis(20), Duration::from_secs(1));
    let patience = Patience { tries: u32::try_from(tries).unwrap(), first, longest };
    Box::new(Retried::new(store, patience))
}

fn all(place: &dyn ObjectStore) -> Result<Vec<(Object, u64)>, StoreError> {
    let mut found = Vec::new();
    for kind in ObjectKind::ALL {
        let listed = place.list(kind)?;
        found
            .extend(listed.iter().map(|stored| (Object { kind, name: stored.name }, stored.bytes)));
    }
    Ok(found)
}

/// Every object holds what its name says, whole and in parts.
fn read(place: &dyn ObjectStore) -> Result<(), StoreError> {
    let objects = all(place)?;
    for (object, bytes) in &objects {
        let content = place.read(*object)?;
        assert_eq!(content.len() as u64, *bytes);
        assert!(object.kind == ObjectKind::Config || ObjectName::of(&content) == object.name);
        let (from, to) = (bytes / 3, bytes - bytes / 5);
        let range = usize::try_from(from).unwrap()..usize::try_from(to).unwrap();
        assert_eq!(place.read_range(*object, from..to)?, content[range]);
        assert!(place.read_range(*object, from..bytes + 1).is_err());
    }
    let of = |kind| objects.iter().filter(|(object, _)| object.kind == kind).count();
    let missing = Object { kind: ObjectKind::Pack, name: ObjectName::new([7; 32]) };
    let problem = place.read(missing).unwrap_err().problem;
    assert!(matches!(problem, StoreProblem::NoObject), "{problem:?}");
    let (packs, indexes) = (of(ObjectKind::Pack), of(ObjectKind::Index));
    println!("::read {packs} packs, {indexes} indexes, {} snapshots", of(ObjectKind::Snapshot));
    Ok(())
}

/// A new object comes back; one that is there stays as it is.
fn write(place: &dyn ObjectStore) -> Result<(), StoreError> {
    place.prepare()?;
    let parts: Vec<Bytes> = [(1, 1), (2, 70_000), (3, 0), (4, 3_000_000)]
        .map(|(of, size)| vec![of; size].into())
        .into();
    let name = ObjectName::of(&parts.concat());
    let object = Object { kind: ObjectKind::Pack, name };
    for content in [&parts[..], &parts[1..]] {
        place.write(object, content)?;
        assert!(place.read(object)? == parts.concat());
    }
    println!("::wrote {}", object.path());
    Ok(())
}

/// Removes all; says how many can't be.
fn remove(place: &dyn ObjectStore) -> Result<(), StoreError> {
    let (mut removed, mut refused) = (0, 0);
    for (object, _) in all(place)? {
        match place.remove(object) {
            Ok(()) => removed += 1,
            Err(StoreError { problem: StoreProblem::NotAllowed, .. }) => refused += 1,
            Err(error) => return Err(error),
        }
    }
    println!("::removed {removed}, refused {refused}");
    Ok(())
}

/// Removes there what is not here.
fn prune(local: &dyn ObjectStore, far: &dyn ObjectStore) -> Result<(), StoreError> {
    let mirror = Mirror { local, far };
    let pruned = mirror.surplus().and_then(|surplus| {
        assert_eq!(surplus.missing, 0);
        mirror.remove(&surplus)
    });
    match pruned {
        Ok(done) => println!("::pruned {}, refused {}", done.objects, done.refused),
        Err(MirrorError::Local(error) | MirrorError::Far(error)) => return Err(error),
        Err(error) => println!("::refused {error:?}"),
    }
    Ok(())
}

fn mirror(local: &dyn ObjectStore, far: &dyn ObjectStore) -> Result<(), StoreError> {
    match (Mirror { local, far }).run(&mut |_| ()) {
        Ok(done) => {
            let (here, there) = (done.damaged_here.len(), done.damaged_there.len());
            println!("::mirrored {} objects, {} already", done.objects, done.already);
            println!("::damaged {here} here, {there} there");
            Ok(())
        }
        Err(MirrorError::Local(error) | MirrorError::Far(error)) => Err(error),
        Err(error) => {
            println!("::refused {error:?}");
            Ok(())
        }
    }
}

fn name(problem: &StoreProblem) -> &'static str {
    match problem {
        StoreProblem::NoPlace => "NoPlace",
        StoreProblem::NoObject => "NoObject",
        StoreProblem::Credentials => "Credentials",
        StoreProblem::NotAllowed => "NotAllowed",
        StoreProblem::ReadOnly => "ReadOnly",
        StoreProblem::Clock => "Clock",
        StoreProblem::NoSpace => "NoSpace",
        StoreProblem::Identity(_) => "Identity",
        StoreProblem::Away(_) => "Away",
        StoreProblem::Damaged(_) => "Damaged",
        StoreProblem::Fault(_) => "Fault",
    }
}
