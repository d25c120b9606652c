//! From what a Prometheus has left to Regain's store.
//!
//! The store grows in a directory of its own and gets its name when it is whole; until then nothing of
//! Prometheus' is touched, and an attempt that was cut short is begun anew.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::Arc;

use regain_model::{KeySeed, Labels, Matcher, Span, Timestamp};
use regain_prometheus_tsdb::{PrometheusDir, Samples, holds_samples, windows};
use regain_storage::fs::{Fs, RealFs};
use regain_storage::{Appendable as _, Ctx, Error, LaneKey};
use regain_tsdb::{Db, Options, Retention};

use super::rows::{Answers, Rows};
use super::{ConvertError, STORE_DIR, TsdbError, beside, complain, imported, in_use};
use crate::promtool::tsdb::Bar;
use crate::{clock, exit};

/// Where the store grows.
const UNFINISHED_DIR: &str = "regain.importing";
/// A lane is read in spans with about so many samples.
const SAMPLES_AIM: u64 = 2_000_000;
/// The store looks after itself after so many samples.
const SAMPLES_PER_TICK: u64 = 1_000_000;

pub(super) fn run(dir: &Path) -> Result<(), TsdbError> {
    let fs: Arc<dyn Fs> = Arc::new(RealFs);
    let lock = dir.join("lock");
    let _lock = fs.lock(&lock).map_err(|source| match source.kind() {
        std::io::ErrorKind::WouldBlock => ConvertError::InUse(dir.to_owned()).into(),
        _ => io_failed("lock", &lock)(source),
    })?;
    if imported::settle(fs.as_ref(), dir)? {
        exit::say("an import that was cut short is finished");
        return Ok(());
    }
    let store = dir.join(STORE_DIR);
    if Db::is_at(fs.as_ref(), dir)? {
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
    imported::prepare(fs.as_ref(), &grown, dir)?;
    fs.rename(&grown, &store).map_err(io_failed("rename", &grown))?;
    fs.sync_dir(dir).map_err(io_failed("sync", dir))?;
    imported::settle(fs.as_ref(), dir)?;
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

/// Lanes by job and instance, with the most samples that one has in a window.
type Lanes = BTreeMap<(String, String), u64>;

/// Counts what there is.
fn survey(found: &PrometheusDir) -> Result<Lanes, TsdbError> {
    let mut lanes: BTreeMap<(String, String), (Span, u64, u64)> = BTreeMap::new();
    let mut bar = Bar::new("counting");
    let span = found.span();
    found.survey(&Arc::default(), &mut |window, labels, samples| {
        show(&mut bar, span, window);
        let (last, count, most) = lanes.entry(lane_of(labels)).or_insert((window, 0, 0));
        if *last != window {
            (*last, *count) = (window, 0);
        }
        *count += samples;
        *most = (*most).max(*count);
    })?;
    Ok(lanes.into_iter().map(|(lane, (.., most))| (lane, most)).collect())
}

/// The job and the instance of a series.
pub(super) fn lane_of(labels: &Labels) -> (String, String) {
    let value = |name| labels.get(name).unwrap_or_default().to_owned();
    (value("job"), value("instance"))
}

/// The lane of a job and an instance. Samples at times of their own are kept as those of a target are: series by series.
pub(super) fn key_of((job, instance): &(String, String)) -> LaneKey {
    let target = Labels::from_pairs([("job", job.as_str()), ("instance", instance)]);
    LaneKey::scrape(&target, "import:")
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
    let mut import =
        Import { found, db: &db, rows: Rows::default(), answers: Answers::default(), ticked: 0 };
    let mut bar = Bar::new("importing");
    for window in found.span().into_iter().flat_map(windows) {
        show(&mut bar, found.span(), window);
        for (lane, &most) in lanes {
            for span in parts(window, most) {
                import.append(lane, span)?;
            }
            if import.answers.samples - import.ticked > SAMPLES_PER_TICK {
                import.ticked = import.answers.samples;
                db.tick(window.min)?;
            }
        }
        db.tick(Timestamp(window.max.0.saturating_add(1)))?;
        while db.merge(&|| true)? {}
    }
    let answers = import.answers;
    let series = db.stats().series_created;
    let exemplars = beside::carry(found, &db)?;
    db.close()?;
    Ok(Done { answers, series, exemplars, bytes: db.stats().segments_bytes })
}

/// A window in parts that have about as many samples as are read at once.
fn parts(window: Span, samples: u64) -> impl Iterator<Item = Span> {
    let count = i64::try_from(samples.div_ceil(SAMPLES_AIM).max(1)).unwrap_or(i64::MAX);
    let length = (window.max.0.saturating_sub(window.min.0) / count).saturating_add(1);
    let starts = std::iter::successors(Some(window.min.0), move |start| start.checked_add(length));
    starts.take_while(move |&start| start <= window.max.0).map(move |start| {
        let last = start.saturating_add(length - 1).min(window.max.0);
        Span::new(Timestamp(start), Timestamp(last))
    })
}

/// An import under way.
struct Import<'a> {
    found: &'a PrometheusDir,
    db: &'a Db,
    rows: Rows,
    answers: Answers,
    /// The samples at the last tick.
    ticked: u64,
}

impl Import<'_> {
    /// Appends what a lane has in `span`.
    fn append(&mut self, (job, instance): &(String, String), span: Span) -> Result<(), TsdbError> {
        let matchers = [Matcher::equal("job", job), Matcher::equal("instance", instance)];
        let mut found = self.found.series(&matchers, span, None, &Arc::new(Ctx::default()))?;
        let mut samples = Samples::default();
        let Some(mut labels) = found.next(&mut samples)? else { return Ok(()) };
        let mut lane = self.db.appender(&key_of(&(job.clone(), instance.clone())))?;
        loop {
            self.rows.add(lane.series(&labels)?, &samples, &mut self.answers);
            match found.next(&mut samples)? {
                Some(next) => labels = next,
                None => break,
            }
        }
        Ok(self.rows.append(&mut *lane, &mut self.answers)?)
    }
}
