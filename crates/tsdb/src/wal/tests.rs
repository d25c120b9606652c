use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use regain_storage::fs::{File, FileLock, Fs, MemFs};

use regain_model::histogram::Span;
use regain_model::{Buckets, Histogram, ResetHint};
use regain_storage::{Value, is_histogram};

use super::batch::{Batch, BatchRow, Chain, SlotList, put};
use super::decode::{BatchHead, read_mark, read_own, read_row, read_slots};
use super::*;
use crate::histogram::next_cell;
use crate::lane::Slot;
use crate::lane::row::{Beside, Row, Sample, has, words};
use crate::wire::Cursor;

const SLOTS: usize = 150;

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        any::<i16>().prop_map(f64::from),
        Just(-0.0),
        Just(0.0),
        Just(9_007_199_254_740_993.0),
    ]
}

/// A float as an appender lets it in.
fn float() -> impl Strategy<Value = f64> {
    value().prop_map(regain_storage::quieted)
}

fn histogram() -> impl Strategy<Value = Arc<Histogram>> {
    let side = prop_oneof![
        Just(vec![]),
        Just(vec![(-3, 2), (1, 3)]),
        prop::collection::vec((0..9_i32, 0..4_u32), 0..4),
        Just(vec![(0, 70)]),
    ];
    let bounds = prop::option::of(prop::collection::vec(value(), 0..3));
    let layout = (-4..9_i32, prop_oneof![Just(0.0), Just(1e-128), value()], side.clone(), side);
    let hint = prop_oneof![
        Just(ResetHint::Unknown),
        Just(ResetHint::Reset),
        Just(ResetHint::NotReset),
        Just(ResetHint::Gauge),
    ];
    (layout, bounds, hint, prop::collection::vec(value(), 150)).prop_map(
        |((schema, zero_threshold, positive, negative), bounds, hint, numbers)| {
            let mut numbers = numbers.into_iter().cycle();
            let mut buckets = |spans: Vec<(i32, u32)>| {
                let spans = spans.into_iter().map(|(offset, length)| Span { offset, length });
                let spans: Vec<Span> = spans.collect();
                let count = spans.iter().map(|span| span.length as usize).sum();
                Buckets::new(spans, numbers.by_ref().take(count).collect()).unwrap()
            };
            let (positive, negative) = (buckets(positive), buckets(negative));
            let mut number = || numbers.next().unwrap();
            let (zero_count, count, sum) = (number(), number(), number());
            let bounds = bounds.map(Into::into);
            Arc::new(Histogram {
                hint,
                schema,
                zero_threshold,
                zero_count,
                count,
                sum,
                positive,
                negative,
                bounds,
            })
        },
    )
}

/// A row of some of the slots; values beside the mask are zero, as appenders leave them.
fn row() -> impl Strategy<Value = Row> {
    let present = prop_oneof![
        prop::collection::vec(any::<bool>(), 0..SLOTS),
        (0..SLOTS).prop_map(|count| vec![true; count]),
        (1..SLOTS).prop_map(|count| (0..count).map(|at| at + 1 == count).collect()),
    ];
    let beside = (
        prop::collection::btree_map(0..SLOTS, histogram(), 0..3),
        prop::collection::btree_map(0..SLOTS, prop_oneof![Just(7), 1..i64::MAX], 0..4),
    );
    (any::<i32>(), present, prop::collection::vec(float(), SLOTS), beside).prop_map(
        |(time, present, values, (histograms, starts))| {
            let mut mask = vec![0_u64; words(present.len())];
            let keep = |(at, &is_there): (usize, &bool)| {
                mask[at / 64] |= u64::from(is_there) << (at % 64);
                if is_there { values[at] } else { 0.0 }
            };
            let mut values: Box<[f64]> = present.iter().enumerate().map(keep).collect();
            let is_there = |slot: usize| present.get(slot) == Some(&true);
            let mut held = Vec::new();
            for (slot, histogram) in histograms.into_iter().filter(|&(slot, _)| is_there(slot)) {
                values[slot] = next_cell(held.len());
                held.push(histogram);
            }
            let starts = starts.into_iter().filter(|&(slot, _)| is_there(slot));
            let starts = starts.map(|(slot, start)| (u32::try_from(slot).unwrap(), start));
            let beside = Beside::of(held, starts.collect());
            Row { time: i64::from(time), values, mask: mask.into(), beside }
        },
    )
}

