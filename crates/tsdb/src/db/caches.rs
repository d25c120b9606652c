//! What queries have read of segments, kept for the next ones.
//!
//! Pages and the times of lanes are read and checked as a whole even if one series of them is asked for, so that
//! dashboards, which ask for the same few series again and again, would spend most of their time on them.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use hashbrown::HashSet;
use regain_storage::Result;

use super::recent::Recent;
use crate::archive::Archive;
use crate::archive::sheet::Sheet;
use crate::segment::Segment;
use crate::segment::page::Page;
use crate::segment::read::Decoded;
use crate::segment::values::{Source, Values, stretches};

const PAGES_BYTES_MAX: usize = 8 << 20;
const TIMES_BYTES_MAX: usize = 4 << 20;
const VALUES_BYTES_MAX: usize = 4 << 20;
const SHEETS_BYTES_MAX: usize = 8 << 20;
/// What is more is read by those who want much, and would push out what many want.
const STRETCHES_MAX: usize = 4;

/// What was read last.
#[derive(Debug)]
pub(super) struct Caches {
    /// Directory pages, by the number of a segment and one of its groups.
    pages: Recent<(u64, usize), Page>,
    /// Times of rows, by the number of a segment and one of its lanes.
    times: Recent<(u64, u32), Decoded>,
    /// Values, by the number of a segment, one of its groups, and their stretches in it.
    values: Recent<(u64, usize, (usize, usize)), Values>,
    /// Sheets, by the number of an archive and their place in it.
    sheets: Recent<(u64, usize), Sheet>,
    /// The names of the metrics in all of some archives.
    metrics: Mutex<Option<MetricsOf>>,
}

/// The numbers of archives, and the names of the metrics in them.
type MetricsOf = (Vec<u64>, Arc<HashSet<String>>);

impl Default for Caches {
    fn default() -> Self {
        Self {
            pages: Recent::new(PAGES_BYTES_MAX),
            times: Recent::new(TIMES_BYTES_MAX),
            values: Recent::new(VALUES_BYTES_MAX),
            sheets: Recent::new(SHEETS_BYTES_MAX),
            metrics: Mutex::default(),
        }
    }
}

impl Caches {
    /// The directory page of a group, if it is here.
    pub(super) fn page(&self, segment: &Segment, group: usize) -> Option<Arc<Page>> {
        self.pages.get((segment.number, group))
    }

    pub(super) fn keep_page(&self, segment: &Segment, group: usize, page: &Arc<Page>) {
        self.pages.put((segment.number, group), page, page.size_bytes());
    }

    /// A sheet of an archive, if it is here.
    pub(super) fn sheet(&self, archive: &Archive, at: usize) -> Option<Arc<Sheet>> {
        self.sheets.get((archive.number, at))
    }

    pub(super) fn keep_sheet(&self, archive: &Archive, at: usize, sheet: &Arc<Sheet>) {
        self.sheets.put((archive.number, at), sheet, sheet.size_bytes());
    }

    /// The names of the metrics in these archives, if they are here.
    pub(super) fn metrics(&self, archives: &[u64]) -> Option<Arc<HashSet<String>>> {
        let metrics = self.metrics.lock().expect("no holder of this lock panics");
        let (of, names) = metrics.as_ref()?;
        (of == archives).then(|| Arc::clone(names))
    }

    pub(super) fn keep_metrics(&self, archives: Vec<u64>, names: &Arc<HashSet<String>>) {
        let known = Some((archives, Arc::clone(names)));
        *self.metrics.lock().expect("no holder of this lock panics") = known;
    }

    /// The times of the rows of a segment's lane.
    pub(super) fn times(&self, segment: &Segment, lane: u32) -> Arc<Decoded> {
        let id = (segment.number, lane);
        self.times.get(id).unwrap_or_else(|| {
            let decoded = Arc::new(Decoded::of(&segment.lanes[lane as usize]));
            self.times.put(id, &decoded, decoded.size_bytes());
            decoded
        })
    }

    /// The values of a group in the range `wanted`.
    pub(super) fn values(&self, source: Source<'_>, wanted: Range<usize>) -> Result<Arc<Values>> {
        let (segment, group, _) = source;
        let (first, end) = stretches(&wanted);
        let read = || Ok(Arc::new(Values::read(source, wanted)?));
        if end - first > STRETCHES_MAX {
            return read();
        }
        let id = (segment.number, group, (first, end));
        if let Some(values) = self.values.get(id) {
            return Ok(values);
        }
        let values = read()?;
        self.values.put(id, &values, values.size_bytes());
        Ok(values)
    }
}
