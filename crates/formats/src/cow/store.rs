//! A store with a table that is sound.

use std::fs::File;

use zshield_units::FillRatio;

use super::error::CowError;
use super::geometry::Geometry;
use super::table::{self, Windows};

/// A store whose whole table has been checked.
#[derive(Debug)]
pub struct ExceptionStore<'a> {
    geometry: Geometry<'a>,
    exceptions: u64,
}

impl<'a> ExceptionStore<'a> {
    /// Reads the store of a snapshot of `origin`, and checks that its table is one that the kernel
    /// can have written for this origin.
    pub fn open(file: &'a File, origin: &File) -> Result<Self, CowError> {
        let geometry = Geometry::read(file, origin)?;
        Ok(Self { geometry, exceptions: table::checked(geometry, origin)? })
    }

    /// The size of a chunk in bytes.
    pub const fn chunk(&self) -> u64 {
        self.geometry.chunk()
    }

    /// How many exceptions it has.
    pub const fn exceptions(&self) -> u64 {
        self.exceptions
    }

    /// How much of it is used: header, table and exceptions.
    pub fn fill(&self) -> FillRatio {
        self.geometry.header().fill(self.exceptions)
    }

    /// The length of the origin in bytes.
    pub const fn origin_length(&self) -> u64 {
        self.geometry.origin_length()
    }

    /// Where it and its origin have their chunks.
    pub(crate) const fn geometry(&self) -> Geometry<'a> {
        self.geometry
    }

    /// The exceptions, so many at a time that they take little memory, in the order in which the
    /// store holds what they stand for.
    pub(crate) fn windows(&self) -> Windows<'a> {
        Windows::new(self.geometry, self.exceptions)
    }
}
