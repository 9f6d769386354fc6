//! The lists that depmod leaves beside the modules: `modules.dep`, `.alias`, `.softdep`, `.builtin`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::Path;

use crate::modalias;

/// What draws where the kernel by itself has no framebuffer, the firmware's first: no device has a
/// modalias for that.
pub const SCREEN_DRIVERS: &[&str] =
    &["simpledrm", "simplefb", "efifb", "vesafb", "bochs", "virtio_gpu", "ast", "mgag200"];

/// A module's name as the kernel has it, from its file's: `kernel/fs/dm-mod.ko.xz` is `dm_mod`.
/// Nothing for a file that is no module.
pub fn name_of(file: &str) -> Option<String> {
    let base = file.rsplit('/').next()?;
    let (name, packing) = base.split_once(".ko")?;
    matches!(packing, "" | ".xz" | ".zst" | ".gz").then(|| kernel_name(name))
}

/// The kernel writes `_` where files and lists may have `-`.
fn kernel_name(name: &str) -> String {
    name.replace('-', "_")
}

/// The texts of the lists. A kernel may lack any of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lists<'a> {
    /// `modules.dep`: a file, and the files that it needs.
    pub dep: &'a str,
    /// `modules.alias`: a pattern for devices, and a module.
    pub alias: &'a str,
    /// `modules.softdep`: what is to be loaded before and after a module.
    pub softdep: &'a str,
    /// `modules.builtin`: what is in the kernel itself.
    pub builtin: &'a str,
}

/// A module that can be loaded.
#[derive(Debug)]
struct Loadable {
    /// Its file, below the modules' directory.
    file: String,
    /// The names that it needs, deepest first.
    needs: Vec<String>,
}

/// A module, or an alias of one, that goes with another as far as it is there.
#[derive(Debug)]
struct Companion {
    is_before: bool,
    name: String,
}

/// Where modules lie, what they need, and which devices they are for. Names have `_` for `-`.
#[derive(Debug, Default)]
pub struct Index {
    loadable: BTreeMap<String, Loadable>,
    builtin: BTreeSet<String>,
    companions: HashMap<String, Vec<Companion>>,
    /// Aliases by the part before the first `:`: pattern and module.
    aliases: HashMap<String, Vec<(String, String)>>,
}

impl Index {
    /// Reads the lists in a directory (`/lib/modules/6.1.0-56-amd64`).
    pub fn read(directory: &Path) -> io::Result<Self> {
        // A kernel may have all of its drivers in it, and then no directory of modules.
        if !directory.try_exists()? {
            return Ok(Self::default());
        }
        let read = |name: &str| fs::read_to_string(directory.join(name));
        Ok(Self::parse(Lists {
            dep: &read("modules.dep")?,
            alias: &read("modules.alias")?,
            // A kernel may have no soft dependency, and an initrd no list of what is built in.
            softdep: &read("modules.softdep").unwrap_or_default(),
            builtin: &read("modules.builtin").unwrap_or_default(),
        }))
    }

    /// What the lists say. Lines that are none are passed over.
    pub fn parse(lists: Lists<'_>) -> Self {
        let mut index = Self {
            loadable: lists.dep.lines().filter_map(loadable).collect(),
            builtin: lists.builtin.lines().filter_map(name_of).collect(),
            ..Self::default()
        };
        lists.alias.lines().for_each(|line| index.add_alias(line));
        lists.softdep.lines().for_each(|line| index.add_companions(line));
        index
    }

    fn add_alias(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let (Some("alias"), Some(pattern), Some(module)) =
            (words.next(), words.next(), words.next())
        else {
            return;
        };
        let module = kernel_name(module);
        // An initramfs carries a part of the modules and often the list of all.
        if self.loadable.contains_key(&module) {
            let bus = bus_of(pattern).to_owned();
            self.aliases.entry(bus).or_default().push((pattern.to_owned(), module));
        }
    }

    fn add_companions(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let (Some("softdep"), Some(module)) = (words.next(), words.next()) else { return };
        let companions = self.companions.entry(kernel_name(module)).or_default();
        let mut is_before = true;
        for word in words {
            match word {
                "pre:" => is_before = true,
                "post:" => is_before = false,
                name => companions.push(Companion { is_before, name: name.to_owned() }),
            }
        }
    }

