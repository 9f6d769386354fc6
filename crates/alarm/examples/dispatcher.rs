//! The dispatcher of an appliance in a directory, for tests: each line of its input is a list of conditions,
//! as JSON, that hold from then on.
//!
//! `dispatcher DIRECTORY`, with a policy in `DIRECTORY/etc/zshield/appliance.toml`.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use jiff::tz::TimeZone;
use zshield_alarm::batch::Sender;
use zshield_alarm::dispatcher::Dispatcher;
use zshield_alarm::list::Seen;
use zshield_alarm::metrics::MetricsInput;
use zshield_alarm::store::Store;
use zshield_plan::policy::Policy;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = PathBuf::from(std::env::args_os().nth(1).ok_or("dispatcher DIRECTORY")?);
    let file = directory.join("etc/zshield/appliance.toml");
    let policy = Policy::parse(&std::fs::read_to_string(&file)?, &file)?;
    let product = policy.product.name.clone();
    let sender = Sender { product, host: "gw-1".to_owned(), zone: TimeZone::UTC };
    let dispatcher = Dispatcher::open(Store::of(&directory, &policy), &policy, sender);
    for line in io::stdin().lines() {
        let conditions = serde_json::from_str(&line?)?;
        dispatcher.observe(Seen { conditions, unseen: Vec::new() }, MetricsInput::default());
    }
    Ok(())
}
