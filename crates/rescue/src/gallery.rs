//! Every screen with sample data: for golden files, and to be looked at without a machine.

use std::io;

use ratatui::Terminal;
use zshield_golden::key::KeyId;
use zshield_golden::manifest::SignatureState;
use zshield_messages::{Language, language, say};
use zshield_plan::id::GenerationId;
use zshield_plan::model::Target;
use zshield_plan::whole::Part;

use crate::framebuffer::{Depth, Framebuffer, Geometry};
use crate::operations::{
    Disk, Failure, InstallPreview, Origin, Product, Refusal, RestorePoint, Status, Step,
};
use crate::screen::{
    Confirm, Finished, Frame, LeadsTo, List, Offers, Operation, Progress, Recovery, Screen, draw,
    plain,
};
use crate::text::Text;

/// A screen to look at.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its name, as a file name.
    pub name: &'static str,
    frame: Frame,
    screen: Screen,
}

impl Sample {
    /// The lines of a serial console.
    pub fn lines(&self) -> Vec<String> {
        plain::lines(&self.frame, &self.screen)
    }

    /// The pixels of a screen of this size, three bytes each: red, green, blue.
    pub fn pixels(&self, width: usize, height: usize) -> io::Result<Vec<u8>> {
        let geometry = Geometry { width, height, stride: width * 4, depth: Depth::Xrgb8888 };
        let mut terminal =
            Terminal::new(Framebuffer::new(geometry, vec![0; geometry.stride * height]))?;
        terminal.clear()?;
        terminal.draw(|area| draw::screen(&self.frame, &self.screen, area.buffer_mut()))?;
        let memory = terminal.backend().pixels();
        Ok(memory.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect())
    }
}

/// A text in both languages, as the operations would say it from their own catalogues.
fn both(english: &'static str, chinese: &'static str) -> Text {
    Text::said(move || match language() {
        Language::English => english.to_owned(),
        Language::Chinese => chinese.to_owned(),
    })
}

fn disk(role: &str, device: &str, model: &str, serial: &str, bytes: u64) -> Disk {
    let (device, model, serial) = (device.into(), model.into(), serial.into());
    Disk { role: Text::fixed(role), device, model, serial, bytes }
}

fn ssd() -> Disk {
    disk("SSD", "/dev/sdb", "ATA INTEL SSDSC2KB48", "PHYF941200JK480BGN", 480_103_981_056)
}

fn hdd() -> Disk {
    disk("HDD", "/dev/sda", "LSI MR9361-8i", "00a3f1c82b6e2f0b2700", 499_558_383_616)
}

fn preview() -> InstallPreview {
    InstallPreview {
        disks: vec![ssd(), hdd()],
        erased: vec![
            both(
                "/dev/sdb: 3 partitions, among them Windows (NTFS), 412 GB",
                "/dev/sdb：3 个分区，其中有 Windows(NTFS)，412 GB",
            ),
            both("/dev/sda: an old LVM group “vgroup”", "/dev/sda：旧的 LVM 卷组“vgroup”"),
        ],
        root: Some(both("The system gets 100 GiB on the SSD.", "系统将占用 SSD 上的 100 GiB。")),
    }
}

fn step(number: u32, english: &'static str, chinese: &'static str, status: Status) -> Step {
    Step {
        number,
        total: 23,
        name: format!("step-{number}"),
        title: both(english, chinese),
        status,
    }
}

fn steps() -> Vec<Step> {
    const TITLES: [(&str, &str); 9] = [
        ("Make the disks unbootable", "使磁盘暂时无法启动"),
        ("Partition the SSD", "为固态硬盘分区"),
        ("Partition the HDD", "为机械硬盘分区"),
        ("Create the volume group", "创建卷组"),
        ("Create the root volume", "创建根卷"),
        ("Create the user volume", "创建用户卷"),
        ("Create the audit volume", "创建审计卷"),
        ("Make the filesystems", "创建文件系统"),
        ("Unpack the system", "解包系统文件"),
    ];
    (1u32..)
        .zip(TITLES)
        .map(|(number, (english, chinese))| {
            step(number, english, chinese, if number == 9 { Status::Begun } else { Status::Done })
        })
        .collect()
}

fn failure() -> Failure {
    Failure {
        what: both(
            "lvcreate failed (exit status 5): insufficient free space: 25600 extents needed, but only 14305 available",
            "lvcreate 失败(退出码 5)：可用空间不足：需要 25600 个区段，只有 14305 个",
        ),
        state: both(
            "The installation is not finished. The machine can’t start from its disks.",
            "安装没有完成，本机无法从磁盘启动。",
        ),
        next: both(
            "Check the HDD behind the RAID card, then restart with the stick: the installation goes on by itself.",
            "请检查 RAID 卡后面的机械硬盘，然后用 U 盘重新启动，安装会自动继续。",
        ),
    }
}

