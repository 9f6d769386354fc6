//! A look at the address that the policy names: is there a newer version that this machine takes? The daemon has it done by a
//! process of its own. Of the bundle the head alone is read, and nothing is shown of it that no trusted key has signed.
//!
//! While the network is waited for nothing is held: a backup that is due is made.

use std::ffi::OsStr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use zshield_bundle::admission::{Machine, admit};
use zshield_bundle::head;
use zshield_bundle::keyring::Keyring;
use zshield_bundle::open::{Bundle, OpenError};
use zshield_golden::Digest;
use zshield_host::{appliance, live as host, lock, upgrade_record};
use zshield_messages::{Said, language, say};
use zshield_net::remote::{Patience, Sleeps};
use zshield_plan::policy::Policy;
use zshield_plan::upgrade::floor::Purpose;
use zshield_plan::upgrade::look::{Found, Looked, Offer, Restart, Tried};
use zshield_plan::upgrade::record;
use zshield_plan::volumes::GOLDEN_PARTITION;
use zshield_units::Bytes;

use super::apply::{Host, machine};
use super::source;
use crate::env::{self, Env};
use crate::error::{Error, Refusal, before_it_began};
use crate::installed::{Delivered, Installed};
use crate::looked::{read, write};
use crate::text;

/// So often a server is asked: the daemon asks again.
const TRIES: u32 = 3;
/// A server that sends a byte now and then is not waited for any longer.
const PATIENCE: Duration = Duration::from_mins(5);
/// So much is told of what is new, in characters: an alarm is no changelog.
const LONGEST_NEWS: usize = 600;

/// Looks, and leaves what it found for others.
pub fn look(env: &Env) -> crate::Result<Looked> {
    before_it_began(|| {
        env::needs_root()?;
        let policy = env.policy()?;
        let Some(url) = policy.upgrade.url.clone() else {
            return Err(Refusal::Caller(say::upgrade::look_without_address()).into());
        };
        let here = Here::of(env)?;
        let (sender, answer) = mpsc::channel();
        thread::spawn(move || {
            // Nobody may wait for it any more.
            let _ = sender.send(ask(url.as_str(), &policy, &here));
        });
        let late = || Err(anyhow::anyhow!(Said::of(say::upgrade::look_overdue)));
        let found = answer.recv_timeout(PATIENCE).unwrap_or_else(|_| late());
        let now = env.now();
        let before = read(&env.root);
        let tried = before.as_ref().and_then(|before| before.tried.clone());
        match found {
            Ok(found) => {
                let found = Some(found);
                let looked = Looked { at: now, answered: Some(now), failure: None, found, tried };
                write(&env.root, looked.clone())?;
                Ok(looked)
            }
            Err(why) => {
                let (answered, found) =
                    before.map_or((None, None), |before| (before.answered, before.found));
                let failure = Some(text::kept(&why));
                write(&env.root, Looked { at: now, answered, failure, found, tried })?;
                Err(why.into())
            }
        }
    })
}

/// What counts of this machine.
struct Here {
    keyring: Keyring,
    machine: Machine,
}

impl Here {
    /// Nobody else is at work meanwhile: an operation clears away what is mounted. LVM is not asked.
    fn of(env: &Env) -> crate::Result<Self> {
        let _held = lock::hold(lock::Operation::Look).map_err(Refusal::Busy)?;
        let (ledger, ssd) = appliance::ssd(&env.root)?;
        let factory = Installed::open(&env.root, &ssd.partition(GOLDEN_PARTITION), &ledger)?;
        let delivered = Delivered::to(&env.root, &ledger, &factory)?;
        let floor = factory.floor()?.raised(upgrade_record::read(&env.boot())?.floor().clone());
        let host = Host {
            now: env.now(),
            root_free: host::free(&env.root)?,
            golden_free: factory.room_for_another(&ledger)?,
            floor: floor.oldest(Purpose::Install).cloned(),
        };
        let machine = machine(&delivered, &ledger, host)?;
        Ok(Self { keyring: factory.keys.clone(), machine })
    }
}

