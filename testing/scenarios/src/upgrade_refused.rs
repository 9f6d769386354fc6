//! Bundles that are not taken, and appliances that take none: each with its reason, in both languages, before anything
//! is changed.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::scenario::{Context, Scenario};
use zshield_machines::stick::{self, Signed};
use zshield_machines::uml_appliance::Payload;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario::uml(
        "upgrade-refused",
        "a bundle that is none, cut short, altered, unsigned, a stranger's, for another product, expired, too new or \
         older than the system, one without room, and one on a damaged system: each is refused in its own words, in \
         both languages, and nothing is changed",
        refused,
    ),
    Scenario::uml(
        "upgrade-without-hdd",
        "the HDD gone while the system runs: a bundle is refused in its own words, in both languages, and nothing is \
         changed; with the HDD back it is taken, behind a backup",
        without_hdd,
    ),
];

const LIMIT: Duration = Duration::from_mins(5);

const NOT_TAKEN: &str = include_str!("../sh/upgrade/not-taken.sh");
/// Of the others, what a directory is called and what a system is.
const FUNCTIONS: &str = include_str!("../sh/upgrade/functions.sh");

const WITHOUT_HDD: &str = include_str!("../sh/upgrade/without-hdd.sh");
const WITH_HDD: &str = include_str!("../sh/upgrade/with-hdd.sh");
/// Devices between a disk and its users.
const FAULTS: &str = include_str!("../sh/faults/functions.sh");

/// A bundle's name, and what is said of it in English and in Chinese.
const WORDS: [(&str, &str, &str); 10] = [
    ("text", "is not a bundle", "不是升级包"),
    ("short", "ends too early", "升级包不完整"),
    ("altered", "was changed after it was signed", "在签名之后被修改过"),
    ("unsigned", "is not signed", "没有签名"),
    ("stranger", "which is not trusted here", "不信任该密钥"),
    ("product", "but this is", "而本机是"),
    ("expired", "was valid until", "有效期至"),
    ("least", "too old for this bundle", "过旧"),
    ("older", "nothing older than", "不再允许安装早于"),
    ("large", "are free", "可用"),
];

fn refused(context: &Context) -> Result<()> {
    let appliance = context.uml_appliance(Payload::Smallest)?;
    let directory = appliance.directory().join("bundles");
    fs::create_dir_all(&directory)?;
    make(context, &directory)?;
    let lines = WORDS.map(|(name, en, zh)| format!("{name}|{en}|{zh}\n"));
    fs::write(directory.join("words"), lines.concat())?;
    appliance.run("refused", &[FUNCTIONS, NOT_TAKEN], LIMIT)?;
    appliance.remove_disks()
}

fn without_hdd(context: &Context) -> Result<()> {
    let artifacts = context.artifacts;
    let appliance = context.uml_appliance(Payload::Smallest)?;
    let directory = appliance.directory().join("bundles");
    fs::create_dir_all(&directory)?;
    let (from, to) = (artifacts.smallest_stick()?, artifacts.next_stick()?);
    stick::bundle(&artifacts.binary()?, &from, &to, "", &directory.join("next.zsb"))?;
    appliance.run("without", &[FAULTS, FUNCTIONS, WITHOUT_HDD], LIMIT)?;
    appliance.run("with", &[FUNCTIONS, WITH_HDD], LIMIT)?;
    appliance.remove_disks()
}

fn make(context: &Context, directory: &Path) -> Result<()> {
    let artifacts = context.artifacts;
    let (work, binary) = (artifacts.work(), artifacts.binary()?);
    let (from, to) = (artifacts.smallest_stick()?, artifacts.next_stick()?);
    let bundle = |name: &str, to: &Path, says: &str, signed: Signed<'_>| {
        let output = directory.join(name).with_extension("zsb");
        stick::make_bundle(&binary, Some(&from), to, says, signed, &output)
    };
    let good = directory.join("large.zsb");
    bundle("large", &to, "", Signed::As(&to))?;
    bundle("unsigned", &to, "", Signed::Not)?;
    bundle("stranger", &to, "", Signed::As(&artifacts.foreign_stick()?))?;
    bundle("expired", &to, "expires = \"2020-01-01\"\n", Signed::As(&to))?;
    bundle("least", &to, "least = \"1.5\"\n", Signed::As(&to))?;
    let older = stick::changed(work, "torture-older", &binary, &from, ("1.0.0", "0.9.0"))?;
    bundle("older", &older, "", Signed::As(&to))?;
    let product = stick::changed(work, "torture-product", &binary, &from, ("Torture", "Other"))?;
    // No bundle leads from one product to another, but a whole one says nothing of where it leads from.
    let whole = directory.join("product.zsb");
    stick::make_bundle(&binary, None, &product, "", Signed::As(&to), &whole)?;

    fs::write(directory.join("text.zsb"), "a letter\n")?;
    let length = fs::copy(&good, directory.join("short.zsb"))?;
    fs::OpenOptions::new().write(true).open(directory.join("short.zsb"))?.set_len(length - 1)?;
    fs::copy(&good, directory.join("altered.zsb"))?;
    let altered =
        fs::OpenOptions::new().read(true).write(true).open(directory.join("altered.zsb"))?;
    let mut byte = [0];
    altered.read_exact_at(&mut byte, 100)?;
    altered.write_all_at(&[byte[0] ^ 1], 100)?;
    Ok(())
}
