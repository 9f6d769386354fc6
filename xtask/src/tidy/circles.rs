//! Modules that import each other in circles.
//!
//! The rule: the children of a module, each with all that lies below it, import each other in one
//! direction. A module and what lies below it may name each other, and tests may name anything. A
//! name that is re-exported counts as that of the module that it comes from.
//!
//! Paths are read from the text: `use` trees, and paths that begin with `crate`, `super`, `self` or
//! a child. That is all that this house writes; a macro that makes paths would not be seen.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::rust_tokens::{is_name, tokens};

/// A path of names: that of a module, or one that is written in it.
type Names = Vec<String>;

/// What a file says of modules.
struct Module {
    /// The file, from `src` on.
    file: String,
    /// The paths that it names.
    paths: Vec<Names>,
    /// What its `use` declarations bring: a name, and the path that it stands for.
    imports: BTreeMap<String, Names>,
}

/// The modules of a crate by their paths; the root's is empty.
type Modules = BTreeMap<Names, Module>;

/// The circles of the crate in a directory, each in a line.
pub(super) fn faults(root: &Path, name: &str) -> Result<Vec<String>> {
    let source = root.join(name).join("src");
    let mut faults = Vec::new();
    for file in ["lib.rs", "main.rs"] {
        if source.join(file).exists() {
            let mut modules = Modules::new();
            load(&source, Path::new(file), Path::new(""), Vec::new(), &mut modules)?;
            faults.extend(circles(&modules).iter().map(|circle| {
                let files: Vec<&str> =
                    circle.iter().map(|module| modules[module].file.as_str()).collect();
                format!("{name}: {}", files.join(" -> "))
            }));
        }
    }
    Ok(faults)
}

/// Reads a module's file, and those of the modules that it declares.
fn load(
    source: &Path,
    file: &Path,
    children: &Path,
    module: Names,
    modules: &mut Modules,
) -> Result<()> {
    let text = fs::read_to_string(source.join(file))
        .with_context(|| format!("cannot read {}", source.join(file).display()))?;
    let tokens = tokens(&text);
    let mut declared = BTreeSet::new();
    for window in tokens.windows(3) {
        if window[0] == "mod" && window[2] == ";" {
            declared.insert(window[1].clone());
        }
    }
    let (paths, imports) = named(&tokens, &declared);
    for child in declared {
        let directory = children.join(&child);
        let candidates = [children.join(format!("{child}.rs")), directory.join("mod.rs")];
        let found: Option<&PathBuf> = candidates.iter().find(|file| source.join(file).exists());
        if let Some(file) = found {
            load(source, file, &directory, [&module[..], &[child]].concat(), modules)?;
        }
    }
    modules.insert(module, Module { file: file.display().to_string(), paths, imports });
    Ok(())
}

/// The paths that a file names, and what its `use` declarations bring.
fn named(tokens: &[String], children: &BTreeSet<String>) -> (Vec<Names>, BTreeMap<String, Names>) {
    let (mut paths, mut imports) = (Vec::new(), BTreeMap::new());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let follows_path = at > 0 && matches!(tokens[at - 1].as_str(), "::" | ".");
        let leads =
            matches!(token.as_str(), "crate" | "super" | "self") || children.contains(token);
        let next = tokens.get(at + 1).map(String::as_str);
        if token == "use" && next != Some("<") {
            let mut found = Vec::new();
            at = use_tree(tokens, at + 1, &[], &mut found);
            for (path, name) in found {
                imports.insert(name, path.clone());
                paths.push(path);
            }
        } else if leads && next == Some("::") && !follows_path {
            let mut path = vec![token.clone()];
            at += 1;
            while tokens.get(at).is_some_and(|token| token == "::")
                && tokens.get(at + 1).is_some_and(|token| is_name(token))
            {
                path.push(tokens[at + 1].clone());
                at += 2;
            }
            paths.push(path);
        } else {
            at += 1;
        }
    }
    (paths, imports)
}

/// Reads a `use` tree from a token on: each path with the name that it brings. Returns the place
/// behind it.
fn use_tree(
    tokens: &[String],
    mut at: usize,
    before: &[String],
    found: &mut Vec<(Names, String)>,
) -> usize {
    let mut path = before.to_vec();
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token.as_str() {
            "::" => {}
            "{" => {
                while tokens.get(at).is_some_and(|token| token != "}") {
                    at = use_tree(tokens, at, &path, found);
                    at += usize::from(tokens.get(at).is_some_and(|token| token == ","));
                }
                return at + 1;
            }
            "as" => {
                found.push((path, tokens.get(at).cloned().unwrap_or_default()));
                return at + 1;
            }
            "*" => {
                found.push((path, String::new()));
                return at;
            }
            "self" if !path.is_empty() => {}
            name if is_name(name) => path.push(name.to_owned()),
            _ => {
                at -= 1;
                break;
            }
        }
    }
    let name = path.last().cloned().unwrap_or_default();
    found.push((path, name));
    at
}

