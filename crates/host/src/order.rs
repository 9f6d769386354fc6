//! What the next start is told to go back to.

use std::path::Path;

use zshield_plan::grubenv::{EnvKey, Request};
use zshield_plan::model::{Files, RestoreScope, Target};

use crate::grubenv::Grubenv;
use crate::restore_scope;
use zshield_linux::IoError;

/// Has the next start return all of the system there; in GRUB's `directory`. Which files that are is noted before, where it is
/// not all but the machine's own.
///
/// A recovery that has begun must be ended, for what lies on root is half of two: so the order takes
/// its place, and is not only asked for. Wherever this is cut, one of the two is carried out: the
/// note of which files one is about counts for that one's target alone. So it stays until the word
/// is written where that has another target, and else goes before.
pub fn schedule_restore(
    directory: &Path,
    begun: Option<Target>,
    target: Target,
    files: Option<Files>,
) -> Result<(), IoError> {
    let grubenv = Grubenv::in_directory(directory);
    let Some(begun) = begun else {
        // Neither an order from before nor this one may take the other's note for its own.
        grubenv.set(&[(EnvKey::Request, None)])?;
        restore_scope::clear(directory)?;
        if let Some(files) = files {
            restore_scope::write(directory, &RestoreScope { target, files })?;
        }
        return grubenv.set(&[(EnvKey::Request, Some(&Request::Recover(target).value()))]);
    };
    let counts = restore_scope::read(directory)?.is_some_and(|only| only.target == begun);
    if !counts || begun == target {
        restore_scope::clear(directory)?;
    }
    grubenv.set(&[(EnvKey::Recover, Some(&target.word())), (EnvKey::Request, None)])?;
    restore_scope::clear(directory)
}

/// Takes the order for the next start back, and which files were meant.
pub fn cancel(directory: &Path) -> Result<(), IoError> {
    Grubenv::in_directory(directory).set(&[(EnvKey::Request, None)])?;
    restore_scope::clear(directory)
}

#[cfg(test)]
mod tests {
    use zshield_plan::grubenv::Environment;
    use zshield_plan::id::GenerationId;

    use super::*;

    fn noted(directory: &Path, target: Target) {
        let files = Files { only: vec!["etc/x".into()], kept: Vec::new(), deep: true };
        restore_scope::write(directory, &RestoreScope { target, files }).unwrap();
    }

    fn read(directory: &Path) -> Environment {
        Grubenv::in_directory(directory).read().unwrap()
    }

    #[test]
    fn where_nothing_has_begun_it_is_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        schedule_restore(directory.path(), None, Target::Factory, None).unwrap();
        let environment = read(directory.path());
        assert_eq!(
            (environment.begun(), environment.get(EnvKey::Request)),
            (None, Some("factory"))
        );
    }

    #[test]
    fn whoever_has_emptied_boot_gets_an_order_with_its_note_all_the_same() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("absent");
        schedule_restore(&directory, None, Target::Latest, None).unwrap();
        assert_eq!(read(&directory).get(EnvKey::Request), Some("latest"));
        let directory = parent.path().join("absent-too");
        let target = Target::Vault(GenerationId::of([7; 32]));
        let files = Files { only: Vec::new(), kept: Vec::new(), deep: false };
        schedule_restore(&directory, None, target, Some(files)).unwrap();
        assert!(restore_scope::read(&directory).unwrap().is_some());
    }

    #[test]
    fn which_files_are_meant_is_noted_before_the_order_and_no_other_note_counts_for_it() {
        let directory = tempfile::tempdir().unwrap();
        let target = Target::Vault(GenerationId::of([7; 32]));
        noted(directory.path(), target);
        let files = Files { only: Vec::new(), kept: vec!["tmp".into()], deep: false };
        schedule_restore(directory.path(), None, target, Some(files.clone())).unwrap();
        let scope = Some(RestoreScope { target, files });
        assert_eq!(restore_scope::read(directory.path()).unwrap(), scope);
        assert!(read(directory.path()).get(EnvKey::Request).is_some());
        schedule_restore(directory.path(), None, target, None).unwrap();
        assert_eq!(restore_scope::read(directory.path()).unwrap(), None);
        let files = Files { only: Vec::new(), kept: Vec::new(), deep: false };
        schedule_restore(directory.path(), None, target, Some(files)).unwrap();
        cancel(directory.path()).unwrap();
        assert_eq!(restore_scope::read(directory.path()).unwrap(), None);
        assert_eq!(read(directory.path()).get(EnvKey::Request), None);
    }

    #[test]
    fn what_has_begun_is_replaced() {
        let all = [Target::Factory, Target::Latest, Target::Vault(GenerationId::of([7; 32]))];
        for begun in all {
            for target in all {
                let directory = tempfile::tempdir().unwrap();
                let word = begun.word();
                let words = [(EnvKey::Recover, Some(&*word)), (EnvKey::Request, Some("menu"))];
                Grubenv::in_directory(directory.path()).set(&words).unwrap();
                noted(directory.path(), begun);
                schedule_restore(directory.path(), Some(begun), target, None).unwrap();
                let environment = read(directory.path());
                assert_eq!(environment.begun(), Some(target));
                assert_eq!(environment.get(EnvKey::Request), None);
                assert_eq!(restore_scope::read(directory.path()).unwrap(), None);
            }
        }
    }
}
