//! Which keys an archive may hold: a Bloom filter in blocks of 32 bytes, so that an answer costs one access to memory.

use regain_model::SeriesKey;

/// The bits of the filter for each key; about one in a thousand of other keys passes.
const KEY_BITS: usize = 16;

/// Eight numbers, in each of which a key sets one bit.
type Block = [u32; 8];

const BLOCK_BYTES: usize = size_of::<Block>();

/// Odd numbers that choose a bit of each word.
const SALTS: Block = [
    0x9e37_79b1,
    0x85eb_ca77,
    0xc2b2_ae3d,
    0x27d4_eb2f,
    0x1656_67b1,
    0x2545_f491,
    0xd6e8_feb9,
    0xbf58_476d,
];

/// The filter of one archive.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter(Box<[Block]>);

impl Filter {
    /// A filter that these keys pass.
    pub(crate) fn new(keys: &[SeriesKey]) -> Self {
        let blocks = (keys.len() * KEY_BITS).div_ceil(BLOCK_BYTES * 8);
        let mut filter = Self(vec![Block::default(); blocks].into());
        for &key in keys {
            let Some((block, bits)) = filter.place(key) else { break };
            for (word, bit) in filter.0[block].iter_mut().zip(bits) {
                *word |= bit;
            }
        }
        filter
    }

    /// Whether a key may be one of those.
    #[inline]
    pub(crate) fn may_have(&self, key: SeriesKey) -> bool {
        self.place(key).is_some_and(|(block, bits)| {
            self.0[block].iter().zip(bits).all(|(word, bit)| word & bit != 0)
        })
    }

    /// The block of a key and its bits there.
    #[expect(clippy::cast_possible_truncation, reason = "a hash is taken apart")]
    fn place(&self, key: SeriesKey) -> Option<(usize, Block)> {
        // A key is a hash in parts; series of one metric have one of them in common.
        let mixed = ((key.0 >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ (key.0 as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let block = ((mixed >> 32) as usize * self.0.len()) >> 32;
        let low = mixed as u32;
        let bits = SALTS.map(|salt| 1 << (low.wrapping_mul(salt) >> 27));
        (block < self.0.len()).then_some((block, bits))
    }

    /// Appends the filter.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        self.0.iter().flatten().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
    }

    /// Reads a filter, which is all of `bytes`.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (blocks, rest) = bytes.as_chunks::<BLOCK_BYTES>();
        let block = |bytes: &[u8; BLOCK_BYTES]| {
            let (words, _) = bytes.as_chunks::<4>();
            std::array::from_fn(|at| u32::from_le_bytes(words[at]))
        };
        rest.is_empty().then(|| Self(blocks.iter().map(block).collect()))
    }

    /// The memory held, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        size_of_val(&*self.0)
    }
}

#[cfg(test)]
mod tests {
    use regain_model::{KeySeed, Labels};

    use super::*;

    fn key(at: usize) -> SeriesKey {
        let labels = Labels::from_pairs([("__name__", "up"), ("instance", &format!("host-{at}"))]);
        SeriesKey::of_labels(KeySeed(3), &labels)
    }

    #[test]
    fn all_of_its_keys_pass_and_few_others() {
        let keys: Vec<SeriesKey> = (0..5000).map(key).collect();
        let filter = Filter::new(&keys);
        let mut bytes = Vec::new();
        filter.put(&mut bytes);
        assert_eq!(bytes.len(), filter.size_bytes());
        let read = Filter::read(&bytes).unwrap();
        assert_eq!(read, filter);
        assert!(keys.iter().all(|&key| read.may_have(key)));
        let others = (5000..25_000).filter(|&at| read.may_have(key(at))).count();
        assert!(others < 60, "{others} of 20000 pass");
        assert!(!Filter::default().may_have(key(0)));
        assert_eq!(Filter::read(&bytes[1..]), None);
    }
}