/// The module that a path leads to from another; `None` where it leads out of the crate.
fn resolve(modules: &Modules, from: &[String], path: &[String], depth: usize) -> Option<Names> {
    /// No chain of re-exports is longer.
    const LONGEST: usize = 8;
    let first = path.first()?;
    let child = |module: &[String], name: &String| [module, std::slice::from_ref(name)].concat();
    let (mut module, rest) = match first.as_str() {
        "crate" => (Vec::new(), &path[1..]),
        "self" => (from.to_vec(), &path[1..]),
        _ if first == "super" || modules.contains_key(&child(from, first)) => (from.to_vec(), path),
        _ => return None,
    };
    for name in rest {
        let below = child(&module, name);
        if name == "super" {
            module.pop();
        } else if modules.contains_key(&below) {
            module = below;
        } else {
            let brought = modules.get(&module).and_then(|found| found.imports.get(name));
            let origin = brought
                .filter(|_| depth < LONGEST)
                .and_then(|path| resolve(modules, &module, path, depth + 1));
            return Some(origin.unwrap_or(module));
        }
    }
    Some(module)
}

/// One circle for each knot of modules: the modules in it, the first one once more at the end.
fn circles(modules: &Modules) -> Vec<Vec<Names>> {
    let mut imports: BTreeMap<Names, BTreeSet<Names>> = BTreeMap::new();
    for (from, module) in modules {
        for path in &module.paths {
            let Some(to) = resolve(modules, from, path, 0) else { continue };
            let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
            // A module and what lies below it.
            if common == from.len() || common == to.len() {
                continue;
            }
            imports.entry(from[..=common].to_vec()).or_default().insert(to[..=common].to_vec());
        }
    }
    let mut seen = BTreeSet::new();
    let mut circles = Vec::new();
    for module in imports.keys() {
        if seen.contains(module) {
            continue;
        }
        if let Some(circle) = way_back(&imports, module) {
            seen.extend(circle.iter().cloned());
            circles.push(circle);
        }
    }
    circles
}

/// The shortest way from a module back to itself.
fn way_back(imports: &BTreeMap<Names, BTreeSet<Names>>, module: &Names) -> Option<Vec<Names>> {
    let mut ways = VecDeque::from([vec![module.clone()]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in way.last().and_then(|last| imports.get(last)).into_iter().flatten() {
            let longer = [&way[..], std::slice::from_ref(next)].concat();
            if next == module {
                return Some(longer);
            }
            if seen.insert(next.clone()) {
                ways.push_back(longer);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in a crate of these files.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = directory.path().join("x/src").join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        faults(directory.path(), "x").unwrap()
    }

    #[test]
    fn siblings_that_import_each_other_are_a_fault() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::{self, B as Other};"),
            ("b.rs", "fn f() { crate::c::g(\"}\"); }"),
            ("c.rs", "use super::a::A; // crate::b"),
        ];
        assert_eq!(found(&files), ["x: a.rs -> b.rs -> c.rs -> a.rs"]);
        assert!(found(&files[..3]).is_empty());
    }

    #[test]
    fn what_lies_below_a_module_counts_as_its_own() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a/mod.rs", "mod deep; pub use deep::Deep;"),
            ("a/deep.rs", "use crate::b::B;"),
            ("b.rs", "use crate::a::Deep;"),
        ];
        assert_eq!(found(&files), ["x: a/mod.rs -> b.rs -> a/mod.rs"]);
    }

    #[test]
    fn parents_tests_comments_and_texts_are_no_fault() {
        assert!(
            found(&[
                ("lib.rs", "mod a; mod b; pub use b::B; pub struct Shared;"),
                ("a.rs", "mod child; use child::C; use crate::b::B; pub struct Own;"),
                ("a/child.rs", "use super::Own; use crate::Shared; /* crate::b */"),
                (
                    "b.rs",
                    "//! crate::a\nconst T: &str = \"crate::a::A\"; use std::fmt::{self};\n\
                          #[cfg(test)] mod tests { use crate::a::A; fn f() { crate::a::g() } }"
                ),
            ])
            .is_empty()
        );
    }

    #[test]
    fn a_name_counts_as_that_of_the_module_that_it_comes_from() {
        let files = [
            ("lib.rs", "mod a; mod b; pub use b::B;"),
            ("a.rs", "use crate::B;"),
            ("b.rs", "use crate::a::A;"),
        ];
        assert_eq!(found(&files), ["x: a.rs -> b.rs -> a.rs"]);
    }
}
