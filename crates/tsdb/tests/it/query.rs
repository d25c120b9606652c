//! What queries see: consistent views, orders, limits, presence without decoding, matchers.

use proptest::prelude::*;
use regain_model::{Labels, MatchOp, Matcher, STALE_NAN, Span, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::memory::MemoryStore;
use regain_storage::{
    Batch, Error, Hints, Order, Presence, Queryable, Selection, SeriesMeta, Verdict, Want,
};

use crate::store::{append_row, content, content_of, ctx, lane, open, read, series};
use crate::views::{WIDTH, write_rows};

fn metas(store: &dyn Queryable, selection: &Selection<'_>) -> Vec<(String, SeriesMeta)> {
    let ctx = ctx();
    let snapshot = store.snapshot(selection.span, &ctx).unwrap();
    let mut parts = snapshot.select(selection, &ctx).unwrap();
    let mut all = Vec::new();
    while let Some(part) = parts.next().unwrap() {
        assert!((1..=128).contains(&part.series().len()));
        let named = part.series().iter().cloned();
        all.extend(named.map(|meta| (ctx.labels.labels(meta.labels).to_string(), meta)));
    }
    all
}

/// What counting asks for.
fn counting(span: Span) -> Selection<'static> {
    let hints = Hints { function: "count", ..Hints::NONE };
    Selection { want: Want::Nothing, hints, ..Selection::new(&[], span) }
}

fn presence_of(times: &[i64]) -> Option<Presence> {
    let gaps = times.windows(2).map(|pair| pair[1].abs_diff(pair[0]));
    Some(Presence {
        first: Timestamp(*times.first()?),
        last: Timestamp(*times.last()?),
        max_gap_ms: gaps.max().unwrap_or(0),
        stale: 0,
    })
}

#[test]
fn presence_is_known_without_decoding() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    for row in 0..70 {
        // One series pauses, one begins late.
        append_row(&db, 1, 0..8, row * 1000);
        if !(20..30).contains(&row) {
            append_row(&db, 2, 8..9, row * 1000 + 3);
        }
        if row >= 50 {
            append_row(&db, 3, 12..13, row * 1000 + 5);
        }
        if row == 40 {
            db.seal().unwrap();
        }
    }
    for span in [(i64::MIN, i64::MAX), (5000, 45_000), (41_000, 60_500), (25_000, 25_500)] {
        let span = Span::new(Timestamp(span.0), Timestamp(span.1));
        let samples =
            read(&*db.snapshot(span, &ctx()).unwrap(), &Selection::new(&[], span), &ctx());
        let times: Vec<i64> = samples.iter().flat_map(|(_, s)| s).map(|sample| sample.0).collect();
        assert!(!times.is_empty());
        for (key, meta) in metas(&db, &counting(span)) {
            let found = samples.iter().find(|(other, _)| *other == key);
            let times: Vec<i64> =
                found.iter().flat_map(|(_, s)| s).map(|sample| sample.0).collect();
            assert_eq!(meta.presence, presence_of(&times), "{key} in {span:?}");
            assert!(meta.samples_max >= times.len() as u64);
        }
    }
}

#[test]
fn presence_is_known_of_series_that_miss_rows() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    for row in 0..60 {
        let series = if row % 3 == 0 { 0..3 } else { 0..2 };
        append_row(&db, 1, series, row * 1000);
    }
    db.seal().unwrap();
    for span in [(i64::MIN, i64::MAX), (4000, 31_500), (4000, 5000)] {
        let span = Span::new(Timestamp(span.0), Timestamp(span.1));
        let samples =
            read(&*db.snapshot(span, &ctx()).unwrap(), &Selection::new(&[], span), &ctx());
        let found = metas(&db, &counting(span));
        assert_eq!(found.len(), samples.len(), "{span:?}");
        for ((key, meta), (other, samples)) in found.iter().zip(&samples) {
            let times: Vec<i64> = samples.iter().map(|sample| sample.0).collect();
            assert_eq!((key, meta.presence), (other, presence_of(&times)), "{span:?}");
        }
    }
}

#[test]
fn a_stale_series_must_be_decoded() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    let mut appender = lane(&db, 1);
    let refs: Vec<_> = (0..2).map(|at| appender.series(&series(at)).unwrap()).collect();
    for (time, value) in [(1000, 1.0), (2000, STALE_NAN)] {
        appender.stage_row(Timestamp(time), &refs, &[1.0, value], &mut Vec::new());
        appender.commit().unwrap();
    }
    for sealed in [false, true] {
        if sealed {
            db.seal().unwrap();
        }
        let known: Vec<bool> = metas(&db, &counting(Span::ALL))
            .iter()
            .map(|(_, meta)| meta.presence.is_some())
            .collect();
        assert_eq!(known.iter().filter(|&&known| known).count(), 1, "{known:?}");
    }
}

