//! How rpm is asked which files belong to which package.

/// The words that ask for all files of all packages, for [`files`]. One question answers for any number of files, and
/// for files that are gone.
pub const LIST: [&str; 3] = ["-qa", "--queryformat", "[%{=NAME}\\t%{FILENAMES}\\n]"];

/// Each package and file of its answer.
pub fn files(answer: &str) -> impl Iterator<Item = (&str, &str)> {
    answer.lines().filter_map(|line| line.split_once('\t'))
}
