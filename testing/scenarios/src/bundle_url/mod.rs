//! A bundle is read from a real server: what comes, by which way, and after which cuts.

mod bench;
mod relay;

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::scenario::{Context, Scenario};
use bench::{Bench, go_on, numbers};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::host(
        "bundle-url",
        "a bundle comes from nginx over TLS with an own authority and through a proxy: only the parts \
         that are needed; a server that is killed is gone on with when it is back; one without ranges serves",
        run,
    ),
    Scenario::host(
        "bundle-url-cuts",
        "a bundle comes whole although the connection is cut at the end of every part: each is gone on \
         with exactly there, and no byte comes twice",
        cuts,
    )
    .in_soak(),
];

/// The first large content in the index; two follow it.
const LARGE: usize = 20;

fn run(context: &Context) -> Result<()> {
    let bench = Bench::new(context)?;
    let nginx = bench.nginx()?;
    let url = format!("https://localhost:{}/bundle.zsb", bench.secure);
    only_what_is_needed(&bench, &url)?;
    trust(&bench, &url)?;
    bench.policy(&format!("ca = \"{}\"\n", bench.path("ca.pem").display()))?;
    let said = bench.read(&format!("{url}.gone?token=secret"), 1)?;
    ensure!(said.contains("There is no file") && !said.contains("::pause"), "{said}");
    ensure!(!said.contains("secret"), "{said}");
    without_ranges(&bench)?;
    killed(&bench, &url, nginx)
}

/// Over TLS and a proxy: every second content, and the large one between two of them is not touched.
fn only_what_is_needed(bench: &Bench, url: &str) -> Result<()> {
    let (_proxy, port) = bench.proxy()?;
    let ca = bench.path("ca.pem");
    bench.policy(&format!("ca = \"{}\"\nproxy = \"http://127.0.0.1:{port}\"\n", ca.display()))?;
    let said = bench.read(url, 2)?;
    let done = numbers(&said, "::done ")?;
    let [came, coming] = *done.first().context(said.clone())?.as_slice() else {
        anyhow::bail!("{said}")
    };
    ensure!(coming == 0 && !said.contains("::pause"), "{said}");
    let asked = bench.asked(3)?;
    let sent: u64 = asked.iter().map(|asked| asked.sent).sum();
    ensure!(sent == came, "{sent} were sent, {came} came: {asked:?}");
    let parts = numbers(&said, "::part ")?;
    let left = parts.get(LARGE + 1).with_context(|| said.clone())?;
    for asked in &asked {
        ensure!(asked.status == 206, "{asked:?}");
        ensure!(asked.range.1 < left[0] || asked.range.0 >= left[1], "{asked:?} and {left:?}");
    }
    // One for the beginning, one up to what is left out, one behind it.
    ensure!(asked.len() == 3, "{asked:?}");
    let log = fs::read_to_string(bench.path("proxy.log"))?;
    ensure!(log.contains(&format!("CONNECT localhost:{}", bench.secure)), "{log}");
    // The proxy lets nobody through to another port.
    let said = bench.read(&format!("http://localhost:{}/bundle.zsb", bench.plain), 1)?;
    ensure!(said.contains("proxy does not let") && !said.contains("::pause"), "{said}");
    Ok(())
}

/// A certificate of somebody else's is not tried again.
fn trust(bench: &Bench, url: &str) -> Result<()> {
    bench.policy(&format!("ca = \"{}\"\n", bench.path("stranger.pem").display()))?;
    let said = bench.read(url, 1)?;
    ensure!(said.contains("certificate of the server") && !said.contains("::pause"), "{said}");
    Ok(())
}

fn without_ranges(bench: &Bench) -> Result<()> {
    bench.forget()?;
    let said = bench.read(&format!("http://127.0.0.1:{}/whole/bundle.zsb", bench.plain), 1)?;
    ensure!(said.contains(&format!("::done {} came, 0 to come", bench.length()?)), "{said}");
    let asked = bench.asked(1)?;
    ensure!(asked.len() == 1 && asked[0].status == 200, "{asked:?}");
    Ok(())
}

/// The server is killed between two large contents, which were asked for with one request.
fn killed(bench: &Bench, url: &str, nginx: crate::loopback::Process) -> Result<()> {
    bench.forget()?;
    let mut reader = bench.reader(url)?;
    for _ in 0..LARGE {
        go_on(&mut reader)?;
    }
    let said = reader.until(&format!("::content {LARGE} "), 1)?;
    drop(nginx);
    go_on(&mut reader)?;
    // Nobody listens: the next try fails too.
    reader.until("::pause 1 ", 1)?;
    go_on(&mut reader)?;
    reader.until("::pause 2 ", 1)?;
    let _nginx = bench.nginx()?;
    for _ in 0..3 {
        go_on(&mut reader)?;
    }
    reader.until(&format!("::done {} came, 0 to come", bench.length()?), 1)?;
    let end = numbers(&said, "::part ")?.get(LARGE).and_then(|part| part.get(1).copied());
    let (asked, end) = (bench.asked(2)?, end.context(said)?);
    // The request that was killed is in no log; the first is for the beginning.
    let later = asked.last().context("no request")?;
    ensure!(asked.len() == 2 && later.range.0 >= end, "{asked:?} and {end}");
    Ok(())
}

fn cuts(context: &Context) -> Result<()> {
    let bench = Bench::new(context)?;
    let _nginx = bench.nginx()?;
    let said = bench.read(&format!("http://127.0.0.1:{}/bundle.zsb", bench.plain), 1)?;
    let parts = numbers(&said, "::part ")?;
    ensure!(parts.len() == LARGE + 3, "{said}");
    let places: Vec<u64> = parts.iter().filter_map(|part| part.first().copied()).collect();
    bench.forget()?;
    let port = relay::start(bench.plain, places.clone())?;
    let said = bench.read(&format!("http://127.0.0.1:{port}/bundle.zsb"), 1)?;
    ensure!(said.contains(&format!("::done {} came, 0 to come", bench.length()?)), "{said}");
    ensure!(numbers(&said, "::pause ")?.len() == places.len(), "{said}");
    let asked = bench.asked(places.len() + 1)?;
    let from: Vec<u64> = asked.iter().map(|asked| asked.range.0).collect();
    let wanted: Vec<u64> = [0].into_iter().chain(places).collect();
    // The server notes a request when it has ended, in whatever order.
    let mut sorted = from.clone();
    sorted.sort_unstable();
    ensure!(sorted == wanted, "{from:?} is not {wanted:?}");
    Ok(())
}
