//! Whose a setting is: the services that came in its package. A package manager does not list each
//! of them: Debian's keeps some by ucf, and whoever manages a machine adds files to a package's
//! directories.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::command;
use zshield_linux::program::ProgramError;
use zshield_linux::rpm;

/// What each package of Debian's brought.
const DPKG: &str = "/var/lib/dpkg/info";
/// The settings that Debian's packages made themselves, each with its package before it.
const UCF: &str = "/var/lib/ucf/registry";
/// Where rpm keeps its records.
const RPM: [&str; 2] = ["/var/lib/rpm", "/usr/lib/sysimage/rpm"];
/// A directory that more packages have than this is nobody's: `/etc/default`.
const FEW: usize = 4;

/// What a package brought.
struct Package {
    name: String,
    /// Below `/etc`, directories included.
    settings: BTreeSet<String>,
    services: Vec<String>,
}

impl Package {
    fn of<'a>(name: &str, files: impl Iterator<Item = &'a str> + Clone) -> Self {
        let settings = files.clone().filter(|file| file.starts_with("/etc/"));
        let is_service =
            |file: &&str| file.contains("/systemd/system/") && file.ends_with(".service");
        let services = files.filter(is_service).filter_map(|file| file.rsplit('/').next());
        Self {
            name: name.to_owned(),
            settings: settings.map(str::to_owned).collect(),
            services: services.map(str::to_owned).collect(),
        }
    }
}

/// The services that came in the package of each of these settings, as far as the package manager
/// knows; none where there is no package manager.
pub(crate) fn of(settings: &[String]) -> Result<BTreeMap<String, Vec<String>>, ProgramError> {
    if settings.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (packages, registry) = match fs::read_dir(DPKG) {
        Ok(entries) => (of_dpkg(entries), fs::read(UCF).unwrap_or_default()),
        Err(_) if RPM.iter().any(|records| Path::new(records).exists()) => {
            (of_rpm(&command::run(&command::words("rpm", &rpm::LIST))?), Vec::new())
        }
        Err(_) => return Ok(BTreeMap::new()),
    };
    let registry = String::from_utf8_lossy(&registry);
    let owned = |file: &String| {
        let owners = owners(file, &packages, &registry);
        let services = owners.into_iter().flat_map(|package| package.services.clone());
        (file.clone(), services.collect::<Vec<_>>())
    };
    Ok(settings.iter().map(owned).filter(|(_, services)| !services.is_empty()).collect())
}

/// The packages that dpkg lists.
fn of_dpkg(entries: fs::ReadDir) -> Vec<Package> {
    let package = |path: &Path| {
        let name = path.file_name()?.to_str()?.strip_suffix(".list")?;
        let list = String::from_utf8_lossy(&fs::read(path).ok()?).into_owned();
        // Where several architectures are, it is named with its own.
        Some(Package::of(name.split(':').next()?, list.lines()))
    };
    entries.flatten().filter_map(|entry| package(&entry.path())).collect()
}

/// The packages in rpm's answer.
fn of_rpm(list: &str) -> Vec<Package> {
    let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (package, file) in rpm::files(list) {
        files.entry(package).or_default().push(file);
    }
    files.into_iter().map(|(name, files)| Package::of(name, files.into_iter())).collect()
}

/// The packages of a setting: those that list it, made it, or have the directory that it is in.
fn owners<'a>(file: &str, packages: &'a [Package], registry: &str) -> Vec<&'a Package> {
    let listing = |name: &str| -> Vec<&'a Package> {
        packages.iter().filter(|package| package.settings.contains(name)).collect()
    };
    let mut found = listing(file);
    let made = registry.lines().filter_map(|line| line.split_once(char::is_whitespace));
    let made: Vec<&str> =
        made.filter(|(_, of)| of.trim() == file).map(|(package, _)| package).collect();
    found.extend(packages.iter().filter(|package| made.contains(&package.name.as_str())));
    let mut directory = file;
    while found.is_empty() {
        let Some((above, _)) = directory.rsplit_once('/') else { break };
        directory = above;
        found = listing(directory);
        if found.len() > FEW {
            return Vec::new();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_of_who_lists_it_made_it_or_has_its_directory() {
        let package = |name: &str, list: &'static str| Package::of(name, list.lines());
        let mut packages = vec![
            package("openssh-client", "/.\n/etc\n/etc/ssh\n/etc/ssh/ssh_config\n/usr/bin/ssh"),
            package(
                "openssh-server",
                "/.\n/etc\n/etc/default\n/etc/default/ssh\n/etc/ssh\n/etc/ssh/sshd_config.d\n\
                 /lib/systemd/system/ssh.service\n/lib/systemd/system/ssh.socket",
            ),
        ];
        for name in ["cron", "lvm2", "grub", "nfs", "dbus"] {
            let list = "/etc/default\n/lib/systemd/system/other.service";
            packages.push(package(name, list));
        }
        let registry = "ucf\t/etc/ucf.conf\nopenssh-server /etc/ssh/sshd_config\n";
        let services = |file: &str| -> Vec<String> {
            let owners = owners(file, &packages, registry);
            owners.into_iter().flat_map(|package| package.services.clone()).collect()
        };
        for file in [
            "/etc/ssh/sshd_config",
            "/etc/ssh/sshd_config.d/port.conf",
            "/etc/ssh/moduli.new",
            "/etc/default/ssh",
        ] {
            assert_eq!(services(file), ["ssh.service"], "{file}");
        }
        for file in ["/etc/ssh/ssh_config", "/etc/default/mine", "/etc/motd", "/etc/mine/x"] {
            assert!(services(file).is_empty(), "{file}");
        }
    }

    #[test]
    fn rpm_tells_all_packages_at_once() {
        let list = "cronie\t/etc/cron.d\ncronie\t/etc/sysconfig/crond\ncronie\t/usr/lib/systemd/system/crond.service\n\
                    setup\t/etc/motd\nchrony\t/etc/chrony.conf\nchrony\t/usr/lib/systemd/system/chronyd.service\n";
        let packages = of_rpm(list);
        let services = |file: &str| -> Vec<String> {
            let owners = owners(file, &packages, "");
            owners.into_iter().flat_map(|package| package.services.clone()).collect()
        };
        assert_eq!(services("/etc/sysconfig/crond"), ["crond.service"]);
        assert_eq!(services("/etc/cron.d/mine"), ["crond.service"]);
        assert_eq!(services("/etc/chrony.conf"), ["chronyd.service"]);
        assert!(services("/etc/motd").is_empty() && services("/etc/mine").is_empty());
    }
}
