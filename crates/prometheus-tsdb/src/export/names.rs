//! The names of exported blocks: where other names have a random number, these have a mark, the store and
//! the length of the block's time; the time in front is that of its first sample's window.

use regain_model::{Span, Timestamp};

use crate::ulid::Ulid;

/// Says that a block was exported: sixteen bits behind the time.
const MARK: u128 = 0x5267;
const MARK_AT: u32 = 64;
const ORIGIN_AT: u32 = 32;
/// The bits of the time.
const TIME_BITS: u32 = 48;

/// The name of the block of `span`, made of the store `origin`.
pub(super) fn name(origin: u32, span: Span) -> Ulid {
    let length = span.max.0.wrapping_sub(span.min.0).cast_unsigned();
    let length = u32::try_from(length).expect("a window is two hours");
    let rest = MARK << MARK_AT | u128::from(origin) << ORIGIN_AT | u128::from(length);
    Ulid::new(span.min.0.cast_unsigned() & ((1 << TIME_BITS) - 1), rest)
}

/// What the block `ulid` was made of, if it was made of the store `origin`.
pub(super) fn span_of(origin: u32, ulid: Ulid) -> Option<Span> {
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
    use super::{name, span_of};
    use crate::ulid::Ulid;
    use regain_model::{Span, Timestamp};

    #[test]
    fn names_say_what_they_are_made_of() {
        for (min, max) in [(0, 7_199_999), (1_700_000_000_000, 1_700_000_000_000), (-7_200_000, -1)]
        {
            let span = Span::new(Timestamp(min), Timestamp(max));
            let ulid: Ulid = name(7, span).to_string().parse().unwrap();
            assert_eq!(span_of(7, ulid), Some(span));
            assert_eq!(span_of(8, ulid), None);
        }
        assert_eq!(span_of(7, Ulid::new(1_700_000_000_000, 99)), None);
    }
}
