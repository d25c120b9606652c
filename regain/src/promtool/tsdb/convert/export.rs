//! From Regain's store to blocks.

use std::path::Path;
use std::sync::Arc;

use regain_model::Span;
use regain_prometheus_tsdb::{Blocks, ExportOptions, Exported, export, origin_of};
use regain_storage::fs::{Fs, RealFs};
use regain_storage::{Merged, Queryable, Written};
use regain_tsdb::Db;

use super::{ConvertError, TsdbError, complain, hand_over, open};
use crate::exit;
use crate::format;
use crate::import::moved;
use crate::promtool::tsdb::Bar;

pub(super) fn run(dir: &Path, output: Option<&Path>) -> Result<(), TsdbError> {
    let fs: Arc<dyn Fs> = Arc::new(RealFs);
    if !Db::is_at(fs.as_ref(), dir)? {
        return Err(ConvertError::NoStore(dir.to_owned()).into());
    }
    let is_in_blocks = format::kept(fs.as_ref(), dir)?.is_some();
    if is_in_blocks && output.is_none() {
        let Written { blocks, samples, bytes, .. } = hand_over(dir, &fs)?;
        exit::say(&format!(
            "moved {samples} samples to {blocks} blocks of {bytes} bytes in {}",
            dir.display()
        ));
        return Ok(());
    }
    let output = output.unwrap_or(dir);
    let db = open(dir, &fs)?;
    moved::settle(fs.as_ref(), dir)?;
    let done = if is_in_blocks {
        let blocks = format::open_beside(&fs, &db, regain_storage::Retention::ENDLESS)?;
        let spans = db.span().into_iter().chain(blocks.span());
        let span = spans.reduce(|a, b| Span::new(a.min.min(b.min), a.max.max(b.max)));
        write((&both(&db, &blocks), span), &db, &fs, output)?
    } else {
        write((&db, db.span()), &db, &fs, output)?
    };
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

fn both(db: &Db, blocks: &Blocks) -> Merged {
    Merged::new(Arc::new(db.clone()), vec![Arc::new(blocks.clone())])
}

fn write(
    (source, span): (&dyn Queryable, Option<Span>),
    db: &Db,
    fs: &Arc<dyn Fs>,
    output: &Path,
) -> Result<Exported, TsdbError> {
    let Some(span) = span else { return Ok(Exported::default()) };
    let origin = origin_of(db.seed());
    let options = ExportOptions { root: output.to_owned(), origin, with_starts: true };
    let mut bar = Bar::new("exporting");
    let done = export(source, span, fs, &options, &mut |progress| {
        bar.show(progress.windows_done, progress.windows);
        true
    });
    Ok(done.map_err(ConvertError::from)?)
}
