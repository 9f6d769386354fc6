//! The rescue system's way into a network, tried with real servers: dnsmasq for addresses and names, nginx for files.

mod room;

use anyhow::{Result, ensure};

use crate::scenario::{Context, Scenario};
use room::Room;

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::host(
    "network-rescue",
    "a machine without any network comes into one by DHCP or by hand, finds names without a libc and fetches over TLS by \
     the certificates of its image; without cable, server or lease it says so in time",
    run,
)
.in_soak()];

fn run(context: &Context) -> Result<()> {
    let room = Room::new(context)?;
    lent(&room)?;
    renewed_and_withdrawn(&room)?;
    given(&room)?;
    nothing_to_be_had(&room)
}

/// Three cables: a loose one, one without a server, one with.
fn lent(room: &Room) -> Result<()> {
    let mut machine =
        room.machine("1:connected 2:connected 3:loose", "2:192.0.2.50", "", &["dhcp"])?;
    let said = machine.until("::ready")?;
    ensure!(said.contains("::up link=cable2 address=192.0.2."), "{said}");
    ensure!(said.contains("/24 router=Some(192.0.2.1)"), "{said}");
    ensure!(said.contains("::unused cable1: not needed"), "{said}");
    ensure!(said.contains("::unused cable3: no cable"), "{said}");
    machine.done("resolve files.example", "::resolved [192.0.2.1:80]")?;
    // The server has said what belongs behind a name without a dot.
    machine.done("resolve files", "::resolved [192.0.2.1:80]")?;
    machine.done(
        "resolve gone.example",
        "::not-resolved the server name gone.example can’t be resolved",
    )?;
    machine.done("fetch http://files.example/hello", "::fetched 200 OK hello")?;
    machine.done("fetch https://files.example/hello", "::fetched 200 OK hello")?;
    machine.done(
        "fetch https://192.0.2.1/hello",
        "::not-fetched the server’s certificate is not trusted",
    )?;
    // By this machine's clock the server is of a time to come.
    machine.done(
        "fetch https://files.example:444/hello",
        "the certificate is valid from 2049-01-01 00:00 UTC on",
    )?;
    let stranger = room.path("stranger.pem");
    machine.done(&format!("trust {}", stranger.display()), "")?;
    machine.done(
        "fetch https://files.example/hello",
        "::not-fetched the server’s certificate is not trusted",
    )?;
    machine.done("state", "::there")?;
    room.touch("pull")?;
    machine.done_until("state", "::lost The network connection cable2 is lost")
}

/// A lease that is to be renewed each second or so.
fn renewed_and_withdrawn(room: &Room) -> Result<()> {
    let often = "--dhcp-option-force=option:T1,1 --dhcp-option-force=option:T2,100 --log-dhcp";
    let mut machine = room.machine("2:connected", "2:192.0.2.50", often, &["dhcp"])?;
    machine.until("::ready")?;
    // The first belongs to the lease.
    room.until_logged("DHCPACK(port2)", 3)?;
    machine.done("state", "::there")?;
    machine.done("fetch https://files.example/hello", "::fetched 200 OK hello")?;
    room.touch("withdraw")?;
    room.until_logged("DHCPNAK(port2)", 1)?;
    machine.done_until("state", "::lost The address 192.0.2.")
}

fn given(room: &Room) -> Result<()> {
    let words = ["fixed", "192.0.2.20/24", "192.0.2.1", "192.0.2.1"];
    let mut machine = room.machine("2:connected", "2:none", "", &words)?;
    let said = machine.until("::ready")?;
    ensure!(said.contains("::up link=cable2 address=192.0.2.20/24"), "{said}");
    machine.done("fetch https://files.example/hello", "::fetched 200 OK hello")?;
    drop(machine);
    let two = "1:connected 2:connected";
    room.machine(two, "2:none", "", &words)?
        .until("::failed Cables are connected to several sockets (cable1; cable2)")?;
    let cable3 = [&words[..], &["cable3"]].concat();
    room.machine(two, "2:none", "", &cable3)?
        .until("::failed The network connection cable3 is not there")?;
    let cable2 = [&words[..], &["cable2"]].concat();
    room.machine(two, "2:none", "", &cable2)?.until("::up link=cable2 address=192.0.2.20/24")?;
    // Nobody knows names, or nobody is there who does.
    for (names, said) in
        [("-", "no DNS server is known"), ("192.0.2.99", "no DNS server gives an answer")]
    {
        let words = ["fixed", "192.0.2.20/24", "-", names];
        let mut machine = room.machine("2:connected", "2:none", "", &words)?;
        machine.until("::ready")?;
        machine.done("fetch http://files.example/hello", said)?;
    }
    Ok(())
}

/// Each says what is missing, within a minute.
fn nothing_to_be_had(room: &Room) -> Result<()> {
    for (cables, servers, said) in [
        ("", "", "::failed There is no network card"),
        ("1:loose 2:loose", "", "::failed No network cable is connected (cable1: no cable"),
        (
            "2:connected",
            "2:none",
            "::failed No DHCP server gives this machine an address (cable2: no DHCP server answers",
        ),
        ("2:connected", "2:takes-back", "(cable2: the DHCP server lends no address)"),
    ] {
        room.machine(cables, servers, "", &["dhcp"])?.until(said)?;
    }
    Ok(())
}
