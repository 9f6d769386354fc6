//! GRUB's configuration: the menu of the installed appliance and that of the stick.
//!
//! Entries stand in both languages, since GRUB has no key to switch. Neither editor nor shell
//! opens without the policy's password: with `superusers` set and no password, to nobody.

mod counted;

use std::ops::RangeInclusive;

use zshield_messages::{Language, in_language, say};

use self::counted::{Entry, RECOVERY_KEY, counted, end};
use crate::grubenv::{EnvKey, TRIAL};
use crate::id::Slot;
use crate::own::{OwnPartitions, WORD};
use crate::policy::{Menu, Policy, Start};
use crate::volumes::{ROOT, named};

/// Where GRUB's own files are, on whichever partition 3 it was started from.
pub const DIRECTORY: &str = "zshield";

/// How many seconds a start waits for an HDD that does not turn up.
pub const WAIT: u32 = 60;

/// How many starts in a row may fail before the rescue system offers its ways back by itself.
const TRIES: u8 = 3;

/// A kernel that panics, the system's or the rescue system's, restarts after so many seconds instead
/// of standing there: what was begun goes on, and a start that failed counts.
const PANIC: &str = "panic=10";

/// What GRUB is told of the rescue system.
#[derive(Clone, Debug)]
pub struct Rescue<'a> {
    /// GRUB's name of the partition that holds the slot, where `$disk` is its own disk.
    pub partition: &'a str,
    /// That partition's unique id, by which the rescue system finds it.
    pub medium: &'a str,
    /// The slot's directory.
    pub slot: &'a str,
    /// The language of its screens.
    pub language: Language,
}

impl Rescue<'_> {
    /// The commands that start the rescue system with some more words on its command line.
    fn start(&self, words: &str) -> String {
        let Self { partition, medium, slot, language } = self;
        let language = language.tag();
        format!(
            "\tset gfxpayload=keep\n\
             \tlinux ({partition})/{slot}/vmlinuz zshield_medium={medium} zshield_slot={slot} \
             zshield_lang={language} {words} {PANIC} quiet loglevel=3 usb_storage.delay_use=0 console=tty0 console=ttyS0,115200\n\
             \tinitrd ({partition})/{slot}/initramfs.img\n"
        )
    }
}

/// The variable that has the active slot's directory, once [`choose_slot`] was run.
const SLOT: &str = "$slot";

/// The command that finds the active slot on the Golden partition, which says itself which one it is. A slot without
/// a manifest is none: it is being put together, or was damaged.
fn choose_slot(partition: &str) -> String {
    let [a, b] = Slot::ALL.map(Slot::directory);
    let (mark, manifest) = (Slot::MARK, "manifest");
    let there = |path: &str| format!("-f \"({partition})/{path}\"");
    let (first, second) = (there(&format!("{a}/{manifest}")), there(&format!("{b}/{manifest}")));
    format!(
        "if [ {} -a {second} ]; then set slot={b}; elif [ {first} ]; then set slot={a}; \
         elif [ {second} ]; then set slot={b}; else set slot={a}; fi",
        there(mark)
    )
}

/// A menu text in both languages.
fn both(text: impl Fn() -> String) -> String {
    let chinese = in_language(Language::Chinese, &text);
    let english = in_language(Language::English, &text);
    format!("{chinese} | {english}")
}

/// The part that both menus begin with: consoles, font and lock.
///
/// The screen comes first and alone: GRUB puts up none of the terminals of a list that names one
/// which the machine lacks. On a PC the serial line is GRUB's own. UEFI firmware mirrors its console
/// there, in both directions; only what `gfxterm` draws must be sent by GRUB. Without `terminfo -u`
/// GRUB would send a question mark for every Chinese character.
pub fn header(menu: &Menu) -> String {
    let password = menu
        .password
        .as_ref()
        .map_or(String::new(), |hash| format!("password_pbkdf2 zshield {hash}\n"));
    format!(
        "set superusers=zshield\n{password}export superusers\n\
         if loadfont $prefix/menu.pf2; then\n\
         \tset gfxmode=1024x768,800x600,auto\n\
         \tset screen=gfxterm\n\
         else\n\
         \tset screen=console\n\
         fi\n\
         terminal_output $screen\n\
         if serial --unit=0 --speed=115200; then\n\
         \tterminfo -u serial vt100\n\
         \tif [ \"$grub_platform\" = pc ]; then\n\
         \t\tterminal_input --append serial\n\
         \t\tterminal_output --append serial\n\
         \telif [ \"$screen\" = gfxterm ]; then\n\
         \t\tterminal_output --append serial\n\
         \tfi\n\
         fi\n\
         regexp --set=1:disk '^(.*),gpt3$' \"$root\"\n\
         export disk\n"
    )
}

