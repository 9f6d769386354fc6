//! A recovery without a restart that stopped on the way, and what is ordered after it.

use anyhow::{Result, ensure};

use super::live::LIMIT;
use super::running_matrix::GO_ON;
use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::{Payload, WORDS};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario::uml(
    "live-order",
    "a recovery without a restart that stopped goes on while the system runs where the same is asked \
     for; another order takes its place, and the next start carries that one out",
    order,
)];

/// A backup, and what is done to it later; a recovery that stops, since nothing was put right.
const STOPPED: &str = r#"
    word() { sed -n "s/^zshield_$1=//p" /run/sys/boot/zshield/grubenv; }
    ends() {
        wanted=$1
        shift
        status=0
        zshield recover "$@" --root /run/sys --yes || status=$?
        test $status = $wanted
    }
    stops() {
        echo broken >/run/sys/token
        echo broken >/run/sys/etc/broken
        export ZSHIELD_LEAVE_OUT=put-right
        ends 1 "$@"
        unset ZSHIELD_LEAVE_OUT
        test "$(word recover)" = $1
    }
    noted() { ls /run/sys/boot/zshield/only.* >/dev/null 2>&1; }
    restarts() {
        umount /run/sys/boot /run/sys
        go_on $1
        mount_system
    }
"#;

fn order(context: &Context) -> Result<()> {
    let small = context.uml_appliance(Payload::Smallest)?;
    let script = format!(
        "{WORDS} {GO_ON} {STOPPED}
         mount_system
         echo latest >/run/sys/token
         zshield backup --root /run/sys

         stops latest
         ends 3 latest --only /token
         ends 0 latest
         test \"$(cat /run/sys/token)\" = latest; test ! -e /run/sys/etc/broken
         test -z \"$(word recover)\"

         echo broken >/run/sys/token
         export ZSHIELD_LEAVE_OUT=disarm
         ends 0 latest
         unset ZSHIELD_LEAVE_OUT
         test \"$(word recover)\" = latest
         ends 0 latest
         test -z \"$(word recover)\"

         stops latest --only /token
         noted
         ends 0 latest --only /token
         if noted; then exit 1; fi
         test -z \"$(word recover)\"; test -e /run/sys/etc/broken

         stops latest --only /token
         ends 5 latest
         if noted; then exit 1; fi
         test \"$(word recover)\" = latest; test -z \"$(word request)\"
         restarts latest
         test \"$(cat /run/sys/token)\" = latest; test ! -e /run/sys/etc/broken

         stops latest
         ends 5 factory
         test \"$(word recover)\" = factory; test -z \"$(word request)\"
         restarts factory
         test ! -e /run/sys/token; test ! -e /run/sys/etc/broken
         test -z \"$(word recover)\"
         echo all-as-ordered"
    );
    let said = small.machine.check("order", &small.filled(&script), LIMIT)?;
    ensure!(said.contains("all-as-ordered"), "{said}");
    small.remove_disks()
}
