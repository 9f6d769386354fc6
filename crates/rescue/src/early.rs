//! PID 1 before the payload's own `/init`: it sees to it that root can be found, and hands over.
//!
//! GRUB loads a second, small initramfs beside the payload's, and the kernel is told to begin with
//! what is in it. What is to be done is done by a child, which may fail or crash or hang as it
//! likes: PID 1 goes on to `/init` in any case.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::thread;
use std::time::{Duration, Instant};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use zshield_linux::lvm;
use zshield_linux::mount;
use zshield_linux::program::{self, Program};
use zshield_linux::uevent::Uevents;
use zshield_messages::{Language, in_language, say};
use zshield_operations::early::{Early, prepare};
use zshield_plan::own::FoundPartition;

use crate::medium::Partition;
use crate::modules::Modules;

/// Where the program lies in its initramfs, by which it knows what it is called for.
pub const PATH: &str = "/zshield/early";
/// Tells a process that it is the child.
const CHILD: &str = "ZSHIELD_EARLY";
/// The payload's own.
const INIT: &str = "/init";
/// Beyond what the child is to wait for, it may take so much longer.
const PATIENCE: Duration = Duration::from_mins(1);

/// What is lent to an initrd that has no such program.
const LENT: &str = "/zshield/fsck";
const PROGRAMS: [&str; 4] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// What initramfs-tools runs when root is mounted, in the shell that its `/init` is.
const ROOT_IS_MOUNTED: &str = "/scripts/init-bottom/ORDER";

/// Kernel filesystems, and where they are needed.
const MOUNTS: [(&str, &str); 3] = [("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev")];

/// Whether this process was started by the kernel, or by that one, for this.
pub fn is_called() -> bool {
    let called = std::env::args_os().next().is_some_and(|name| name == PATH);
    called && (std::process::id() == 1 || std::env::var_os(CHILD).is_some())
}

/// Has root made sure of by a child, and becomes `/init`.
pub fn run() -> ! {
    if std::process::id() == 1 {
        hand_over();
    }
    let early = Start { line: fs::read_to_string("/proc/cmdline").unwrap_or_default() };
    let say = |error: &io::Error| early.say(&error.to_string());
    let lent = lend_fsck().inspect_err(say);
    let refused = refuse_shell(ROOT_IS_MOUNTED.as_ref()).inspect_err(say);
    let prepared = prepare(&early).inspect_err(say);
    exit(i32::from(lent.and(refused).and(prepared).is_err()))
}

fn hand_over() -> ! {
    for (kind, place) in MOUNTS {
        let _ = fs::create_dir_all(place);
        // Whatever is not there the child will miss, and say so.
        let _ = mount(kind, place, kind, MountFlags::NOSUID, None);
    }
    let wait = waits(&fs::read_to_string("/proc/cmdline").unwrap_or_default());
    let child =
        Command::new(PATH).env(CHILD, "1").env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").spawn();
    if let Ok(mut child) = child {
        let deadline = Instant::now() + wait + PATIENCE;
        // Waited for in small steps: PID 1 has no other way to give up on a child.
        while matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        let _ = child.kill();
    }
    for (_, place) in MOUNTS.iter().rev() {
        let _ = unmount(*place, UnmountFlags::DETACH);
    }
    let arguments = std::env::args_os().skip(1);
    let error = Command::new(INIT).arg0(INIT).args(arguments).exec();
    let _ = writeln!(io::stderr(), "zshield: {INIT}: {error}");
    exit(1)
}

/// Lends the payload's initrd what mends root before it is mounted, where it has none itself.
fn lend_fsck() -> io::Result<()> {
    for lent in fs::read_dir(LENT)? {
        let lent = lent?;
        let is_there = |directory: &&str| Path::new(directory).join(lent.file_name()).exists();
        if !PROGRAMS.iter().any(is_there) {
            fs::create_dir_all(PROGRAMS[0])?;
            symlink(lent.path(), Path::new(PROGRAMS[0]).join(lent.file_name()))?;
        }
    }
    Ok(())
}

