//! What is wrong with bytes, before it is known which file they come from.

use std::path::Path;

use regain_storage::Error;

/// A place in a piece of bytes that does not say what its format promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub(crate) struct Fault {
    /// The byte, counted from the start of the piece.
    pub(crate) at: usize,
    /// What is wrong there.
    pub(crate) what: &'static str,
}

/// The result of reading a piece of bytes.
pub(crate) type Read<T> = Result<T, Fault>;

impl Fault {
    /// The fault as an error of the file `path`, in which the piece starts at `base`.
    pub(crate) fn within(self, path: &Path, base: u64) -> Error {
        let offset = base.saturating_add(self.at as u64);
        Error::Corrupt { path: path.to_owned(), offset, what: self.what }
    }
}
