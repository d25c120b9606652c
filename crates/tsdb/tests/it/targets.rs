//! What holds for any bytes in a store's files. The fuzz targets in `fuzz/` run these, and so do the property tests.
//!
//! Checksums would keep made-up bytes away from the decoders behind them, so they are put right first.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use regain_model::histogram::{Buckets, Span as BucketSpan};
use regain_model::{Histogram, MatchOp, Matcher, STALE_NAN, Span, Timestamp};
use regain_storage::fs::MemFs;
use regain_storage::record::{self, Scan, Scanned};
use regain_storage::{Queryable as _, Value, quieted};
use regain_tsdb::Db;

use crate::store::{append_row, ctx, lane, open, options, series, try_content};

const DIR: &str = "/data";
const HEADER_BYTES: usize = 16;
const TRAILER_BYTES: usize = 92;
const STRETCH_BYTES: usize = 4096;
const ARCHIVE_TRAILER_BYTES: usize = 52;

fn sum(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c(bytes).to_le_bytes()
}

/// A store with all that there is: rows, samples with times of their own, starts, histograms, ends of series,
/// noise around a line, what is deleted, a merged segment, a fresh one, and a log.
fn store() -> MemFs {
    static FILES: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();
    let files = FILES.get_or_init(|| {
        let fs = MemFs::new();
        let (db, _) = open(&fs);
        // More series than a sheet of an archive has.
        append_row(&db, 3, 20..160, 0);
        for seal in 0..10 {
            fill(&db, seal * 50_000);
            if seal < 9 {
                db.seal().unwrap();
            }
            if seal == 8 {
                // All of them leave, and some come back.
                db.evict_unused().unwrap();
            }
            while seal == 7 && db.merge(&|| true).unwrap() {}
        }
        db.delete(&[], Span::new(Timestamp(10_000), Timestamp(15_000))).unwrap();
        db.sync().unwrap();
        drop(db);
        fs.paths().into_iter().map(|path| (path.clone(), fs.bytes(&path).unwrap())).collect()
    });
    let fs = MemFs::new();
    for (path, bytes) in files {
        fs.set_bytes(path, bytes.clone());
    }
    fs
}

fn fill(db: &Db, start: i64) {
    for row in 0..20 {
        append_row(db, 1, 0..6, start + row * 1000);
    }
    let mut own = lane(db, 2);
    let [number, counter, native] = [6, 7, 8].map(|number| own.series(&series(number)).unwrap());
    for at in 0..20_u32 {
        let time = Timestamp(start + i64::from(at) * 1007);
        let value = if at == 13 { STALE_NAN } else { f64::from(at) * 0.37 };
        own.stage_value(number, time, Timestamp(0), Value::Float(value));
        own.stage_value(counter, time, Timestamp(start - 1), Value::Float(f64::from(at)));
        let spans = vec![BucketSpan { offset: 1, length: 2 }];
        let positive = Buckets::new(spans, vec![f64::from(at), 1.0]).unwrap();
        let count = f64::from(at) + 1.0;
        let histogram = Histogram { count, positive, ..Histogram::default() };
        own.stage_value(native, time, Timestamp(0), Value::Histogram(Arc::new(histogram)));
    }
    let noisy = own.series(&series(9)).unwrap();
    for time in (start..start + 20_000).step_by(500) {
        own.stage(noisy, Timestamp(time), (time / 3 + time * time % 11) as f64 * 0.01);
    }
    own.commit().unwrap();
}

/// Opens a store and reads everything: times ascend, whatever the files say. What is left of it takes samples, and
/// can be closed and opened again.
fn open_and_read(fs: &MemFs) {
    let open = || Db::open(Path::new(DIR), Arc::new(fs.clone()), options());
    let Ok((db, _)) = open() else { return };
    read_all(&db);
    let mut appender = lane(&db, 1);
    // Damage may have made times of these series that are later, and labels that are not theirs.
    if let Ok(reference) = appender.series(&series(0)) {
        appender.stage(reference, Timestamp(10_000_000), 1.0);
    }
    let done = appender.commit().map(drop).and_then(|()| db.tick(Timestamp(10_000_000)));
    let closed = done.and_then(|()| db.close());
    drop((appender, db));
    closed.unwrap();
    read_all(&open().unwrap().0);
}

fn read_all(db: &Db) {
    let snapshot = db.snapshot(Span::ALL, &ctx()).unwrap();
    for name in snapshot.label_names(&[], 0).unwrap_or_default() {
        if let Ok(values) = snapshot.label_values(&name, &[], 0) {
            assert!(values.is_sorted_by(|a, b| a < b), "{name}: {values:?}");
        }
        let some = Matcher::new(&*name, MatchOp::Regex, ".+").unwrap();
        drop(try_content(db, &[some], Span::new(Timestamp(0), Timestamp(400_000))));
    }
    let Ok(content) = try_content(db, &[], Span::ALL) else { return };
    for (labels, samples) in content {
        assert!(samples.is_sorted_by(|a, b| a.0 < b.0), "{labels}: {samples:?}");
    }
}

