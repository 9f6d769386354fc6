//! Turns the Fluent catalogues in `i18n/` into one Rust item for each message: a function where the
//! message takes no argument or one, a struct with a field for each argument where it takes more.
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
    let mut samples = String::new();
    for area in areas(&root.join("en")) {
        let english = catalogue(&root.join("en").join(&area));
        let chinese = catalogue(&root.join("zh").join(&area));
        compare(&area, &english, &chinese);
        let module = area.trim_end_matches(".ftl");
        let _ = writeln!(out, "/// Messages of `i18n/*/{module}.ftl`.\npub mod {module} {{");
        for ((id, english), chinese) in english.iter().zip(chinese.values()) {
            let message = Twins { module, id, english, chinese };
            out.push_str(&message.item());
            samples.push_str(&message.sample());
        }
        out.push_str("}\n");
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
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    write(&target.join("catalogue.rs"), &out);
    write(&target.join("samples.rs"), &format!("&[\n{samples}]"));
}

fn write(file: &Path, text: &str) {
    assert!(fs::write(file, text).is_ok(), "can't write {}", file.display());
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

/// One message in both languages.
struct Twins<'a> {
    module: &'a str,
    id: &'a str,
    english: &'a Message,
    chinese: &'a Message,
}

impl Twins<'_> {
    /// The names of the arguments, as Rust names them.
    fn arguments(&self) -> Vec<String> {
        self.english.arguments.iter().map(|argument| argument.replace('-', "_")).collect()
    }

    fn function(&self) -> String {
        self.id.replace('-', "_")
    }

    fn structure(&self) -> String {
        self.id.split('-').map(capital).collect()
    }

    /// The lines of a comment that holds the English text.
    fn docs(&self) -> String {
        let escaped = self.english.text.replace('[', "\\[").replace(']', "\\]").replace('<', "\\<");
        escaped.lines().fold(String::new(), |docs, line| docs + "/// " + line.trim() + "\n")
    }

    /// The call of `render` with the arguments that `place` says the values of.
    fn render(&self, place: impl Fn(&str) -> String) -> String {
        let values: Vec<String> = self
            .english
            .arguments
            .iter()
            .map(|name| {
                let value = place(&name.replace('-', "_"));
                format!("({name:?}, crate::Argument::value(&{value}))")
            })
            .collect();
        format!("crate::render({:?}, {:?}, &[{}])", self.module, self.id, values.join(", "))
    }

    /// The item that says the message.
    fn item(&self) -> String {
        match self.arguments().as_slice() {
            [] => self.as_function(String::new()),
            [only] => self.as_function(format!("{only}: impl crate::Argument")),
            several => self.as_struct(several),
        }
    }

    fn as_function(&self, parameter: String) -> String {
        let (docs, name, body) = (self.docs(), self.function(), self.render(str::to_owned));
        format!("{docs}pub fn {name}({parameter}) -> String {{\n{body}\n}}\n")
    }

    /// With two arguments or more, none can be taken for another: each has its name at the call.
    fn as_struct(&self, arguments: &[String]) -> String {
        let name = self.structure();
        let types: Vec<String> =
            arguments.iter().map(|name| format!("T{}", capital(name))).collect();
        let fields = arguments.iter().zip(&types).fold(String::new(), |fields, (name, of)| {
            fields + &format!("/// `{name}` in the text.\npub {name}: {of},\n")
        });
        let bounds: Vec<String> = types.iter().map(|of| format!("{of}: crate::Argument")).collect();
        format!(
            "{docs}#[derive(Clone, Copy, Debug)]\n#[must_use]\n\
             pub struct {name}<{types}> {{\n{fields}}}\n\
             impl<{bounds}> ::std::fmt::Display for {name}<{types}> {{\n\
             fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {{\n\
             f.pad(&{body})\n}}\n}}\n",
            docs = self.docs(),
            types = types.join(", "),
            bounds = bounds.join(", "),
            body = self.render(|name| format!("self.{name}")),
        )
    }

    /// A row for the test that renders every message: each argument's value is its name in marks.
    fn sample(&self) -> String {
        let value = |name: &String| format!("\"‹{name}›\"");
        let (module, arguments) = (self.module, self.arguments());
        let render = match arguments.as_slice() {
            several @ [_, _, ..] => {
                let fields: Vec<String> =
                    several.iter().map(|name| format!("{name}: {}", value(name))).collect();
                format!("{module}::{} {{ {} }}.to_string()", self.structure(), fields.join(", "))
            }
            few => {
                let values: String = few.iter().map(value).collect();
                format!("{module}::{}({values})", self.function())
            }
        };
        format!(
            "Sample {{ id: \"{module}::{}\", render: || {render}, english: &{:?}, chinese: &{:?} }},\n",
            self.id,
            shown(self.english),
            shown(self.chinese),
        )
    }
}

/// The arguments that stand in the text where nothing else is chosen, in their marks.
fn shown(message: &Message) -> Vec<String> {
    let shown = message.arguments.iter().filter(|name| message.text.contains(&format!("*{name}*")));
    shown.map(|name| format!("‹{}›", name.replace('-', "_"))).collect()
}

/// `disk` as `Disk`, `any_of` as `AnyOf`.
fn capital(word: &str) -> String {
    word.split('_')
        .map(|part| {
            let (first, rest) = part.split_at(usize::from(!part.is_empty()));
            first.to_ascii_uppercase() + rest
        })
        .collect()
}