    /// Whether no module can be loaded.
    pub fn is_empty(&self) -> bool {
        self.loadable.is_empty()
    }

    /// Whether the kernel has a module, in itself or to be loaded.
    pub fn has(&self, module: &str) -> bool {
        self.builtin.contains(module) || self.loadable.contains_key(module)
    }

    /// The files of all modules that can be loaded, below the modules' directory.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.loadable.values().map(|module| module.file.as_str())
    }

    /// The file of a module, below the modules' directory.
    pub fn file(&self, module: &str) -> Option<&str> {
        self.loadable.get(module).map(|module| module.file.as_str())
    }

    /// The modules that a module needs, deepest first.
    pub fn needs(&self, module: &str) -> &[String] {
        self.loadable.get(module).map(|module| module.needs.as_slice()).unwrap_or_default()
    }

    /// The modules, or aliases of some, that go with a module as far as they are there: those to be
    /// loaded before it (`true`) or after it.
    fn companions(&self, module: &str, is_before: bool) -> impl Iterator<Item = &str> {
        let all = self.companions.get(module).into_iter().flatten();
        all.filter(move |one| one.is_before == is_before).map(|one| one.name.as_str())
    }

    /// These modules and all that they need or that goes with them by its own name, as far as it can
    /// be loaded.
    pub fn closure<'a>(&self, modules: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
        let mut closed = BTreeSet::new();
        let mut ahead: Vec<String> = modules.into_iter().map(kernel_name).collect();
        while let Some(name) = ahead.pop() {
            if self.loadable.contains_key(&name) && closed.insert(name.clone()) {
                ahead.extend_from_slice(self.needs(&name));
                let companions = [true, false].map(|before| self.companions(&name, before));
                ahead.extend(companions.into_iter().flatten().map(kernel_name));
            }
        }
        closed
    }

    /// The modules for a device.
    pub fn for_device<'a>(&'a self, modalias: &'a str) -> impl Iterator<Item = &'a str> {
        self.aliases
            .get(bus_of(modalias))
            .into_iter()
            .flatten()
            .filter(|(pattern, _)| modalias::matches(pattern.as_bytes(), modalias.as_bytes()))
            .map(|(_, module)| module.as_str())
    }

    /// A module and all that goes with it, in the order to load them. Empty if it isn't there.
    pub fn in_order(&self, module: &str) -> Vec<String> {
        let mut order = Vec::new();
        self.append(&kernel_name(module), &mut order, &mut Vec::new());
        order
    }

    /// `open` are the modules whose needs are being followed: soft dependencies may go in circles.
    fn append(&self, wanted: &str, order: &mut Vec<String>, open: &mut Vec<String>) {
        for module in self.resolved(wanted) {
            if open.contains(&module) || order.contains(&module) {
                continue;
            }
            open.push(module.clone());
            for before in self.companions(&module, true) {
                self.append(before, order, open);
            }
            for needed in self.needs(&module) {
                self.append(needed, order, open);
            }
            open.pop();
            order.push(module.clone());
            for after in self.companions(&module, false) {
                self.append(after, order, open);
            }
        }
    }

    /// A name, or the modules that have it as an alias (`crypto-crc32c`).
    fn resolved(&self, name: &str) -> Vec<String> {
        let module = kernel_name(name);
        if self.loadable.contains_key(&module) {
            return vec![module];
        }
        let mut found: Vec<String> = self.for_device(name).map(str::to_owned).collect();
        found.dedup();
        found
    }
}

/// A line of `modules.dep`.
fn loadable(line: &str) -> Option<(String, Loadable)> {
    let (file, needs) = line.split_once(':')?;
    // depmod lists what is needed last first.
    let needs = needs.split_whitespace().rev().filter_map(name_of).collect();
    Some((name_of(file)?, Loadable { file: file.to_owned(), needs }))
}

/// The lines of `modules.alias` that lead to these modules.
pub fn aliases_of(alias: &str, modules: &BTreeSet<String>) -> String {
    lines_with(alias, 2, modules)
}

