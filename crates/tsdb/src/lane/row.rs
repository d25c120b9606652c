//! One row of a lane: a time and a value for every slot that is present.

use std::sync::Arc;

/// Which slots are present; shared by rows that have the same ones.
pub(crate) type Mask = Arc<[u64]>;

/// One row. A slot beyond its values is absent.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) time: i64,
    pub(crate) values: Box<[f64]>,
    pub(crate) mask: Mask,
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

impl Row {
    #[inline]
    pub(crate) fn get(&self, slot: usize) -> Option<f64> {
        if has(&self.mask, slot) { self.values.get(slot).copied() } else { None }
    }
}
