//! The programs of the build host, and running them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, io};

use zshield_messages::say;

/// A program of the build host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// GNU tar.
    Tar,
    /// squashfs-tools.
    Unsquashfs,
    /// squashfs-tools-ng.
    Tar2sqfs,
    /// squashfs-tools-ng.
    Sqfs2tar,
    /// GRUB's maker of core images.
    GrubMkimage,
    /// e2fsprogs.
    Mke2fs,
    /// e2fsprogs.
    Debugfs,
    /// mtools.
    Mformat,
    /// mtools.
    Mmd,
    /// mtools.
    Mcopy,
    /// Decompressor of `.gz` and `.Z`.
    Gzip,
    /// Decompressor of `.xz` and `.lzma`.
    Xz,
    /// Decompressor of `.bz2`.
    Bzip2,
    /// Decompressor of `.zst`.
    Zstd,
    /// Decompressor of `.lz`.
    Lzip,
    /// Decompressor of `.lzo`.
    Lzop,
    /// Decompressor of `.lz4`.
    Lz4,
}

impl Tool {
    /// The names it goes by, the commonest first.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Tar => &["tar", "gtar"],
            Self::Unsquashfs => &["unsquashfs"],
            Self::Tar2sqfs => &["tar2sqfs"],
            Self::Sqfs2tar => &["sqfs2tar"],
            Self::GrubMkimage => &["grub-mkimage", "grub2-mkimage"],
            Self::Mke2fs => &["mke2fs"],
            Self::Debugfs => &["debugfs"],
            Self::Mformat => &["mformat"],
            Self::Mmd => &["mmd"],
            Self::Mcopy => &["mcopy"],
            Self::Gzip => &["gzip"],
            Self::Xz => &["xz"],
            Self::Bzip2 => &["bzip2"],
            Self::Zstd => &["zstd"],
            Self::Lzip => &["lzip"],
            Self::Lzop => &["lzop"],
            Self::Lz4 => &["lz4"],
        }
    }

    /// The commonest of its names.
    pub fn name(self) -> &'static str {
        self.names()[0]
    }

    /// The packages that bring it: Debian's and Red Hat's.
    pub const fn packages(self) -> (&'static str, &'static str) {
        match self {
            Self::Tar => ("tar", "tar"),
            Self::Unsquashfs => ("squashfs-tools", "squashfs-tools"),
            Self::Tar2sqfs | Self::Sqfs2tar => ("squashfs-tools-ng", "squashfs-tools-ng (EPEL)"),
            Self::GrubMkimage => ("grub-common", "grub2-tools-minimal"),
            Self::Mke2fs | Self::Debugfs => ("e2fsprogs", "e2fsprogs"),
            Self::Mformat | Self::Mmd | Self::Mcopy => ("mtools", "mtools"),
            Self::Gzip => ("gzip", "gzip"),
            Self::Xz => ("xz-utils", "xz"),
            Self::Bzip2 => ("bzip2", "bzip2"),
            Self::Zstd => ("zstd", "zstd"),
            Self::Lzip => ("lzip", "lzip"),
            Self::Lzop => ("lzop", "lzop"),
            Self::Lz4 => ("lz4", "lz4"),
        }
    }

    /// Where it is on this host.
    pub fn find(self) -> Option<PathBuf> {
        // A normal user's PATH often lacks the directories that hold mke2fs and its kind.
        let path = env::var_os("PATH").unwrap_or_default();
        let directories: Vec<PathBuf> =
            env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]).collect();
        self.names()
            .iter()
            .flat_map(|name| directories.iter().map(move |directory| directory.join(name)))
            .find(|candidate| candidate.is_file())
    }

    /// A run of it, in the C locale and in UTC so that what it writes depends on neither.
    pub fn run(self) -> Result<Run, ToolError> {
        let path = self.find().ok_or(ToolError::Absent(self))?;
        let mut command = Command::new(path);
        command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC0").stdin(Stdio::null());
        command.env_remove("SOURCE_DATE_EPOCH");
        Ok(Run { tool: self, command })
    }
}

/// What can go wrong with a program of the build host.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The build host lacks it.
    #[error("{}", say::image::ToolAbsent { name: &.0.name(), debian: &.0.packages().0, redhat: &.0.packages().1 })]
    Absent(Tool),
    /// It could not be started or fed.
    #[error("{}", say::image::tool_unusable(.0.name()))]
    Unusable(Tool, #[source] io::Error),
    /// It ended with a failure.
    #[error("{}", say::image::ToolFailed { name: tool.name(), said })]
    Failed {
        /// Which.
        tool: Tool,
        /// The end of what it wrote on standard error.
        said: String,
    },
}

/// One run of a tool that is being put together.
pub struct Run {
    tool: Tool,
    command: Command,
}

impl Run {
    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets the directory that it runs in.
    #[must_use]
    pub fn within(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// Sets what it reads.
    #[must_use]
    pub fn reading(mut self, input: impl Into<Stdio>) -> Self {
        self.command.stdin(input);
        self
    }

    /// Runs it to its end; what it wrote on standard output.
    pub fn output(self) -> Result<Vec<u8>, ToolError> {
        Ok(self.both()?.stdout)
    }

    /// Runs it to its end; all that it wrote.
    pub fn both(mut self) -> Result<Output, ToolError> {
        let output =
            self.command.output().map_err(|error| ToolError::Unusable(self.tool, error))?;
        if output.status.success() {
            return Ok(output);
        }
        Err(ToolError::Failed { tool: self.tool, said: end_of(&output.stderr) })
    }

    /// Starts it with its output in a pipe.
    pub fn piped(mut self) -> Result<Running, ToolError> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = self.command.spawn().map_err(|error| ToolError::Unusable(self.tool, error))?;
        Ok(Running { tool: self.tool, child })
    }
}

/// A tool at work, its output still to be read.
pub struct Running {
    tool: Tool,
    child: std::process::Child,
}

impl Running {
    /// What it writes.
    pub fn stdout(&mut self) -> Result<std::process::ChildStdout, ToolError> {
        let closed = || ToolError::Unusable(self.tool, io::ErrorKind::BrokenPipe.into());
        self.child.stdout.take().ok_or_else(closed)
    }

    /// Waits for it. A tool whose reader had enough before the end has not failed.
    pub fn wait(self) -> Result<(), ToolError> {
        use std::os::unix::process::ExitStatusExt;
        const SIGPIPE: i32 = 13;
        let tool = self.tool;
        let output =
            self.child.wait_with_output().map_err(|error| ToolError::Unusable(tool, error))?;
        if output.status.success() || output.status.signal() == Some(SIGPIPE) {
            return Ok(());
        }
        Err(ToolError::Failed { tool, said: end_of(&output.stderr) })
    }
}

/// The last lines of what a tool said.
pub(crate) fn end_of(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_named_before_what_it_said() {
        let said = ToolError::Failed { tool: Tool::Mke2fs, said: "REASON".into() }.to_string();
        let (name, reason) = (said.find(Tool::Mke2fs.name()), said.find("REASON"));
        assert!(name.is_some() && name < reason, "{said}");
    }

    #[test]
    fn an_absent_tool_is_named_before_its_packages() {
        let tool = Tool::Tar2sqfs;
        let said = ToolError::Absent(tool).to_string();
        let (debian, redhat) = tool.packages();
        let places = [tool.name(), debian, redhat].map(|word| said.find(word));
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{said}");
    }
}
