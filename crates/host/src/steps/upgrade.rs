//! A new version: staged, put into its places, proved, and put on trial.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use zshield_golden::unpack;
use zshield_linux::durable_file;
use zshield_linux::label;
use zshield_linux::own_directory;
use zshield_linux::{IoError, record};
use zshield_live::{Order, Take, apply};
use zshield_plan::grubenv::{EnvKey, TRIAL};
use zshield_plan::model::Files;
use zshield_plan::saved;
use zshield_plan::step::{
    BeginTrial, HookStage, NoteUpgrade, ProveUpgrade, PutBoot, PutUpgrade, RunHooks, StageUpgrade,
};
use zshield_plan::upgrade_plan::apply::{BOOT, HOOKS, PACKAGES, RELEASE, TREE};

use super::Perform;
use super::counter::Counter;
use super::release::{make_release, put_release};
use super::repair_files::made;
use super::work::Work;
use crate::boot_files::{checkpoint, replace_menu};
use crate::grubenv::Grubenv;
use crate::hooks;
use crate::step_error::StepError;
use crate::upgrade::{BootFile, Local, Ready, has_content, write_content};
use crate::{live, upgrade_record};

/// As many of what is not as it should be are named.
const NAMED: usize = 20;
/// Whoever looks into a staging tree finds the new version's secrets and setuid programs.
const PRIVATE: u32 = own_directory::PRIVATE;
/// Where a payload has zshield.
const PROGRAMS: [&str; 2] = ["usr/sbin/zshield", "usr/bin/zshield"];
/// The menu of the system, in GRUB's directory.
const MENU: &str = "system.cfg";

impl Perform for StageUpgrade {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let ready = work.context.upgrade()?;
        let at: &Path = self.at.as_ref();
        let failed = |path: &Path| IoError::at(path.to_owned());
        own_directory::ensure(at, PRIVATE).map_err(failed(at))?;
        let tree = at.join(TREE);
        own_directory::ensure(&tree, PRIVATE).map_err(failed(&tree))?;
        let within = work.within();
        let counter = Counter::new(self.bytes.0, work.observer, &within);
        let advance = |bytes| counter.add(bytes);
        unpack::stage(ready.contents, &tree, &ready.staged.subset, &advance)?;
        for name in [BOOT, HOOKS, RELEASE] {
            let directory = at.join(name);
            match fs::remove_dir_all(&directory) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                removed => removed.map_err(failed(&directory))?,
            }
            own_directory::ensure(&directory, PRIVATE).map_err(failed(&directory))?;
        }
        beside(ready, at, &advance)
    }
}

/// What is staged beside the tree.
fn beside(ready: &Ready<'_>, at: &Path, advance: &dyn Fn(u64)) -> Result<(), StepError> {
    let boot =
        ready.boot.iter().map(|file| (at.join(BOOT).join(&file.path), &file.content, file.mode));
    let hooks = ready.programs.iter().map(|it| (at.join(HOOKS).join(&it.name), &it.content, 0o700));
    let packages = ready.packages.iter().flat_map(|(packages, _)| packages);
    let packages = packages.map(|it| (at.join(PACKAGES).join(&it.name), &it.content, 0o600));
    for (path, content, mode) in boot.chain(hooks).chain(packages) {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(IoError::at(directory))?;
        }
        // Packages were looked at before: they are there.
        if !has_content(&path, content).map_err(IoError::at(&path))? {
            write_content(ready.contents, content, &path, mode)?;
        }
        advance(content.size);
    }
    Ok(make_release(&ready.release, &at.join(RELEASE))?)
}

impl Perform for PutUpgrade {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let ready = work.context.upgrade()?;
        let (from, to): (&Path, &Path) = (self.from.as_ref(), self.to.as_ref());
        // What is mounted is no part of the system's files.
        let scope = live::scope(&Files { only: Vec::new(), kept: Vec::new(), deep: false }, to)?;
        let difference = &ready.staged.difference;
        made(difference, work, |told| {
            apply(difference, Take::Move(from), to, &scope, Order::WriteFirst, told)
        })?;
        put_release(&from.with_file_name(RELEASE), &to.join(saved::RELEASE))
    }
}

