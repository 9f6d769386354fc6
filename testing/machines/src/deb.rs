//! zshield's own Debian package.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::tool::{capture, tool};
use crate::work::Work;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The names that the specification gives to commands, as far as those are built.
const ALIASES: [&str; 3] = ["zshield_manufactory", "zshield_backup", "zshield_recovery"];

/// Where packages look for what is to be run when they have changed a kernel: the program itself,
/// which knows by its name what it is called for. Debian's directories, and Red Hat's.
const KERNEL_HOOKS: [&str; 4] = [
    "etc/kernel/postinst.d/zz-zshield",
    "etc/kernel/postrm.d/zz-zshield",
    "etc/initramfs/post-update.d/zz-zshield",
    "usr/lib/kernel/install.d/99-zshield.install",
];

/// A directory for what only root may read.
const SECRETS: &str = "etc/zshield/secrets";

/// Directories for programs of the vendor or the customer.
const HOOKS: [&str; 2] = ["etc/zshield/hooks/backup-pre.d", "etc/zshield/hooks/backup-post.d"];

/// Each with the target that wants it.
const UNITS: [(&str, &str, &str); 3] = [
    ("zshield.service", "multi-user.target", DAEMON),
    ("zshield-boot-complete.service", "multi-user.target", BOOT_COMPLETE),
    ("zshield-boot-failed.service", "emergency.target", BOOT_FAILED),
];

/// No sandbox beyond this: a backup, its child, makes volumes, mounts them, and runs programs of
/// the customer, which may need anything.
const DAEMON: &str = "\
[Unit]
Description=zshield: nightly backup, a watch on the machine, and alarms
Documentation=man:zshield-daemon(8)
ConditionPathExists=/etc/zshield/appliance.toml
After=local-fs.target

[Service]
Type=notify
ExecStart=/usr/bin/zshield daemon
Restart=always
RestartSec=5
WatchdogSec=60
# A backup that is under way is let go to its end.
KillMode=mixed
TimeoutStopSec=15min
UMask=0077

[Install]
WantedBy=multi-user.target
";

/// After everything that belongs to a start, and after whatever else the vendor has made a part of
/// `boot-complete.target`. Without default dependencies, since it waits for the target that wants it.
/// That target is only wanted: a systemd before 240 has none, and the command asks how it went.
const BOOT_COMPLETE: &str = "\
[Unit]
Description=zshield: this start came to a healthy system
DefaultDependencies=no
ConditionPathExists=/boot/zshield/grubenv
Wants=boot-complete.target
After=local-fs.target multi-user.target boot-complete.target zshield.service
Conflicts=shutdown.target
Before=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/zshield boot-complete

[Install]
WantedBy=multi-user.target
";

/// Beside the prompt of emergency mode. Without default dependencies, since nothing that they ask for
/// is sure to be there then.
const BOOT_FAILED: &str = "\
[Unit]
Description=zshield: this start failed, and the machine restarts if nobody logs in
DefaultDependencies=no
ConditionPathExists=/etc/zshield/appliance.toml
Conflicts=shutdown.target
Before=shutdown.target

[Service]
ExecStart=/usr/bin/zshield boot-failed
StandardOutput=journal+console

[Install]
WantedBy=emergency.target
";

/// One that the oldest Debian here can unpack.
const COMPRESSION: &str = "-Zxz";

/// Packs the static `binary` with its man pages and completions.
pub fn build(work: &Work, binary: &Path) -> Result<PathBuf> {
    let deb = work.directory("deb")?.join(format!("zshield_{VERSION}_amd64.deb"));
    let key = crate::cache::Key::default()
        .file(binary)?
        .text(&control())
        .text(COMPRESSION)
        .text(DAEMON)
        .text(SECRETS)
        .text(BOOT_COMPLETE)
        .text(BOOT_FAILED)
        .text(&KERNEL_HOOKS.concat());
    crate::cache::made(deb, &key, |partial| {
        let tree = tempfile::tempdir()?;
        fill(tree.path(), binary).context("cannot lay out the package")?;
        // One time stamp for all: the same binary gives the same package.
        let mut dpkg = tool("dpkg-deb", ["--root-owner-group", COMPRESSION, "--build"]);
        capture(dpkg.env("SOURCE_DATE_EPOCH", "0").arg(tree.path()).arg(partial)).map(drop)
    })
}

fn fill(tree: &Path, binary: &Path) -> Result<()> {
    let bin = directory(tree, "usr/bin")?;
    fs::copy(binary, bin.join("zshield"))?;
    fs::set_permissions(bin.join("zshield"), fs::Permissions::from_mode(0o755))?;
    for alias in ALIASES {
        symlink("zshield", bin.join(alias))?;
    }
    for hook in KERNEL_HOOKS {
        let (at, name) = hook.rsplit_once('/').context("a hook lies in a directory")?;
        symlink("/usr/bin/zshield", directory(tree, at)?.join(name))?;
    }
    for hooks in HOOKS {
        directory(tree, hooks)?;
    }
    fs::set_permissions(directory(tree, SECRETS)?, fs::Permissions::from_mode(0o700))?;
    let units = directory(tree, "usr/lib/systemd/system")?;
    for (name, target, text) in UNITS {
        fs::write(units.join(name), text)?;
        let wanted = directory(tree, &format!("usr/lib/systemd/system/{target}.wants"))?;
        symlink(format!("../{name}"), wanted.join(name))?;
    }
    let man = directory(tree, "usr/share/man/man8")?;
    let completions = directory(tree, "usr/share/bash-completion/completions")?;
    capture(
        tool(&binary.to_string_lossy(), ["generate", "--man"])
            .arg(man)
            .arg("--completions")
            .arg(completions),
    )?;
    fs::write(directory(tree, "DEBIAN")?.join("control"), control())?;
    // A temporary directory is private, and what it holds becomes the package's root.
    fs::set_permissions(tree, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

fn directory(tree: &Path, path: &str) -> Result<PathBuf> {
    let dir = tree.join(path);
    fs::create_dir_all(&dir)?;
    Ok(dir)
}

fn control() -> String {
    format!(
        "Package: zshield\nVersion: {VERSION}\nArchitecture: amd64\nSection: admin\nPriority: \
         optional\nMaintainer: zshield developers <zshield@localhost>\nDepends: lvm2, \
         e2fsprogs\nSuggests: ca-certificates, smartmontools\nDescription: installs, backs up, checks and recovers a Linux appliance\n One \
         key installs it, every night backs it up, and it comes back from\n anything short of \
         losing every disk.\n"
    )
}
