//! The rescue system: zshield as PID 1 of its own initramfs.
//!
//! The kernel starts the binary as `/init`. PID 1 proper only reaps and watches (`supervisor`); the
//! rescue system is its child, which loads drivers, mounts the medium and leads the dialog on
//! every console at once. What it carries out are the use cases of `zshield_operations`; the dialog
//! sees them as [`Operations`].
//!
//! ```no_run
//! if zshield_rescue::is_called() {
//!     zshield_rescue::run();
//! }
//! // …the ordinary command line
//! ```

mod boot;
mod cmdline;
mod console;
pub mod early;
mod event;
mod flow;
mod framebuffer;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
#[doc(hidden)]
pub mod gallery;
mod key;
mod log;
mod machine;
mod medium;
mod modules;
mod network;
mod operations;
mod power;
mod press;
mod screen;
mod settings;
mod shell;
mod start;
mod stick_log;
mod supervisor;
mod text;
mod ui;

use std::path::Path;
use std::{env, fs, process};

use zshield_messages::{Language, say, set_language};

pub use boot::Boot;
pub use cmdline::{CommandLine, InstallMode, RecoveryMode, Warning};
pub use log::line as log;
pub use medium::{MOUNT_POINT, Medium};
pub use operations::{
    Assessment, Damaged, Data, Disk, Done, Failure, InstallPreview, Observer, Operations, Origin,
    Product, Refusal, RestorePoint, RestorePoints, Status, Step, Vouched,
};
pub use settings::Settings;
pub use text::Text;

use console::Consoles;
use screen::Frame;
use ui::Ui;

/// Whether this process is PID 1 or was started by it: then `main` calls [`run`] before it looks at
/// its arguments.
pub fn is_called() -> bool {
    // What the dialog runs inherits its environment, but is called with a command.
    process::id() == 1
        || (env::var_os(supervisor::CHILD).is_some()
            && env::args_os().nth(1).is_some_and(|word| word == "init"))
}

/// Runs the rescue system until the machine restarts or goes off.
pub fn run() -> ! {
    run_with(machine::of)
}

/// The same with operations of the caller's. They are asked for once, in the process that leads the
/// dialog, when the medium is mounted.
pub fn run_with<O: Operations>(operations: impl FnOnce(&Boot) -> O + Send) -> ! {
    if process::id() == 1 {
        supervisor::supervise();
    }
    if let Some(error) = shell::become_if_asked() {
        log::open();
        log::line(&format!("shell: {error}"));
        process::exit(1);
    }
    dialog(operations)
}

fn dialog<O: Operations>(operations: impl FnOnce(&Boot) -> O + Send) -> ! {
    log::open();
    log_panics();
    let (boot, frame) = asked_for();
    set_language(
        boot.command_line.language.or(boot.settings.language).unwrap_or(Language::English),
    );
    // What the kernel has to say goes to its log, not between the lines of a dialog.
    let _ = fs::write("/proc/sys/kernel/printk", "1");
    let consoles = Consoles::open(&boot.command_line.consoles, boot.command_line.quiet);
    let mut ui = Ui::new(consoles, frame);
    ui.show(&screen::Screen::Starting(Vec::new()));
    ui.script(&format!("rescue status=starting seconds={:.2}", log::since_start().as_secs_f64()));
    if boot.command_line.shell {
        offer_shell(&boot, &mut ui);
    }
    ui.listen();
    // It is there for as long as the dialog is.
    let _network = network::asked_for(&boot, &mut ui);
    let end = match env::var(supervisor::CRASH) {
        Ok(how) => {
            ui.find_screen();
            let limit = flow::patience(&boot);
            flow::failed(&boot, &mut ui, "crash", crash(how), limit)
        }
        Err(_) => flow::run(&boot, &mut ui, operations),
    };
    ui.end(end);
    // The kernel refused to end the session: PID 1 goes on from here.
    process::exit(1)
}

/// What the command line and the image ask for, and what is odd about either.
fn asked_for() -> (Boot, Frame) {
    let line = fs::read_to_string("/proc/cmdline").unwrap_or_default();
    let command_line = CommandLine::parse(&line);
    let (settings, wrong) = Settings::read(Path::new(settings::PLACE));
    let mut frame = Frame::default();
    frame.warnings.extend(command_line.warnings.iter().cloned().map(Text::of));
    if let Some(wrong) = wrong {
        frame.warnings.push(Text::said(move || {
            say::rescue::SettingsUnreadable { file: settings::PLACE, why: &wrong }.to_string()
        }));
    }
    (Boot { command_line, settings }, frame)
}

/// What a panic has to say stays in the log, where the screen after the crash finds it.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| log::line(&panic.to_string())));
}

fn crash(how: String) -> Failure {
    Failure {
        what: Text::said(move || say::rescue::crash_what(&how)),
        state: Text::said(say::rescue::crash_state),
        next: Text::said(say::rescue::crash_next),
    }
}

/// Gives the shell that the command line asks for, with drivers loaded and the medium mounted, or
/// says why not.
fn offer_shell(boot: &Boot, ui: &mut Ui) {
    if let Err(refused) = shell::available(&boot.settings) {
        ui.script("rescue status=refused reason=shell");
        ui.frame.warnings.push(Text::of(refused));
        return;
    }
    let started = ui.during(screen::Screen::Starting(Vec::new()), |reporter| {
        start::medium(&boot.command_line, &reporter).map(drop)
    });
    if let Err(failure) = started {
        log::line(&format!("before the shell: {}", failure.what));
    }
    let terminal = ui.consoles().shell_terminal();
    ui.script(&format!("rescue status=shell console={terminal}"));
    ui.consoles().lend();
    if let Err(error) = shell::run(&terminal) {
        log::line(&format!("shell: {error}"));
    }
    ui.consoles().take_back();
}
