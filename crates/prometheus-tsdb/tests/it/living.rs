//! Blocks that come, lose samples, are merged and go, while they are queried.

mod crash;
mod damage;
mod model;
mod reclaim;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regain_model::{Histogram, KeySeed, Labels, MatchOp, Matcher, Span, Timestamp};
use regain_prometheus_tsdb::{Blocks, BlocksOptions, ExportOptions, WINDOW_MS, export, origin_of};
use regain_storage::fs::{Fs as _, MemFs};
use regain_storage::memory::MemoryStore;
use regain_storage::{
    Appender as _, BlockFormat as _, Ctx, Queryable, Result, Retention, RetentionRule, Selection,
    Snapshot, Value, Written,
};

use crate::all::{all, all_seen};

pub(super) const ROOT: &str = "data";
/// Rows lie so far apart, in milliseconds; a window has sixty of them.
pub(super) const STEP_MS: i64 = WINDOW_MS / 60;

/// What there should be: samples by series.
pub(super) type Expected = BTreeMap<String, BTreeMap<i64, String>>;

pub(super) fn labels(series: i64) -> Labels {
    let parity = ["even", "odd"][usize::from(series % 2 == 1)];
    Labels::from_pairs([("__name__", "m"), ("n", &series.to_string()), ("parity", parity)])
}

/// The one value that a series may have at a time: every third series is one of histograms.
pub(super) fn value(series: i64, row: i64) -> Value {
    let number = (series * 1000 + row) as f64;
    if series % 3 == 2 {
        let histogram = Histogram { count: number, sum: number / 2.0, ..Histogram::default() };
        Value::Histogram(Arc::new(histogram))
    } else {
        Value::Float(number / 4.0)
    }
}

/// A store with these rows of these series.
pub(super) fn store(series: impl IntoIterator<Item = i64>, rows: &[i64]) -> MemoryStore {
    let store = MemoryStore::new();
    let mut writer = store.writer();
    for number in series {
        let series = writer.series(&labels(number)).unwrap();
        for &row in rows {
            let time = Timestamp(row * STEP_MS);
            // Every fourth series knows when it has started.
            let start = Timestamp(if number % 4 == 3 { 1 + row / 7 * STEP_MS } else { 0 });
            writer.stage_value(series, time, start, value(number, row));
        }
    }
    writer.commit().unwrap();
    store
}

pub(super) fn options() -> BlocksOptions {
    BlocksOptions {
        seed: KeySeed(7),
        retention: Retention::ENDLESS,
        span_max_ms: 9 * WINDOW_MS,
        with_starts: true,
    }
}

pub(super) fn open_with(fs: &MemFs, options: BlocksOptions) -> Result<Blocks> {
    Blocks::open(Arc::new(fs.clone()), Path::new(ROOT), options)
}

pub(super) fn open(fs: &MemFs) -> Blocks {
    open_with(fs, options()).unwrap()
}

pub(super) fn window(number: i64) -> Span {
    let min = number * WINDOW_MS;
    Span::new(Timestamp(min), Timestamp(min + WINDOW_MS - 1))
}

/// Cuts some rows of a window, by their numbers in it, into a block.
pub(super) fn cut(
    blocks: &Blocks,
    number: i64,
    series: Range<i64>,
    rows: &[i64],
    id: u64,
) -> Result<Written> {
    let rows: Vec<i64> = rows.iter().map(|row| number * 60 + row).collect();
    blocks.write(&store(series, &rows), window(number), id)
}

/// Cuts whole windows of ten series.
pub(super) fn fill(blocks: &Blocks, windows: Range<i64>) {
    let rows: Vec<i64> = (0..60).collect();
    for number in windows {
        let written = cut(blocks, number, 0..10, &rows, 1).unwrap();
        assert_eq!((written.blocks, written.series, written.samples), (1, 10, 600));
    }
}

pub(super) fn compact_all(blocks: &Blocks) -> usize {
    let mut times = 0;
    while blocks.compact(&|| true).unwrap() {
        times += 1;
    }
    times
}

pub(super) fn content(source: &dyn Queryable) -> Expected {
    all(source)
        .into_iter()
        .map(|(labels, samples)| (labels, samples.into_iter().collect()))
        .collect()
}

