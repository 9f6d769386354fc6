//! The files by which `SELinux` gives each path its label: `file_contexts`, with `.homedirs` and `.local`
//! behind it, and the paths that count as others, `.subs_dist` and `.subs`.
//!
//! Each line has a pattern for whole paths, at will a kind of file, and a label. Of the lines that fit, the
//! last one counts; but a line without any character of patterns, which names its path outright, goes
//! before all patterns. libselinux does the same (`selabel_file(5)`).

use regex_automata::meta::Regex;
use regex_automata::util::syntax;
pub use rustix::fs::FileType;

/// A pattern takes no more memory than this; those of distributions need a few kilobytes.
const LARGEST_PATTERN: usize = 1 << 20;
/// The word for a path that is to have no label.
const NONE: &str = "<<none>>";

/// What is wrong with the files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileContextsError {
    /// A line that is none of a pattern, a kind and a label.
    #[error("a line that can't be read: {0}")]
    Line(String),
    /// A line that may be about the path that was asked for.
    #[error("a pattern that can't be read: {0}")]
    Pattern(String),
}

/// The texts of the files. A system may lack any of them but the first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Texts<'a> {
    /// `file_contexts`: what the policy has.
    pub policy: &'a str,
    /// `file_contexts.homedirs`: the same for the directories of its users.
    pub homes: &'a str,
    /// `file_contexts.local`: what administrators add.
    pub local: &'a str,
    /// `file_contexts.subs_dist`: paths that count as others by the policy.
    pub aliases: &'a str,
    /// `file_contexts.subs`: those that administrators add, which are followed first.
    pub local_aliases: &'a str,
}

#[derive(Debug)]
struct Rule {
    pattern: String,
    /// Nothing where it is about all kinds.
    kind: Option<FileType>,
    /// Nothing where it says that there is none.
    label: Option<String>,
}

/// A path that counts as another, with all below it.
#[derive(Debug)]
struct Alias {
    path: String,
    counts_as: String,
}

/// The labels that a system's policy has for paths.
#[derive(Debug)]
pub struct FileContexts {
    /// The one that decides comes last.
    rules: Vec<Rule>,
    aliases: Vec<Alias>,
    local_aliases: Vec<Alias>,
}

impl FileContexts {
    /// Reads the files.
    pub fn parse(texts: Texts<'_>) -> Result<Self, FileContextsError> {
        let lines = [texts.policy, texts.homes, texts.local].into_iter().flat_map(str::lines);
        let rules: Result<Vec<Rule>, _> =
            lines.map(str::trim).filter(|line| counts(line)).map(rule).collect();
        let mut rules = rules?;
        // The order of each kind stays.
        rules.sort_by_key(|rule| !has_pattern(&rule.pattern));
        let (aliases, local_aliases) = (aliases(texts.aliases)?, aliases(texts.local_aliases)?);
        Ok(Self { rules, aliases, local_aliases })
    }

    /// The label of an absolute path; nothing where no line gives one.
    pub fn label(&self, path: &str, kind: FileType) -> Result<Option<&str>, FileContextsError> {
        let path = followed(&self.aliases, &followed(&self.local_aliases, path));
        let is_about = |rule: &&Rule| rule.kind.is_none_or(|about| about == kind);
        for rule in self.rules.iter().rev().filter(is_about) {
            if rule.fits(&path)? {
                return Ok(rule.label.as_deref());
            }
        }
        Ok(None)
    }
}

impl Rule {
    fn fits(&self, path: &str) -> Result<bool, FileContextsError> {
        // Nearly all lines are about other places, and a pattern takes time to read.
        if !path.starts_with(stem(&self.pattern)) {
            return Ok(false);
        }
        if !has_pattern(&self.pattern) {
            return Ok(self.pattern.replace('\\', "") == path);
        }
        let bytes = syntax::Config::new().unicode(false).utf8(false).dot_matches_new_line(true);
        let builder = Regex::builder()
            .configure(Regex::config().nfa_size_limit(Some(LARGEST_PATTERN)))
            .syntax(bytes)
            .build(&format!("^(?:{})$", self.pattern));
        let regex = builder.map_err(|_| FileContextsError::Pattern(self.pattern.clone()))?;
        Ok(regex.is_match(path.as_bytes()))
    }
}

fn counts(line: &str) -> bool {
    !line.is_empty() && !line.starts_with('#')
}

fn rule(line: &str) -> Result<Rule, FileContextsError> {
    let unreadable = || FileContextsError::Line(line.to_owned());
    let words: Vec<&str> = line.split_whitespace().collect();
    let (pattern, kind, label) = match words[..] {
        [pattern, label] => (pattern, None, label),
        [pattern, kind, label] => (pattern, Some(file_type(kind).ok_or_else(unreadable)?), label),
        _ => return Err(unreadable()),
    };
    // User, role and type at the least.
    if label != NONE && label.split(':').filter(|part| !part.is_empty()).count() < 3 {
        return Err(unreadable());
    }
    let label = (label != NONE).then(|| label.to_owned());
    Ok(Rule { pattern: pattern.to_owned(), kind, label })
}

fn file_type(word: &str) -> Option<FileType> {
    Some(match word {
        "--" => FileType::RegularFile,
        "-d" => FileType::Directory,
        "-l" => FileType::Symlink,
        "-b" => FileType::BlockDevice,
        "-c" => FileType::CharacterDevice,
        "-p" => FileType::Fifo,
        "-s" => FileType::Socket,
        _ => return None,
    })
}

