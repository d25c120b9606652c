//! From Regain's store to blocks.

use std::path::Path;
use std::sync::Arc;

use regain_prometheus_tsdb::{ExportOptions, Exported, export, origin_of};
use regain_storage::fs::{Fs, RealFs};
use regain_tsdb::{Db, Options, Retention};

use super::{ConvertError, TsdbError, complain, imported, in_use};
use crate::exit;
use crate::promtool::tsdb::Bar;

pub(super) fn run(dir: &Path, output: &Path) -> Result<(), TsdbError> {
    let fs: Arc<dyn Fs> = Arc::new(RealFs);
    if !Db::is_at(fs.as_ref(), dir)? {
        return Err(ConvertError::NoStore(dir.to_owned()).into());
    }
    // Opening and closing the store must cost it none of its exemplars, however many a server keeps.
    let exemplars_max = usize::MAX;
    let options = Options { retention: Retention::ENDLESS, exemplars_max, ..Options::default() };
    let (db, report) = Db::open(dir, Arc::clone(&fs), options).map_err(in_use(dir))?;
    imported::settle(fs.as_ref(), dir)?;
    for damage in &report.damage {
        complain(&format!("bytes {:?} of {}", damage.bytes, damage.path.display()));
    }
    let done = write(&db, &fs, output)?;
    db.close()?;
    for warning in &done.warnings {
        complain(warning);
    }
    let Exported { series, samples, blocks, bytes, windows_skipped, .. } = done;
    let output = output.display();
    exit::say(&format!(
        "exported {samples} samples of {series} series to {blocks} blocks of {bytes} bytes in {output}"
    ));
    if windows_skipped > 0 {
        exit::say(&format!("{windows_skipped} times of two hours were exported before"));
    }
    Ok(())
}

fn write(db: &Db, fs: &Arc<dyn Fs>, output: &Path) -> Result<Exported, TsdbError> {
    let Some(span) = db.span() else { return Ok(Exported::default()) };
    let origin = origin_of(db.seed());
    let options = ExportOptions { root: output.to_owned(), origin, with_starts: true };
    let mut bar = Bar::new("exporting");
    let done = export(db, span, fs, &options, &mut |progress| {
        bar.show(progress.windows_done, progress.windows);
        true
    });
    Ok(done.map_err(ConvertError::from)?)
}