/// The lines of `modules.softdep` that say what goes with these modules.
pub fn softdeps_of(softdep: &str, modules: &BTreeSet<String>) -> String {
    lines_with(softdep, 1, modules)
}

/// The lines whose word at this place is one of these modules.
fn lines_with(text: &str, word: usize, modules: &BTreeSet<String>) -> String {
    let about = |line: &&str| {
        let name = line.split_whitespace().nth(word);
        name.is_some_and(|name| modules.contains(&kernel_name(name)))
    };
    text.lines().filter(about).flat_map(|line| [line, "\n"]).collect()
}

/// What decides fast between most patterns: the bus before the first colon.
fn bus_of(alias: &str) -> &str {
    match alias.split_once(':') {
        Some((bus, _)) if !bus.contains(['*', '?', '[']) => bus,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of Debian 12's own lists (kernel 6.1.0-56-amd64).
    fn debian() -> Index {
        Index::parse(Lists {
            dep: include_str!("../tests/fixtures/modules.dep"),
            alias: include_str!("../tests/fixtures/modules.alias"),
            softdep: include_str!("../tests/fixtures/modules.softdep"),
            builtin: "kernel/drivers/md/dm-mod.ko\n",
        })
    }

    #[test]
    fn what_a_module_needs_comes_before_it() {
        assert_eq!(
            debian().in_order("ahci"),
            ["scsi_common", "scsi_mod", "libata", "libahci", "ahci"]
        );
        assert_eq!(
            debian().in_order("usb-storage").last().map(String::as_str),
            Some("usb_storage")
        );
        assert!(debian().in_order("no-such-module").is_empty());
    }

    #[test]
    fn an_aliased_soft_dependency_is_loaded_first() {
        let order = debian().in_order("ext4");
        let place = |name: &str| order.iter().position(|module| module == name);
        assert!(place("crc32c_generic") < place("ext4"), "{order:?}");
        assert!(place("crc32c_generic").is_some() && place("jbd2") < place("ext4"), "{order:?}");
    }

    #[test]
    fn a_device_finds_its_module() {
        let index = debian();
        let found = |alias: &str| index.for_device(alias).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            found("pci:v00001000d0000005Bsv00001000sd00009261bc01sc04i00"),
            ["megaraid_sas"]
        );
        assert_eq!(
            found("pci:v00008086d00002922sv00001AF4sd00001100bc01sc06i01"),
            ["ahci", "ahci"]
        );
        assert!(found("pci:vFFFF").is_empty());
    }

    #[test]
    fn a_kernel_without_modules_has_an_empty_list_and_half_a_list_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let index = Index::read(&directory.path().join("6.1.0")).unwrap();
        assert!(index.in_order("ahci").is_empty());
        fs::write(directory.path().join("modules.dep"), "").unwrap();
        assert!(Index::read(directory.path()).is_err());
    }

    #[test]
    fn circles_end() {
        let (dep, softdep) = ("a.ko:\nb.ko:\n", "softdep a pre: b\nsoftdep b pre: a\n");
        let index = Index::parse(Lists { dep, softdep, ..Lists::default() });
        assert_eq!(index.in_order("a").last().map(String::as_str), Some("a"));
    }

    #[test]
    fn a_module_is_there_built_in_or_loadable() {
        let index = debian();
        assert!(index.has("dm_mod") && index.has("ahci") && !index.has("snd"));
        assert!(index.file("dm_mod").is_none());
    }

    #[test]
    fn lines_about_other_modules_are_left_out() {
        let text = "alias pci:v* nvme\nalias snd-* snd\nalias fs-ext4 ext4\n";
        let modules = ["nvme".to_owned(), "ext4".to_owned()].into();
        assert_eq!(aliases_of(text, &modules), "alias pci:v* nvme\nalias fs-ext4 ext4\n");
        let text = "softdep ext4 pre: crc32c\nsoftdep snd pre: x\n";
        assert_eq!(softdeps_of(text, &modules), "softdep ext4 pre: crc32c\n");
    }
}