#[test]
fn equal_times_of_their_own_are_kept_once() {
    let size = |jitter: i64| {
        let fs = MemFs::new();
        let (db, _) = open(&fs);
        let mut appender = lane(&db, 1);
        let refs: Vec<_> = (0..60).map(|at| appender.series(&series(at)).unwrap()).collect();
        for row in 0..20 {
            for (&series, at) in refs.iter().zip(0..) {
                let time = row * 1000 + row * row % 37 + at * row % 11 * jitter;
                assert_eq!(appender.stage(series, Timestamp(time), 1.0), Verdict::Accepted);
            }
            appender.commit().unwrap();
        }
        let before = content(&db);
        db.seal().unwrap();
        assert_eq!(content(&db), before);
        let known = metas(&db, &counting(Span::ALL));
        let known = known.iter().filter(|(_, meta)| meta.presence.is_some()).count();
        (db.stats().segments_bytes, known)
    };
    let (alike, known) = size(0);
    assert_eq!(known, 60, "no value is needed to count them");
    let (different, _) = size(1);
    assert!(alike * 5 < different * 4, "{alike} and {different} bytes");
}

#[test]
fn a_list_of_series_has_those_with_samples_in_the_span() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    let hour = 3_600_000;
    append_row(&db, 1, 0..4, hour);
    db.seal().unwrap();
    append_row(&db, 1, 2..6, 2 * hour);
    db.seal().unwrap();
    append_row(&db, 1, 0..2, 3 * hour);
    append_row(&db, 1, 6..7, 3 * hour + 1);
    for (span, expected) in [
        ((i64::MIN, i64::MAX), 0..7),
        ((0, hour), 0..4),
        ((hour + 5000, 2 * hour), 2..6),
        ((2 * hour - 10, 2 * hour + 10), 2..6),
        ((2 * hour + 2000, i64::MAX), 0..2),
        ((hour + 5000, 2 * hour - 5000), 0..0),
    ] {
        let span = Span::new(Timestamp(span.0), Timestamp(span.1));
        let nothing = Selection { want: Want::Nothing, ..Selection::new(&[], span) };
        let mut found: Vec<String> = metas(&db, &nothing).into_iter().map(|meta| meta.0).collect();
        found.sort_unstable();
        let mut expected: Vec<String> = expected.map(|at| series(at).to_string()).collect();
        if span.min.0 == 2 * hour + 2000 {
            expected.push(series(6).to_string());
        }
        expected.sort_unstable();
        assert_eq!(found, expected, "{span:?}");
    }
}

#[test]
fn series_come_in_the_order_asked_for() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    append_row(&db, 1, 0..300, 1000);
    db.seal().unwrap();
    append_row(&db, 1, 100..400, 2000);
    for limit in [0, 1, 127, 128, 129, 399, 1000] {
        let by_key = Selection { limit, ..Selection::new(&[], Span::ALL) };
        let found = metas(&db, &by_key);
        let expected = if limit == 0 { 400 } else { limit.min(400) };
        assert_eq!(found.len(), expected);
        assert!(found.windows(2).all(|pair| pair[0].1.key < pair[1].1.key));
        let by_labels = Selection { order: Order::Labels, ..by_key };
        let found: Vec<Labels> = {
            let ctx = ctx();
            let snapshot = db.snapshot(Span::ALL, &ctx).unwrap();
            let mut parts = snapshot.select(&by_labels, &ctx).unwrap();
            let mut all = Vec::new();
            while let Some(part) = parts.next().unwrap() {
                all.extend(part.series().iter().map(|meta| ctx.labels.labels(meta.labels)));
            }
            all
        };
        let mut sorted: Vec<Labels> = (0..400).map(series).collect();
        sorted.sort_unstable();
        sorted.truncate(expected);
        assert_eq!(found, sorted);
    }
}

#[test]
fn series_in_memory_may_come_in_any_order_and_hold_the_same() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    for time in 0..40 {
        append_row(&db, 2, 150..300, time * 1000 + 7);
        append_row(&db, 1, 0..150, time * 1000);
    }
    let loose = |span, loose_max| {
        let ctx = ctx();
        let snapshot = db.snapshot(span, &ctx).unwrap();
        let selection = Selection { loose_max, ..Selection::new(&[], span) };
        let parts = snapshot.select(&selection, &ctx).unwrap();
        (parts.loose(), read(&*snapshot, &selection, &ctx))
    };
    for span in [(0, 40_000), (3500, 20_003), (17_000, 17_000), (i64::MIN, i64::MAX)] {
        let span = Span::new(Timestamp(span.0), Timestamp(span.1));
        let (ordered, in_order) = loose(span, 0);
        let expected = if span.min == span.max { 150 } else { 300 };
        assert_eq!((ordered, in_order.len()), (None, expected), "{span:?}");
        let (found, mut all) = loose(span, 300);
        assert_eq!(found, Some(300), "{span:?}");
        assert_ne!(all, in_order, "{span:?}");
        let mut in_order = in_order;
        all.sort_unstable();
        in_order.sort_unstable();
        assert_eq!(all, in_order, "{span:?}");
        assert_eq!(loose(span, 299).0, None, "too many");
    }
    db.seal().unwrap();
    append_row(&db, 1, 0..150, 50_000);
    let since = |min| Span::new(Timestamp(min), Timestamp(i64::MAX));
    assert_eq!(loose(since(30_000), 1000).0, None, "files have another order");
    assert_eq!(loose(since(49_000), 1000).0, Some(150));
}

