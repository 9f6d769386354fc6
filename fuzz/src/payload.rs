//! What a payload brings to the building of an image.

use zshield_formats::file_contexts::{FileContexts, FileType, Texts};
use zshield_image::fuzzing;

pub(crate) fn elf(bytes: &[u8]) {
    fuzzing::libraries(bytes);
}

pub(crate) fn kernel(bytes: &[u8]) {
    let Some(release) = fuzzing::release(bytes) else { return };
    assert!(!release.is_empty() && !release.contains('/') && !release.starts_with('.'));
    assert!(!release.chars().any(char::is_control), "{release:?}");
}

pub(crate) fn initramfs(bytes: &[u8]) {
    let (_, length) = fuzzing::initrd(bytes);
    assert!(length <= bytes.len());
}

pub(crate) fn depmod(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let [dep, builtin, softdep, config] = crate::rescue::parts(&text);
    assert!(fuzzing::modules(dep, builtin, softdep, config) <= dep.lines().count());
}

pub(crate) fn tar(bytes: &[u8]) {
    assert!(fuzzing::tar_stays_fit(bytes));
}

pub(crate) fn contexts(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let [policy, local, aliases, path] = crate::rescue::parts(&text);
    let texts = Texts { policy, local, aliases, ..Texts::default() };
    let Ok(contexts) = FileContexts::parse(texts) else { return };
    if let Ok(Some(label)) = contexts.label(path, FileType::RegularFile) {
        assert!(label.contains(':') && text.contains(label));
    }
}
