//! Files of a test's own.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

/// Writes a file, in place of one that may be there.
pub(crate) fn write(path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
    File::create(path).unwrap().write_all(content.as_ref()).unwrap();
}