/// The stick's menu: one entry, which starts the rescue system; what happens there without a key
/// is for the policy to say.
pub fn stick(menu: &Menu, start: Start, rescue: &Rescue<'_>) -> String {
    let install = match start {
        Start::Menu => "zshield_install=menu",
        Start::Auto => "zshield_install=auto",
    };
    let entry = Entry {
        id: "rescue",
        title: both(say::menu::rescue),
        key: None,
        commands: rescue.start(install),
        only_if: None,
    };
    format!(
        "{}set timeout=2\nset first=rescue\n{}",
        header(menu),
        counted(menu, &[entry], say::menu::rescue_by_itself)
    )
}

/// The installed appliance's menu: the system, and the rescue system with its ways back, which is in
/// the active slot of the Golden partition with this id. It names no slot: a backup carries it along, and would
/// bring an old one back.
///
/// The words of the environment (see [`crate::grubenv`]) decide what is started by itself. A new version
/// on trial that used up its starts is left for the latest backup, without a question; none of these words goes
/// before the recovery has begun, so that a cut leads to it again. While
/// a recovery has begun there is no entry for the system: what lies on root is half of two. Only
/// those words are loaded: the environment can be written by any program that is root, and another
/// `prefix` would have GRUB read another menu, whatever is recovered. What the system's own menu
/// says of the partitions ([`crate::own`]) it has from here: it is written anew where they are not known.
pub fn installed(policy: &Policy, own: &OwnPartitions) -> String {
    let menu = &policy.menu;
    let starts = policy.upgrade.starts.get();
    let most = TRIES.max(starts);
    let rescue = Rescue {
        partition: "${disk},gpt4",
        medium: &own.golden.to_string(),
        slot: SLOT,
        language: Language::from(policy.product.language),
    };
    let system = Entry {
        id: "system",
        title: both(say::menu::system),
        key: None,
        commands: format!(
            "{}\
             \tsave_env zshield_tries\n\
             \tset own={own}\n\
             \tsource $prefix/system.cfg\n",
            one_more(most)
        ),
        only_if: Some("[ -z \"$zshield_recover\" ]"),
    };
    let golden = Entry {
        id: "golden",
        title: both(say::menu::golden),
        key: Some(RECOVERY_KEY),
        commands: format!(
            "\t{}\n{}",
            choose_slot(rescue.partition),
            rescue.start("zshield_recovery=$recovery")
        ),
        only_if: None,
    };
    format!(
        "{}load_env {}\nset timeout={}\nset first=system\n\
         {}\
         if [ -n \"$recovery\" ]; then\n\
         \tset first=golden\n\
         \tset timeout=0\n\
         else\n\
         \tset recovery=menu\n\
         fi\n{}",
        header(menu),
        EnvKey::ALL.map(EnvKey::key).join(" "),
        menu.timeout,
        by_itself(starts, most),
        counted(menu, &[system, golden], say::menu::system_by_itself),
    )
}

/// Which recovery is started by itself, where one is: what has begun comes first, then what somebody asked
/// for, then what the count of starts says.
fn by_itself(starts: u8, most: u8) -> String {
    let (on_trial, off_trial) = (tries_are(starts..=most), tries_are(TRIES..=most));
    format!(
        "if [ \"$zshield_recover\" = factory ]; then\n\
         \tset recovery=default\n\
         elif [ \"$zshield_recover\" = latest ]; then\n\
         \tset recovery=latest\n\
         elif [ -n \"$zshield_recover\" ]; then\n\
         \tset recovery=\"$zshield_recover\"\n\
         elif [ -n \"$zshield_request\" ]; then\n\
         \tset recovery=\"$zshield_request\"\n\
         \tif [ \"$zshield_request\" = factory ]; then set recovery=default; fi\n\
         \tset zshield_request=\n\
         \tsave_env zshield_request\n\
         elif [ \"$zshield_trial\" = {TRIAL} ]; then\n\
         \tif {on_trial}; then set recovery=latest; fi\n\
         elif {off_trial}; then\n\
         \tset recovery=menu\n\
         \tset zshield_tries=\n\
         \tsave_env zshield_tries\n\
         fi\n"
    )
}

