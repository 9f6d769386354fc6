//! What an operation works with, and who is told how it goes on.

use std::path::PathBuf;

use zshield_golden::manifest::Manifest;
use zshield_plan::plan::Binding;
use zshield_plan::step::Step;

use crate::record::Record;

/// Told how an operation goes on.
pub trait Observer: Sync {
    /// A step begins; `number` counts from 1.
    fn begin(&self, number: usize, total: usize, step: &Step);
    /// So much of the step that runs is done.
    fn advance(&self, done: u64, total: u64);
    /// The step is done.
    fn end(&self, number: usize, total: usize, step: &Step);
}

/// What an operation works with.
pub struct Workplace<'a> {
    /// Where the plan's disks are now.
    pub binding: Binding,
    /// The slot that the image is taken from: a folder that is mounted.
    pub slot: PathBuf,
    /// Its manifest, the signature dealt with.
    pub manifest: &'a Manifest,
    /// What becomes of the record: filled as the operation goes on.
    pub record: Record,
    /// The log so far, for the record.
    pub log: Option<PathBuf>,
    /// The partition on the stick that takes records, where there is one.
    pub stick: Option<PathBuf>,
}
