//! The menu that counts: what is on the screen, and what each key does.
//!
//! GRUB's own menu stands for ever once a byte has come: any byte ends its count, `e` and `c` ask for
//! a name, and nobody is there on a line that is noisy or echoes. So it is never drawn. GRUB counts
//! in its quiet way (`timeout_style=countdown`), where keys other than those of an entry do nothing
//! and the count goes on; the entries are written above it. Escape and F4 would bring GRUB's menu up
//! even there: they are keys of an entry too, that of the start itself. The key of the recovery is one
//! that GRUB never writes, so that no line that echoes presses it. Whoever chooses by mistake comes to the
//! rescue system, which leaves by itself. An entry that can't be started restarts the machine.
//!
//! Shift, held down on a keyboard, still brings up GRUB's own menu.

use zshield_messages::{Language, in_language, say};

use super::both;
use crate::policy::Menu;

/// A key as GRUB calls it, and as it is written on keyboards.
#[derive(Clone, Copy)]
pub(super) struct Key(&'static str, &'static str);

/// The key that starts the recovery.
pub(super) const RECOVERY_KEY: Key = Key("tab", "Tab");

/// The key that opens GRUB's own menu to whoever knows the password.
const GRUB_KEY: Key = Key("f10", "F10");

/// The keys that end GRUB's count where no entry has them. It has no name for Escape.
const START_KEYS: [&str; 2] = ["\u{1b}", "f4"];

/// One line of the menu.
pub(super) struct Entry {
    /// What the variable `first` calls it.
    pub id: &'static str,
    /// What it says.
    pub title: String,
    /// Its key. The entry without one is started at the end of the count.
    pub key: Option<Key>,
    /// The commands that load a kernel.
    pub commands: String,
    /// The condition without which it is not there.
    pub only_if: Option<&'static str>,
}

impl Entry {
    fn function(&self) -> String {
        let Self { id, commands, .. } = self;
        format!("function start_{id} {{\n{commands}\t{}\n}}\n", end().join("\n\t"))
    }

    fn menuentry(&self) -> String {
        let Self { id, title, .. } = self;
        let key = self.key.map_or(String::new(), |Key(key, _)| format!(" --hotkey {key}"));
        self.where_it_is(&format!(
            "menuentry \"{title}\" --unrestricted --id {id}{key} {{ start_{id} }}\n"
        ))
    }

    fn shown(&self) -> String {
        self.where_it_is(&line(self.key, &self.title))
    }

    fn where_it_is(&self, commands: &str) -> String {
        self.only_if.map_or(commands.to_owned(), |condition| {
            format!("if {condition}; then\n{commands}fi\n")
        })
    }
}

/// What follows the commands that load a kernel. Where there is none, the machine starts anew: it
/// counts, and nobody has to be there.
pub(super) const fn end() -> [&'static str; 3] {
    ["boot", "sleep 30", "reboot"]
}

fn line(key: Option<Key>, title: &str) -> String {
    let key = key.map_or(String::new(), |Key(_, key)| format!("[{key}]"));
    format!("echo \"  {key:<7} {title}\"\n")
}

/// GRUB's own menu, for whoever knows the password.
fn own_menu(title: &str) -> String {
    format!(
        "\tmenuentry \"{title}\" --unrestricted --hotkey {} {{\n\
         \t\tif authenticate; then\n\
         \t\t\tset standing=1\n\
         \t\t\texport standing\n\
         \t\t\tconfigfile $prefix/grub.cfg\n\
         \t\tfi\n\
         \t\treboot\n\
         \t}}\n",
        GRUB_KEY.0
    )
}

/// Functions, entries and screen; `first` names the entry that is started by itself, `timeout` has the
/// seconds.
pub(super) fn counted(menu: &Menu, entries: &[Entry], by_itself: fn() -> String) -> String {
    let all = |part: fn(&Entry) -> String| entries.iter().map(part).collect::<String>();
    let start = |key: &str| {
        format!("\tmenuentry \"$first\" --unrestricted --hotkey \"{key}\" {{ start_$first }}\n")
    };
    let starts: String = START_KEYS.into_iter().map(start).collect();
    let locked = menu.password.as_ref().map(|_| both(say::menu::grub));
    let opens = locked.as_deref().map_or_else(String::new, own_menu);
    let shown =
        [all(Entry::shown), locked.map_or_else(String::new, |title| line(Some(GRUB_KEY), &title))]
            .concat();
    let said = [Language::Chinese, Language::English]
        .map(|language| format!("echo \"  {}\"\n", in_language(language, by_itself)))
        .concat();
    format!(
        "{}set default=$first\n{}\
         if [ -n \"$standing\" ]; then\n\
         \tunset timeout\n\
         else\n\
         \tset timeout_style=countdown\n{starts}{opens}fi\n\
         if [ \"$timeout\" != 0 -a -z \"$standing\" ]; then\n\
         clear\necho\n{shown}echo\n{said}echo\necho -n \"  \"\nfi\n",
        all(Entry::function),
        all(Entry::menuentry),
    )
}
