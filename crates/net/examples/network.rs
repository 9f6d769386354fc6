//! A machine that comes into a network, for tests: what the rescue system does, as a process of its own.
//!
//! `network dhcp` or `network fixed ADDRESS/LENGTH ROUTER DNS [LINK]` (`-` for none) brings it up and says how that
//! went. Then each line of its input is done: `resolve HOST`, `fetch URL`, `trust FILE`, which is for later fetches,
//! and `state`. At the input's end the network is left.

use std::path::PathBuf;
use std::time::Duration;
use std::{env, io};

use anyhow::{Result, bail};
use zshield_net::ConnectError;
use zshield_net::address::WebAddress;
use zshield_net::client::{self, Connection};
use zshield_net::uplink::{Fixed, Network, Stage, Wish};

fn main() -> Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let network = match Network::up(&wish(&words)?, &mut |stage| told(&stage)) {
        Ok(network) => network,
        Err(error) => {
            println!("::failed {error}");
            return Ok(());
        }
    };
    let subnet = network.subnet();
    println!(
        "::up link={} address={}/{} router={:?}",
        network.link(),
        subnet.address,
        subnet.prefix,
        network.router()
    );
    for unused in network.unused() {
        println!("::unused {unused}");
    }
    println!("::ready");
    let mut ca = None;
    for line in io::stdin().lines() {
        let line = line?;
        match line.split_once(' ').unwrap_or((&line, "")) {
            ("trust", file) => ca = Some(PathBuf::from(file)),
            ("resolve", host) => match network.names().addresses(host, 80) {
                Ok(found) => println!("::resolved {found:?}"),
                Err(error) => println!("::not-resolved {error}"),
            },
            ("fetch", url) => {
                let connection = Connection { ca: ca.as_deref(), ..network.connection() };
                match fetched(url, connection) {
                    Ok(text) => println!("::fetched {text}"),
                    Err(error) => println!("::not-fetched {error}"),
                }
            }
            ("state", _) => match network.state() {
                Ok(()) => println!("::there"),
                Err(error) => println!("::lost {error}"),
            },
            (other, _) => bail!("what is {other}?"),
        }
        println!("::done");
    }
    Ok(())
}

fn wish(words: &[String]) -> Result<Wish> {
    let words: Vec<&str> = words.iter().map(|word| if word == "-" { "" } else { word }).collect();
    Ok(match words.as_slice() {
        ["dhcp"] => Wish::Dhcp,
        ["fixed", address, router, names, link @ ..] => Wish::Fixed {
            fixed: Fixed::parse(address, router, names)?,
            link: link.first().map(|link| (*link).to_owned()),
        },
        _ => bail!("network dhcp | fixed ADDRESS/LENGTH ROUTER DNS [LINK]"),
    })
}

fn told(stage: &Stage) {
    match stage {
        Stage::Carrier(links) => println!("::carrier {links:?}"),
        Stage::Lease(links) => println!("::lease {links:?}"),
    }
}

fn fetched(url: &str, connection: Connection<'_>) -> Result<String> {
    let Some(address) = WebAddress::parse(url) else { bail!("no address") };
    let agent = client::agent(address.is_secure(), connection, |config| {
        config.timeout_global(Some(Duration::from_secs(30)))
    })?;
    let answer = agent.get(url).call().map_err(|it| ConnectError::broken(it, address.host()))?;
    let status = answer.status();
    let mut body = answer.into_body();
    Ok(format!("{status} {}", body.read_to_string()?))
}
