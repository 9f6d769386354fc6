//! What a payload holds, for the fuzz targets.

use crate::elf::Wants;
use crate::initrd::Initrd;
use crate::kernel;
use crate::modules::Modules;
use crate::tar;

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

/// Whether a tar that is fit for an image is so still when it has been written again.
pub fn tar_stays_fit(archive: &[u8]) -> bool {
    let Ok(index) = tar::Index::read(archive) else { return true };
    let mut again = Vec::new();
    let written = tar::rewrite(archive, &mut again, &index, |_| true);
    written.is_err() || tar::Index::read(again.as_slice()).is_ok()
}

/// How many libraries a program asks for.
pub fn libraries(program: &[u8]) -> Option<usize> {
    Wants::of(program).map(|wants| wants.libraries.len() + usize::from(wants.loader.is_some()))
}

/// How many modules a rescue system takes of those that depmod has listed.
pub fn modules(dep: &str, builtin: &str, softdep: &str, config: &str) -> usize {
    Modules::parse("6.1.0", dep, builtin, softdep).chosen(config).len()
}
