//! The kill matrix of a recovery without a restart: the power fails at every fail point of it, and
//! the rescue system goes on by itself, to a system that is the snapshot's, file by file; or, where
//! only some files were asked for, to those files and no others.

use anyhow::{Context as _, Result};

use super::live::{LATEST, LIMIT, SAME};
use super::running_matrix::{GO_ON, cut, points_said};
use crate::scenario::{Context, Scenario};
use zshield_machines::uml_appliance::{Payload, WORDS};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "live-kill-matrix",
        "power lost within and after each step of a recovery without a restart: the rescue system goes \
         on, and root and /boot are then the backup's",
        |context| matrix(context, &WHOLE, Payload::Smallest),
    ),
    Scenario::uml(
        "live-kill-matrix-only",
        "the same where only some files were asked for: those are then the backup's, and what nobody \
         asked for is as it was",
        |context| matrix(context, &SOME, Payload::Smallest),
    ),
    Scenario::uml(
        "live-kill-matrix-debian",
        "the same of all files with a Debian, and before each step",
        |context| matrix(context, &WHOLE, Payload::Demo),
    )
    .in_soak(),
    Scenario::uml("live-kill-matrix-only-debian", "and of some of them", |context| {
        matrix(context, &SOME, Payload::Demo)
    })
    .in_soak(),
];

/// One matrix: what is run, and what has to come of it.
struct Matrix {
    run: &'static str,
    came: &'static str,
}

const WHOLE: Matrix = Matrix {
    run: "zshield recover latest --root /run/sys --yes || test $? = 5",
    came: r"
        mount -o ro /dev/ubda3 /run/boot
        diff -r -x 'ledger.*' -x 'outcome.*' -x grubenv -x lost+found \
            /run/snap/var/lib/zshield/boot/files /run/boot
        umount /run/boot
        same /run/snap /run/root
    ",
};

const SOME: Matrix = Matrix {
    run: "zshield recover latest --root /run/sys --yes \
          --only /token /usr/lib/systemd /etc/pam.d /opt/kinds",
    came: r"
        for path in token usr/lib/systemd etc/pam.d opt/kinds; do
            if diff -r --no-dereference /run/snap/$path /run/root/$path |
                grep -v ' is a \(.*\) while file .* is a \1$'; then exit 1; fi
        done
        same /run/snap/opt/kinds /run/root/opt/kinds
        test -e /run/root/usr/bin/broken
        mount -o ro /dev/ubda3 /run/boot
        test -e /run/boot/vmlinuz-broken
        umount /run/boot
    ",
};

/// What is broken later, in a payload that has little.
const DIRECTORIES: &str = "
    mount_system
    for directory in usr/lib/systemd/system etc/pam.d; do
        mkdir -p /run/sys/$directory
        for name in one two three; do echo $name >/run/sys/$directory/$name.of-matrix; done
    done
    umount /run/sys/boot /run/sys
";

/// Much is broken, the policy and `/boot` with it.
const BREAK: &str = r#"
    mount_system
    echo broken >/run/sys/token
    rm -rf /run/sys/usr/lib/systemd /run/sys/etc/pam.d /run/sys/etc/zshield/appliance.toml
    head -c 20000000 /dev/urandom >/run/sys/usr/bin/broken
    rm -f /run/sys/boot/vmlinuz-*
    echo "a kernel" >/run/sys/boot/vmlinuz-broken
    echo "linux nothing" >/run/sys/boot/zshield/system.cfg
    sync
    umount /run/sys/boot /run/sys
"#;

/// Ends what was cut, as a start of the rescue system does, and looks at what came of it.
const AFTER: &str = r#"
    go_on latest
    mkdir -p /run/root /run/snap
    mount -o ro /dev/vgroup/lv-root /run/root
    token=$(cat /run/root/token || true)
    umount /run/root
    # Either it has not begun, or it has ended: there is nothing between.
    if test "$token" != broken; then
        mount -o ro /dev/vgroup/lv-root /run/root
        mount -o ro,noload /dev/vgroup/snap1 /run/snap
        CAME
        mount -o ro /dev/ubda3 /run/boot
        if grep zshield_recover /run/boot/zshield/grubenv; then exit 1; fi
        umount /run/boot /run/snap /run/root
    fi
    test "$(volumes)" = "lv-audit lv-root lv-user snap0 snap1 "
    no_invalid
"#;

const CUT: &str = "
    mount_system
    ZSHIELD_FAIL_POINT=$POINT
    export ZSHIELD_FAIL_POINT
    RUN
";

fn matrix(context: &Context, matrix: &Matrix, payload: Payload) -> Result<()> {
    let small = context.uml_appliance(payload)?;
    let fill =
        |script: &str| small.filled(script).replace("RUN", matrix.run).replace("CAME", matrix.came);
    let latest = format!(
        "{WORDS} {DIRECTORIES} {LATEST}
         umount /run/sys/boot /run/sys
         {BREAK} mount_system; RUN; umount /run/sys/boot /run/sys"
    );
    let said = small.machine.check("whole", &fill(&latest), LIMIT)?;
    // What the backup said comes first.
    let said = said.rfind("step=1/").map_or(said.as_str(), |start| &said[start..]);
    let points = points_said(said, payload)?;
    for point in &points {
        let script = fill(&format!("{WORDS} {GO_ON} {SAME} {AFTER} {BREAK} {CUT}"));
        cut(&small.machine, &script, point).with_context(|| format!("at {point}"))?;
    }
    // A note of which files it was about may be left where nothing is armed any more: the next
    // recovery takes it away.
    let end = format!(
        "{WORDS} {GO_ON} {SAME} {AFTER}
         mount_system; RUN; if ls /run/sys/boot/zshield/only.*; then exit 1; fi"
    );
    small.machine.check("end", &fill(&end), LIMIT)?;
    println!("      {} cuts, as it should be after each", points.len());
    small.remove_disks()
}
