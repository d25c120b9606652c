//! Regain's own store in a data directory, looked at as it is at this moment: nothing is locked or changed, so that
//! a server may have it open.

use std::path::Path;

use regain_storage::fs::RealFs;
use regain_tsdb::{Db, Options, Retention};

use super::{TsdbError, complain};
use crate::format;

/// Whether old samples of the store in `dir` are in blocks beside it.
pub(super) fn has_blocks(dir: &Path) -> Result<bool, TsdbError> {
    Ok(format::kept(&RealFs, dir)?.is_some())
}

/// The store in `dir`, if there is one. What is damaged of it is named.
pub(super) fn look(dir: &Path) -> Result<Option<Db>, TsdbError> {
    if !Db::is_at(&RealFs, dir)? {
        return Ok(None);
    }
    let options = Options { retention: Retention::ENDLESS, ..Options::default() };
    let (db, report) = Db::look(dir, &RealFs, options)?;
    for damage in &report.damage {
        complain(&format!("bytes {:?} of {}", damage.bytes, damage.path.display()));
    }
    Ok(Some(db))
}
