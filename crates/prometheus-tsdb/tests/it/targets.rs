//! What holds for any bytes. The fuzz targets in `fuzz/` run these, and so do the property tests.
//!
//! Checksums would keep made-up bytes away from the decoders behind them, so they are put right first.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use regain_model::{KeySeed, Labels, Span};
use regain_prometheus_tsdb::{
    BlockOptions, BlockWriter, Blocks, BlocksOptions, PrometheusDir, Samples, StoredSeries, Ulid,
    WINDOW_MS,
};
use regain_storage::fs::{Fs as _, MemFs};
use regain_storage::{Ctx, Queryable, Retention};

const ROOT: &str = "data";
/// The log's fragments do not cross pages.
const RECORD_BYTES_MAX: usize = 4000;
const PAGE_BYTES: usize = 32 << 10;

fn sum(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c(bytes).to_be_bytes()
}

/// Reads everything in a data directory. Labels and times ascend, whatever the files say.
fn read_all(fs: &MemFs) {
    let Ok(dir) = PrometheusDir::open(fs, Path::new(ROOT), KeySeed(1)) else { return };
    let ctx = Arc::new(Ctx::default());
    for block in dir.blocks() {
        let series = block.series(&[], &ctx).unwrap_or_default();
        // An error names what is damaged; there is nothing more to expect of it.
        for one in &series {
            drop(block.chunks(one));
        }
    }
    let Ok(mut series) = StoredSeries::select(&dir, &[], Span::ALL, &ctx) else { return };
    let (mut samples, mut before) = (Samples::default(), None);
    while let Ok(Some(labels)) = series.next(&mut samples) {
        assert!(before.as_ref().is_none_or(|before| before < &labels), "{before:?}, {labels}");
        assert!(samples.times.is_sorted_by(|a, b| a < b), "{labels}: {:?}", samples.times);
        before = Some(labels);
    }
}

/// The times of all series with the bits of their floats, or the texts of their histograms.
fn content(source: &dyn Queryable) -> Vec<(Labels, Vec<(i64, String)>)> {
    let ctx = Arc::new(Ctx::default());
    let mut series = StoredSeries::select(source, &[], Span::ALL, &ctx).unwrap();
    let (mut all, mut samples) = (Vec::new(), Samples::default());
    while let Some(labels) = series.next(&mut samples).unwrap() {
        let text = |at: usize| match samples.histogram(at) {
            Some(histogram) => histogram.to_string(),
            None => format!("{:x}", samples.cells[at].to_bits()),
        };
        let texts = samples.times.iter().enumerate().map(|(at, &time)| (time, text(at)));
        all.push((labels, texts.collect()));
    }
    all
}

/// Lets the blocks of a data directory live: what they answer is the same before they are merged and after, unless
/// something is damaged.
fn live(fs: &MemFs) {
    let options = BlocksOptions {
        seed: KeySeed(1),
        retention: Retention::ENDLESS,
        span_max_ms: 0,
        with_starts: true,
    };
    let blocks = Blocks::open(Arc::new(fs.clone()), Path::new(ROOT), options).unwrap();
    let before = content(&blocks);
    while blocks.compact(&|| true).unwrap() {}
    assert!(blocks.clean_tombstones(&|| true).unwrap());
    if blocks.damages().is_empty() {
        assert_eq!(content(&blocks), before);
    }
}

/// Two blocks of the same hours, with some series each.
fn blocks() -> MemFs {
    static FILES: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();
    let files = FILES.get_or_init(|| {
        let fs = MemFs::new();
        for number in 0..2 {
            let options = BlockOptions {
                ulid: Ulid::new(1, number),
                range_ms: WINDOW_MS,
                with_starts: false,
            };
            let mut writer =
                BlockWriter::create(Arc::new(fs.clone()), Path::new(ROOT), options).unwrap();
            for name in ["a", "b", "c"] {
                let mut samples = Samples::default();
                (0..5).for_each(|time| samples.push_float(time, 0, time as f64));
                let labels = [("__name__", name), ("x", "y"), ("z", name)];
                writer.add(&Labels::from_pairs(labels), &samples).unwrap();
            }
            writer.finish(None).unwrap();
        }
        fs.paths().into_iter().map(|path| (path.clone(), fs.bytes(&path).unwrap())).collect()
    });
    let fs = MemFs::new();
    for (path, bytes) in files {
        fs.set_bytes(path, bytes.clone());
    }
    fs
}