/// Where root has no init, initramfs-tools would begin a shell in its place, which asks for no password, and which nothing
/// ends or counts. So the machine is started again instead, as dracut does by itself.
fn refuse_shell(scripts: &Path) -> io::Result<()> {
    let said = [Language::Chinese, Language::English]
        .map(|language| in_language(language, say::early::no_init));
    let check =
        format!("\nrun-init -n \"$rootmnt\" \"$init\" || panic 'zshield: {}'\n", said.join(" / "));
    match File::options().append(true).open(scripts) {
        Ok(mut file) => file.write_all(check.as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// The value of a word on a command line.
fn word<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
}

/// How long a disk is waited for, by the command line.
fn waits(line: &str) -> Duration {
    let seconds = word(line, "zshield_wait").and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(60).min(600))
}

/// What the child works with.
struct Start {
    line: String,
}

impl Start {
    /// How long a disk is waited for.
    fn patience(&self) -> Duration {
        waits(&self.line)
    }
}

impl Early for Start {
    fn say(&self, text: &str) {
        // There is nobody else to tell.
        let _ = writeln!(io::stderr(), "zshield: {text}");
    }

    fn word(&self, key: &str) -> Option<&str> {
        word(&self.line, key)
    }

    fn wait_until(&self, enough: &mut dyn FnMut(Duration) -> bool) -> io::Result<bool> {
        /// Devices that come up together are looked at together.
        const SILENCE: Duration = Duration::from_millis(20);
        /// So often a person is told that it is waited for something.
        const TOLD: Duration = Duration::from_secs(5);
        let events = Uevents::listen()?;
        let mut modules = Modules::of_running_kernel(Vec::new())?;
        modules.load_for_devices();
        modules.load_always();
        let deadline = Instant::now() + self.patience();
        loop {
            modules.load_for_devices();
            let left = deadline.saturating_duration_since(Instant::now());
            if enough(left) {
                return Ok(true);
            }
            if left.is_zero() {
                return Ok(false);
            }
            events.wait(deadline.min(Instant::now() + TOLD), SILENCE);
        }
    }

    fn partitions(&self) -> Vec<FoundPartition> {
        let found = |partition: Partition| {
            let name = partition.label().filter(|name| name.starts_with("zs-"))?;
            let shown = |path: PathBuf| path.to_string_lossy().into_owned();
            let (node, disk) = (shown(partition.device()), shown(partition.disk()));
            Some(FoundPartition { node, disk, name, id: partition.guid() })
        };
        Partition::all().filter_map(found).collect()
    }

    fn confine_lvm(&self, physical: &[String], group: &str) -> io::Result<()> {
        lvm::confine("/".as_ref(), physical, group)
    }

    /// One that a power cut has torn is mended first: the kernel would not mount it.
    fn with_mounted(
        &self,
        device: &Path,
        work: &mut dyn FnMut(&Path) -> io::Result<()>,
    ) -> io::Result<()> {
        const AT: &str = "/zshield/boot";
        fs::create_dir_all(AT)?;
        let fsck = || {
            /// What is kept of what it says; all of it goes to the consoles.
            const LAST: usize = 0;
            let fsck = Program::new(Path::new(LENT).join("fsck.ext4"), program::MENDING);
            let say = |said: &[u8]| drop(io::stderr().write_all(said));
            fsck.arg("-y").arg(device).streamed(LAST, say).run()?;
            Ok(())
        };
        mount::ext4(device, Path::new(AT), c"", fsck)?;
        let done = work(Path::new(AT));
        unmount(AT, UnmountFlags::empty())?;
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_without_init_is_no_shell_where_initramfs_tools_has_the_word() {
        let directory = tempfile::tempdir().unwrap();
        let scripts = directory.path().join("ORDER");
        refuse_shell(&scripts).unwrap();
        assert!(!scripts.exists());
        for (found, ends) in [("true", "goes on\n"), ("false", "restarts\n")] {
            // The last line of one that is there may have no end.
            fs::write(&scripts, "udev=done").unwrap();
            refuse_shell(&scripts).unwrap();
            let shell = format!(
                "run-init() {{ test \"$*\" = '-n /root /sbin/init' && {found}; }}
                 panic() {{ echo restarts; exit; }}
                 rootmnt=/root init=/sbin/init
                 . {}
                 echo goes on",
                scripts.display()
            );
            // A name with a dash is none for every shell.
            let shell = shell.replace("run-init()", "run_init()");
            let text = fs::read_to_string(&scripts).unwrap().replace("run-init", "run_init");
            fs::write(&scripts, text).unwrap();
            let said = Command::new("sh").arg("-c").arg(shell).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&said.stdout), ends);
        }
    }

    #[test]
    fn words_and_patience_come_from_the_command_line() {
        let early = Start { line: "root=/dev/mapper/a-b ro zshield_wait=7\n".into() };
        assert_eq!(early.word("root"), Some("/dev/mapper/a-b"));
        assert_eq!(early.word("roo"), None);
        assert_eq!(early.patience(), Duration::from_secs(7));
        assert_eq!(waits("quiet"), Duration::from_mins(1));
        assert_eq!(waits("zshield_wait=999999"), Duration::from_mins(10));
    }
}
