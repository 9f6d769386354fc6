//! What the rescue system carries out: the operations, told to its screens.

mod recovery;
mod repair;
mod steps;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use zshield_golden::signature::Requirement;
use zshield_messages::{explained, list, say};
use zshield_operations::install::{self, Choices, Kind, OverAppliance, Prepared};
use zshield_operations::installer::{Installer, TornMetadata};
use zshield_operations::recover::at_rest::AskedBy;
use zshield_operations::text;
use zshield_plan::choice::{Considered, consider};
use zshield_plan::install::Refusal;
use zshield_plan::model::Target;
use zshield_plan::plan::Operation;
use zshield_plan::role::Role;
use zshield_plan::volumes::BOOT_NAME;
use zshield_plan::world::{Disk, World};
use zshield_units::Bytes;

use self::steps::Steps;
use crate::boot::Boot;
use crate::log;
use crate::medium::Medium;
use crate::operations::{
    self as screens, Damaged, Data, Done, Failure, Observer, Operations, Product, RestorePoint,
    RestorePoints,
};
use crate::text::Text;

const KEYS: &str = "/etc/zshield/keys";

/// The machine that the rescue system was started on.
pub(crate) fn of(boot: &Boot) -> impl Operations + use<> {
    // What is done goes to the log that is shown after a failure and left as a record.
    tracing_subscriber::fmt()
        .without_time()
        .with_target(false)
        .with_ansi(false)
        .with_level(false)
        .with_writer(|| Log)
        .init();
    let requirement = if boot.settings.insecure_unsigned {
        Requirement::UnsignedAccepted
    } else {
        Requirement::Signed
    };
    Machine { requirement, installer: None, agreed: None, kept: None, restored: None }
}

/// The rescue system's log, a line at a time.
struct Log;

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        log::line(String::from_utf8_lossy(bytes).trim_end());
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Machine {
    requirement: Requirement,
    installer: Option<Arc<Installer>>,
    /// What the last look found that can be carried out.
    agreed: Option<Box<Prepared>>,
    /// The same, where an appliance is there and its data is kept.
    kept: Option<Box<Prepared>>,
    /// The same, where the newest backup in the vault comes back after that.
    restored: Option<Box<Prepared>>,
}

impl Operations for Machine {
    fn open(&mut self, medium: &Medium) -> Result<Product, Failure> {
        let partition = Some(medium.partition);
        let installer = Installer::open(&medium.slot, partition, Path::new(KEYS), self.requirement)
            .map_err(|error| untouched(&error))?;
        let product = Product {
            name: installer.policy().product.name.clone(),
            version: installer.policy().product.version.clone(),
            signature: installer.signature().clone(),
            origin: screens::Origin::Medium,
        };
        self.installer = Some(Arc::new(installer));
        Ok(product)
    }

    fn look(&mut self) -> screens::Assessment {
        let installer = self.installer.as_ref().with_context(say::install::no_policy);
        let looked =
            installer.and_then(|installer| install::look(installer, TornMetadata::RolledBack));
        let mut assessment = match looked {
            Ok(choices) => self.shown(choices),
            Err(error) => screens::Assessment::Refused(screens::Refusal {
                code: "unreadable",
                reasons: vec![Text::fixed(text::chain(&error))],
                disks: Vec::new(),
            }),
        };
        if let screens::Assessment::Refused(refusal) = &mut assessment
            && self.has_rolled_back()
        {
            refusal.reasons.push(Text::said(say::install::rolled_back));
        }
        assessment
    }

