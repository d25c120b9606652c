//! One row of a lane: a time and a value for every slot that is present.

use std::sync::Arc;

use regain_model::Histogram;
use regain_storage::{Value, is_histogram};

use crate::column::Column;
use crate::histogram::{bits_of, histogram_at, next_cell};

/// Which slots are present; shared by rows that have the same ones.
pub(crate) type Mask = Arc<[u64]>;

/// The start timestamps that are known of a row: slot and time, by slot; shared by rows that have the same.
pub(crate) type Starts = Arc<[(u32, i64)]>;

/// One row. A slot beyond its values is absent.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) time: i64,
    /// Floats, and the places of histograms.
    pub(crate) values: Box<[f64]>,
    pub(crate) mask: Mask,
    /// Rows of floats without starts have nothing beside them.
    pub(crate) beside: Option<Box<Beside>>,
}

/// What a row has beside its floats.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    pub(crate) histograms: Vec<Arc<Histogram>>,
    pub(crate) starts: Starts,
}

/// A sample by itself.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) time: i64,
    /// 0 when it is not known.
    pub(crate) start: i64,
    pub(crate) value: Value,
}

/// Bits that tell values at one time apart.
pub(crate) fn value_bits(value: &Value) -> u64 {
    match value {
        Value::Float(value) => value.to_bits(),
        Value::Histogram(histogram) => bits_of(histogram),
    }
}

/// The number of mask words for this many slots.
pub(crate) const fn words(slots: usize) -> usize {
    slots.div_ceil(64)
}

#[inline]
pub(crate) fn has(mask: &[u64], slot: usize) -> bool {
    mask.get(slot / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
}

/// The slots that a mask holds, ascending.
pub(crate) fn slots(mask: &[u64]) -> impl Iterator<Item = usize> + '_ {
    mask.iter().enumerate().flat_map(|(index, &word)| {
        let mut rest = word;
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(index * 64 + bit)
        })
    })
}

pub(crate) fn count(mask: &[u64]) -> u64 {
    mask.iter().map(|word| u64::from(word.count_ones())).sum()
}

/// The start of a slot among `starts`, 0 when it is not known.
pub(crate) fn start_of(starts: &[(u32, i64)], slot: usize) -> i64 {
    let found = starts.binary_search_by_key(&slot, |&(slot, _)| slot as usize);
    found.map_or(0, |at| starts[at].1)
}

impl Beside {
    /// What is beside a row, or nothing where there is nothing.
    pub(crate) fn of(histograms: Vec<Arc<Histogram>>, starts: Starts) -> Option<Box<Self>> {
        let is_any = !histograms.is_empty() || !starts.is_empty();
        is_any.then(|| Box::new(Self { histograms, starts }))
    }

    /// The memory held, in bytes.
    fn size_bytes(&self) -> usize {
        let histograms: usize = self.histograms.iter().map(|held| held.size_bytes()).sum();
        histograms + size_of_val(&*self.starts)
    }
}

impl Row {
    /// The value of a slot: a float, or the place of a histogram.
    #[inline]
    pub(crate) fn get(&self, slot: usize) -> Option<f64> {
        if has(&self.mask, slot) { self.values.get(slot).copied() } else { None }
    }

    /// The start timestamps that are known.
    pub(crate) fn starts(&self) -> &[(u32, i64)] {
        self.beside.as_ref().map_or(&[], |beside| &beside.starts)
    }

    pub(crate) fn histograms(&self) -> &[Arc<Histogram>] {
        self.beside.as_ref().map_or(&[], |beside| &beside.histograms)
    }

    /// Bits that tell the value of a slot from others.
    pub(crate) fn bits(&self, slot: usize) -> Option<u64> {
        let value = self.get(slot)?;
        let histogram = histogram_at(value, self.histograms());
        Some(histogram.map_or(value.to_bits(), |held| bits_of(held)))
    }

    /// The sample of a slot.
    pub(crate) fn sample(&self, slot: usize) -> Option<Sample> {
        let value = self.get(slot)?;
        let histogram = histogram_at(value, self.histograms()).map(Arc::clone);
        let value = histogram.map_or(Value::Float(value), Value::Histogram);
        Some(Sample { time: self.time, start: start_of(self.starts(), slot), value })
    }

    /// Appends the sample of a slot.
    #[inline]
    pub(crate) fn read(&self, slot: usize, out: &mut Column) {
        if self.beside.is_none() {
            if let Some(value) = self.get(slot) {
                out.push(self.time, value);
            }
        } else if let Some(sample) = self.sample(slot) {
            out.push_sample(&sample);
        }
    }

    /// Sets slots that are absent to what another row has.
    pub(crate) fn fill(&mut self, other: &Self) {
        if self.values.len() < other.values.len() {
            let mut values = std::mem::take(&mut self.values).into_vec();
            values.resize(other.values.len(), 0.0);
            self.values = values.into_boxed_slice();
        }
        let mut mask = self.mask.to_vec();
        mask.resize(words(self.values.len()), 0);
        let mut beside = self.beside.take().map(|beside| *beside).unwrap_or_default();
        for slot in slots(&other.mask) {
            mask[slot / 64] |= 1 << (slot % 64);
            let value = other.values[slot];
            self.values[slot] = match histogram_at(value, other.histograms()) {
                Some(histogram) => {
                    beside.histograms.push(Arc::clone(histogram));
                    next_cell(beside.histograms.len() - 1)
                }
                None => value,
            };
        }
        if !other.starts().is_empty() {
            let mut starts = beside.starts.to_vec();
            starts.extend_from_slice(other.starts());
            starts.sort_unstable_by_key(|&(slot, _)| slot);
            beside.starts = starts.into();
        }
        self.mask = mask.into();
        self.beside = Beside::of(beside.histograms, beside.starts);
    }

    /// The slots with histograms, in the order of their places; `None` when places and histograms do not
    /// fit each other one by one.
    pub(crate) fn histogram_slots(
        values: &[f64],
        mask: &[u64],
        mut each: impl FnMut(usize) -> Option<Arc<Histogram>>,
    ) -> Option<Vec<Arc<Histogram>>> {
        let mut histograms = Vec::new();
        for slot in slots(mask).filter(|&slot| is_histogram(values[slot])) {
            if values[slot].to_bits() != next_cell(histograms.len()).to_bits() {
                return None;
            }
            histograms.push(each(slot)?);
        }
        Some(histograms)
    }

    /// The memory held, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        self.values.len() * 8 + self.beside.as_ref().map_or(0, |beside| beside.size_bytes())
    }
}