#[test]
fn a_part_decodes_what_it_is_asked_for_on_any_thread() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    for time in 0..40 {
        append_row(&db, 1, 0..200, time * 1000);
        if time == 20 {
            db.seal().unwrap();
        }
    }
    let ctx = ctx();
    let snapshot = db.snapshot(Span::ALL, &ctx).unwrap();
    let span = Span::new(Timestamp(15_000), Timestamp(30_000));
    let mut parts = snapshot.select(&Selection::new(&[], span), &ctx).unwrap();
    drop((snapshot, db));
    let mut decoded = 0;
    while let Some(mut part) = parts.next().unwrap() {
        let count = part.series().len();
        let batch = std::thread::scope(|scope| {
            let decode = move || {
                let mut batch = Batch::default();
                part.decode(1..count - 1, &mut batch).unwrap();
                part.decode(1..count, &mut batch).unwrap();
                batch
            };
            scope.spawn(decode).join().unwrap()
        });
        assert_eq!(batch.runs.len(), count - 1);
        assert_eq!(batch.times.len(), 16, "series of one lane share its times");
        for (at, run) in (1..).zip(&batch.runs) {
            assert_eq!(run.series, at);
            let expected: Vec<i64> = (15..=30).map(|at| at * 1000).collect();
            assert_eq!(batch.times_of(run), expected);
            assert_eq!(batch.floats_of(run).len(), expected.len());
        }
        decoded += batch.runs.len();
    }
    assert_eq!(decoded, 200 - 2);
}

#[test]
fn a_canceled_query_ends() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    append_row(&db, 1, 0..200, 1000);
    let ctx = ctx();
    let snapshot = db.snapshot(Span::ALL, &ctx).unwrap();
    let mut parts = snapshot.select(&Selection::new(&[], Span::ALL), &ctx).unwrap();
    assert!(parts.next().unwrap().is_some());
    ctx.cancel.cancel();
    assert!(matches!(parts.next(), Err(Error::Canceled)));
}

fn matcher() -> impl Strategy<Value = Matcher> {
    let name = prop::sample::select(vec!["__name__", "instance", "odd", "absent"]);
    let op = prop::sample::select(vec![
        MatchOp::Equal,
        MatchOp::NotEqual,
        MatchOp::Regex,
        MatchOp::NotRegex,
    ]);
    let value = prop::sample::select(vec![
        "", "a", "b", "yes", "1", "2|3", "a|c|", "1.*", ".*", ".+", "[a-c]", "(?i)YES", "^a$", "x",
        "1[0-9]", "|2",
    ]);
    (name, op, value).prop_map(|(name, op, value)| Matcher::new(name, op, value).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn matchers_find_what_memory_finds(
        matchers in prop::collection::vec(matcher(), 0..4),
        rows in prop::collection::vec((0..60_usize, 1..30_usize), 1..6),
        limit in 0..8_usize,
    ) {
        let fs = MemFs::new();
        let (db, _) = open(&fs);
        let memory = MemoryStore::new();
        for (at, &(start, count)) in rows.iter().enumerate() {
            let time = i64::try_from(at).unwrap() * 1000;
            append_row(&db, 1 + at % 2, start..start + count, time);
            for number in start..start + count {
                let value = crate::store::value(number, time);
                memory.add(&series(number), [(Timestamp(time), value)]).unwrap();
            }
            if at % 3 == 1 {
                db.seal().unwrap();
            }
        }
        let ctx = ctx();
        let views = [db.snapshot(Span::ALL, &ctx).unwrap(), memory.snapshot(Span::ALL, &ctx).unwrap()];
        let samples = views.each_ref().map(|view| {
            let selection = Selection { order: Order::Labels, limit, ..Selection::new(&matchers, Span::ALL) };
            read(&**view, &selection, &ctx)
        });
        prop_assert_eq!(&samples[0], &samples[1]);
        let names = views.each_ref().map(|view| view.label_names(&matchers, limit).unwrap());
        prop_assert_eq!(&names[0], &names[1]);
        for name in ["__name__", "instance", "odd", "absent"] {
            let values = views.each_ref().map(|view| view.label_values(name, &matchers, limit).unwrap());
            prop_assert_eq!(&values[0], &values[1]);
        }
    }
}

#[test]
fn labels_that_do_not_matter_are_left_out_and_what_is_left_is_shared() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    write_rows(&db, 1, 3);
    db.seal().unwrap();
    write_rows(&db, 2, 4);
    let (ctx, grouping) = (ctx(), ["writer".to_owned(), "absent".to_owned()]);
    let whole = Selection::new(&[], Span::ALL);
    let hints = Hints { grouping: &grouping, by: true, projected: true, ..Hints::NONE };
    let snapshot = db.snapshot(Span::ALL, &ctx).unwrap();
    let metas = |selection: &Selection<'_>| {
        let mut parts = snapshot.select(selection, &ctx).unwrap();
        let mut all = Vec::new();
        while let Some(part) = parts.next().unwrap() {
            all.extend(part.series().iter().map(|meta| (meta.key, meta.labels)));
        }
        all
    };
    let projected = metas(&Selection { hints, ..whole });
    let whole = metas(&whole);
    assert_eq!(whole.len(), projected.len());
    let mut ids = Vec::new();
    for ((key, all), (other, some)) in whole.into_iter().zip(projected) {
        assert_eq!(key, other, "the order of the series stays");
        let (all, some) = (ctx.labels.labels(all), (ctx.labels.labels(some), some));
        let writer = all.get("writer").unwrap();
        assert_eq!(some.0, Labels::from_pairs([("__name__", "n"), ("writer", writer)]));
        ids.push(some.1);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 2, "one set for each writer");
}

