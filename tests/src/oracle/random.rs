//! Random numbers from a seed.

/// A generator (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// What `seed` stands for; neighbouring seeds have nothing in common.
    pub const fn new(seed: u64) -> Self {
        Self(mixed(seed.wrapping_add(1)))
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// A number below `end`.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// An integer of the closed range.
    pub fn between(&mut self, first: i64, last: i64) -> i64 {
        let width = last.abs_diff(first) + 1;
        first + i64::try_from(self.below(width)).expect("ranges are short")
    }

    /// True in so many of a hundred cases.
    pub const fn percent(&mut self, cases: u64) -> bool {
        self.below(100) < cases
    }

    /// One of the items.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        let index = self.below(items.len() as u64);
        items[usize::try_from(index).expect("it is below a usize")]
    }

    /// The place of one of the weights, which comes the more often the heavier it is.
    pub fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (place, &weight) in weights.iter().enumerate() {
            if left < weight {
                return place;
            }
            left -= weight;
        }
        0
    }
}

const fn mixed(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