/// The files of a kind, in order.
fn files(fs: &MemFs, extension: &str) -> Vec<PathBuf> {
    let mut paths = fs.paths();
    paths.retain(|path| path.extension().is_some_and(|tail| tail == extension));
    paths
}

/// Changes bytes behind the header: each edit is a place, in three bytes, and a byte.
fn edit(file: &mut [u8], edits: &[u8]) {
    let length = file.len() - HEADER_BYTES;
    for edit in edits.as_chunks::<4>().0 {
        let place = u32::from_be_bytes([0, edit[0], edit[1], edit[2]]);
        file[HEADER_BYTES + usize::try_from(place).unwrap() % length] = edit[3];
    }
}

/// A segment in which some bytes are others: the first byte says which.
pub(crate) fn check_segment(bytes: &[u8]) {
    let Some((which, edits)) = bytes.split_first() else { return };
    let fs = store();
    let paths = files(&fs, "segment");
    let path = &paths[usize::from(*which) % paths.len()];
    let mut file = fs.bytes(path).unwrap();
    edit(&mut file, edits);
    mend_segment(&mut file);
    fs.set_bytes(path, file);
    open_and_read(&fs);
}

/// An archive in which some bytes are others.
pub(crate) fn check_archive(edits: &[u8]) {
    let fs = store();
    let path = files(&fs, "archive").remove(0);
    let mut file = fs.bytes(&path).unwrap();
    let parts = archive_parts(&file);
    edit(&mut file, edits);
    for part in parts {
        mend_tail(&mut file[part]);
    }
    fs.set_bytes(&path, file);
    open_and_read(&fs);
    // What is damaged leaves the files.
    if let Ok((db, _)) = Db::open(Path::new(DIR), Arc::new(fs), options()) {
        while db.merge(&|| true).unwrap() {}
        read_all(&db);
    }
}

/// The parts of an archive that end with their checksums: its sheets, its lists, and the rest.
fn archive_parts(file: &[u8]) -> Vec<Range<usize>> {
    let end = file.len() - ARCHIVE_TRAILER_BYTES;
    let number = |at: usize| {
        let bytes = file[end + at * 8..].first_chunk().unwrap();
        usize::try_from(u64::from_le_bytes(*bytes)).unwrap()
    };
    let [sheets, blocks, register, directory] = [0, 1, 2, 3].map(number);
    let mut parts = vec![blocks..register, register..directory, directory..end, end..file.len()];
    let (mut at, mut start) = (register, HEADER_BYTES);
    for _ in 0..varint(file, &mut at) {
        at += 8;
        let length = varint(file, &mut at);
        varint(file, &mut at);
        varint(file, &mut at);
        parts.push(start..start + length);
        start += length;
    }
    assert_eq!(start, sheets);
    at = blocks;
    for _ in 0..varint(file, &mut at) {
        at += varint(file, &mut at);
        varint(file, &mut at);
        varint(file, &mut at);
        for _ in 0..varint(file, &mut at) {
            at += varint(file, &mut at);
            let length = varint(file, &mut at);
            parts.push(start..start + length);
            start += length;
        }
    }
    assert_eq!(start, blocks);
    parts
}

fn varint(bytes: &[u8], at: &mut usize) -> usize {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = usize::from(bytes[*at]);
        *at += 1;
        value |= (byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            return value;
        }
    }
}

/// Floats that are made of bytes: the first says how, the others are the floats or what they move by.
fn floats(bytes: &[u8]) -> Vec<f64> {
    let Some((&how, rest)) = bytes.split_first() else { return Vec::new() };
    let scale = 10_f64.powi(i32::from(how >> 4));
    let mut sum = 0.0;
    let moved = |&byte: &u8| {
        sum += f64::from(byte.cast_signed());
        match how & 3 {
            0 => f64::from(byte) / scale,
            1 => sum / scale,
            _ => sum * scale.recip(),
        }
    };
    if how & 3 == 3 {
        let whole = rest.as_chunks::<8>().0.iter();
        // Floats that stand for histograms are quieted.
        return whole.map(|bytes| quieted(f64::from_bits(u64::from_le_bytes(*bytes)))).collect();
    }
    rest.iter().map(moved).collect()
}

/// A store whose samples are made of bytes: they come back by their bits, from the log, from segments, and from the
/// one into which those are merged.
pub(crate) fn check_values(bytes: &[u8]) {
    let values = floats(bytes);
    let fs = MemFs::new();
    let (db, _) = open(&fs);
    let number = series(0);
    let expected: Vec<(i64, u64)> = (0..).zip(values.iter().map(|value| value.to_bits())).collect();
    let is_kept = || {
        let content = try_content(&db, &[], Span::ALL).unwrap();
        assert_eq!(content.get(&number.to_string()).map_or(&[][..], |kept| kept), expected);
    };
    let mut times = 0..;
    for values in values.chunks((values.len() / 8).max(1)) {
        let mut appender = lane(&db, 1);
        let reference = appender.series(&number).unwrap();
        for (&value, time) in values.iter().zip(&mut times) {
            appender.stage(reference, Timestamp(time), value);
        }
        appender.commit().unwrap();
        db.seal().unwrap();
    }
    is_kept();
    while db.merge(&|| true).unwrap() {}
    is_kept();
}

