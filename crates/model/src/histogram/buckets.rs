//! Sparse buckets: counts in the order of their indexes, and spans that say which indexes these are.

use super::cell::Cell;
use super::problem::HistogramProblem;

/// A run of neighbouring buckets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The gap to the previous span; the first bucket's index for the first span.
    pub offset: i32,
    /// The number of buckets.
    pub length: u32,
}

/// Counts of neighbouring and not so neighbouring buckets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Buckets<C = f64> {
    spans: Vec<Span>,
    cells: Vec<C>,
}

impl<C: Cell> Buckets<C> {
    /// Buckets from their parts, which must fit each other.
    pub fn new(spans: Vec<Span>, cells: Vec<C>) -> Result<Self, HistogramProblem> {
        let (mut index, mut count) = (0_i32, 0_usize);
        for (at, span) in spans.iter().enumerate() {
            if at > 0 && span.offset < 0 {
                return Err(HistogramProblem::NegativeOffset { span: at + 1, offset: span.offset });
            }
            let end = i32::try_from(span.length).ok();
            let end = end.and_then(|length| span.offset.checked_add(length));
            let end = end.and_then(|forward| index.checked_add(forward));
            index = end.ok_or(HistogramProblem::IndexOverflow)?;
            count += span.length as usize;
        }
        if count != cells.len() {
            return Err(HistogramProblem::SpansMismatch { spans: count, buckets: cells.len() });
        }
        Ok(Self { spans, cells })
    }

    /// Neighbouring buckets from the index `offset` on; as many as indexes allow.
    pub fn run(offset: i32, cells: Vec<C>) -> Self {
        let mut growing = Growing::default();
        for (index, cell) in (offset..i32::MAX).zip(cells) {
            growing.push(index, cell);
        }
        growing.buckets
    }

    /// Which indexes there are.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The counts in the order of their indexes.
    pub fn cells(&self) -> &[C] {
        &self.cells
    }

    /// The counts in the order of their indexes.
    pub fn cells_mut(&mut self) -> &mut [C] {
        &mut self.cells
    }

    /// Whether there is no bucket.
    pub const fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The number of buckets.
    pub const fn len(&self) -> usize {
        self.cells.len()
    }

    /// The size in bytes as upstream counts it.
    pub(super) fn size_bytes(&self) -> usize {
        8 * (self.spans.len() + self.cells.len())
    }

    /// The buckets' indexes and counts, from the lowest index to the highest.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (i32, C)> {
        Indexes::new(&self.spans).zip_cells(&self.cells)
    }

    /// Applies `f` to each count.
    pub(super) fn map(&mut self, f: impl Fn(f64) -> f64 + Copy) {
        for cell in &mut self.cells {
            *cell = cell.map(f);
        }
    }

    /// Leaves out empty buckets and joins spans that touch.
    pub fn compact(&mut self) {
        let tidy = |span: &Span| span.length > 0;
        let joined = self.spans.iter().skip(1).all(|span| span.offset > 0);
        if joined && self.spans.iter().all(tidy) && !self.cells.iter().any(|cell| cell.is_zero()) {
            return;
        }
        let mut growing = Growing::default();
        for (index, cell) in self.iter().filter(|(_, cell)| !cell.is_zero()) {
            growing.push(index, cell);
        }
        *self = growing.buckets;
    }

    /// The buckets of a schema that is `steps` coarser.
    pub(super) fn reduced(&self, steps: u32) -> Self {
        let mut growing = Growing::default();
        for (index, cell) in self.iter() {
            growing.add((index.wrapping_sub(1) >> steps.min(31)) + 1, cell);
        }
        growing.buckets
    }

    /// The same buckets with counts of another type.
    pub(super) fn convert<D: Cell>(&self, f: impl Fn(C) -> D) -> Buckets<D> {
        let cells = self.cells.iter().map(|&cell| f(cell)).collect();
        Buckets { spans: self.spans.clone(), cells }
    }

    /// Lets `f` change the counts at the indexes of `other`, which are made where there are none.
    /// Those of the first indexes of `other` for which `skip` says so stay as they are.
    pub(super) fn merge<D: Cell>(
        &mut self,
        other: &Buckets<D>,
        skip: impl Fn(i32) -> bool,
        f: impl Fn(&mut C, D),
    ) {
        let skipped = other.iter().take_while(|&(index, _)| skip(index)).count();
        if self.spans == other.spans {
            let pairs = self.cells.iter_mut().zip(&other.cells).skip(skipped);
            pairs.for_each(|(cell, &x)| f(cell, x));
            return;
        }
        let mut growing = Growing::default();
        growing.buckets.cells.reserve(self.cells.len().max(other.cells.len()));
        let mut theirs = other.iter().skip(skipped).peekable();
        let made = |x: D| {
            let mut cell = C::default();
            f(&mut cell, x);
            cell
        };
        for (index, mut cell) in self.iter() {
            while let Some((before, x)) = theirs.next_if(|&(at, _)| at < index) {
                growing.push(before, made(x));
            }
            if let Some((_, x)) = theirs.next_if(|&(at, _)| at == index) {
                f(&mut cell, x);
            }
            growing.push(index, cell);
        }
        for (index, x) in theirs {
            growing.push(index, made(x));
        }
        *self = growing.buckets;
    }
}