fn in_block(number: u128, name: &str) -> PathBuf {
    Path::new(ROOT).join(Ulid::new(1, number).to_string()).join(name)
}

/// A length in base 128.
fn put_uvarint(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
}

/// Chunks of any kind with any content, in two blocks of the same time.
pub(crate) fn check_chunks(bytes: &[u8]) {
    let fs = blocks();
    let (first, second) = bytes.split_at(bytes.len() / 2);
    for (number, bytes) in [(0, first), (1, second)] {
        let Some((kind, data)) = bytes.split_first() else { continue };
        // The first chunk of a file is where the index has that of the first series.
        let mut file = vec![0x85, 0xbd, 0x40, 0xdd, 1, 0, 0, 0];
        put_uvarint(&mut file, data.len());
        file.extend_from_slice(&[&[kind % 7][..], data].concat());
        file.extend_from_slice(&sum(&[&[kind % 7][..], data].concat()));
        fs.set_bytes(&in_block(number, "chunks/000001"), file);
    }
    read_all(&fs);
    live(&fs);
}

/// An index in which some bytes are others. Each edit is a place, in two bytes, and a byte.
pub(crate) fn check_index(bytes: &[u8]) {
    let fs = blocks();
    let path = in_block(0, "index");
    let mut file = fs.bytes(&path).unwrap();
    for edit in bytes.as_chunks::<3>().0 {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % file.len();
        file[at] = edit[2];
    }
    mend_index(&mut file);
    fs.set_bytes(&path, file);
    read_all(&fs);
    live(&fs);
}

/// Puts the checksums of an index right, as far as its lengths make sense.
fn mend_index(file: &mut [u8]) {
    let contents = file.len() - 52;
    let offset = |file: &[u8], number: usize| {
        let bytes = file[contents + 8 * number..].first_chunk().unwrap();
        usize::try_from(u64::from_be_bytes(*bytes)).unwrap_or(usize::MAX)
    };
    let places = [0, 1, 2, 5].map(|number| offset(file, number));
    let [symbols, mut series, mut list, table] = places;
    mend_section(file, symbols);
    mend_section(file, table);
    while series < list.min(contents) {
        // Entries of this index are short: their length is one byte.
        let end = series + 1 + usize::from(file[series]);
        if end + 4 > contents {
            break;
        }
        let mended = sum(&file[series + 1..end]);
        file[end..end + 4].copy_from_slice(&mended);
        series = (end + 4).next_multiple_of(16);
    }
    while list < table.min(contents) {
        match mend_section(file, list) {
            Some(end) => list = end,
            None => break,
        }
    }
    let mended = sum(&file[contents..contents + 48]);
    file[contents + 48..].copy_from_slice(&mended);
}

/// Puts the checksum of a section right, and says where it ends.
fn mend_section(file: &mut [u8], at: usize) -> Option<usize> {
    let start = at.checked_add(4)?;
    let len = u32::from_be_bytes(*file.get(at..start)?.first_chunk()?);
    let end = start.checked_add(usize::try_from(len).ok()?)?;
    let mended = sum(file.get(start..end)?);
    file.get_mut(end..end + 4)?.copy_from_slice(&mended);
    Some(end + 4)
}

/// Any tombstones.
pub(crate) fn check_tombstones(bytes: &[u8]) {
    let fs = blocks();
    let file = [&[0x01, 0x30, 0xba, 0x30, 1][..], bytes, &sum(bytes)].concat();
    fs.set_bytes(&in_block(0, "tombstones"), file);
    read_all(&fs);
    live(&fs);
}

