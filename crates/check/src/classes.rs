//! Which class a path is of.

use std::collections::HashSet;

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};
use zshield_golden::EntryPath;
use zshield_golden::compare::{FileKind, Regard, Scope};
use zshield_plan::policy::{Check, Class, MADE, OWN};

/// What a pattern says of what it fits.
#[derive(Clone, Copy, Debug)]
struct Rank {
    length: usize,
    class: Class,
    /// Whether it is about what comes and goes, but is compared where the payload has it.
    is_made: bool,
}

/// The policy's patterns, compiled.
///
/// A pattern names what it fits and all below that. Where several do, the longest one decides;
/// among those of one length `system` comes before `config`, and that before `volatile`. What none
/// names is `system`; and so is what a check itself goes by, whatever patterns say.
#[derive(Debug)]
pub struct Classes {
    set: GlobSet,
    /// Of each pattern of the set: what it says.
    ranks: Vec<Rank>,
    /// Directories that hold, somewhere below them, what is not volatile, whatever they are themselves.
    leading: HashSet<EntryPath>,
    /// Where what is mounted belongs to the payload.
    entered: EntryPath,
    /// What a check itself goes by.
    own: Vec<EntryPath>,
}

impl Classes {
    /// Those of a policy; what is below `data`, where volumes of data are mounted, is volatile.
    pub fn new<'a>(
        policy: &'a Check,
        data: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, globset::Error> {
        let data: Vec<String> =
            data.into_iter().map(|at| format!("{}/*", at.trim_matches('/'))).collect();
        let data = data.iter().map(|pattern| (Class::Volatile, pattern.as_str()));
        let mut classes = Self {
            set: GlobSet::empty(),
            ranks: Vec::new(),
            leading: HashSet::new(),
            entered: "boot".parse().unwrap_or_default(),
            own: OWN.iter().filter_map(|path| path.parse().ok()).collect(),
        };
        let mut set = GlobSetBuilder::new();
        for (class, pattern) in policy.patterns().chain(data) {
            for text in [pattern.to_owned(), format!("{pattern}/**")] {
                set.add(GlobBuilder::new(&text).literal_separator(true).build()?);
                let (length, is_made) = (pattern.len(), MADE.contains(&pattern));
                classes.ranks.push(Rank { length, class, is_made });
            }
            if class != Class::Volatile {
                classes.leading.extend(directories_before(pattern));
            }
        }
        classes.set = set.build()?;
        Ok(classes)
    }

    /// Whether a check itself goes by this: no pattern says what becomes of it.
    pub fn is_own(&self, path: &EntryPath) -> bool {
        self.own.iter().any(|own| path.is_within(own))
    }

    /// The class of a path.
    pub fn of(&self, path: &EntryPath) -> Class {
        if self.is_own(path) {
            return Class::System;
        }
        self.decides(path).map_or(Class::System, |rank| rank.class)
    }

    /// What the pattern says that decides about a path.
    fn decides(&self, path: &EntryPath) -> Option<Rank> {
        let matched = self.set.matches_candidate(&Candidate::new(path.as_path()));
        let ranks = matched.into_iter().filter_map(|index| self.ranks.get(index));
        // Of two classes the stricter one is the lesser.
        ranks.max_by_key(|rank| (rank.length, std::cmp::Reverse(rank.class))).copied()
    }

    /// Whether it is compared where the payload has it.
    pub(crate) fn is_made(&self, path: &EntryPath) -> bool {
        self.decides(path).is_some_and(|rank| rank.class == Class::Volatile && rank.is_made)
    }
}

/// The directories that lead to what a pattern fits, as far as it names them.
fn directories_before(pattern: &str) -> Vec<EntryPath> {
    let is_plain = |name: &&str| !name.contains(['*', '?', '[', '{']);
    let names: Vec<&str> = pattern.split('/').take_while(is_plain).collect();
    let count = names.len().min(pattern.matches('/').count());
    (1..=count).filter_map(|end| names[..end].join("/").parse().ok()).collect()
}

impl Scope for Classes {
    fn regard(&self, path: &EntryPath, kind: FileKind) -> Regard {
        match (self.of(path), kind) {
            (Class::Volatile, _) if self.leading.contains(path) => Regard::Within,
            (Class::Volatile, _) if self.is_made(path) => Regard::IfThere,
            (Class::Volatile, _) => Regard::Nothing,
            // The time of a directory tells of names that come and go, that of the others of nothing.
            (Class::System, FileKind::Directory | FileKind::Symlink | FileKind::Socket)
            | (Class::Config, _) => Regard::ButTime,
            (Class::System, _) => Regard::Whole,
        }
    }

    fn is_entered(&self, path: &EntryPath) -> bool {
        *path == self.entered
    }

    /// Where nothing of what is hidden would have been looked at.
    fn may_be_hidden(&self, path: &EntryPath) -> bool {
        path.join(b"x").is_ok_and(|below| self.of(&below) == Class::Volatile)
    }
}

#[cfg(test)]
mod tests {
    use zshield_plan::policy::PathPattern;

    use super::*;

    fn classes(policy: &Check) -> impl Fn(&str) -> Class + use<> {
        let classes = Classes::new(policy, ["/home", "/data"]).unwrap();
        move |path| classes.of(&path.parse().unwrap())
    }