fn ways_back() -> Vec<RestorePoint> {
    vec![
        RestorePoint {
            target: Target::Factory,
            facts: vec![
                both(
                    "ACME Gateway 4.2.0, installed 2026-03-12 09:41",
                    "ACME Gateway 4.2.0，安装于 2026-03-12 09:41",
                ),
                both("Checked and sound, last night", "昨夜检查，完好"),
            ],
            unavailable: None,
            lost: vec![both(
                "Every change to the system since 2026-03-12",
                "2026-03-12 以后对系统的所有改动",
            )],
        },
        RestorePoint {
            target: Target::Latest,
            facts: vec![both(
                "ACME Gateway 4.3.1, backed up 2026-11-21 02:00",
                "ACME Gateway 4.3.1，备份于 2026-11-21 02:00",
            )],
            unavailable: Some(both("the HDD is missing", "缺少机械硬盘")),
            lost: Vec::new(),
        },
    ]
}

fn refusal() -> Refusal {
    let second =
        disk("SSD", "/dev/sdc", "Samsung SSD 870 EVO", "S6PXNM0T123456A", 1_000_204_886_016);
    let stick =
        disk("USB", "/dev/sdd", "SanDisk Cruzer Blade", "4C530001100714116234", 15_376_000_000);
    Refusal {
        code: "two-ssd",
        reasons: vec![both(
            "Two disks fit the role SSD; exactly one must.",
            "有两块磁盘符合“固态硬盘”的要求，只能有一块。",
        )],
        disks: vec![
            (ssd(), both("fits the role SSD", "符合“固态硬盘”")),
            (second, both("fits the role SSD as well", "也符合“固态硬盘”")),
            (hdd(), both("chosen for the role HDD", "已选为“机械硬盘”")),
            (
                stick,
                both("holds the image that this machine was started from", "本机正是从它启动的"),
            ),
        ],
    }
}

fn confirm() -> Screen {
    Screen::Confirm(Confirm {
        operation: Operation::Install,
        lost: vec![
            both(
                "The installed system ACME Gateway 4.1.0 with all its backups",
                "已安装的系统 ACME Gateway 4.1.0 及其全部备份",
            ),
            both("Customer data on /home: 312 GB", "/home 上的客户数据：312 GB"),
            both("Logs on /var/log: 18 GB", "/var/log 上的日志：18 GB"),
        ],
        digits: "4821".into(),
        typed: "48".into(),
        wrong: false,
    })
}

fn confirm_repair() -> Screen {
    let lost = [Part::BootFilesystem, Part::Boot, Part::Ledger, Part::Environment];
    Screen::Confirm(Confirm {
        operation: Operation::Repair,
        lost: lost.map(Text::of).into(),
        digits: "4821".into(),
        typed: String::new(),
        wrong: false,
    })
}

fn progress() -> Screen {
    Screen::Progress(Progress {
        operation: Operation::Install,
        resumed: None,
        steps: steps(),
        bytes: Some((187_000_000, 301_000_000)),
        seconds: 17,
    })
}

fn generations() -> Vec<RestorePoint> {
    let generation = |day: u8| RestorePoint {
        target: Target::Vault(GenerationId::of([day; 32])),
        facts: vec![
            Text::said(move || say::recover::fact_time(format!("2026-04-{day:02} 02:00"))),
            Text::said(|| say::recover::fact_version("4.2.0")),
        ],
        unavailable: None,
        lost: Vec::new(),
    };
    (12..22).rev().map(generation).collect()
}

fn done() -> Screen {
    Screen::Done(Finished {
        operation: Operation::Install,
        seconds: 41,
        notes: vec![both(
            "The record of this installation is on the stick (ZS-LOG) and on the audit volume.",
            "本次安装的记录保存在 U 盘(ZS-LOG)和审计卷上。",
        )],
        by_itself: None,
    })
}

fn failed(ways: bool) -> Screen {
    let log = ["[  12.204] create-root: begun", "[  12.611] lvcreate: exit status 5"];
    Screen::Failed {
        failure: failure(),
        ways,
        on_stick: Some("rescue01.log".into()),
        log: log.map(String::from).into(),
    }
}