/// Puts the checksums of a segment right, as far as its sections make sense.
fn mend_segment(file: &mut [u8]) {
    let end = file.len() - TRAILER_BYTES;
    let number = |file: &[u8], at: usize| {
        let bytes = file.get(at..at + 8).and_then(|bytes| bytes.first_chunk());
        bytes.and_then(|bytes| usize::try_from(u64::from_le_bytes(*bytes)).ok())
    };
    let section = |file: &[u8], index: usize| {
        let offset = number(file, end + index * 16)?;
        let last = offset.checked_add(number(file, end + index * 16 + 8)?)?;
        (offset <= last && last <= end).then_some(offset..last)
    };
    let [directory, lanes, groups] = [0, 1, 2].map(|index| section(file, index));
    for range in [lanes, groups.clone()].into_iter().flatten() {
        mend_tail(&mut file[range]);
    }
    if let (Some(directory), Some(groups)) = (directory, groups) {
        let short = |at: usize| {
            let bytes = file[at..at + 4].first_chunk().unwrap();
            usize::try_from(u32::from_le_bytes(*bytes)).unwrap()
        };
        let count = groups.len().saturating_sub(4) / 16;
        let entries = (0..count).map(|at| groups.start + at * 16);
        let mut places: Vec<(usize, usize)> =
            entries.map(|at| (short(at + 8), short(at + 12))).collect();
        places.push((directory.len(), directory.start.saturating_sub(HEADER_BYTES)));
        for pair in places.windows(2) {
            let ((page, values), (page_end, values_end)) = (pair[0], pair[1]);
            let page = directory.start.saturating_add(page)..directory.start + page_end;
            mend_page(file, page, HEADER_BYTES + values..HEADER_BYTES + values_end);
        }
    }
    mend_tail(&mut file[end..]);
}

/// Puts the checksums of a group right: those of its values, and that of its page.
fn mend_page(file: &mut [u8], page: Range<usize>, values: Range<usize>) {
    let Some(stretches) = file
        .get(values)
        .map(|values| values.chunks(STRETCH_BYTES).flat_map(sum).collect::<Vec<u8>>())
    else {
        return;
    };
    let Some(page) = file.get_mut(page) else { return };
    // Groups of this store have few stretches: their number is one byte.
    if let Some(sums) = page.get_mut(1..1 + stretches.len()) {
        sums.copy_from_slice(&stretches);
    }
    mend_tail(page);
}

/// Puts right a checksum that lies behind what it is of.
fn mend_tail(bytes: &mut [u8]) {
    if let Some((content, tail)) = bytes.split_last_chunk_mut::<4>() {
        *tail = sum(content);
    }
}

/// Records in which some bytes are others, in a file that holds them behind its header.
fn edited_records(file: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut payloads: Vec<Vec<u8>> = Scan::new(file, HEADER_BYTES)
        .filter_map(|found| match found {
            Scanned::Record(_, payload) => Some(payload.to_vec()),
            _ => None,
        })
        .collect();
    let count = payloads.len();
    for edit in edits.as_chunks::<4>().0 {
        let payload = &mut payloads[usize::from(edit[0]) % count];
        let at = usize::from(u16::from_be_bytes([edit[1], edit[2]])) % payload.len();
        payload[at] = edit[3];
    }
    // What is left over of the edits is a record of its own.
    payloads.push(edits.to_vec());
    let mut out = file[..HEADER_BYTES].to_vec();
    for payload in payloads.iter().filter(|payload| !payload.is_empty()) {
        record::put(&mut out, |out| out.extend_from_slice(payload));
    }
    out
}

/// A log, of samples or of series, in which some bytes are others, and with another record behind.
pub(crate) fn check_logs(bytes: &[u8]) {
    let Some((which, edits)) = bytes.split_first() else { return };
    let fs = store();
    let paths = [files(&fs, "wal"), files(&fs, "series")].concat();
    let path = &paths[usize::from(*which) % paths.len()];
    let file = fs.bytes(path).unwrap();
    fs.set_bytes(path, edited_records(&file, edits));
    open_and_read(&fs);
}

/// A list of what is deleted, or a manifest, in which some bytes are others.
pub(crate) fn check_lists(bytes: &[u8]) {
    let Some((which, edits)) = bytes.split_first() else { return };
    let fs = store();
    let path = if which % 2 == 0 {
        files(&fs, "deletes").remove(0)
    } else {
        Path::new(DIR).join("regain/manifest")
    };
    let mut file = fs.bytes(&path).unwrap();
    edit(&mut file, edits);
    if which % 2 == 0 {
        mend_tail(&mut file[HEADER_BYTES..]);
    } else {
        let half = file.len() / 2;
        let (copy, second) = file.split_at_mut(half);
        mend_tail(&mut copy[HEADER_BYTES + 4..]);
        second.copy_from_slice(copy);
    }
    fs.set_bytes(&path, file);
    open_and_read(&fs);
}
