//! What a bundle is read from: a file, bytes in memory, or a server that gives ranges.

use std::fs::File;
use std::io;
use std::ops::Range;

/// Bytes that are read from any place.
pub trait Source {
    /// Fills `bytes` with what stands at this place. What lies behind the end is
    /// [`io::ErrorKind::UnexpectedEof`].
    fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()>;

    /// How long it is, where that is known.
    fn length(&self) -> io::Result<Option<u64>>;

    /// These stretches will be read, best in the order of their places. A source that fetches them does so with
    /// few requests then, and fetches nothing else.
    fn expect(&self, _stretches: &[Range<u64>]) {}
}

impl Source for File {
    fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(self, bytes, at)
    }

    fn length(&self) -> io::Result<Option<u64>> {
        Ok(Some(self.metadata()?.len()))
    }
}

impl Source for [u8] {
    fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        let found = usize::try_from(at)
            .ok()
            .and_then(|at| self.get(at..)?.get(..bytes.len()))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        bytes.copy_from_slice(found);
        Ok(())
    }

    fn length(&self) -> io::Result<Option<u64>> {
        Ok(Some(self.len() as u64))
    }
}

impl Source for Vec<u8> {
    fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        Source::read_exact_at(self.as_slice(), bytes, at)
    }

    fn length(&self) -> io::Result<Option<u64>> {
        Source::length(self.as_slice())
    }
}

impl<S: Source + ?Sized> Source for &S {
    fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        (**self).read_exact_at(bytes, at)
    }

    fn length(&self) -> io::Result<Option<u64>> {
        (**self).length()
    }

    fn expect(&self, stretches: &[Range<u64>]) {
        (**self).expect(stretches);
    }
}

impl<S: Source + ?Sized> Source for Box<S> {
    fn read_exact_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        (**self).read_exact_at(bytes, at)
    }

    fn length(&self) -> io::Result<Option<u64>> {
        (**self).length()
    }

    fn expect(&self, stretches: &[Range<u64>]) {
        (**self).expect(stretches);
    }
}

/// The bytes of a stretch. The caller has bounded its length by what the format allows.
pub(crate) fn read(source: &(impl Source + ?Sized), at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length as usize];
    source.read_exact_at(&mut bytes, at)?;
    Ok(bytes)
}
