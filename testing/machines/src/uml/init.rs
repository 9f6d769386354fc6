//! PID 1 inside user-mode Linux: this very program, read from the host through hostfs.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use rustix::mount::{MountFlags, mount};
use rustix::system::{RebootCommand, finit_module, reboot};

use super::job::{BEGIN, End, FAILED, Job, STATUS};

/// The kernel hands what it does not know on its command line to PID 1 as variables.
pub(super) const JOB: &str = "ZSHIELD_UML_JOB";

/// The file with the job to do, if this process is PID 1 of user-mode Linux.
pub fn job_of_this_machine() -> Option<PathBuf> {
    std::env::var_os(JOB).filter(|_| std::process::id() == 1).map(PathBuf::from)
}

/// Carries out the job in the file `job` and switches the machine off.
pub fn run(job: &Path) -> ExitCode {
    let end = execute_unjournaled(job).unwrap_or_else(|error| {
        println!("{FAILED}{error:#}");
        End::PowerCut
    });
    if end == End::PowerOff {
        rustix::fs::sync();
    }
    let Err(error) = reboot(RebootCommand::PowerOff) else { return ExitCode::SUCCESS };
    println!("{FAILED}cannot switch off: {error}");
    ExitCode::FAILURE
}

fn execute_unjournaled(job: &Path) -> Result<End> {
    let text = fs::read_to_string(job).with_context(|| format!("cannot read {}", job.display()))?;
    let job: Job = serde_json::from_str(&text).context("the job is not what I know")?;
    mount_all(&job)?;
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    let modules = Modules::of(&job.module_directory.join(release))?;
    for name in &job.modules {
        modules.load(name)?;
    }
    for disk in &job.rotating {
        fs::write(format!("/sys/block/{disk}/queue/rotational"), "1")
            .with_context(|| format!("{disk} can't be made to rotate"))?;
    }
    for (number, words) in job.commands.iter().enumerate() {
        println!("{BEGIN}{number}");
        let status = run_command(words, &job)?;
        println!("{STATUS}{status}");
        if status != 0 {
            break;
        }
    }
    Ok(job.end)
}

/// LVM's settings where there is no udev.
const LVM_CONF: &str = "global { use_lvmpolld = 0 }
activation { udev_sync = 0 udev_rules = 0 monitoring = 0 reserved_memory = 0 reserved_stack = 0 }
backup { backup = 0 archive = 0 }
devices { obtain_device_list_from_udev = 0 external_device_info_source = \"none\" \
                        use_devicesfile = 0 global_filter = [ \"a|/dev/ubd.*|\", \"a|/dev/nbd.*|\", \"a|/dev/dm-.*|\", \
                        \"a|/dev/mapper/.*|\", \"r|.*|\" ] }
";

fn mount_all(job: &Job) -> Result<()> {
    mount_one("proc", "/proc", "proc")?;
    mount_one("sysfs", "/sys", "sysfs")?;
    // The kernel mounts devtmpfs itself.
    for dir in ["/run", "/mnt", "/etc/lvm", "/var/lib", "/var/log"] {
        // A workspace below one of these would be hidden.
        if !job.shared.starts_with(dir) {
            mount_one("tmpfs", dir, "tmpfs")?;
        }
    }
    for dir in ["/run/lock/lvm", "/run/lvm", "/run/tmp"] {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {dir}"))?;
    }
    fs::write("/etc/lvm/lvm.conf", LVM_CONF).context("cannot write lvm.conf")?;
    let shared = rustix::path::Arg::into_c_str(job.shared.as_path())?;
    mount("none", &job.shared, "hostfs", MountFlags::empty(), Some(&*shared))
        .with_context(|| format!("cannot mount {} to write to it", job.shared.display()))
}

fn mount_one(source: &str, target: &str, kind: &str) -> Result<()> {
    mount(source, target, kind, MountFlags::empty(), None)
        .with_context(|| format!("cannot mount {kind} on {target}"))
}

fn run_command(words: &[String], job: &Job) -> Result<i32> {
    let (program, arguments) = words.split_first().context("an empty command")?;
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("HOME", "/root")
        .env("TERM", "dumb")
        .env("LC_ALL", "C.UTF-8")
        .env("TMPDIR", "/run/tmp")
        .env("DM_DISABLE_UDEV", "1")
        .env("LVM_SUPPRESS_FD_WARNINGS", "1")
        .envs(&job.environment)
        .current_dir(&job.shared)
        .status()
        .with_context(|| format!("cannot start {program}"))?;
    Ok(status.code().unwrap_or(128))
}

/// The modules of a user-mode Linux kernel.
struct Modules {
    directory: PathBuf,
    dependencies: String,
}

impl Modules {
    fn of(directory: &Path) -> Result<Self> {
        let path = directory.join("modules.dep");
        let dependencies =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self { directory: directory.to_owned(), dependencies })
    }

    /// Loads a module by its name, behind which may stand its parameters.
    fn load(&self, name: &str) -> Result<()> {
        let (name, parameters) = name.split_once(' ').unwrap_or((name, ""));
        let file = format!("/{name}.ko");
        let (module, needed) = self
            .dependencies
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(module, _)| module.ends_with(&file))
            .with_context(|| format!("user-mode Linux has no module {name}"))?;
        // Listed with what is needed first behind what needs it.
        for path in needed.split_whitespace().rev().chain([module]) {
            if !loaded()?.contains(&module_name(path)) {
                self.insert(path, if path == module { parameters } else { "" })?;
            }
        }
        Ok(())
    }

    fn insert(&self, path: &str, parameters: &str) -> Result<()> {
        let path = self.directory.join(path);
        let file = File::open(&path).with_context(|| format!("cannot open {}", path.display()))?;
        let parameters = CString::new(parameters)?;
        finit_module(&file, &parameters, 0)
            .with_context(|| format!("cannot load {}", path.display()))
    }
}

fn loaded() -> Result<BTreeSet<String>> {
    let modules = fs::read_to_string("/proc/modules").context("no /proc/modules")?;
    Ok(modules.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}

fn module_name(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.trim_end_matches(".ko").replace('-', "_")
}
