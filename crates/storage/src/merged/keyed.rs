//! The selected series of several stores in the order of their keys, without looking at any of them: that is done when a
//! part is prepared, by whoever has it.

use std::sync::{Arc, Mutex};

use regain_model::SeriesKey;

use super::part::{MergedPart, Shared, SharedPart};
use crate::error::Result;
use crate::select::{Part, Parts};

/// The parts of each store in the order of precedence, merged by the keys of their series.
///
/// A part that comes out is made of at most one part of each store: it ends where one of these does.
pub(super) struct KeyedParts(Vec<Source>);

/// The parts of one store.
struct Source {
    parts: Box<dyn Parts>,
    open: Option<OpenPart>,
}

/// A part whose series are being handed on.
struct OpenPart {
    part: Shared,
    /// Some of these series may turn out to have no samples.
    keys: Vec<SeriesKey>,
    /// The next one.
    at: usize,
}

impl Source {
    /// Opens the next part with series where none is open.
    fn fill(&mut self) -> Result<()> {
        while self.open.is_none() {
            let Some(mut part) = self.parts.next_unprepared()? else { return Ok(()) };
            let known = part.keys();
            let is_prepared = known.is_none();
            let keys = if let Some(keys) = known {
                keys
            } else {
                part.prepare()?;
                part.series().iter().map(|series| series.key).collect()
            };
            if !keys.is_empty() {
                let part = Arc::new(Mutex::new(SharedPart { part, is_prepared }));
                self.open = Some(OpenPart { part, keys, at: 0 });
            }
        }
        Ok(())
    }

    /// The key of the next series.
    fn next(&self) -> Option<SeriesKey> {
        self.open.as_ref().and_then(|open| open.keys.get(open.at)).copied()
    }

    /// Goes on behind `key` if it is the next one.
    fn pass(&mut self, key: SeriesKey) -> Option<&OpenPart> {
        let open = self.open.as_mut().filter(|open| open.keys.get(open.at) == Some(&key))?;
        open.at += 1;
        Some(open)
    }
}

impl OpenPart {
    fn is_at_end(&self) -> bool {
        self.at == self.keys.len()
    }
}

impl KeyedParts {
    pub(super) fn new(parts: Vec<Box<dyn Parts>>) -> Self {
        Self(parts.into_iter().map(|parts| Source { parts, open: None }).collect())
    }
}

impl Parts for KeyedParts {
    fn next(&mut self) -> Result<Option<Box<dyn Part>>> {
        while let Some(mut part) = self.next_unprepared()? {
            part.prepare()?;
            // Whether all series have samples is known only now.
            if !part.series().is_empty() {
                return Ok(Some(part));
            }
        }
        Ok(None)
    }

    fn next_unprepared(&mut self) -> Result<Option<Box<dyn Part>>> {
        let Self(sources) = self;
        sources.iter_mut().try_for_each(Source::fill)?;
        let least = |sources: &[Source]| sources.iter().filter_map(Source::next).min();
        let Some(first) = least(sources) else { return Ok(None) };
        let mut parts: Vec<Option<Shared>> = vec![None; sources.len()];
        let (mut last, mut count, mut is_at_end) = (first, 0, false);
        while !is_at_end
            && count < <dyn Parts>::SERIES_MAX
            && let Some(key) = least(sources)
        {
            for (source, part) in sources.iter_mut().zip(&mut parts) {
                if let Some(open) = source.pass(key) {
                    is_at_end |= open.is_at_end();
                    part.get_or_insert_with(|| Arc::clone(&open.part));
                }
            }
            (last, count) = (key, count + 1);
        }
        for source in sources {
            source.open.take_if(|open| open.is_at_end());
        }
        Ok(Some(Box::new(MergedPart::between(first, last, parts))))
    }
}