#[test]
fn no_fewer_series_are_expected_than_match() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    write_rows(&db, 1, 1);
    write_rows(&db, 2, 1);
    let cases = [
        (vec![Matcher::equal("writer", "1")], WIDTH),
        (vec![Matcher::equal("__name__", "n"), Matcher::equal("at", "7")], 2),
        (vec![Matcher::equal("__name__", "n"), Matcher::equal("at", "nowhere")], 0),
        (vec![Matcher::equal("nothing", "")], usize::MAX),
        (vec![Matcher::new("writer", MatchOp::NotEqual, "1").unwrap()], usize::MAX),
    ];
    for (matchers, expected) in cases {
        assert_eq!(db.series_max(&matchers, Span::ALL), expected, "{matchers:?}");
        assert!(content_of(&db, &matchers, Span::ALL).len() <= expected);
    }
}

#[test]
fn no_fewer_texts_are_expected_than_there_are() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    write_rows(&db, 1, 1);
    write_rows(&db, 2, 1);
    let snapshot = db.snapshot(Span::ALL, &ctx()).unwrap();
    for (name, expected) in [("__name__", 1), ("writer", 2), ("at", WIDTH), ("nothing", 0)] {
        assert_eq!(db.texts_max(Some(name), Span::ALL), expected, "{name}");
        assert_eq!(snapshot.label_values(name, &[], 0).unwrap().len(), expected, "{name}");
    }
    assert_eq!(db.texts_max(None, Span::ALL), snapshot.label_names(&[], 0).unwrap().len());
}

#[test]
fn parts_can_be_prepared_later_and_elsewhere() {
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    write_rows(&db, 1, 20);
    write_rows(&db, 2, 20);
    db.seal().unwrap();
    let ctx = ctx();
    let snapshot = db.snapshot(Span::ALL, &ctx).unwrap();
    let select = |hints| {
        let selection = Selection { hints, ..Selection::new(&[], Span::ALL) };
        snapshot.select(&selection, &ctx).unwrap()
    };
    for function in ["", "count"] {
        let hints = Hints { function, ..Hints::NONE };
        let (mut prepared, mut unprepared) = (select(hints), select(hints));
        let mut parts = Vec::new();
        let mut keys = Vec::new();
        while let Some(part) = unprepared.next_unprepared().unwrap() {
            keys.push(part.keys().unwrap());
            parts.push(part);
        }
        // The last comes first.
        for part in parts.iter_mut().rev() {
            std::thread::scope(|scope| scope.spawn(|| part.prepare()).join().unwrap()).unwrap();
        }
        for (part, keys) in parts.into_iter().zip(keys) {
            assert!(keys.iter().eq(part.series().iter().map(|series| &series.key)));
            let expected = prepared.next().unwrap().unwrap();
            assert_eq!(part.series().len(), expected.series().len());
            for (found, expected) in part.series().iter().zip(expected.series()) {
                assert_eq!((found.key, found.samples_max), (expected.key, expected.samples_max));
                assert_eq!(found.presence, expected.presence);
            }
        }
        assert!(prepared.next().unwrap().is_none());
    }
}