impl Buckets {
    /// Buckets of an integer histogram, whose counts are the differences to the bucket before.
    pub fn from_deltas(spans: Vec<Span>, deltas: &[i64]) -> Result<Self, HistogramProblem> {
        let mut count = 0_i64;
        let cells = deltas.iter().map(|&delta| {
            count = count.wrapping_add(delta);
            count as f64
        });
        let cells = cells.collect();
        Self::new(spans, cells)
    }

    /// Whether both have the same counts bit for bit, empty buckets left aside.
    pub(super) fn same_counts(&self, other: &Self) -> bool {
        let filled = |buckets: &Self| -> Vec<(i32, u64)> {
            let filled = buckets.iter().filter(|(_, count)| *count != 0.0);
            filled.map(|(index, count)| (index, count.to_bits())).collect()
        };
        let bits = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits();
        if self.spans == other.spans && self.cells.iter().zip(&other.cells).all(bits) {
            return true;
        }
        filled(self) == filled(other)
    }
}

/// The indexes that spans name.
struct Indexes<'a> {
    spans: &'a [Span],
    /// The next index from the front, and how many of the first span are left.
    front: (i32, u32),
    /// The index behind the last one, and how many of the last span are left.
    back: (i32, u32),
}

impl<'a> Indexes<'a> {
    fn new(spans: &'a [Span]) -> Self {
        let first = spans.first().copied().unwrap_or_default();
        let last = spans.last().copied().unwrap_or_default();
        let forward = |span: &Span| span.offset.wrapping_add_unsigned(span.length);
        let end = spans.iter().map(forward).fold(0, i32::wrapping_add);
        let (front, back) = ((first.offset, first.length), (end, last.length));
        Self { spans, front, back }
    }

    fn zip_cells<C: Copy>(self, cells: &'a [C]) -> Zipped<'a, C> {
        Zipped { indexes: self, cells }
    }

    fn next(&mut self) -> i32 {
        while self.front.1 == 0 && self.spans.len() > 1 {
            self.spans = &self.spans[1..];
            let span = self.spans[0];
            self.front = (self.front.0.wrapping_add(span.offset), span.length);
        }
        let index = self.front.0;
        self.front = (index.wrapping_add(1), self.front.1.saturating_sub(1));
        index
    }

    fn next_back(&mut self) -> i32 {
        while self.back.1 == 0 && self.spans.len() > 1 {
            let (span, rest) = self.spans.split_last().expect("there are several");
            self.spans = rest;
            let length = rest.last().map_or(0, |span| span.length);
            self.back = (self.back.0.wrapping_sub(span.offset), length);
        }
        self.back = (self.back.0.wrapping_sub(1), self.back.1.saturating_sub(1));
        self.back.0
    }
}

/// Indexes with their counts; the counts say when it is over.
struct Zipped<'a, C> {
    indexes: Indexes<'a>,
    cells: &'a [C],
}

impl<C: Copy> Iterator for Zipped<'_, C> {
    type Item = (i32, C);

    fn next(&mut self) -> Option<(i32, C)> {
        let (&cell, rest) = self.cells.split_first()?;
        self.cells = rest;
        Some((self.indexes.next(), cell))
    }
}

impl<C: Copy> DoubleEndedIterator for Zipped<'_, C> {
    fn next_back(&mut self) -> Option<(i32, C)> {
        let (&cell, rest) = self.cells.split_last()?;
        self.cells = rest;
        Some((self.indexes.next_back(), cell))
    }
}

/// Buckets to which others are added from the lowest index to the highest.
#[derive(Debug)]
pub(super) struct Growing<C> {
    pub(super) buckets: Buckets<C>,
    /// The index behind the last bucket.
    next: i32,
}

impl<C> Default for Growing<C> {
    fn default() -> Self {
        Self { buckets: Buckets { spans: Vec::new(), cells: Vec::new() }, next: 0 }
    }
}

impl<C: Cell> Growing<C> {
    /// Adds the bucket `index`, which is above all others.
    pub(super) fn push(&mut self, index: i32, cell: C) {
        let Buckets { spans, cells } = &mut self.buckets;
        match spans.last_mut() {
            Some(span) if index == self.next => span.length += 1,
            _ => spans.push(Span { offset: index.wrapping_sub(self.next), length: 1 }),
        }
        cells.push(cell);
        self.next = index.wrapping_add(1);
    }

    /// Adds to the last bucket if it is `index`, which is at least that, or else a bucket.
    fn add(&mut self, index: i32, cell: C) {
        match self.buckets.cells.last_mut() {
            Some(last) if index.wrapping_add(1) == self.next => last.add(cell.compensated()),
            _ => self.push(index, cell),
        }
    }
}