/// Counts a start, up to `most`: GRUB can't add. Whatever else the word is, it is none.
fn one_more(most: u8) -> String {
    let next = |tries: u8| {
        let word = if tries == 1 { "if" } else { "elif" };
        let next = tries + 1;
        format!("\t{word} [ \"$zshield_tries\" = {tries} ]; then set zshield_tries={next}\n")
    };
    let counted: String = (1..most).map(next).collect();
    format!("{counted}\telif [ \"$zshield_tries\" != {most} ]; then set zshield_tries=1; fi\n")
}

/// The condition that the starts counted so far are one of these.
fn tries_are(numbers: RangeInclusive<u8>) -> String {
    let each: Vec<String> = numbers.map(|tries| format!("\"$zshield_tries\" = {tries}")).collect();
    format!("[ {} ]", each.join(" -o "))
}

/// What GRUB's core carries in itself: the lock, without which it would open a shell to anybody, and, for
/// a disk whose menu is gone or is none, the way to the rescue system in the active slot of the same
/// disk's Golden partition, whose filesystem has the partition's id. Where that is gone too, it starts anew.
///
/// The core's own parser knows no `if` and takes one line: `eval` brings the menu's.
pub fn core() -> String {
    let rescue = Rescue {
        partition: "$disk,gpt4",
        medium: "$medium",
        slot: SLOT,
        language: Language::English,
    };
    let start: Vec<String> =
        rescue.start("zshield_recovery=menu").lines().map(|line| line.trim().to_owned()).collect();
    format!(
        "set superusers=zshield\nexport superusers\n\
         eval 'if [ -f \"$prefix/grub.cfg\" ]; then configfile \"$prefix/grub.cfg\"; fi; \
         regexp --set=1:disk \"^\\((.*),gpt3\\)\" \"$prefix\"; {}; \
         if [ -f \"($disk,gpt4)/{}/vmlinuz\" ]; then \
         probe --set=medium --fs-uuid \"($disk,gpt4)\"; {}; fi; {}'\n",
        choose_slot(rescue.partition),
        rescue.slot,
        start.join("; "),
        end().join("; ")
    )
}

/// How the system itself is started; a file of its own, since a kernel upgrade changes it.
///
/// initramfs-tools reads `root=`, dracut wants `rd.lvm.lv=` too. Nobody is there to answer `fsck`,
/// which mends no torn superblock unless it is told to; and a filesystem with one is of no type that
/// blkid would know. Nor would anybody be there for the shell that either makes where root does not
/// turn up, open to whoever comes by: `panic=` has initramfs-tools restart instead, `rd.shell=0` and
/// `rd.emergency=reboot` have dracut, so that such starts are counted too. `noresume` has neither wait
/// for the swap of the machine that made the initrd. All of them take the last word, which is the
/// policy's. Behind the payload's initrd goes our own small initramfs, without which the
/// system still starts.
pub fn system(policy: &Policy, kernel: &str, initrd: &str) -> String {
    let (group, cmdline, root) = (&policy.storage.group, &policy.payload.cmdline, named(ROOT));
    let device = group.mapping(&root).node();
    let linux = format!(
        "linux ($root)/{kernel} root={device} rd.lvm.lv={group}/{root} rootfstype=ext4 ro fsck.repair=yes \
         {PANIC} rd.shell=0 rd.emergency=reboot noresume {cmdline}"
    );
    format!(
        "if [ -f $prefix/early.img ]; then\n\
         \tset degraded=\n\
         \tif [ -f $prefix/degraded ]; then set degraded=zshield_degraded=1; fi\n\
         \t{linux} rdinit=/zshield/early zshield_wait={WAIT} zshield_tries=$zshield_tries {WORD}=$own $degraded\n\
         \tinitrd ($root)/{initrd} ($root)/zshield/early.img\n\
         else\n\
         \t{linux}\n\
         \tinitrd ($root)/{initrd}\n\
         fi\n"
    )
}

/// Every character that a menu can show, for the font.
pub fn characters() -> String {
    let ascii: String = (' '..='~').collect();
    let texts = [
        say::menu::system,
        say::menu::golden,
        say::menu::rescue,
        say::menu::grub,
        say::menu::system_by_itself,
        say::menu::rescue_by_itself,
    ];
    let menus: String = texts.into_iter().map(both).collect();
    format!("{ascii}{menus}")
}

#[cfg(test)]
mod tests;