    #[test]
    fn the_longest_pattern_decides() {
        let class = classes(&Check::default());
        assert_eq!(class("usr/bin/ls"), Class::System);
        assert_eq!(class("etc"), Class::System);
        assert_eq!(class("etc/passwd"), Class::Config);
        assert_eq!(class("etc/ld.so.cache"), Class::Volatile);
        assert_eq!(class("etc/lvm/archive/vgroup_00000-1.vg"), Class::Volatile);
        assert_eq!(class("var"), Class::System);
        assert_eq!(class("var/lib/mysql/ibdata1"), Class::Volatile);
        assert_eq!(class("var/spool/cron/crontabs/root"), Class::Config);
        assert_eq!(class("usr/lib/python3/a/__pycache__/b.pyc"), Class::Volatile);
        assert_eq!(class("opt/product/lib/__pycache__/b.pyc"), Class::Volatile);
        assert_eq!(class("usr/lib/python2.7/site-packages/a.pyc"), Class::Volatile);
        assert_eq!(class("usr/lib/python2.7/site-packages/a.py"), Class::System);
        assert_eq!(class("boot/initramfs-5.14.0-427.el9.x86_64kdump.img"), Class::Volatile);
        assert_eq!(class("boot/initramfs-5.14.0-427.el9.x86_64.img"), Class::System);
        assert_eq!(class("snap/core/1"), Class::Volatile);
        assert_eq!(class("data"), Class::System);
        assert_eq!(class("data/x/y"), Class::Volatile);
        assert_eq!(class("boot/vmlinuz"), Class::System);
    }

    #[test]
    fn a_policy_takes_back_what_is_built_in() {
        let patterns = |texts: &[&str]| -> Vec<PathPattern> {
            texts.iter().map(|text| PathPattern::new(text).unwrap()).collect()
        };
        let policy = Check {
            system: patterns(&["/etc/*", "/var/lib/product/bin"]),
            volatile: patterns(&["/opt/product/state"]),
            ..Check::default()
        };
        let class = classes(&policy);
        assert_eq!(class("etc/passwd"), Class::System);
        assert_eq!(class("var/lib/product/bin/tool"), Class::System);
        assert_eq!(class("opt/product/state/x"), Class::Volatile);
        assert_eq!(class("opt/product/bin/x"), Class::System);
    }

    #[test]
    fn no_pattern_takes_back_what_a_check_goes_by() {
        let patterns = ["/etc/zshield", "/etc/zshield/appliance.toml", "/etc/zshield/keys/**"];
        let volatile = patterns.map(|text| PathPattern::new(text).unwrap()).into();
        let class = classes(&Check { volatile, ..Check::default() });
        assert_eq!(class("etc/zshield/appliance.toml"), Class::System);
        assert_eq!(class("etc/zshield/keys"), Class::System);
        assert_eq!(class("etc/zshield/keys/vendor.pub"), Class::System);
        assert_eq!(class("etc/zshield/secrets/mail"), Class::Volatile);
    }

    #[test]
    fn what_programs_note_on_an_ordinary_day_is_no_system() {
        let class = classes(&Check::default());
        for grub in ["grub", "grub2"] {
            assert_eq!(class(&format!("boot/{grub}/grubenv")), Class::Volatile);
            assert_eq!(class(&format!("boot/{grub}/grub.cfg")), Class::System);
        }
        for records in ["usr/lib/sysimage/rpm", "var/lib/rpm"] {
            assert_eq!(class(&format!("{records}/rpmdb.sqlite")), Class::Config);
            assert_eq!(class(&format!("{records}/rpmdb.sqlite-shm")), Class::Volatile);
            assert_eq!(class(&format!("{records}/.rpm.lock")), Class::Volatile);
            assert_eq!(class(&format!("{records}/__db.001")), Class::Volatile);
        }
        assert_eq!(class("var/lib/rpm/Packages"), Class::Config);
        assert_eq!(class("usr/lib/sysimage/other"), Class::System);
    }

    #[test]
    fn what_is_volatile_is_passed_through_where_something_below_is_not() {
        let classes = Classes::new(&Check::default(), []).unwrap();
        let regard = |path: &str| classes.regard(&path.parse().unwrap(), FileKind::Directory);
        assert_eq!(regard("var/lib"), Regard::Within);
        assert_eq!(regard("var/spool"), Regard::Within);
        assert_eq!(regard("var/cache"), Regard::Nothing);
        assert_eq!(regard("var/lib/dpkg"), Regard::ButTime);
        assert_eq!(regard("var/lib/dpkg/lock"), Regard::Nothing);
        // Python runs what it finds there.
        for made in ["usr/lib/python3/__pycache__/os.pyc", "opt/a/b.pyc"] {
            assert_eq!(regard(made), Regard::IfThere);
        }
        let volatile = vec![PathPattern::new("/usr/lib/python3/product").unwrap()];
        let classes = Classes::new(&Check { volatile, ..Check::default() }, []).unwrap();
        let own = "usr/lib/python3/product/__pycache__/x.pyc".parse().unwrap();
        assert_eq!(classes.regard(&own, FileKind::File), Regard::Nothing);
    }

    #[test]
    fn only_what_holds_what_changes_may_be_mounted_over() {
        let classes = Classes::new(&Check::default(), ["/data"]).unwrap();
        for (path, allowed) in
            [("dev", true), ("tmp", true), ("data", true), ("home", true), ("usr", false)]
        {
            assert_eq!(classes.may_be_hidden(&path.parse().unwrap()), allowed, "{path}");
        }
    }
}
