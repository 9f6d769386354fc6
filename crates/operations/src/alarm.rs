//! Alarms.

use zshield_alarm::batch::Sender;
use zshield_plan::policy::Policy;

/// Who tells: this machine.
pub fn sender(policy: &Policy) -> Sender {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let zone = jiff::tz::TimeZone::system();
    Sender { product: policy.product.name.clone(), host, zone }
}