/// The blocks as first and last window, level and the number of their samples.
pub(super) fn shape(blocks: &Blocks) -> Vec<(i64, i64, u32, u64)> {
    let of = |block: &Arc<regain_prometheus_tsdb::Block>| {
        let meta = block.meta();
        let window = |time: i64| time.div_euclid(WINDOW_MS);
        let last = window(meta.max_time - 1);
        (window(meta.min_time), last, meta.compaction.level, meta.stats.num_samples)
    };
    blocks.all().iter().map(of).collect()
}

fn directories(fs: &MemFs) -> usize {
    fs.list_dirs(Path::new(ROOT)).unwrap().len()
}

fn view(blocks: &Blocks) -> Arc<dyn Snapshot> {
    blocks.snapshot(Span::ALL, &Arc::new(Ctx::default())).unwrap()
}

#[test]
fn what_is_cut_is_seen_at_once_and_again_after_the_start_and_never_twice() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    let rows: Vec<i64> = (0..180).collect();
    fill(&blocks, 0..3);
    let expected = content(&store(0..10, &rows));
    assert_eq!(content(&blocks), expected);
    assert_eq!(cut(&blocks, 1, 0..10, &[3, 4], 1).unwrap(), Written::default());
    assert_eq!(cut(&blocks, 5, 0..10, &[], 1).unwrap(), Written::default());
    let reopened = open(&fs);
    assert_eq!(content(&reopened), expected);
    assert_eq!(cut(&reopened, 1, 0..10, &[3, 4], 1).unwrap(), Written::default());
    assert_eq!(reopened.span(), Some(Span::new(window(0).min, window(2).max)));
    // Another time, and another thing that the store calls otherwise.
    fill(&reopened, 3..4);
    assert_eq!(cut(&reopened, 1, 10..11, &[3, 4], 2).unwrap().samples, 2);
    assert_eq!(content(&reopened).values().map(BTreeMap::len).sum::<usize>(), 4 * 600 + 2);
}

#[test]
fn blocks_are_merged_by_three_and_what_was_cut_is_still_known() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..10);
    let expected = content(&blocks);
    assert_eq!(compact_all(&blocks), 4);
    assert_eq!(shape(&blocks), [(0, 8, 3, 5400), (9, 9, 1, 600)]);
    assert_eq!(content(&blocks), expected);
    assert_eq!(directories(&fs), 2);
    assert_eq!(blocks.stats().compactions, 4);
    let blocks = open(&fs);
    assert_eq!(content(&blocks), expected);
    assert_eq!(cut(&blocks, 4, 0..10, &[7], 1).unwrap(), Written::default());
    let meta = blocks.all()[0].meta().clone();
    assert_eq!((meta.compaction.sources.len(), meta.compaction.parents.len()), (9, 3));
}

#[test]
fn how_long_blocks_become_follows_how_long_samples_are_kept() {
    for (kept, expected) in [
        (10 * 3 * WINDOW_MS, vec![(0, 2), (3, 5), (6, 8), (9, 9)]),
        (10 * 9 * WINDOW_MS, vec![(0, 8), (9, 9)]),
        (1, (0..10).map(|window| (window, window)).collect()),
    ] {
        let fs = MemFs::new();
        let retention = Retention::of_ms(kept);
        let blocks =
            open_with(&fs, BlocksOptions { span_max_ms: 0, retention, ..options() }).unwrap();
        fill(&blocks, 0..10);
        compact_all(&blocks);
        let spans: Vec<_> = shape(&blocks).iter().map(|block| (block.0, block.1)).collect();
        assert_eq!(spans, expected);
    }
}

#[test]
fn late_samples_lie_beside_until_they_are_merged_in() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    let even: Vec<i64> = (0..60).step_by(2).collect();
    cut(&blocks, 0, 0..10, &even, 1).unwrap();
    // Some of these are there, some are not, and some series are new.
    cut(&blocks, 0, 5..12, &[3, 4, 5, 6, 50], 2).unwrap();
    fill(&blocks, 1..2);
    let mark = view(&blocks).changed_since(0).0;
    let before = content(&blocks);
    assert_eq!(compact_all(&blocks), 1);
    assert_eq!(content(&blocks), before);
    assert_eq!(shape(&blocks), [(0, 0, 2, 10 * 30 + 5 * 2 + 2 * 5), (1, 1, 1, 600)]);
    assert_eq!(view(&blocks).changed_since(mark).1, Some(Timestamp(0)));
}