/// The ways back: with none taken yet, with one begun, those of the vault, those that a stick shows.
fn recoveries() -> [Recovery; 4] {
    let recovery = Recovery {
        ways: ways_back(),
        begun: None,
        chosen: 3,
        list: List::First { vault: true },
        leads_to: LeadsTo::System,
    };
    let begun = Recovery { begun: Some(Target::Factory), chosen: 0, ..recovery.clone() };
    let older = Recovery { ways: generations(), chosen: 1, list: List::Older, ..recovery.clone() };
    let from_stick = Recovery { leads_to: LeadsTo::Stick, ..recovery.clone() };
    [recovery, begun, older, from_stick]
}

/// Every screen.
pub fn samples() -> Vec<Sample> {
    let product = |signature| Frame {
        product: Some(Product {
            name: "ACME Gateway".into(),
            version: "4.2.0".into(),
            signature,
            origin: Origin::Medium,
        }),
        warnings: Vec::new(),
    };
    let key_id = KeyId::new(0x8F3C_2A9E_1D0B_7745);
    let signed = product(SignatureState::Signed { key_id, trusted_comment: String::new() });
    let mut unsigned = product(SignatureState::Unsigned);
    unsigned.warnings.push(Text::of(crate::Warning::UnknownWord("zshield_erase=1".into())));
    let facts = vec![both(
        "ACME Gateway 4.1.0, installed 2026-03-12 09:41",
        "ACME Gateway 4.1.0，安装于 2026-03-12 09:41",
    )];
    let starting = vec![Text::said(say::rescue::starting_drivers)];
    let offers = Offers { keeps: true, restores: true, starts: true };
    let [recovery, begun, older, from_stick] = recoveries();
    let sample = |name, screen| Sample { name, frame: signed.clone(), screen };
    vec![
        Sample { name: "starting", frame: Frame::default(), screen: Screen::Starting(starting) },
        sample("install", Screen::Install(preview())),
        Sample { name: "install-unsigned", frame: unsigned, screen: Screen::Install(preview()) },
        sample("present", Screen::Present { preview: preview(), facts, offers }),
        sample("confirm", confirm()),
        sample("confirm-repair", confirm_repair()),
        sample("nothing-to-repair", Screen::NothingToRepair(Vec::new())),
        sample("refused", Screen::Refused(refusal())),
        sample("progress", progress()),
        sample("done", done()),
        sample("failed", failed(false)),
        sample("failed-recovery", failed(true)),
        sample("recovery", Screen::Recovery(recovery)),
        sample("recovery-begun", Screen::Recovery(begun)),
        sample("recovery-older", Screen::Recovery(older)),
        sample("recovery-stick", Screen::Recovery(from_stick)),
        sample("restart", Screen::Restart),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use ratatui::backend::TestBackend;
    use ratatui::buffer::{Cell, CellDiffOption, CellWidth as _};
    use zshield_messages::set_language;

    use super::*;

    /// What a screen of 100 × 37 cells (800 × 600) shows, large characters as one.
    fn drawn(sample: &Sample) -> String {
        let mut terminal = Terminal::new(TestBackend::new(100, 37)).unwrap();
        let mut rows = Vec::new();
        let draw = |area: &mut ratatui::Frame<'_>| {
            let buffer = area.buffer_mut();
            draw::screen(&sample.frame, &sample.screen, buffer);
            rows = buffer.content.chunks(100).map(row).collect();
        };
        terminal.draw(draw).unwrap();
        rows.join("\n")
    }

    fn row(cells: &[Cell]) -> String {
        let mut text = String::new();
        let mut covered = 0;
        for cell in cells.iter().filter(|cell| cell.diff_option != CellDiffOption::Skip) {
            if covered == 0 {
                text.push_str(cell.symbol());
                let large = cell.modifier.contains(draw::LARGE);
                covered = if large { 0 } else { cell.cell_width().saturating_sub(1) };
            } else {
                covered -= 1;
            }
        }
        text.trim_end().to_owned()
    }

    // One test, since the language is the process's.
    #[test]
    fn the_screens_are_as_they_were_looked_at() {
        for language in [Language::English, Language::Chinese] {
            set_language(language);
            for sample in samples() {
                let name = format!("{}-{}", sample.name, language.tag());
                insta::assert_snapshot!(format!("{name}-drawn"), drawn(&sample));
                insta::assert_snapshot!(format!("{name}-lines"), sample.lines().join("\n"));
            }
        }
        set_language(Language::English);
    }

    #[test]
    fn a_page_shows_something_on_the_smallest_screen_and_on_a_large_one() {
        let shows = |sample: &Sample, width, height| {
            let pixels = sample.pixels(width, height).unwrap();
            let colours: HashSet<&[u8]> = pixels.chunks_exact(3).collect();
            assert!(colours.len() > 2, "{} at {width}x{height}", sample.name);
        };
        for sample in samples() {
            shows(&sample, 320, 200);
        }
        shows(&samples()[1], 1920, 1080);
    }
}
