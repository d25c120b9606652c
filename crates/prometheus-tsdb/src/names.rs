//! The names of blocks that are made here: where other names have a random number, these say what the block
//! was made of, so that whoever is cut short finds what is there. The time in front is that of the first
//! sample's window; behind a mark come the store and
//!
//! - of a block that was exported, the length of its time,
//! - of one that a running store was cut into, a digest of its length and of what the store calls it;
//!
//! blocks that were merged are named after all of their parents.

use regain_model::{KeySeed, Span, Timestamp};

use crate::meta::Parent;
use crate::ulid::Ulid;

/// Says that a block was exported: sixteen bits behind the time.
const MARK: u128 = 0x5267;
const MARK_AT: u32 = 64;
const ORIGIN_AT: u32 = 32;
/// Says that a block was cut from a running store: eight bits behind the time.
const CUT_MARK: u128 = 0x63;
const CUT_MARK_AT: u32 = 72;
const CUT_ORIGIN_AT: u32 = 40;
/// Where other names have random bits.
const RANDOM_BITS: u32 = 80;
/// The bits of the time.
const TIME_BITS: u32 = 48;

/// Tells a store, by the seed of its keys, from others.
pub fn origin_of(seed: KeySeed) -> u32 {
    let [a, b] = [seed.0 >> 32, seed.0 & u64::from(u32::MAX)];
    u32::try_from(a ^ b).expect("both halves have 32 bits")
}

/// The name of the block of `span`, exported from the store `origin`.
pub(crate) fn exported(origin: u32, span: Span) -> Ulid {
    let length = span.max.0.wrapping_sub(span.min.0).cast_unsigned();
    let length = u32::try_from(length).expect("a window is two hours");
    let rest = MARK << MARK_AT | u128::from(origin) << ORIGIN_AT | u128::from(length);
    Ulid::new(time_of(span), rest)
}

/// The name of the block of `span` that the store `origin` was cut into and calls `id`.
pub(crate) fn cut(origin: u32, span: Span, id: u64) -> Ulid {
    let made_of = [id.to_be_bytes(), span.max.0.to_be_bytes()];
    let digest = digest(made_of.as_flattened()) & ((1 << CUT_ORIGIN_AT) - 1);
    let rest = CUT_MARK << CUT_MARK_AT | u128::from(origin) << CUT_ORIGIN_AT | digest;
    Ulid::new(time_of(span), rest)
}

/// Whether the store `origin` was cut into the block `ulid`.
pub(crate) fn is_cut(origin: u32, ulid: Ulid) -> bool {
    let marks = ulid.0 >> CUT_ORIGIN_AT & ((1 << (RANDOM_BITS - CUT_ORIGIN_AT)) - 1);
    marks == CUT_MARK << (CUT_MARK_AT - CUT_ORIGIN_AT) | u128::from(origin)
}

/// The name of the block that `parents` are merged into: the time is that of the youngest name.
pub(crate) fn merged(parents: &[Parent]) -> Ulid {
    let names: Vec<u8> = parents.iter().flat_map(|parent| parent.ulid.0.to_be_bytes()).collect();
    let time = parents.iter().map(|parent| parent.ulid.0 >> RANDOM_BITS).max().unwrap_or_default();
    Ulid::new(u64::try_from(time).expect("48 bits"), digest(&names))
}

fn time_of(span: Span) -> u64 {
    span.min.0.cast_unsigned() & ((1 << TIME_BITS) - 1)
}

/// FNV-1a: the same in every version of this program.
fn digest(bytes: &[u8]) -> u128 {
    const START: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(START, |sum, &byte| (sum ^ u128::from(byte)).wrapping_mul(PRIME))
}

/// What the block `ulid` was made of, if it was exported from the store `origin`.
pub(crate) fn span_of(origin: u32, ulid: Ulid) -> Option<Span> {
    let part = |at: u32, bits: u32| ulid.0 >> at & ((1 << bits) - 1);
    if part(MARK_AT, 16) != MARK || part(ORIGIN_AT, 32) != u128::from(origin) {
        return None;
    }
    let time = u64::try_from(part(80, TIME_BITS)).expect("48 bits").cast_signed();
    // Times before 1970 have their sign in the highest bit.
    let min = time << (64 - TIME_BITS) >> (64 - TIME_BITS);
    let max = min.saturating_add(i64::try_from(part(0, 32)).expect("32 bits"));
    Some(Span::new(Timestamp(min), Timestamp(max)))
}

#[cfg(test)]
mod tests {
    use super::{cut, exported, is_cut, merged, span_of};
    use crate::meta::Parent;
    use crate::ulid::Ulid;
    use regain_model::{Span, Timestamp};

    #[test]
    fn names_say_what_they_are_made_of() {
        for (min, max) in [(0, 7_199_999), (1_700_000_000_000, 1_700_000_000_000), (-7_200_000, -1)]
        {
            let span = Span::new(Timestamp(min), Timestamp(max));
            let ulid: Ulid = exported(7, span).to_string().parse().unwrap();
            assert_eq!(span_of(7, ulid), Some(span));
            assert_eq!(span_of(8, ulid), None);
        }
        assert_eq!(span_of(7, Ulid::new(1_700_000_000_000, 99)), None);
    }

    #[test]
    fn a_cut_store_is_known_by_its_blocks() {
        let span = Span::new(Timestamp(7_200_000), Timestamp(14_399_999));
        let ulid = cut(7, span, 3);
        assert!(is_cut(7, ulid) && !is_cut(8, ulid) && span_of(7, ulid).is_none());
        assert!(!is_cut(7, exported(7, span)));
        let others = [
            cut(7, span, 4),
            cut(8, span, 3),
            cut(7, Span { max: Timestamp(9_000_000), ..span }, 3),
        ];
        assert!(others.iter().all(|other| *other != ulid && other.0 >> 80 == ulid.0 >> 80));
        let parent = |ulid: Ulid| Parent { ulid, min_time: 0, max_time: 0 };
        let child = merged(&[parent(ulid), parent(others[0])]);
        assert_ne!(child, merged(&[parent(others[0]), parent(ulid)]));
        assert_eq!(child.0 >> 80, ulid.0 >> 80);
    }
}
