use std::path::Path;

use regain_model::SeriesKey;
use regain_storage::Error;
use regain_storage::fs::{Fs as _, MemFs};

use super::*;
use crate::frame::{Encoder, SEGMENT_FRAME};
use crate::layout::{Kind, Layout};
use crate::segment::page::{Page, Piece, Rows};
use crate::segment::read::decode_values;
use crate::segment::write::write;

const SERIES: u32 = 40;
const NUMBER: u64 = 7;

/// The values of a series: those of the last one move as those of the first, all others as nobody's.
fn values_of(series: u32) -> Vec<f64> {
    let (seed, offset) = if series == SERIES - 1 { (0, 1000.0) } else { (series, 0.0) };
    let mut state = u64::from(seed) + 1;
    let values = (0..SEGMENT_FRAME).map(|_| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 12) as f64 % 1e12 + offset
    });
    values.collect()
}

/// A segment of one group.
fn written(fs: &MemFs) -> (Layout, Segment, Page) {
    let layout = Layout::new(Path::new("/data"));
    fs.create_dirs(layout.dir()).unwrap();
    write((fs, &layout), NUMBER, |writer| {
        let mut encoder = Box::new(Encoder::segment());
        for id in 0..SERIES {
            let mut frames = Vec::new();
            encoder.put_all_floats(&mut frames, &values_of(id));
            writer.begin_series(SeriesKey(u128::from(id) << 64));
            let piece =
                Piece { lane: 0, rows: Rows::All, stale: false, beside: false, size_bytes: 0 };
            writer.add_piece(id, piece, (0, 1), (&frames, &[]));
            writer.end_series()?;
        }
        let times: Vec<i64> = (0..).take(SEGMENT_FRAME).collect();
        writer.finish(&[(0, 0, &times)], 0)
    })
    .unwrap();
    let segment = Segment::open(fs, &layout, NUMBER).unwrap();
    let page = segment.pages(0..1).unwrap().pop().flatten().unwrap();
    (layout, segment, page)
}

/// Where the frames of a series lie.
fn place_of(page: &Page, id: usize) -> Range<usize> {
    let (entry, piece) = (&page.entries[id], &page.pieces[id]);
    entry.start as usize..entry.start as usize + piece.size_bytes as usize
}

/// The values of the series in that place; none where its frames make no sense.
fn read(known: &mut KnownValues, source: Source<'_>, place: Range<usize>) -> Result<Vec<f64>> {
    let mut values = Vec::new();
    known.load(source, place.clone())?;
    let decoded = known.decode(source, place.start, |frames| {
        decode_values(frames, 0, SEGMENT_FRAME, &mut values)
    })?;
    if !decoded {
        values.clear();
    }
    Ok(values)
}

#[test]
fn a_series_needs_its_stretches_only() {
    let (_, segment, page) = written(&MemFs::new());
    let source = (&segment, 0, &*page.sums);
    for id in 0..SERIES {
        let (mut known, place) = (KnownValues::default(), place_of(&page, id as usize));
        assert_eq!(read(&mut known, source, place.clone()).unwrap(), values_of(id), "{id}");
        let is_alias = id == SERIES - 1;
        assert_eq!(known.all.get().is_some(), is_alias, "{id}");
        let around = known.some.bytes.len() - place.len();
        assert!(around < 2 * STRETCH_BYTES && !known.some.is_whole, "{id}");
    }
    assert!(page.pieces[SERIES as usize - 1].size_bytes < 20, "the last series is an alias");
}

#[test]
fn values_that_are_asked_for_later_are_read_then() {
    let (_, segment, page) = written(&MemFs::new());
    let (source, mut known) = ((&segment, 0, &*page.sums), KnownValues::default());
    for id in [20, 3, 35, 20] {
        let values = read(&mut known, source, place_of(&page, id)).unwrap();
        assert_eq!(values, values_of(u32::try_from(id).unwrap()));
    }
}

#[test]
fn every_byte_that_is_used_was_checked() {
    let fs = MemFs::new();
    let (layout, segment, page) = written(&fs);
    let path = layout.file(Kind::Segment, NUMBER);
    let whole = fs.bytes(&path).unwrap();
    let wanted = place_of(&page, 20);
    let data = segment.data_range(0);
    for offset in (0..index(data.end - data.start)).step_by(512) {
        let mut bytes = whole.clone();
        bytes[index(data.start) + offset] ^= 1;
        fs.set_bytes(&path, bytes);
        let segment = Segment::open(&fs, &layout, NUMBER).unwrap();
        let values = read(&mut KnownValues::default(), (&segment, 0, &page.sums), wanted.clone());
        let first = wanted.start / STRETCH_BYTES * STRETCH_BYTES;
        let last = wanted.end.next_multiple_of(STRETCH_BYTES);
        if (first..last).contains(&offset) {
            let stretch = data.start + (offset / STRETCH_BYTES * STRETCH_BYTES) as u64;
            let error = values.unwrap_err();
            assert!(
                matches!(error, Error::Corrupt { offset, .. } if offset == stretch),
                "{offset}: {error}"
            );
        } else {
            assert_eq!(values.unwrap(), values_of(20), "{offset}");
        }
    }
}

#[test]
fn ranges_beyond_a_group_and_missing_checksums_are_no_values() {
    let (_, segment, page) = written(&MemFs::new());
    let length = index(segment.data_range(0).end - segment.data_range(0).start);
    let source = (&segment, 0, &*page.sums);
    for wanted in [length..length + 1, length * 2..length * 3, usize::MAX - 1..usize::MAX] {
        let mut known = KnownValues::default();
        known.load(source, wanted.clone()).unwrap();
        let decoded = known
            .decode(source, wanted.start, |frames| decode_values(frames, 0, 1, &mut Vec::new()));
        assert!(!decoded.unwrap(), "{wanted:?}");
    }
    let sums = &page.sums[1..];
    assert!(Values::read((&segment, 0, sums), ALL).is_err());
}