#[test]
fn deleted_samples_are_gone_at_once_and_for_good() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..3);
    let mut expected = content(&blocks);
    let span = Span::new(Timestamp(50 * STEP_MS), Timestamp(70 * STEP_MS));
    let odd = [Matcher::equal("parity", "odd")];
    let mark = view(&blocks).changed_since(0).0;
    assert_eq!(blocks.delete(&odd, span).unwrap(), 5);
    for (series, samples) in &mut expected {
        samples.retain(|&time, _| !(series.contains("odd") && span.contains(Timestamp(time))));
    }
    assert_eq!(content(&blocks), expected);
    assert_eq!(view(&blocks).changed_since(mark).1, Some(span.min));
    assert_eq!(content(&open(&fs)), expected);
    assert_eq!(blocks.stats().tombstones, 10);
    // There is nothing left of it, and nothing changes.
    let mark = view(&blocks).changed_since(0).0;
    assert_eq!(blocks.delete(&odd, span).unwrap(), 0);
    assert_eq!(view(&blocks).changed_since(mark), (mark, None));
    // What comes later is not concerned.
    cut(&blocks, 0, 1..2, &[55], 9).unwrap();
    assert!(content(&blocks)[&labels(1).to_string()].contains_key(&(55 * STEP_MS)));
}

#[test]
fn a_view_does_not_change_whatever_becomes_of_its_blocks() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..4);
    let seen = view(&blocks);
    let expected = content(&blocks);
    let of_view = || -> Expected {
        let all = all_seen(&seen).into_iter();
        all.map(|(labels, samples)| (labels, samples.into_iter().collect())).collect()
    };
    blocks.delete(&[], Span::new(Timestamp(0), Timestamp(30 * STEP_MS))).unwrap();
    assert_eq!(of_view(), expected);
    assert_eq!(compact_all(&blocks), 1);
    blocks.set_retention(Retention { bytes: 1, ..Retention::ENDLESS });
    blocks.tick(Timestamp(0), 0).unwrap();
    assert_eq!(shape(&blocks), []);
    assert_eq!(directories(&fs), 0);
    assert_eq!(of_view(), expected);
    assert_eq!(content(&blocks), Expected::new());
}

#[test]
fn blocks_go_when_their_last_sample_is_too_old() {
    let fs = MemFs::new();
    let retention = Retention::of_ms(2 * WINDOW_MS);
    let blocks = open_with(&fs, BlocksOptions { retention, ..options() }).unwrap();
    fill(&blocks, 0..4);
    blocks.tick(Timestamp(i64::MIN), 0).unwrap();
    assert_eq!(shape(&blocks).first().map(|block| block.0), Some(2));
    let mark = view(&blocks).changed_since(0).0;
    // The newest sample may be somewhere else.
    blocks.tick(Timestamp(5 * WINDOW_MS - 1), 0).unwrap();
    assert_eq!(shape(&blocks).len(), 2);
    blocks.tick(Timestamp(5 * WINDOW_MS), 0).unwrap();
    assert_eq!(shape(&blocks).len(), 1);
    assert_eq!(view(&blocks).changed_since(mark).1, Some(window(2).min));
    let stats = blocks.stats();
    assert_eq!((directories(&fs), stats.time_retentions, stats.size_retentions), (1, 2, 0));
    assert_eq!((stats.reloads, stats.reloads_failed), (3, 0));
    assert_eq!(shape(&open(&fs)).len(), 1);
}

#[test]
fn the_oldest_blocks_go_when_all_are_too_large() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..4);
    let each = blocks.stats().bytes / 4;
    let files: usize = fs.paths().iter().map(|path| fs.bytes(path).unwrap().len()).sum();
    assert_eq!(blocks.stats().bytes, files as u64);
    blocks.set_retention(Retention { bytes: 5 * each, ..Retention::ENDLESS });
    blocks.tick(Timestamp(0), each / 2).unwrap();
    assert_eq!(shape(&blocks).len(), 4);
    // What else there is counts, too.
    blocks.tick(Timestamp(0), 3 * each - each / 2).unwrap();
    assert_eq!(shape(&blocks).iter().map(|block| block.0).collect::<Vec<_>>(), [2, 3]);
    let stats = blocks.stats();
    assert_eq!((stats.time_retentions, stats.size_retentions), (0, 1));
}

