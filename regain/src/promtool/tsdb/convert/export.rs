//! From Regain's store to blocks.

use std::path::Path;
use std::sync::Arc;

use regain_model::{Span, Timestamp};
use regain_prometheus_tsdb::{ExportOptions, Exported, export};
use regain_storage::fs::{Fs, RealFs};
use regain_storage::{Ctx, Queryable as _};
use regain_tsdb::{Db, Options, Retention};

use super::bar::Bar;
use super::{ConvertError, TsdbError, complain, imported, in_use};
use crate::exit;

pub(super) fn run(dir: &Path, output: &Path) -> Result<(), TsdbError> {
    let fs: Arc<dyn Fs> = Arc::new(RealFs);
    if !Db::is_at(fs.as_ref(), dir)? {
        return Err(ConvertError::NoStore(dir.to_owned()).into());
    }
    let options = Options { retention: Retention::ENDLESS, ..Options::default() };
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
    let stats = db.stats();
    let (Some(min), Some(max)) = (stats.min_time, stats.max_time) else {
        return Ok(Exported::default());
    };
    let span = Span::new(Timestamp(min), Timestamp(max));
    let snapshot = db.snapshot(span, &Arc::new(Ctx::default()))?;
    let seed = db.seed().0;
    let [a, b] = [seed >> 32, seed & u64::from(u32::MAX)];
    let origin = u32::try_from(a ^ b).expect("both halves have 32 bits");
    let options = ExportOptions { root: output.to_owned(), origin, with_starts: true };
    let mut bar = Bar::new("exporting");
    let done = export(&*snapshot, span, fs, &options, &mut |progress| {
        bar.show(progress.windows_done, progress.windows);
        true
    });
    Ok(done.map_err(ConvertError::from)?)
}
