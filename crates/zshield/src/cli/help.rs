//! Help and complaints of the parser in Chinese. The parser's own words are English: its headings,
//! its flags, the marks in a usage line and behind a text, and its complaints.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, ArgAction, Command, Error};
use zshield_messages::{Language, language, say};

/// The command line with its help in the current language.
pub(super) fn translated(command: Command) -> Command {
    // Each command says its own help.
    let command = command.disable_help_subcommand(true);
    match language() {
        Language::English => command,
        Language::Chinese => {
            let mut command = with_flags(command);
            command.build();
            reworded(command)
        }
    }
}

/// With flags of its own in the place of the parser's.
fn with_flags(command: Command) -> Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help);
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    command
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(help.global(true).help(say::cli::help_flag()))
        .arg(version.help(say::cli::version_flag()))
}

/// A command that is built, and those below it, without the parser's words.
fn reworded(mut command: Command) -> Command {
    for below in command.get_subcommands_mut() {
        *below = reworded(std::mem::replace(below, Command::new("")));
    }
    let usage = usage(&mut command);
    let heading = say::cli::heading_usage();
    command
        .override_usage(usage)
        .help_template(format!(
            "{{before-help}}{{about-with-newline}}\n{heading}：{{usage}}\n\n{{all-args}}{{after-help}}"
        ))
        .subcommand_help_heading(say::cli::heading_commands())
        .mut_args(|arg| {
            let is_positional = arg.is_positional();
            with_default(arg).hide_possible_values(true).help_heading(if is_positional {
                say::cli::heading_arguments()
            } else {
                say::cli::heading_options()
            })
        })
}

/// The usage line, without its heading.
fn usage(command: &mut Command) -> StyledStr {
    let whole = command.render_usage().to_string();
    let line = whole.strip_prefix("Usage:").unwrap_or(&whole).trim();
    let options = format!("[{}]", say::cli::heading_options());
    let below = format!("<{}>", say::cli::heading_commands());
    line.replace("[OPTIONS]", &options).replace("<COMMAND>", &below).into()
}

/// An argument that says in its help which value it has by default.
fn with_default(arg: Arg) -> Arg {
    let values: Vec<_> = arg.get_default_values().iter().map(|it| it.to_string_lossy()).collect();
    if values.is_empty() || !arg.get_action().takes_values() {
        return arg;
    }
    let default = say::cli::default_is(values.join(" "));
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    arg.help(format!("{help} {default}")).hide_default_value(true)
}

/// Prints what the parser has to say, and ends: its help, or its complaint.
pub(crate) fn end(error: &Error) -> ! {
    match (language(), complaint(error)) {
        (Language::Chinese, Some(complaint)) => {
            err!("{}\n\n{}", say::cli::error(complaint), say::cli::try_help());
            std::process::exit(error.exit_code())
        }
        (Language::Chinese, None) => {
            out!("{}", wide_colons(&error.render().to_string()).trim_end());
            std::process::exit(error.exit_code())
        }
        (Language::English, _) => error.exit(),
    }
}

/// The parser ends its headings in its own colon.
fn wide_colons(help: &str) -> String {
    let headings =
        [say::cli::heading_options(), say::cli::heading_arguments(), say::cli::heading_commands()];
    let line = |line: &str| match line.strip_suffix(':') {
        Some(heading) if headings.iter().any(|one| one == heading) => format!("{heading}：\n"),
        Some(_) | None => format!("{line}\n"),
    };
    help.lines().map(line).collect()
}

/// A complaint in the current language; nothing where it is none, but help.
fn complaint(error: &Error) -> Option<String> {
    let of = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let argument = of(ContextKind::InvalidArg);
    Some(match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => return None,
        ErrorKind::InvalidSubcommand => {
            say::cli::unknown_command(of(ContextKind::InvalidSubcommand))
        }
        ErrorKind::UnknownArgument => say::cli::unknown_argument(argument),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            say::cli::BadValue { argument, value: of(ContextKind::InvalidValue) }.to_string()
        }
        ErrorKind::MissingRequiredArgument => say::cli::missing_arguments(argument),
        ErrorKind::ArgumentConflict => {
            say::cli::Conflicting { argument, other: of(ContextKind::PriorArg) }.to_string()
        }
        // The list is the parser's, and grows.
        _ => say::cli::wrong_usage(),
    })
}

#[cfg(test)]
mod tests {
    use zshield_messages::in_language;

    use super::*;
    use crate::commands::command_line;

    /// The help of a command and of all below it.
    fn helps(command: &mut Command) -> Vec<String> {
        let own = [command.render_help().to_string(), command.render_long_help().to_string()];
        let below = command.get_subcommands_mut().flat_map(helps);
        own.into_iter().chain(below).collect()
    }

    #[test]
    fn help_in_chinese_has_no_word_of_the_parser() {
        in_language(Language::Chinese, || {
            let mut command = command_line();
            command.build();
            let helps = helps(&mut command);
            assert!(helps.len() > 30);
            for help in helps {
                let help = wide_colons(&help);
                for word in [
                    "Usage",
                    "Options",
                    "OPTIONS",
                    "Arguments",
                    "Commands",
                    "COMMAND",
                    "Print",
                    "default:",
                    "possible values",
                    "help of the given",
                ] {
                    assert!(!help.contains(word), "{word}: {help}");
                }
                for word in ["用法：zshield", "选项：\n", "显示帮助"] {
                    assert!(help.contains(word), "{word}: {help}");
                }
            }
        });
    }

    #[test]
    fn a_default_value_is_told() {
        in_language(Language::Chinese, || {
            let mut command = command_line();
            let install = command.find_subcommand_mut("install").unwrap();
            let help = install.render_help().to_string();
            assert!(help.contains("/run/zshield/medium/a"), "{help}");
        });
    }

    #[test]
    fn complaints_are_in_the_language_too_and_say_what_it_is_about() {
        in_language(Language::Chinese, || {
            let complaint = |words: &str| {
                let words = std::iter::once("zshield").chain(words.split(' '));
                complaint(&command_line().try_get_matches_from(words).unwrap_err()).unwrap()
            };
            for (words, about) in [
                ("no-such-command", "no-such-command"),
                ("status --no-such-option", "--no-such-option"),
                ("recover nowhere", "nowhere"),
                ("alarm ack x", "--reason"),
                ("recover latest --offline --deep", "--offline"),
                ("install --world x", "--dry-run"),
            ] {
                let text = complaint(words);
                assert!(text.contains(about) && !text.is_ascii(), "{words}: {text}");
            }
        });
    }

    #[test]
    fn the_command_line_is_sound_in_chinese_too() {
        in_language(Language::Chinese, || command_line().debug_assert());
    }
}