#[test]
fn no_fewer_series_and_texts_are_expected_than_are_found() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    let rows: Vec<i64> = (0..3).collect();
    cut(&blocks, 0, 0..300, &rows, 1).unwrap();
    cut(&blocks, 1, 200..400, &rows, 1).unwrap();
    let blocks = open(&fs);
    let both = Span::new(window(0).min, window(1).max);
    let number = Matcher::equal("n", "250");
    let some = Matcher::new("n", MatchOp::Regex, "2[0-4].").unwrap();
    let cases = [
        (vec![], 500),
        (vec![Matcher::equal("__name__", "m")], 500),
        (vec![number.clone()], 2),
        (vec![Matcher::equal("__name__", "m"), number], 2),
        (vec![some], 100),
        (vec![Matcher::equal("n", "nowhere")], 0),
        (vec![Matcher::equal("nothing", "a")], 0),
        (vec![Matcher::new("n", MatchOp::NotEqual, "1").unwrap()], 500),
    ];
    let weight = blocks.series_max(&[], both) / 500;
    for (matchers, expected) in &cases {
        let of = |span| blocks.series_max(matchers, span) / weight;
        let before = of(both);
        assert!(before >= *expected && of(window(0)) + of(window(1)) == before, "{matchers:?}");
        assert_eq!(of(window(2)), 0);
        let ctx = Arc::new(Ctx::default());
        let view = blocks.snapshot(both, &ctx).unwrap();
        view.select(&Selection::new(matchers, both), &ctx).unwrap();
        // What was found once is known.
        assert_eq!(of(both), *expected, "{matchers:?}");
    }
    // Where nothing was asked before, the lists nearby are a bound.
    let fresh = open(&fs);
    let near = fresh.series_max(&[Matcher::equal("n", "250")], both) / weight;
    assert!((2..200).contains(&near), "{near}");
    for (name, expected) in [("n", 500), ("__name__", 2), ("parity", 4), ("nothing", 0)] {
        assert_eq!(blocks.texts_max(Some(name), both), expected, "{name}");
    }
    assert_eq!((blocks.texts_max(None, both), blocks.texts_max(None, window(0))), (6, 3));
}

#[test]
fn series_of_a_rule_are_kept_for_a_shorter_time() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..4);
    let matchers = vec![Matcher::new("n", MatchOp::Regex, "[0-4]").unwrap()];
    let rule = RetentionRule { matchers, time_ms: 2 * WINDOW_MS };
    blocks.set_retention(Retention { rules: vec![rule], ..Retention::ENDLESS });
    assert_eq!(compact_all(&blocks), 1);
    for (series, samples) in content(&blocks) {
        let first = *samples.keys().next().unwrap();
        let is_short = (0..5).any(|n| labels(n).to_string() == series);
        // The times go by an eighth of the rule's.
        assert_eq!(first, if is_short { 2 * WINDOW_MS } else { 0 }, "{series}");
    }
    let done = || (blocks.stats().tombstones, blocks.stats().compactions);
    let before = done();
    blocks.tick(Timestamp(4 * WINDOW_MS + WINDOW_MS / 8), 0).unwrap();
    compact_all(&blocks);
    assert_eq!(done(), before, "less than an eighth of the time is over");
    blocks.tick(Timestamp(4 * WINDOW_MS + WINDOW_MS / 4), 0).unwrap();
    compact_all(&blocks);
    let first = content(&blocks)[&labels(0).to_string()].keys().next().copied();
    assert_eq!(first, Some(2 * WINDOW_MS + WINDOW_MS / 4));
}

#[test]
fn whoever_asks_meanwhile_gets_everything_once() {
    let blocks = open(&MemFs::new());
    fill(&blocks, 0..10);
    let expected = content(&blocks);
    std::thread::scope(|scope| {
        let merging = scope.spawn(|| compact_all(&blocks));
        let mut asked = 0;
        while !merging.is_finished() || asked < 3 {
            assert_eq!(content(&blocks), expected);
            asked += 1;
        }
        assert_eq!(merging.join().unwrap(), 4);
    });
}

