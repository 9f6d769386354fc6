//! A bundle made, and read from a web server, for tests.
//!
//! `bundle_reader make DIRECTORY` makes a bundle of large and small files there, `bundle.zsb`, and its key.
//! `bundle_reader read DIRECTORY URL all|EVERY` reads it with the policy in `DIRECTORY/etc/zshield/appliance.toml`:
//! its index, then every content or each so many-th one. It says what it does; after a content, and before it tries
//! again, it goes on with the next line of its input, or at once where that has ended.

use std::ffi::OsStr;
use std::path::Path;
use std::{env, fs, io};

use anyhow::{Result, anyhow, bail};
use zshield_bundle::keyring::Keyring;
use zshield_bundle::open::Bundle;
use zshield_golden::key;
use zshield_net::remote::{Patience, Pause, Waits};
use zshield_operations::bundle::{CreateOptions, prepare_create};
use zshield_operations::progress::{Part, Progress};
use zshield_operations::upgrade::source::open_with;
use zshield_plan::policy::Policy;

/// Files that can't be compressed: so many, so long.
const FILES: [(usize, usize); 2] = [(20, 20_000), (3, 6 << 20)];

fn main() -> Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", directory] => make(Path::new(directory)),
        ["read", directory, url, which] => {
            if let Err(error) = read(Path::new(directory), url, which.parse().unwrap_or(1)) {
                println!("::error {error:#}");
            }
            Ok(())
        }
        _ => bail!("bundle_reader make|read DIRECTORY …"),
    }
}

fn make(directory: &Path) -> Result<()> {
    let mut chance = fastrand::Rng::with_seed(1);
    let mut description = "product = \"Gateway\"\nversion = \"2\"\n".to_owned();
    for (count, length) in FILES {
        for number in 0..count {
            let name = format!("file-{length}-{number}");
            let noise: Vec<u8> = std::iter::repeat_with(|| chance.u8(..)).take(length).collect();
            fs::write(directory.join(&name), noise)?;
            let entry = [
                "[[file]]\nsource = \"",
                &name,
                "\"\npath = \"srv/",
                &name,
                "\"\nmode = \"0644\"\n",
            ];
            description.extend(entry);
        }
    }
    let [bundle, toml, secret, public] =
        ["bundle.zsb", "bundle.toml", "vendor.key", "vendor.pub"].map(|name| directory.join(name));
    fs::write(&toml, description)?;
    key::generate(&secret, &public, None)?;
    let options = CreateOptions {
        output: bundle,
        description: Some(toml),
        key: Some(secret),
        ..CreateOptions::default()
    };
    let made = prepare_create(options).and_then(|create| create.run(None, &Silent));
    made.map(drop).map_err(|error| anyhow!("{error:?}"))
}

fn read(directory: &Path, url: &str, every: usize) -> Result<()> {
    let file = directory.join("etc/zshield/appliance.toml");
    let policy = Policy::parse(&fs::read_to_string(&file)?, &file)?;
    let key = fs::read_to_string(directory.join("vendor.pub"))?;
    let source = open_with(OsStr::new(url), &policy, Patience::default(), Box::new(Told))?;
    println!("::source {source}");
    let bundle = Bundle::open(&source, &Keyring::of([key.as_str()])?)?;
    let index = bundle.index()?;
    let contents: Vec<_> = index.contents().step_by(every).collect();
    let parts = || contents.iter().flat_map(|content| &content.ways[0].parts);
    for content in index.contents() {
        for part in &content.ways[0].parts {
            let place = bundle.place(part);
            println!("::part {} {}", place.start, place.end);
        }
    }
    bundle.expect(parts());
    let expected = source.fetched().map_or(0, |fetched| fetched.coming);
    println!("::expected {expected}");
    for (number, content) in contents.iter().enumerate() {
        let mut made = Vec::new();
        bundle.restore(content, &content.ways[0], None, &mut made)?;
        println!("::content {number} of {} bytes", made.len());
        next_line();
    }
    if let Some(fetched) = source.fetched() {
        println!("::done {} came, {} to come", fetched.came, fetched.coming);
    }
    Ok(())
}

fn next_line() {
    let mut line = String::new();
    // A line that can't be read is none.
    let _ = io::stdin().read_line(&mut line);
}

/// Says why there is a wait, and waits for whoever reads it.
struct Told;

impl Waits for Told {
    fn wait(&self, pause: &Pause) {
        println!("::pause {} of {}: {}", pause.failed, pause.tries, pause.why);
        next_line();
    }
}

struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &Part<'_>) {}
    fn advance(&self, _: u64, _: Option<u64>) {}
    fn end(&self, _: &Part<'_>) {}
    fn warn(&self, _: &str) {}
}