    fn install(&mut self, data: Data, observer: &mut dyn Observer) -> Result<Done, Failure> {
        let agreed = match data {
            Data::Erased => self.agreed.take(),
            Data::Kept => self.kept.take(),
            Data::KeptWithBackup => self.restored.take(),
        };
        let Some(prepared) = agreed else {
            return Err(untouched(&anyhow::anyhow!(say::install::no_policy())));
        };
        // An installation that goes on was begun by another run.
        let steps = Steps::new(observer, prepared.has_begun());
        let brings_back = prepared.brings_back().map(|it| text::time(it.taken));
        let log = Some(log::PLACE.into());
        let record = prepared
            .run(log, &steps)
            .map_err(|error| half_done(&error.into_anyhow(), steps.begun()))
            .map_err(|failure| match (steps.begun(), self.has_rolled_back()) {
                (false, true) => {
                    Failure { state: Text::said(say::install::rolled_back), ..failure }
                }
                (true, _) | (false, false) => failure,
            })?;
        let (version, image) = (record.version, record.image);
        let short = image.get(..16).unwrap_or(&image).to_owned();
        let mut notes = vec![
            Text::said(move || {
                say::install::NoteProved { image: &short, version: &version }.to_string()
            }),
            Text::said(say::install::note_record),
        ];
        notes.extend(
            brings_back.map(|time| Text::said(move || say::install::brings_back(time.clone()))),
        );
        Ok(Done { notes })
    }

    fn ways_back(&mut self) -> RestorePoints {
        recovery::ways_back(self.installer.as_deref())
    }

    fn generations(&mut self) -> Result<Vec<RestorePoint>, Text> {
        recovery::generations(self.installer.as_deref())
    }

    fn damage(&mut self) -> Result<Damaged, Text> {
        repair::damage(self.installer.as_deref())
    }

    fn repair(&mut self, observer: &mut dyn Observer) -> Result<Done, Failure> {
        repair::repair(self.installer.as_deref(), &Steps::new(observer, false))
    }

    fn recover(
        &mut self,
        target: Target,
        asked_by: AskedBy,
        observer: &mut dyn Observer,
    ) -> Result<Done, Failure> {
        let progress = Steps::new(observer, false);
        recovery::recover(self.installer.as_deref(), target, asked_by, &progress)
    }
}

impl Machine {
    /// Whether LVM's metadata was set back here, which no refusal may hide.
    fn has_rolled_back(&self) -> bool {
        self.installer.as_ref().is_some_and(|installer| installer.has_rolled_back())
    }

    fn shown(&mut self, choices: Choices) -> screens::Assessment {
        match choices {
            Choices::Refused(refusal, world) => {
                let policy = self.installer.as_ref().map(|installer| installer.policy());
                let considered = policy.map_or_else(Vec::new, |policy| consider(policy, &world));
                screens::Assessment::Refused(refused(&world, considered, refusal))
            }
            Choices::One(prepared) => {
                let preview = preview(&prepared);
                let (next, total) = (prepared.next_step(), prepared.plan().0.steps.len());
                let (kind, operation) = (prepared.kind(), prepared.plan().0.operation);
                if kind != Kind::Resume {
                    self.agreed = Some(prepared);
                    return screens::Assessment::Ready(preview);
                }
                let data = if operation == Operation::Rebuild {
                    self.kept = Some(prepared);
                    Data::Kept
                } else {
                    self.agreed = Some(prepared);
                    Data::Erased
                };
                let fact = Text::said(move || say::install::CutOffAt { next, total }.to_string());
                screens::Assessment::Resume { preview, facts: vec![fact], data }
            }
            Choices::OverAppliance(choices) => self.over_appliance(choices),
        }
    }

    fn over_appliance(&mut self, choices: OverAppliance) -> screens::Assessment {
        let OverAppliance { rebuild, restore, erase } = choices;
        // The dialog lists what it asks for by digits, for all of them.
        let too_old = erase.against().cloned();
        let preview = preview(&erase);
        let starts = erase.disk(Role::Ssd).is_some_and(has_boot);
        let mut facts = vec![Text::said(say::install::appliance_here)];
        facts.extend(too_old.clone().map(Text::of));
        let lost_with = |prepared: &Prepared, system: Vec<Text>| {
            let losses = prepared.losses().iter().cloned().map(Text::of);
            let too_old = too_old.clone().map(Text::of).into_iter();
            too_old.chain(system).chain(losses).collect::<Vec<Text>>()
        };
        let lost = lost_with(&erase, Vec::new());
        self.agreed = Some(erase);
        self.restored = restore.unwrap_or_else(|why| {
            facts.push(Text::fixed(text::chain(&why)));
            None
        });
        let restore = self.restored.as_ref().map(|prepared| {
            let time = prepared.brings_back().map(|it| text::time(it.taken));
            let since = time.map(|time| Text::said(move || say::recover::lost_since(time.clone())));
            let backups = Text::said(say::recover::lost_backups);
            lost_with(prepared, since.into_iter().chain([backups]).collect())
        });
        self.kept = rebuild.map_or_else(
            |why| {
                facts.push(Text::of(why));
                None
            },
            Some,
        );
        let rebuild = self.kept.as_ref().map(|prepared| {
            let system = [say::recover::lost_system, say::recover::lost_backups];
            lost_with(prepared, system.map(Text::said).into())
        });
        screens::Assessment::AppliancePresent { preview, facts, rebuild, restore, lost, starts }
    }
}

