//! What a payload holds, for the fuzz targets.

use crate::elf::Wants;
use crate::initrd::Initrd;
use crate::kernel;
use crate::modules::Modules;

/// The release of a kernel.
pub fn release(image: &[u8]) -> Option<String> {
    kernel::release(image)
}

/// Whether an archive holds LVM, and how long it is.
pub fn initrd(archive: &[u8]) -> (bool, usize) {
    let mut initrd = Initrd::default();
    let length = initrd.add_archive(archive).unwrap_or(0);
    (initrd.has_lvm() && initrd.of_one_machine("vgroup").is_empty(), length)
}

/// How many libraries a program asks for.
pub fn libraries(program: &[u8]) -> Option<usize> {
    Wants::of(program).map(|wants| wants.libraries.len() + usize::from(wants.loader.is_some()))
}

/// How many modules a rescue system takes of those that depmod has listed.
pub fn modules(dep: &str, builtin: &str, softdep: &str, config: &str) -> usize {
    Modules::parse("6.1.0", dep, builtin, softdep).chosen(config).len()
}
