//! From what a Prometheus has left to Regain's store.
//!
//! The store grows in a directory of its own and gets its name when it is whole; until then nothing of
//! Prometheus' is touched, and an attempt that was cut short is begun anew.

use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::Arc;

use regain_model::{KeySeed, Span, Timestamp};
use regain_prometheus_tsdb::{PrometheusDir, entries_with_samples, holds_samples};
use regain_storage::Error;
use regain_storage::fs::{Fs, RealFs};
use regain_tsdb::{Db, Options, Retention};

use super::{ConvertError, TsdbError, complain, hand_over, in_use};
use crate::format::{self, STORE_DIR};
use crate::import::{self, Answers, Lanes, Pause, moved};
use crate::promtool::tsdb::Bar;
use crate::{clock, exit};

/// Where the store grows.
const UNFINISHED_DIR: &str = "regain.importing";
/// Where a store goes that has nothing but what is in blocks, while another one takes its place.
const REPLACED_DIR: &str = "regain.replaced";

pub(super) fn run(dir: &Path) -> Result<(), TsdbError> {
    let fs: Arc<dyn Fs> = Arc::new(RealFs);
    let is_in_blocks = format::kept(fs.as_ref(), dir)?.is_some();
    if is_in_blocks {
        // Then blocks hold everything.
        hand_over(dir, &fs)?;
    }
    let lock = dir.join("lock");
    let _lock = fs.lock(&lock).map_err(|source| match source.kind() {
        std::io::ErrorKind::WouldBlock => ConvertError::InUse(dir.to_owned()).into(),
        _ => io_failed("lock", &lock)(source),
    })?;
    if moved::settle(fs.as_ref(), dir)? && !is_in_blocks {
        exit::say("an import that was cut short is finished");
        return Ok(());
    }
    let store = dir.join(STORE_DIR);
    if Db::is_at(fs.as_ref(), dir)? && !is_in_blocks {
        return Err(ConvertError::HasStore(store).into());
    }
    let seed = KeySeed(RandomState::new().hash_one(clock::since_epoch()));
    if !holds_samples(fs.as_ref(), dir)? {
        return Err(ConvertError::NothingThere(dir.to_owned()).into());
    }
    let found = PrometheusDir::open(fs.as_ref(), dir, seed)?;
    let lanes = survey(&found)?;
    let unfinished = dir.join(UNFINISHED_DIR);
    remove(&unfinished)?;
    let done = fill(&found, &lanes, (&unfinished, seed), &fs)?;
    if !done.answers.refused.is_empty() {
        remove(&unfinished)?;
        return Err(ConvertError::Refused(done.answers.refused).into());
    }
    let grown = unfinished.join(STORE_DIR);
    moved::prepare(fs.as_ref(), &grown, &entries_with_samples(fs.as_ref(), dir)?)?;
    take_place(fs.as_ref(), &grown, dir)?;
    moved::settle(fs.as_ref(), dir)?;
    remove(&unfinished)?;
    for damage in found.damages() {
        complain(&format!("{damage}{}", super::caused_by(&damage)));
    }
    if found.unknown_samples() > 0 {
        complain(&format!("{} samples of series without a name", found.unknown_samples()));
    }
    let Done { answers: Answers { samples, .. }, series, exemplars, bytes } = done;
    let exemplars =
        if exemplars > 0 { format!(" with {exemplars} exemplars") } else { String::new() };
    exit::say(&format!(
        "imported {samples} samples of {series} series{exemplars} to {bytes} bytes in {}; what Prometheus had is in {}",
        store.display(),
        store.join("imported").display()
    ));
    Ok(())
}

/// Gives the store that has grown its name, in place of one that may be there and has nothing that is not in blocks. What
/// that one has taken over before stays.
fn take_place(fs: &dyn Fs, grown: &Path, dir: &Path) -> Result<(), TsdbError> {
    let (store, replaced) = (dir.join(STORE_DIR), dir.join(REPLACED_DIR));
    remove(&replaced)?;
    let is_replaced = match fs.rename(&store, &replaced) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        renamed => renamed.map(|()| true).map_err(io_failed("rename", &store))?,
    };
    fs.rename(grown, &store).map_err(io_failed("rename", grown))?;
    fs.sync_dir(dir).map_err(io_failed("sync", dir))?;
    if is_replaced {
        let (before, after) = (replaced.join("imported"), store.join("imported/before"));
        match fs.rename(&before, &after) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            renamed => renamed.map_err(io_failed("rename", &before))?,
        }
        remove(&replaced)?;
    }
    Ok(())
}

fn io_failed(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> TsdbError {
    let path = path.to_owned();
    move |source| Error::Io { operation, path, source }.into()
}

/// Removes what an attempt has left.
fn remove(dir: &Path) -> Result<(), TsdbError> {
    match RealFs.remove_dir_all(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(io_failed("remove", dir)),
    }
}

/// Counts what there is.
fn survey(found: &PrometheusDir) -> Result<Lanes, TsdbError> {
    let mut bar = Bar::new("counting");
    let span = found.span();
    Ok(import::survey(found, &mut |window| show(&mut bar, span, window))?)
}

/// Shows how far `window` is within `span`.
fn show(bar: &mut Bar, span: Option<Span>, window: Span) {
    let all = span.unwrap_or(window);
    bar.show_time(window.min.0, (all.min.0, all.max.0));
}

/// What was put into the store.
struct Done {
    answers: Answers,
    series: u64,
    exemplars: u64,
    bytes: u64,
}

/// Makes a store in `dir` and puts everything into it.
fn fill(
    found: &PrometheusDir,
    lanes: &Lanes,
    (dir, seed): (&Path, KeySeed),
    fs: &Arc<dyn Fs>,
) -> Result<Done, TsdbError> {
    let limits = Options {
        exemplars_max: found.exemplars().len(),
        retention: Retention::ENDLESS,
        future_max_ms: 0,
        past_max_ms: 0,
        ..Options::default()
    };
    let (db, _) = Db::open(dir, Arc::clone(fs), Options { seed, ..limits }).map_err(in_use(dir))?;
    let mut bar = Bar::new("importing");
    let answers = import::append(found, lanes, &db, &mut |pause| match pause {
        Pause::Begin(window) => {
            show(&mut bar, found.span(), window);
            Ok(())
        }
        Pause::Within(window) => db.tick(window.min),
        Pause::End(window) => {
            db.tick(Timestamp(window.max.0.saturating_add(1)))?;
            while db.merge(&|| true)? {}
            Ok(())
        }
    })?;
    let series = db.stats().series_created;
    let exemplars = import::carry(found, &db)?;
    db.close()?;
    Ok(Done { answers, series, exemplars, bytes: db.stats().segments_bytes })
}