fn aliases(text: &str) -> Result<Vec<Alias>, FileContextsError> {
    let alias = |line: &str| match line.split_whitespace().collect::<Vec<_>>()[..] {
        [path, counts_as] => Ok(Alias { path: path.to_owned(), counts_as: counts_as.to_owned() }),
        _ => Err(FileContextsError::Line(line.to_owned())),
    };
    text.lines().map(str::trim).filter(|line| counts(line)).map(alias).collect()
}

/// Follows one alias, the last one that fits.
fn followed(aliases: &[Alias], path: &str) -> String {
    let follow = |alias: &Alias| {
        let rest = path.strip_prefix(alias.path.as_str())?;
        let counts_as = alias.counts_as.trim_end_matches('/');
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{counts_as}{rest}"))
    };
    aliases.iter().rev().find_map(follow).unwrap_or_else(|| path.to_owned())
}

fn is_of_patterns(character: char) -> bool {
    ".^$?*+|[({".contains(character)
}

/// Whether there is a character of patterns in it. One behind a backslash is none.
fn has_pattern(pattern: &str) -> bool {
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if is_of_patterns(character) {
            return true;
        }
    }
    false
}

/// With what every path begins that a pattern fits.
fn stem(pattern: &str) -> &str {
    // Its parts may begin otherwise.
    if pattern.contains('|') {
        return "";
    }
    let end = pattern.find(|character| is_of_patterns(character) || character == '\\');
    let Some(end) = end else { return pattern };
    let stem = &pattern[..end];
    let may_be_missing = pattern[end..].starts_with(['?', '*', '{']);
    let last = stem.chars().next_back().filter(|_| may_be_missing);
    &stem[..stem.len() - last.map_or(0, char::len_utf8)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of Debian's `selinux-policy-default` that are about places where zshield writes, and
    /// all others that could be taken for them.
    const POLICY: &str = include_str!("../tests/fixtures/file_contexts");
    const ALIASES: &str = include_str!("../tests/fixtures/file_contexts.subs_dist");
    /// A kind, a path, and the answer of `selabel_lookup` (libselinux 3.4) by the whole policy.
    const ANSWERS: &str = include_str!("../tests/fixtures/file_contexts.answers");

    fn parsed(texts: Texts<'_>) -> FileContexts {
        FileContexts::parse(texts).unwrap()
    }

    fn of_file(contexts: &FileContexts, path: &str) -> Option<String> {
        contexts.label(path, FileType::RegularFile).unwrap().map(str::to_owned)
    }

    #[test]
    fn each_path_has_the_label_that_libselinux_gives_it() {
        let contexts = parsed(Texts { policy: POLICY, aliases: ALIASES, ..Texts::default() });
        for line in ANSWERS.lines() {
            let [kind, path, label] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let found = contexts.label(path, file_type(kind).unwrap()).unwrap();
            assert_eq!(found.unwrap_or(NONE), label, "{kind} {path}");
        }
        assert!(ANSWERS.lines().count() > 40);
    }

    #[test]
    fn an_administrator_s_lines_come_behind_those_of_the_policy() {
        let policy = "/etc(/.*)? u:r:etc_t:s0\n/etc/named u:r:named_t:s0\n/srv/.* u:r:srv_t:s0\n";
        let local = "/etc/zshield(/.*)? -- u:r:ours_t:s0\n/etc/n.* u:r:other_t:s0\n";
        let texts = Texts { policy, local, ..Texts::default() };
        let contexts =
            parsed(Texts { aliases: "/data /srv", local_aliases: "/d /data/x", ..texts });
        for (path, label) in [
            ("/etc/zshield/appliance.toml", "u:r:ours_t:s0"),
            ("/etc/nothing", "u:r:other_t:s0"),
            ("/etc/named", "u:r:named_t:s0"),
            ("/data/file", "u:r:srv_t:s0"),
            ("/d/file", "u:r:srv_t:s0"),
        ] {
            assert_eq!(of_file(&contexts, path).as_deref(), Some(label), "{path}");
        }
        assert_eq!(of_file(&contexts, "/database"), None);
    }

    #[test]
    fn a_line_or_pattern_that_can_not_be_read_is_an_error_and_no_label() {
        let one = |policy| FileContexts::parse(Texts { policy, ..Texts::default() });
        for line in ["/etc", "/etc -x u:r:t:s0", "/etc -- u:r:t:s0 more", "/etc etc_t"] {
            let error = one(line).unwrap_err();
            assert_eq!(error, FileContextsError::Line(line.to_owned()));
        }
        let contexts = one("/etc(/.*)? u:r:etc_t:s0\n/etc/[z u:r:t:s0\n").unwrap();
        let error = contexts.label("/etc/zshield", FileType::Directory).unwrap_err();
        assert_eq!(error, FileContextsError::Pattern("/etc/[z".to_owned()));
        // It can't be about any other path.
        assert_eq!(of_file(&contexts, "/etc").as_deref(), Some("u:r:etc_t:s0"));
        let large = one("/(a{1000}){1000} u:r:t:s0").unwrap();
        assert!(large.label("/a", FileType::RegularFile).is_err());
    }
}
