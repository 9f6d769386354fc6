//! The lists that depmod leaves beside the modules: `modules.dep`, `.alias`, `.softdep`.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

use super::glob;

/// A module's name as the kernel has it: underscores, no directory, no suffix.
pub(super) fn name_of(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.split(".ko").next().unwrap_or(file).replace('-', "_")
}

/// Where modules lie, what they need, and which devices they are for.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Name to path below the modules' directory.
    paths: HashMap<String, String>,
    /// Name to the names it needs, deepest first.
    needs: HashMap<String, Vec<String>>,
    /// What is to be loaded before (`true`) or after a module, as far as it is there.
    soft: HashMap<String, Vec<(bool, String)>>,
    /// Aliases by the part before the first `:`: pattern and module.
    aliases: HashMap<String, Vec<(String, String)>>,
}

impl Index {
    /// Reads the lists in a directory (`/lib/modules/6.1.0-56-amd64`).
    pub(super) fn read(directory: &Path) -> io::Result<Self> {
        let mut index = Self::default();
        // A kernel may have all of its drivers in it, and then no directory of modules.
        if !directory.try_exists()? {
            return Ok(index);
        }
        index.dependencies(&fs::read_to_string(directory.join("modules.dep"))?);
        index.aliases(&fs::read_to_string(directory.join("modules.alias"))?);
        // A kernel may have no soft dependency, and then no list of them.
        index.soft(&fs::read_to_string(directory.join("modules.softdep")).unwrap_or_default());
        Ok(index)
    }

    fn dependencies(&mut self, text: &str) {
        for line in text.lines() {
            let Some((path, needs)) = line.split_once(':') else { continue };
            let name = name_of(path);
            // depmod lists what is needed last first.
            self.needs.insert(name.clone(), needs.split_whitespace().rev().map(name_of).collect());
            self.paths.insert(name, path.to_owned());
        }
    }

    fn aliases(&mut self, text: &str) {
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let (Some("alias"), Some(pattern), Some(module)) =
                (words.next(), words.next(), words.next())
            else {
                continue;
            };
            let module = module.replace('-', "_");
            // An initramfs carries a part of the modules and often the list of all.
            if self.paths.contains_key(&module) {
                let bus = bus_of(pattern).to_owned();
                self.aliases.entry(bus).or_default().push((pattern.to_owned(), module));
            }
        }
    }

    fn soft(&mut self, text: &str) {
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let (Some("softdep"), Some(module)) = (words.next(), words.next()) else { continue };
            let mut before = true;
            for word in words {
                match word {
                    "pre:" => before = true,
                    "post:" => before = false,
                    _ => self
                        .soft
                        .entry(module.replace('-', "_"))
                        .or_default()
                        .push((before, word.to_owned())),
                }
            }
        }
    }

    /// The path of a module below the modules' directory.
    pub(super) fn path(&self, module: &str) -> Option<&str> {
        self.paths.get(module).map(String::as_str)
    }

    /// The modules for a device.
    pub(super) fn for_device<'a>(&'a self, modalias: &'a str) -> impl Iterator<Item = &'a str> {
        self.aliases
            .get(bus_of(modalias))
            .into_iter()
            .flatten()
            .filter(|(pattern, _)| glob::matches(pattern.as_bytes(), modalias.as_bytes()))
            .map(|(_, module)| module.as_str())
    }

    /// A module and all that goes with it, in the order to load them. Empty if it isn't there.
    pub(super) fn in_order(&self, module: &str) -> Vec<String> {
        let mut order = Vec::new();
        self.append(&module.replace('-', "_"), &mut order, &mut Vec::new());
        order
    }

    /// `open` are the modules whose needs are being followed: soft dependencies may go in circles.
    fn append(&self, wanted: &str, order: &mut Vec<String>, open: &mut Vec<String>) {
        for module in self.resolved(wanted) {
            if open.contains(&module) || order.contains(&module) {
                continue;
            }
            open.push(module.clone());
            let soft = self.soft.get(&module).map(Vec::as_slice).unwrap_or_default();
            for (_, before) in soft.iter().filter(|(before, _)| *before) {
                self.append(before, order, open);
            }
            for needed in self.needs.get(&module).into_iter().flatten() {
                self.append(needed, order, open);
            }
            open.pop();
            order.push(module.clone());
            for (_, after) in soft.iter().filter(|(before, _)| !*before) {
                self.append(after, order, open);
            }
        }
    }

    /// A name, or the modules that have it as an alias (`crypto-crc32c`).
    fn resolved(&self, name: &str) -> Vec<String> {
        let module = name.replace('-', "_");
        if self.paths.contains_key(&module) {
            return vec![module];
        }
        let mut found: Vec<String> = self.for_device(name).map(str::to_owned).collect();
        found.dedup();
        found
    }
}

/// What decides fast between most patterns: the bus before the first colon.
fn bus_of(alias: &str) -> &str {
    match alias.split_once(':') {
        Some((bus, _)) if !bus.contains(['*', '?', '[']) => bus,
        _ => "",
    }
}

/// The modules for a device, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(crate) fn in_order(dep: &str, alias: &str, softdep: &str, device: &str) -> Vec<String> {
    let mut index = Index::default();
    index.dependencies(dep);
    index.aliases(alias);
    index.soft(softdep);
    index.for_device(device).flat_map(|module| index.in_order(module)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of Debian 12's own lists (kernel 6.1.0-56-amd64).
    fn debian() -> Index {
        let mut index = Index::default();
        index.dependencies(include_str!("../../tests/fixtures/modules.dep"));
        index.aliases(include_str!("../../tests/fixtures/modules.alias"));
        index.soft(include_str!("../../tests/fixtures/modules.softdep"));
        index
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
        let mut index = Index::default();
        index.dependencies("a.ko:\nb.ko:\n");
        index.soft("softdep a pre: b\nsoftdep b pre: a\n");
        assert_eq!(index.in_order("a").last().map(String::as_str), Some("a"));
    }
}