fn sample() -> impl Strategy<Value = Sample> {
    let value = prop_oneof![
        3 => float().prop_map(Value::Float),
        1 => histogram().prop_map(Value::Histogram),
    ];
    (any::<i64>(), prop_oneof![Just(0), any::<i64>()], value)
        .prop_map(|(time, start, value)| Sample { time, start, value })
}

fn batch() -> impl Strategy<Value = Batch> {
    let rows = prop::collection::vec((row(), any::<bool>()), 0..4);
    let own = prop::collection::vec((0..u32::try_from(SLOTS).unwrap(), sample()), 0..4);
    (rows, own).prop_map(|(rows, own)| Batch {
        rows: rows.into_iter().map(|(row, fill)| BatchRow { row: Arc::new(row), fill }).collect(),
        own,
    })
}

/// A histogram as text, number by number in bits.
fn text(histogram: &Histogram) -> String {
    let bits = |numbers: &[f64]| numbers.iter().map(|n| n.to_bits()).collect::<Vec<_>>();
    let Histogram { hint, schema, zero_threshold, zero_count, count, sum, .. } = histogram;
    format!(
        "{hint:?} {schema} {:?} {:?} {:?} {:?} {:?} {:?}",
        bits(&[*zero_threshold, *zero_count, *count, *sum]),
        histogram.positive.spans(),
        bits(histogram.positive.cells()),
        histogram.negative.spans(),
        bits(histogram.negative.cells()),
        histogram.bounds.as_deref().map(bits),
    )
}

fn same_row(a: &Row, b: &Row) -> bool {
    let shown = |row: &Row, at| {
        row.sample(at).map(|Sample { start, value, .. }| match value {
            Value::Float(value) => (start, value.to_bits().to_string()),
            Value::Histogram(histogram) => (start, text(&histogram)),
        })
    };
    a.time == b.time
        && (0..SLOTS).all(|at| shown(a, at) == shown(b, at) && has(&a.mask, at) == has(&b.mask, at))
}

proptest! {
    #[test]
    fn batches_come_back_one_after_another(batches in prop::collection::vec(batch(), 1..5)) {
        let slots: Vec<Slot> = (0..SLOTS)
            .map(|at| Slot { series: u32::try_from(at * at).unwrap(), generation: 0 })
            .collect();
        let list = SlotList { all: &slots, changed: &[3, 7] };
        let (mut written, mut read) = (Chain::default(), Chain::default());
        for (at, batch) in batches.iter().enumerate() {
            let mut out = Vec::new();
            put(&mut out, (9, b"lane"), batch, &list, (&mut written, 1));
            prop_assert_eq!(read_mark(&out), None);
            let mut cursor = Cursor(&out);
            let head = BatchHead::read(&mut cursor).unwrap();
            prop_assert_eq!((head.lane, head.sequence), (9, at as u64 + 1));
            prop_assert_eq!(head.key, (at == 0).then_some(&b"lane"[..]));
            let defined = read_slots(&mut cursor).unwrap();
            prop_assert_eq!(defined.len(), if at == 0 { SLOTS } else { 2 });
            prop_assert!(defined.iter().all(|&(slot, id)| slot * slot == id));
            prop_assert_eq!(cursor.count(), Some(batch.rows.len()));
            for row in &batch.rows {
                let (found, fill) = read_row(&mut cursor, &mut read, SLOTS).unwrap();
                prop_assert_eq!(fill, row.fill);
                prop_assert!(same_row(&found, &row.row), "{:?} {:?}", found, row.row);
            }
            let own = read_own(&mut cursor, &mut read, head.own_starts).unwrap();
            let shown = |own: &[(u32, Sample)]| -> Vec<(u32, i64, i64, String)> {
                let value = |value: &Value| match value {
                    Value::Float(value) => value.to_bits().to_string(),
                    Value::Histogram(histogram) => text(histogram),
                };
                let shown = own.iter();
                shown.map(|(slot, own)| (*slot, own.time, own.start, value(&own.value))).collect()
            };
            prop_assert_eq!(shown(&own), shown(&batch.own));
            prop_assert!(cursor.is_empty());
        }
    }

    #[test]
    fn hostile_batches_are_refused_or_read(bytes: Vec<u8>, batch in batch(), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let slots = [Slot { series: 1, generation: 0 }; SLOTS];
        let list = SlotList { all: &slots, changed: &[] };
        let mut damaged = Vec::new();
        put(&mut damaged, (9, b"lane"), &batch, &list, (&mut Chain::default(), 1));
        for (at, byte) in flips {
            let at = at.index(damaged.len());
            damaged[at] = byte;
        }
        for bytes in [bytes, damaged] {
            let mut cursor = Cursor(&bytes);
            let mut chain = Chain::default();
            if let Some(head) = BatchHead::read(&mut cursor)
                && read_slots(&mut cursor).is_some()
            {
                let rows = cursor.count().unwrap_or(0);
                let is_sound = |row: &Row| {
                    let places = row.values.iter().filter(|&&value| is_histogram(value)).count();
                    places == row.histograms().len()
                };
                let all = (0..rows).all(|_| {
                    let read = read_row(&mut cursor, &mut chain, SLOTS);
                    assert!(read.as_ref().is_none_or(|(row, _)| is_sound(row)));
                    read.is_some()
                });
                if all && let Some(own) = read_own(&mut cursor, &mut chain, head.own_starts) {
                    prop_assert!(own.len() <= bytes.len());
                }
            }
        }
    }
}

