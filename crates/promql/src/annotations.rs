//! Warnings and infos that accompany an answer.
//!
//! **Invariant.** An annotation is kept once for each text; its position is the last one reported, and the
//! first one where reports are counted or merged, as upstream keeps it (`util/annotations/annotations.go`, 3.14).

use std::collections::BTreeMap;
use std::ops::Range;

mod kind;
mod monotonicity;
mod remark;

pub(crate) use kind::{Kind, general};
pub(crate) use monotonicity::Monotonicity;
pub(crate) use remark::{Operation, Remark};

/// A remark about a query and the part of the query that it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    message: String,
    at: Option<Range<u32>>,
    monotonicity: Option<Monotonicity>,
    /// How often it was noticed, where that is told.
    occurrences: u64,
    /// Whether it is said because of some step, whatever the others are.
    of_steps: bool,
}

impl Annotation {
    /// A remark about no particular part of the query.
    pub fn plain(message: String) -> Self {
        let (at, monotonicity) = (None, None);
        Self { message, at, monotonicity, occurrences: 0, of_steps: false }
    }

    /// The text without a position.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The bytes of the query that the remark is about.
    pub fn position(&self) -> Option<Range<u32>> {
        self.at.clone()
    }

    /// Whether it is said because of some step, whatever the others are, and in the same words.
    pub(crate) const fn is_of_steps(&self) -> bool {
        self.of_steps
    }

    /// The text with its position as `(line:column)` in `query`.
    pub fn in_query(&self, query: &str) -> String {
        let Some(at) = &self.at else { return self.message.clone() };
        let details = self.monotonicity.as_ref().map(Monotonicity::details).unwrap_or_default();
        let details = match self.occurrences {
            0 | 1 => details,
            often => format!("{details} ({often} occurrences)"),
        };
        format!("{}{details} ({})", self.message, line_and_column(query, at.start))
    }
}

/// The line and the column, both from one, of the byte `offset` in `query`.
fn line_and_column(query: &str, offset: u32) -> String {
    let before = query.as_bytes().get(..offset as usize).unwrap_or(query.as_bytes());
    let line = 1 + before.split(|&byte| byte == b'\n').count() - 1;
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    format!("{line}:{}", before.len() - line_start + 1)
}

impl Entry {
    const fn new(at: Range<u32>, kind: &Kind<'_>) -> Self {
        let (warning, of_steps) = (kind.is_warning(), kind.is_of_steps());
        Self { at, warning, of_steps, monotonicity: None, occurrences: 0 }
    }
}

/// The annotations of one query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Annotations {
    by_text: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    at: Range<u32>,
    warning: bool,
    of_steps: bool,
    monotonicity: Option<Monotonicity>,
    occurrences: u64,
}

impl Annotations {
    /// Adds a remark about the bytes `at` of the query.
    pub(crate) fn add(&mut self, kind: &Kind<'_>, at: Range<u32>) {
        let entry = Entry::new(at, kind);
        self.by_text.insert(kind.to_string(), entry);
    }

    /// Adds a remark that was noticed several times.
    pub(crate) fn add_often(&mut self, kind: &Kind<'_>, count: u64, at: Range<u32>) {
        let entry = self.by_text.entry(kind.to_string());
        let entry = entry.or_insert(Entry::new(at.clone(), kind));
        // What is counted stays where it was noticed first.
        if kind.tells_how_often() {
            entry.occurrences += count;
        } else {
            entry.at = at;
        }
    }

    /// Adds the remark that buckets had to be made monotonic.
    pub(crate) fn add_monotonicity(&mut self, name: &str, found: Monotonicity, at: Range<u32>) {
        let kind = Kind::ForcedMonotonicity { name };
        let entry = self.by_text.entry(kind.to_string());
        let entry = entry.or_insert(Entry::new(at, &kind));
        match &mut entry.monotonicity {
            Some(known) => known.merge(&found),
            unknown => *unknown = Some(found),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_text.is_empty()
    }

    /// The bytes of the query that are spoken of.
    pub(crate) fn places(&self) -> impl Iterator<Item = &Range<u32>> {
        self.by_text.values().map(|entry| &entry.at)
    }

    /// Adds remarks that were gathered by themselves, as if each were added now; `moved` tells which bytes they are about.
    pub(crate) fn extend(&mut self, others: &Self, moved: impl Fn(&Range<u32>) -> Range<u32>) {
        for (text, other) in &others.by_text {
            let at = moved(&other.at);
            let Some(entry) = self.by_text.get_mut(text) else {
                self.by_text.insert(text.clone(), Entry { at, ..other.clone() });
                continue;
            };
            match (&mut entry.monotonicity, &other.monotonicity) {
                (Some(known), Some(found)) => known.merge(found),
                _ if other.occurrences > 0 => entry.occurrences += other.occurrences,
                _ => entry.at = at,
            }
        }
    }

    /// The warnings and the infos, each in the order of their text.
    pub(crate) fn into_parts(self) -> (Vec<Annotation>, Vec<Annotation>) {
        let (mut warnings, mut infos) = (Vec::new(), Vec::new());
        for (message, Entry { at, warning, of_steps, monotonicity, occurrences }) in self.by_text {
            let at = Some(at);
            let annotation = Annotation { message, at, monotonicity, occurrences, of_steps };
            if warning { warnings.push(annotation) } else { infos.push(annotation) }
        }
        (warnings, infos)
    }
}