/// What is at the address. An error is one of the network, or of the server.
fn ask(url: &str, policy: &Policy, here: &Here) -> Result<Found> {
    let patience = Patience { tries: TRIES, ..Patience::default() };
    let source = source::open_with(OsStr::new(url), policy, patience, Box::new(Sleeps))?;
    match Bundle::open(source, &here.keyring) {
        Ok(bundle) => judged(bundle.head(), Bytes(bundle.length()), &here.machine),
        Err(OpenError::Refused(why)) => Ok(Found::Unfit { why: Said::of(|| why.to_string()) }),
        Err(why @ (OpenError::Read(_) | OpenError::Write(_))) => Err(why.into()),
    }
}

/// What a bundle is to this machine.
fn judged(head: &head::Head, size: Bytes, machine: &Machine) -> Result<Found> {
    let is_own = head.product == machine.product && head.architecture == machine.architecture;
    if is_own && head.version <= machine.version {
        return Ok(Found::NoNewer { version: head.version.to_string() });
    }
    if let Err(why) = admit(head, machine) {
        return Ok(Found::Unfit { why: Said::of(|| why.to_string()) });
    }
    let restart = match head.restart {
        head::Restart::Nothing => Restart::Nothing,
        head::Restart::Services => Restart::Services,
        head::Restart::Machine => Restart::Machine,
    };
    Ok(Found::New(Offer {
        bundle: record::Bundle(Digest::of(&head.to_bytes()?).to_string()),
        version: head.version.clone(),
        size,
        restart,
        news: Said::of(|| news(head.changelog.text(language()))),
    }))
}