fn layout() -> Layout {
    Layout::new(Path::new("/data"))
}

/// A record with one byte.
fn record(byte: u8) -> Vec<u8> {
    let mut out = Vec::new();
    record::put(&mut out, |out| out.push(byte));
    out
}

#[test]
fn what_was_written_stays_written_when_the_log_fails_afterwards() {
    let wal = Wal::create(Arc::new(MemFs::new()), layout(), 1).unwrap();
    wal.state().leading = true;
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| wal.append(&record(1), 1));
        while wal.state().waiting == 0 {
            std::thread::yield_now();
        }
        // A leader wrote the record, and the next one failed before the first writer woke up.
        let mut state = wal.state();
        (state.taken, state.written, state.leading) = (1, 1, false);
        state.pending.clear();
        state.fail(&io::Error::other("as the test wants"));
        wal.wake(&state);
        drop(state);
        assert_eq!(waiting.join().unwrap().unwrap(), Appended::Written);
    });
    assert!(wal.append(&record(2), 1).is_err());
}

/// Files in memory; when the log's second file is made, a record comes to the first.
#[derive(Debug, Default)]
struct Meanwhile {
    files: MemFs,
    wal: OnceLock<Arc<Wal>>,
}

impl Fs for Meanwhile {
    fn create_dirs(&self, path: &Path) -> io::Result<()> {
        self.files.create_dirs(path)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.files.open(path)
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        if let Some(wal) = self.wal.get() {
            wal.append(&record(7), 1).map_err(io::Error::other)?;
        }
        self.files.create(path)
    }

    fn open_append(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.files.open_append(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.files.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.files.remove(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.files.remove_dir_all(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.files.list(path)
    }

    fn list_dirs(&self, path: &Path) -> io::Result<Vec<String>> {
        self.files.list_dirs(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.files.sync_dir(path)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn FileLock>> {
        self.files.lock(path)
    }
}

#[test]
fn a_file_is_durable_before_the_next_one_takes_records() {
    let fs = Arc::new(Meanwhile::default());
    let dynamic: Arc<dyn Fs> = Arc::clone(&fs) as Arc<dyn Fs>;
    let wal = Arc::new(Wal::create(dynamic, layout(), 1).unwrap());
    fs.wal.set(Arc::clone(&wal)).unwrap();
    wal.append(&record(6), 1).unwrap();
    let (number, length) = wal.rotate().unwrap();
    assert_eq!(wal.append(&record(8), 1).unwrap(), Appended::Rotated);
    assert_eq!(wal.append(&record(8), 2).unwrap(), Appended::Written);
    fs.files.cut_power(0);
    let bytes = |number| fs.files.bytes(&layout().file(Kind::Wal, number)).unwrap();
    assert_eq!((number, length), (1, bytes(1).len() as u64));
    assert!(bytes(1)[HEADER_BYTES..].starts_with(&[record(6), record(7)].concat()));
    assert_eq!(bytes(2).len(), HEADER_BYTES);
}
