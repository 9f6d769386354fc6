//! Programs go on while the system is put right: what they change meanwhile is theirs, and no fault
//! of the repair.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use tempfile::TempDir;
use zshield_golden::compare::Expected;
use zshield_live::{Depth, Difference, Made, Order, Scope, StillDiffers, Take, apply};

struct Trees {
    directory: TempDir,
}

impl Trees {
    /// Two files that differ, one that does not, a directory too many.
    fn new() -> Self {
        let trees = Self { directory: tempfile::tempdir().unwrap() };
        for (tree, content) in [(trees.from(), "wanted"), (trees.to(), "changed")] {
            fs::create_dir_all(tree.join("var")).unwrap();
            fs::write(tree.join("var/first"), content).unwrap();
            fs::write(tree.join("var/second"), content).unwrap();
            fs::write(tree.join("var/same"), "same").unwrap();
        }
        fs::create_dir_all(trees.to().join("var/more/deep")).unwrap();
        trees
    }

    fn from(&self) -> PathBuf {
        self.directory.path().join("from")
    }

    fn to(&self) -> PathBuf {
        self.directory.path().join("to")
    }

    fn difference(&self) -> Difference {
        let scope = Scope::whole(Expected::nothing());
        Difference::between(&self.from(), &self.to(), &scope, Depth::Quick, &|_| {}).unwrap()
    }

    /// Puts it right; before each single operation a program does something.
    fn repair(&self, order: Order, program: impl Fn()) -> Made {
        let (difference, scope) = (self.difference(), Scope::whole(Expected::nothing()));
        let told = &mut |_| {
            program();
            ControlFlow::Continue(())
        };
        apply(&difference, Take::Copy(&self.from()), &self.to(), &scope, order, told).unwrap()
    }

    fn still_differs(&self, made: &Made) -> (Vec<String>, Vec<String>) {
        let StillDiffers { by_others, as_made } =
            made.judge(&self.difference(), &self.to()).unwrap();
        let text =
            |paths: Vec<zshield_golden::EntryPath>| paths.iter().map(ToString::to_string).collect();
        (text(by_others), text(as_made))
    }
}

#[test]
fn what_a_program_rewrites_meanwhile_is_its_own_change() {
    for order in [Order::WriteFirst, Order::RemoveFirst] {
        let trees = Trees::new();
        let mut count = 0;
        let count = std::cell::RefCell::new(&mut count);
        let made = trees.repair(order, || {
            **count.borrow_mut() += 1;
            fs::write(trees.to().join("var/first"), format!("state {}", count.borrow())).unwrap();
        });
        fs::write(trees.to().join("var/first"), "at last").unwrap();
        fs::write(trees.to().join("var/same"), "another").unwrap();
        assert_eq!(
            trees.still_differs(&made),
            (vec!["var/first".to_owned(), "var/same".to_owned()], vec![])
        );
        assert_eq!(fs::read(trees.to().join("var/second")).unwrap(), b"wanted");
    }
}

#[test]
fn what_is_as_it_was_made_and_differs_is_nobody_elses() {
    let trees = Trees::new();
    let made = trees.repair(Order::WriteFirst, || {});
    assert_eq!(trees.still_differs(&made), (vec![], vec![]));
    // The snapshot says something else now: nobody has touched what was made.
    fs::write(trees.from().join("var/second"), "another").unwrap();
    assert_eq!(trees.still_differs(&made), (vec![], vec!["var/second".to_owned()]));
}

#[test]
fn what_goes_or_is_filled_meanwhile_stops_nothing() {
    for order in [Order::WriteFirst, Order::RemoveFirst] {
        let trees = Trees::new();
        trees.repair(order, || {
            let _ = fs::remove_file(trees.to().join("var/second"));
            let _ = fs::write(trees.to().join("var/more/full"), "");
        });
        assert_eq!(fs::read(trees.to().join("var/first")).unwrap(), b"wanted");
    }
}