#[test]
fn blocks_that_others_bring_are_found() {
    let fs = MemFs::new();
    let (blocks, others) = (open(&fs), MemFs::new());
    fill(&blocks, 1..2);
    fill(&open(&others), 0..1);
    let mark = view(&blocks).changed_since(0).0;
    let mut paths = others.paths();
    // It is copied file by file, the one that says what it is last.
    paths.sort_by_key(|path| path.ends_with("meta.json"));
    for path in paths {
        assert_eq!(shape(&blocks).len(), 1);
        fs.set_bytes(&path, others.bytes(&path).unwrap());
        blocks.tick(Timestamp(0), 0).unwrap();
    }
    assert_eq!(shape(&blocks).len(), 2);
    assert_eq!(content(&blocks), content(&store(0..10, &(0..120).collect::<Vec<_>>())));
    assert_eq!(view(&blocks).changed_since(mark).1, Some(Timestamp(0)));
}

#[test]
fn what_a_store_still_has_is_exported_beside_what_it_was_cut_into() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..3);
    // Late samples, and those behind the last cut.
    let rest = store(0..3, &[-3, 70, 71, 179, 180]);
    let dynamic: Arc<dyn regain_storage::fs::Fs> = Arc::new(fs.clone());
    let origin = origin_of(options().seed);
    let root = PathBuf::from(ROOT);
    let options = ExportOptions { root, origin, with_starts: true };
    let span = Span::new(Timestamp(-3 * STEP_MS), Timestamp(180 * STEP_MS));
    let done = export(&rest, span, &dynamic, &options, &mut |_| true).unwrap();
    assert_eq!((done.blocks, done.samples), (4, 15));
    let again = export(&rest, span, &dynamic, &options, &mut |_| true).unwrap();
    assert_eq!(again.blocks, 0);
    let found = content(&open(&fs));
    assert_eq!(found[&labels(0).to_string()].len(), 180 + 2);
    // A store that these blocks are not of has no business there.
    let options = ExportOptions { origin: origin + 1, ..options };
    assert!(export(&rest, span, &dynamic, &options, &mut |_| true).is_err());
}

#[test]
fn a_stop_lets_a_merge_go_and_leaves_nothing() {
    let fs = MemFs::new();
    let blocks = open(&fs);
    fill(&blocks, 0..4);
    let expected = content(&blocks);
    for limit in 0..3 {
        let asked = std::cell::Cell::new(0);
        let go_on = || {
            asked.set(asked.get() + 1);
            asked.get() <= limit
        };
        let done = blocks.compact(&go_on).unwrap();
        assert_eq!((done, directories(&fs)), if limit < 2 { (false, 4) } else { (true, 2) });
        assert_eq!(content(&blocks), expected);
    }
}

#[test]
fn a_series_with_very_many_chunks_is_whole() {
    const TIGHT_MS: i64 = 15_000;
    let long = BlocksOptions { span_max_ms: 27 * WINDOW_MS, ..options() };
    let blocks = open_with(&MemFs::new(), long).unwrap();
    let whole = MemoryStore::new();
    for number in 0..30 {
        let store = MemoryStore::new();
        let rows = (0..WINDOW_MS / TIGHT_MS).map(|row| number * WINDOW_MS + row * TIGHT_MS);
        for series in 0..2 {
            let samples = rows.clone().map(|time| (Timestamp(time), (time * 7 % 1009) as f64));
            store.add(&labels(series), samples.clone()).unwrap();
            whole.add(&labels(series), samples).unwrap();
        }
        blocks.write(&store, window(number), 1).unwrap();
    }
    let expected = content(&whole);
    assert_eq!(content(&blocks), expected);
    let gone = Span::new(Timestamp(WINDOW_MS / 3), Timestamp(28 * WINDOW_MS + 77_000));
    blocks.delete(&[Matcher::equal("n", "1")], gone).unwrap();
    let mut expected = expected;
    let samples = expected.get_mut(&labels(1).to_string()).unwrap();
    samples.retain(|&time, _| !gone.contains(Timestamp(time)));
    assert_eq!(content(&blocks), expected);
    assert!(compact_all(&blocks) > 10);
    assert!(blocks.all().iter().any(|block| block.meta().stats.num_chunks > 60));
    assert_eq!(content(&blocks), expected);
}

pub(super) fn block_file(blocks: &Blocks, at: usize, name: &str) -> PathBuf {
    blocks.all()[at].dir().join(name)
}
