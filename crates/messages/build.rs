//! Turns the Fluent catalogues in `i18n/` into one Rust function for each message.
//!
//! The build fails where a message stands in one language only, or where the two languages use
//! different arguments, so that no incomplete catalogue can be compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use fluent_syntax::ast;

/// What a message's text is in its source form, and the names of the arguments it takes.
struct Message {
    text: String,
    arguments: BTreeSet<String>,
}

type Catalogue = BTreeMap<String, Message>;

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("i18n");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut out = String::new();
    let mut sources = String::new();
    for area in areas(&root.join("en")) {
        let english = catalogue(&root.join("en").join(&area));
        let chinese = catalogue(&root.join("zh").join(&area));
        compare(&area, &english, &chinese);
        let module = area.trim_end_matches(".ftl");
        generate(&mut out, module, &english);
        let include = |language: &str| {
            let file = root.join(language).join(&area);
            format!("include_str!({:?})", file.to_string_lossy())
        };
        let (english, chinese) = (include("en"), include("zh"));
        let _ = writeln!(
            sources,
            "Source {{ area: {module:?}, english: {english}, chinese: {chinese} }},"
        );
    }
    let _ = writeln!(out, "pub(crate) const SOURCES: &[Source] = &[\n{sources}];");
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("catalogue.rs");
    assert!(fs::write(&target, out).is_ok(), "can't write {}", target.display());
}

fn areas(english: &Path) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(english) else { panic!("no directory {}", english.display()) };
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "ftl"))
        .collect()
}

fn catalogue(file: &Path) -> Catalogue {
    let Ok(text) = fs::read_to_string(file) else { panic!("missing catalogue {}", file.display()) };
    let resource = match fluent_syntax::parser::parse(text.as_str()) {
        Ok(resource) => resource,
        Err((_, errors)) => panic!("{}: {:?}", file.display(), errors),
    };
    let mut found = Catalogue::new();
    for entry in resource.body {
        let ast::Entry::Message(message) = entry else { continue };
        let Some(pattern) = &message.value else { continue };
        let mut arguments = BTreeSet::new();
        let mut shown = String::new();
        in_pattern(pattern, &mut arguments, &mut shown);
        let twin = found.insert(message.id.name.to_owned(), Message { text: shown, arguments });
        assert!(twin.is_none(), "{}: {} stands twice", file.display(), message.id.name);
    }
    found
}

fn in_pattern(pattern: &ast::Pattern<&str>, arguments: &mut BTreeSet<String>, text: &mut String) {
    for element in &pattern.elements {
        match element {
            ast::PatternElement::TextElement { value } => text.push_str(value),
            ast::PatternElement::Placeable { expression } => {
                in_expression(expression, arguments, text);
            }
        }
    }
}

fn in_expression(
    expression: &ast::Expression<&str>,
    arguments: &mut BTreeSet<String>,
    text: &mut String,
) {
    match expression {
        ast::Expression::Inline(inline) => in_inline(inline, arguments, text),
        ast::Expression::Select { selector, variants } => {
            let mut hidden = String::new();
            in_inline(selector, arguments, &mut hidden);
            for variant in variants {
                let shown: &mut String = if variant.default { text } else { &mut hidden };
                in_pattern(&variant.value, arguments, shown);
            }
        }
    }
}

fn in_inline(
    inline: &ast::InlineExpression<&str>,
    arguments: &mut BTreeSet<String>,
    text: &mut String,
) {
    match inline {
        ast::InlineExpression::VariableReference { id } => {
            arguments.insert(id.name.to_owned());
            let _ = write!(text, "*{}*", id.name);
        }
        ast::InlineExpression::StringLiteral { value } => text.push_str(value),
        ast::InlineExpression::Placeable { expression } => {
            in_expression(expression, arguments, text);
        }
        _ => {}
    }
}

fn compare(area: &str, english: &Catalogue, chinese: &Catalogue) {
    for (id, message) in english {
        match chinese.get(id) {
            None => panic!("zh/{area} lacks the message {id}"),
            Some(other) => assert!(
                message.arguments == other.arguments,
                "{area}: {id} takes {:?} in English and {:?} in Chinese",
                message.arguments,
                other.arguments
            ),
        }
    }
    for id in chinese.keys() {
        assert!(english.contains_key(id), "en/{area} lacks the message {id}");
    }
}

fn generate(out: &mut String, module: &str, catalogue: &Catalogue) {
    let _ = writeln!(out, "/// Messages of `i18n/*/{module}.ftl`.\npub mod {module} {{");
    for (id, message) in catalogue {
        let name = id.replace('-', "_");
        for line in message.text.lines() {
            let _ = writeln!(
                out,
                "    /// {}",
                line.trim().replace('[', "\\[").replace(']', "\\]").replace('<', "\\<")
            );
        }
        let parameters: Vec<String> = message
            .arguments
            .iter()
            .map(|a| format!("{}: impl crate::Argument", a.replace('-', "_")))
            .collect();
        let values: Vec<String> = message
            .arguments
            .iter()
            .map(|a| format!("({a:?}, crate::Argument::value(&{}))", a.replace('-', "_")))
            .collect();
        let _ = writeln!(
            out,
            "    pub fn {name}({}) -> String {{\n        crate::render({module:?}, {id:?}, &[{}])\n    }}",
            parameters.join(", "),
            values.join(", ")
        );
    }
    let _ = writeln!(out, "}}");
}