/// Records in the frames of a log: each begins with its length.
fn log(bytes: &[u8]) -> Vec<u8> {
    let (mut file, mut rest) = (Vec::new(), bytes);
    while let Some((len, behind)) = rest.split_first_chunk::<2>() {
        let len = usize::from(u16::from_be_bytes(*len)) % RECORD_BYTES_MAX;
        let (record, behind) = behind.split_at(len.min(behind.len()));
        rest = behind;
        if file.len() % PAGE_BYTES + 7 + record.len() > PAGE_BYTES {
            file.resize(file.len().next_multiple_of(PAGE_BYTES), 0);
        }
        file.push(1);
        file.extend_from_slice(&u16::try_from(record.len()).unwrap().to_be_bytes());
        file.extend_from_slice(&sum(record));
        file.extend_from_slice(record);
    }
    file
}

/// Any records in a log, and any in the log of late samples, after some that make sense.
pub(crate) fn check_log(bytes: &[u8]) {
    let (early, late) = bytes.split_at(bytes.len() / 2);
    // Series 1 is {a="b"}, and has a sample.
    let series = [1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, b'a', 1, b'b'];
    let samples = [&[2][..], &[0, 0, 0, 0, 0, 0, 0, 1], &[0; 8], &[0, 0], &[0; 8]].concat();
    let mut known = Vec::new();
    for record in [&series[..], &samples] {
        known.extend_from_slice(&u16::try_from(record.len()).unwrap().to_be_bytes());
        known.extend_from_slice(record);
    }
    for file in [known, Vec::new()] {
        let fs = MemFs::new();
        let root = Path::new(ROOT);
        fs.set_bytes(&root.join("wal/00000000"), log(&[&file, early].concat()));
        fs.set_bytes(&root.join("wbl/00000000"), log(late));
        read_all(&fs);
    }
    // Frames that nobody has put right.
    let fs = MemFs::new();
    fs.set_bytes(&Path::new(ROOT).join("wal/00000000"), bytes.to_vec());
    read_all(&fs);
}

/// Any chunks that the head wrote out early: a series, a kind, times, and content.
pub(crate) fn check_head_chunks(bytes: &[u8]) {
    let mut file = vec![0x01, 0x30, 0xbc, 0x91, 1, 0, 0, 0];
    let mut rest = bytes;
    while let Some((head, behind)) = rest.split_first_chunk::<5>() {
        let (data, behind) = behind.split_at(usize::from(head[4]).min(behind.len()));
        rest = behind;
        let start = file.len();
        file.extend_from_slice(&u64::from(head[0]).to_be_bytes());
        let time = i64::from(head[1]);
        file.extend_from_slice(&time.to_be_bytes());
        file.extend_from_slice(&(time + i64::from(head[2])).to_be_bytes());
        file.push(head[3]);
        put_uvarint(&mut file, data.len());
        file.extend_from_slice(data);
        let sum = sum(&file[start..]);
        file.extend_from_slice(&sum);
    }
    let fs = MemFs::new();
    fs.set_bytes(&Path::new(ROOT).join("chunks_head/000001"), file);
    let series = [1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, b'a', 1, b'b'];
    fs.set_bytes(&Path::new(ROOT).join("wal/00000000"), log(&[&[0, 14][..], &series].concat()));
    read_all(&fs);
}

/// Any records in a snapshot of the head.
pub(crate) fn check_head_snapshot(bytes: &[u8]) {
    let fs = MemFs::new();
    let dir = Path::new(ROOT).join("chunk_snapshot.000000.0000000000");
    fs.set_bytes(&dir.join("00000000"), log(bytes));
    read_all(&fs);
    assert_eq!(fs.list(&dir).unwrap(), ["00000000"], "what is read is not changed");
}