/// What is new, in one line for people.
fn news(changelog: &str) -> String {
    let words: Vec<&str> = changelog.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_NEWS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Notes that what was offered is tried now, before anything is.
pub fn begin_try(env: &Env) -> Result<()> {
    let Some(looked) = read(&env.root) else { return Ok(()) };
    let Some(Found::New(offer)) = &looked.found else { return Ok(()) };
    let tried = Tried { at: env.now(), version: offer.version.clone(), why: None };
    write(&env.root, Looked { tried: Some(tried), ..looked })
}

/// Notes why it was not installed.
pub fn end_try(env: &Env, why: &Error) -> Result<()> {
    let Some(looked) = read(&env.root) else { return Ok(()) };
    let Some(tried) = looked.tried.clone() else { return Ok(()) };
    let why = Some(Said::of(|| why.to_string()));
    write(&env.root, Looked { tried: Some(Tried { why, ..tried }), ..looked })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;
    use std::path::{Path, PathBuf};

    use zshield_bundle::head::{Factory, Initrd, Payload, Space, Terms};
    use zshield_bundle::make::{Spool, sign};
    use zshield_golden::key::{SigningKey, generate};
    use zshield_units::{UnixTime, Version};

    use super::*;
    use crate::looked::FILE;

    fn version(text: &str) -> Version {
        Version::new(text).unwrap()
    }

    /// A bundle of files alone, signed.
    struct Vendor {
        directory: tempfile::TempDir,
        key: SigningKey,
    }

    impl Vendor {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let secret = directory.path().join("key");
            generate(&secret, &directory.path().join("key.pub"), None).unwrap();
            let key = SigningKey::load(&secret, None).unwrap();
            Self { directory, key }
        }

        fn bundle(&self, number: &str) -> Vec<u8> {
            let terms = Terms {
                product: "Gateway".into(),
                version: version(number),
                architecture: "x86_64".into(),
                created: UnixTime(500),
                least: None,
                floor: None,
                expires: None,
                restart: head::Restart::Services,
                factory: Factory::Stays,
                initrd: Initrd::Carried,
                changelog: head::Changelog {
                    zh: "修复\n了".into(),
                    en: "Repairs\n\x1b[1mit".into(),
                },
                introduces: vec![],
                revokes: vec![],
            };
            let path: PathBuf = self.directory.path().join("bundle");
            let mut file = fs::File::create(&path).unwrap();
            let spool = Spool::new(tempfile::tempfile().unwrap());
            let payload =
                Payload::Files { files: vec![], removed: vec!["etc/old".parse().unwrap()] };
            let space = Space::default();
            spool.finish(terms, space, vec![], payload, &mut file).unwrap();
            let file = fs::File::options().read(true).write(true).open(&path).unwrap();
            sign(&file, &self.key).unwrap();
            fs::read(path).unwrap()
        }

        fn here(&self) -> Here {
            let machine = Machine {
                product: "Gateway".into(),
                version: version("1.0"),
                architecture: "x86_64".into(),
                manifest: Digest::of(b"1.0"),
                floor: Some(version("1.0")),
                now: UnixTime(1_000),
                root_free: Bytes::mib(100),
                golden_free: Bytes::mib(100),
            };
            Here { keyring: Keyring::of([self.key.public_text().as_str()]).unwrap(), machine }
        }
    }

    /// A server that answers each request with this, and its address.
    fn server(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/latest.zsb", listener.local_addr().unwrap());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let first = lines.next().unwrap().unwrap();
                while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
                let _ = stream.write_all(&answer(&first));
            }
        });
        address
    }

    fn whole(body: &[u8]) -> Vec<u8> {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    }

    fn policy() -> Policy {
        let text = "[product]\nname = \"x\"\nversion = \"1\"\n[payload]\nsource = \"x\"\n";
        Policy::parse(text, Path::new("appliance.toml")).unwrap()
    }

    fn asked(vendor: &Vendor, url: &str) -> Result<Found> {
        ask(url, &policy(), &vendor.here())
    }

    #[test]
    fn a_newer_version_is_offered_with_what_its_vendor_says() {
        let vendor = Vendor::new();
        let bundle = vendor.bundle("2.0");
        let size = bundle.len() as u64;
        let Found::New(offer) = asked(&vendor, &server(move |_| whole(&bundle))).unwrap() else {
            panic!()
        };
        assert_eq!((offer.version.as_str(), offer.size.0), ("2.0", size));
        assert_eq!(
            (offer.restart, offer.news.to_string().as_str()),
            (Restart::Services, "Repairs [1mit")
        );
        let old = vendor.bundle("1.0");
        let found = asked(&vendor, &server(move |_| whole(&old))).unwrap();
        assert_eq!(found, Found::NoNewer { version: "1.0".into() });
    }

    #[test]
    fn garbage_and_what_others_have_signed_is_nothing_and_says_why() {
        let (vendor, other) = (Vendor::new(), Vendor::new());
        let portal = b"<html>Please log in".to_vec();
        let cut = vendor.bundle("2.0")[..900].to_vec();
        for body in [portal, vec![], other.bundle("2.0"), cut] {
            let found = asked(&vendor, &server(move |_| whole(&body))).unwrap();
            assert!(matches!(found, Found::Unfit { .. }), "{found:?}");
        }
    }

    #[test]
    fn a_redirection_is_followed_and_a_server_without_the_file_is_a_failure() {
        let vendor = Vendor::new();
        let bundle = vendor.bundle("2.0");
        let there = server(move |_| whole(&bundle));
        let to = server(move |_| {
            format!("HTTP/1.1 302 Found\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n").into()
        });
        assert!(matches!(asked(&vendor, &to).unwrap(), Found::New(_)));
        let none = server(|_| b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec());
        assert!(asked(&vendor, &none).is_err());
    }

    #[test]
    fn what_is_new_is_told_in_a_line_that_ends() {
        assert_eq!(news("one\n\n  two\x07three\n"), "one two three");
        let long = news(&"很".repeat(2 * LONGEST_NEWS));
        assert_eq!(long.chars().count(), LONGEST_NEWS + 1);
    }

    #[test]
    fn a_try_is_noted_before_it_begins_and_its_reason_after() {
        let root = tempfile::tempdir().unwrap();
        let env = Env::at(root.path());
        begin_try(&env).unwrap();
        assert_eq!(read(root.path()), None);
        let offer = Offer {
            bundle: record::Bundle("b".into()),
            version: version("2.0"),
            size: Bytes(1),
            restart: Restart::Nothing,
            news: "".into(),
        };
        let (at, found) = (UnixTime(1), Some(Found::New(offer)));
        let looked = Looked { at, answered: Some(at), failure: None, found, tried: None };
        write(root.path(), looked.clone()).unwrap();
        assert_eq!(read(root.path()), Some(looked));
        begin_try(&env).unwrap();
        let tried = || read(root.path()).unwrap().tried.unwrap();
        assert_eq!((tried().version, tried().why), (version("2.0"), None));
        end_try(&env, &Error::Refused(Refusal::Caller("a clash".into()))).unwrap();
        assert_eq!(tried().why, Some("a clash".into()));
        fs::write(root.path().join(FILE), "{\"format\":9}").unwrap();
        assert_eq!(read(root.path()), None);
    }
}