/// Whether a disk has the partition that an appliance is started from.
fn has_boot(disk: &Disk) -> bool {
    disk.partitions.iter().any(|partition| partition.label.as_deref() == Some(BOOT_NAME))
}

fn disk(disk: &Disk, role: Option<Role>) -> screens::Disk {
    let model = format!("{} {}", disk.vendor, disk.identity.model);
    screens::Disk {
        role: role.map_or_else(|| Text::fixed(""), Text::of),
        device: disk.name.device(),
        model: model.trim().to_owned(),
        serial: disk.identity.serial.clone(),
        bytes: disk.identity.size.0,
    }
}

fn preview(prepared: &Prepared) -> screens::InstallPreview {
    let found = |role| Some(disk(prepared.disk(role)?, Some(role)));
    let mut erased: Vec<Text> = prepared.losses().iter().cloned().map(Text::of).collect();
    if erased.is_empty() {
        erased.push(Text::said(say::install::disks_empty));
    }
    let lacks_vault = prepared.lacks_vault();
    let root = prepared.plan().0.layout.clone().map(|layout| {
        Text::said(move || {
            let (role, size) = (layout.root_on.to_string(), layout.root.to_string());
            let goes = match layout.spare {
                Bytes::ZERO => say::install::RootGoes { role, size }.to_string(),
                spare => {
                    let spare = spare.to_string();
                    say::install::RootGoesWithSpare { role, size, spare }.to_string()
                }
            };
            if lacks_vault { format!("{goes} {}", say::install::no_room_for_vault()) } else { goes }
        })
    });
    let disks = Role::ALL.into_iter().filter_map(found).collect();
    screens::InstallPreview { disks, erased, root }
}

/// A refusal with every disk of the machine, whatever it is that stands against the installation.
fn refused(world: &World, considered: Vec<Considered>, refusal: Refusal) -> screens::Refusal {
    let row = |considered: Considered| {
        let known = world.disks.iter().find(|disk| disk.name == considered.name)?;
        Some((disk(known, None), Text::said(move || against(&considered))))
    };
    screens::Refusal {
        code: refusal.code(),
        disks: considered.into_iter().filter_map(row).collect(),
        reasons: vec![Text::of(refusal)],
    }
}

/// What stands against a disk for each role.
fn against(considered: &Considered) -> String {
    let of = |role| {
        let passed = considered.passed.of(role);
        let text = if passed.is_empty() { say::install::fits() } else { list(passed) };
        explained(role, text)
    };
    Role::ALL.map(of).join(" · ")
}

/// A failure before anything was changed.
fn untouched(error: &anyhow::Error) -> Failure {
    Failure {
        what: Text::fixed(text::chain(error)),
        state: Text::said(say::install::state_untouched),
        next: Text::said(say::install::next_other_stick),
    }
}

/// A failure of an installation, of which a step has begun or none.
fn half_done(error: &anyhow::Error, begun: bool) -> Failure {
    if !begun {
        let next = Text::said(say::install::next_check_disks);
        return Failure { next, ..untouched(error) };
    }
    Failure {
        what: Text::fixed(text::chain(error)),
        state: Text::said(say::install::state_half_done),
        next: Text::said(say::install::next_go_on),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_of_which_no_step_began_has_changed_nothing() {
        let error = anyhow::anyhow!("the disk does not answer");
        let state = |begun| half_done(&error, begun).state.to_string();
        assert_eq!(state(false), say::install::state_untouched());
        assert_eq!(state(true), say::install::state_half_done());
        assert_eq!(half_done(&error, false).next.to_string(), say::install::next_check_disks());
    }
}