impl Perform for ProveUpgrade {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let ready = work.context.upgrade()?;
        let mut local = Local::of(self.root.as_ref())?;
        let mut left = Vec::new();
        for (path, wanted) in &ready.staged.becomes {
            let found = local.state(path, [wanted.as_ref(), None])?;
            let is_so = match (wanted, &found) {
                (None, None) => true,
                (Some(wanted), Some(found)) => {
                    wanted.is_as(found) && (wanted.label.is_none() || wanted.label == found.label)
                }
                (None, Some(_)) | (Some(_), None) => false,
            };
            if !is_so {
                left.push(path.to_string());
            }
        }
        if left.is_empty() {
            let root = || IoError::at(Path::new(&self.root).to_owned());
            return Ok((ready.accept)(&ready.staged.own).map_err(root())?);
        }
        let count = left.len();
        left.truncate(NAMED);
        Err(StepError::LeftOver { count, names: left })
    }
}

impl Perform for PutBoot {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let ready = work.context.upgrade()?;
        let (from, root): (&Path, &Path) = (self.from.as_ref(), self.root.as_ref());
        let boot = root.join("boot");
        for (number, file) in self.files.iter().enumerate() {
            let known = ready.boot.iter().find(|it| it.path == Path::new(file));
            let known = known.ok_or_else(|| StepError::BootFile(file.clone()))?;
            put_file(&from.join(file), &boot.join(file), known)?;
            if number == 0 {
                work.within()();
            }
        }
        for _ in &self.initrds {
            work.run()?;
        }
        replace_menu(root, MENU, &self.menu)?;
        if PROGRAMS.iter().any(|program| root.join(program).exists()) {
            work.run()?;
        } else {
            work.pass_over()?;
        }
        for file in &self.removed {
            let path = boot.join(file);
            durable_file::remove(&path).map_err(IoError::at(&path))?;
        }
        // GRUB replays no journal.
        Ok(checkpoint(&boot).map_err(IoError::at(&boot))?)
    }
}

fn put_file(from: &Path, to: &Path, file: &BootFile) -> Result<(), StepError> {
    let put = || {
        to.parent().map_or(Ok(()), label::create_dir_all)?;
        durable_file::replace(to, file.mode, |target| {
            io::copy(&mut fs::File::open(from)?, target)?;
            // What a version delivers has the time that its manifest says.
            let seconds = u64::try_from(file.mtime.0).unwrap_or_default();
            target.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        })
    };
    Ok(put().map_err(IoError::at(to))?)
}

impl Perform for RunHooks {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        let stage = match self.stage {
            HookStage::Before => "before",
            HookStage::After => "after",
        };
        let [from, to] = &self.versions;
        let environment = [
            ("ZSHIELD_OPERATION", "upgrade"),
            ("ZSHIELD_PHASE", stage),
            ("ZSHIELD_FROM", from),
            ("ZSHIELD_TO", to),
        ];
        for (number, program) in self.programs.iter().enumerate() {
            let path: PathBuf = Path::new(&self.from).join(program);
            record::note(&format!("$ {}", path.display()));
            hooks::run_one(&path, self.limit, &environment)?;
            if number == 0 {
                work.within()();
            }
        }
        Ok(())
    }
}

impl Perform for NoteUpgrade {
    fn perform(&self, _work: &Work<'_>) -> Result<(), StepError> {
        Ok(upgrade_record::write(self.at.as_ref(), &self.record)?)
    }
}

impl Perform for BeginTrial {
    fn perform(&self, work: &Work<'_>) -> Result<(), StepError> {
        // The bundle's programs and the machine's own tools have written to the new version, too. Until the trial
        // begins a cut takes all of it back; after that nothing of it may be missing.
        rustix::fs::sync();
        upgrade_record::write(self.at.as_ref(), &self.record)?;
        work.within()();
        let words = [(EnvKey::Trial, Some(TRIAL)), (EnvKey::Tries, None), (EnvKey::Recover, None)];
        Ok(Grubenv::in_directory(self.at.as_ref()).set(&words)?)
    }
}
