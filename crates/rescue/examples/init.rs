//! A rescue system whose operations only pretend: to boot in a virtual machine and look at every
//! screen. `/etc/zshield/demo` says what is pretended: `ready`, `present`, `refused`, `unsigned`,
//! `panic`, `dead`.

use std::thread::sleep;
use std::time::Duration;

use zshield_golden::key::KeyId;
use zshield_golden::manifest::SignatureState;
use zshield_operations::recover::at_rest::AskedBy;
use zshield_plan::model::Target;
use zshield_rescue::{
    Assessment, Boot, Damaged, Data, Disk, Done, Failure, InstallPreview, Medium, Observer,
    Operations, Origin, Product, Refusal, RestorePoint, RestorePoints, Status, Step, Text,
};

struct Pretended {
    story: String,
}

fn disk(role: &str, device: &str, model: &str, bytes: u64) -> Disk {
    let serial = format!("{role}0001");
    Disk { role: Text::fixed(role), device: device.into(), model: model.into(), serial, bytes }
}

fn preview() -> InstallPreview {
    InstallPreview {
        disks: vec![
            disk("SSD", "/dev/sda", "LAB-SSD", 64_000_000_000),
            disk("HDD", "/dev/sdb", "LSI MR9361-8i", 500_000_000_000),
        ],
        erased: vec![Text::fixed("/dev/sda: GPT, 3 partitions"), Text::fixed("/dev/sdb: NTFS")],
        root: None,
    }
}

impl Operations for Pretended {
    fn open(&mut self, medium: &Medium) -> Result<Product, Failure> {
        zshield_rescue::log(&format!("slot {}", medium.slot.display()));
        let signature = if self.story == "unsigned" {
            SignatureState::Unsigned
        } else {
            let key_id = KeyId::new(0x8F3C_2A9E_1D0B_7745);
            SignatureState::Signed { key_id, trusted_comment: String::new() }
        };
        Ok(Product {
            name: "ACME Gateway".into(),
            version: "4.2.0".into(),
            signature,
            origin: Origin::Medium,
        })
    }

    fn look(&mut self) -> Assessment {
        match self.story.as_str() {
            "panic" => panic!("a pretended panic"),
            "present" => Assessment::AppliancePresent {
                preview: preview(),
                facts: vec![Text::fixed("ACME Gateway 4.1.0, 2026-03-01")],
                rebuild: Some(vec![Text::fixed("the system")]),
                restore: None,
                lost: vec![Text::fixed("/home, /var/log")],
                starts: true,
            },
            "refused" => Assessment::Refused(Refusal {
                code: "no-ssd",
                reasons: vec![Text::fixed("no disk fits the role SSD")],
                disks: vec![(
                    disk("HDD", "/dev/sdb", "LSI MR9361-8i", 500_000_000_000),
                    Text::fixed("rotational"),
                )],
            }),
            _ => Assessment::Ready(preview()),
        }
    }

    fn install(&mut self, _: Data, observer: &mut dyn Observer) -> Result<Done, Failure> {
        const NAMES: [&str; 4] = ["partition-ssd", "create-root", "unpack", "prove"];
        for (number, name) in (1u32..).zip(NAMES) {
            let step = |status| Step {
                number,
                total: 4,
                name: name.into(),
                title: Text::fixed(name),
                status,
            };
            observer.step(step(Status::Begun));
            for part in 1..=20u64 {
                sleep(Duration::from_millis(50));
                observer.bytes(part * 15_000_000, 300_000_000);
            }
            observer.step(step(Status::Done));
        }
        Ok(Done { notes: Vec::new() })
    }

    fn ways_back(&mut self) -> RestorePoints {
        let way = |target| RestorePoint {
            target,
            facts: Vec::new(),
            unavailable: None,
            lost: vec![Text::fixed("the system")],
        };
        RestorePoints {
            ways: [Target::Latest, Target::Factory].map(way).into(),
            begun: None,
            own_image: Some(true),
            vault: false,
        }
    }

    fn generations(&mut self) -> Result<Vec<RestorePoint>, Text> {
        Ok(Vec::new())
    }

    fn damage(&mut self) -> Result<Damaged, Text> {
        Ok(Damaged { mended: vec![Text::fixed("/boot")], left: Vec::new() })
    }

    fn repair(&mut self, observer: &mut dyn Observer) -> Result<Done, Failure> {
        self.install(Data::Kept, observer)
    }

    fn recover(
        &mut self,
        _: Target,
        _: AskedBy,
        observer: &mut dyn Observer,
    ) -> Result<Done, Failure> {
        self.install(Data::Kept, observer)
    }
}

fn main() {
    let story = std::fs::read_to_string("/etc/zshield/demo").unwrap_or_default();
    // As if nothing of the rescue system could run: PID 1 is left alone.
    if story == "dead" && std::process::id() != 1 {
        std::process::abort();
    }
    if zshield_rescue::is_called() {
        zshield_rescue::run_with(|_: &Boot| Pretended { story });
    }
    eprintln!("this is an /init");
}
