//! Unsigned numbers of one width, packed bit by bit into little-endian words.
//!
//! Widths above [`WIDTH_MAX`] are stored as 64: a number then never spans more than one unaligned
//! word.

/// The widest packing below whole words.
const WIDTH_MAX: u32 = 56;

/// The width in which numbers up to `max` are packed.
#[inline]
pub(super) const fn width_of(max: u64) -> u32 {
    let width = u64::BITS - max.leading_zeros();
    if width > WIDTH_MAX { u64::BITS } else { width }
}

/// The number of bytes that `count` numbers of this width take.
#[inline]
pub(super) const fn packed_bytes(count: usize, width: u32) -> usize {
    (count * width as usize).div_ceil(8)
}

/// Appends `numbers`, each below 2^`width`.
pub(super) fn pack(out: &mut Vec<u8>, numbers: &[u64], width: u32) {
    if width == 0 {
        return;
    }
    if width == u64::BITS {
        out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        return;
    }
    let end = out.len() + packed_bytes(numbers.len(), width);
    let (mut word, mut filled) = (0_u64, 0);
    for &number in numbers {
        word |= number << filled;
        filled += width;
        if filled >= u64::BITS {
            out.extend_from_slice(&word.to_le_bytes());
            filled -= u64::BITS;
            // A shift by the whole width is undefined: the rest is empty then.
            word = if filled == 0 { 0 } else { number >> (width - filled) };
        }
    }
    out.extend_from_slice(&word.to_le_bytes());
    out.truncate(end);
}

/// Reads as many numbers as `out` has places, and puts there what `of` makes of each, in their order.
/// `packed` holds their bytes, and perhaps those of more.
#[inline]
pub(super) fn unpack<T>(packed: &[u8], width: u32, out: &mut [T], mut of: impl FnMut(u64) -> T) {
    debug_assert!(packed.len() >= packed_bytes(out.len(), width));
    match width {
        0 => out.iter_mut().for_each(|slot| *slot = of(0)),
        1..=7 => unpack_small(packed, width, out, of),
        64 => {
            for (slot, bytes) in out.iter_mut().zip(packed.chunks_exact(8)) {
                *slot = of(u64::from_le_bytes(bytes.try_into().expect("chunks of eight")));
            }
        }
        _ => unpack_words(packed, width, out, of),
    }
}

/// Eight numbers come from one word while they are narrow.
#[inline]
fn unpack_small<T>(packed: &[u8], width: u32, out: &mut [T], mut of: impl FnMut(u64) -> T) {
    let mask = (1_u64 << width) - 1;
    let mut groups = out.chunks_exact_mut(8);
    let mut at = 0;
    for group in &mut groups {
        let mut word = load(packed, at);
        at += width as usize;
        for slot in group {
            *slot = of(word & mask);
            word >>= width;
        }
    }
    let mut word = load(packed, at);
    for slot in groups.into_remainder() {
        *slot = of(word & mask);
        word >>= width;
    }
}

#[inline]
fn unpack_words<T>(packed: &[u8], width: u32, out: &mut [T], mut of: impl FnMut(u64) -> T) {
    let mask = (1_u64 << width) - 1;
    // All but the last few words can be loaded whole.
    let whole_bits = packed.len().saturating_sub(8) * 8;
    let whole = (whole_bits / width as usize).min(out.len());
    let (head, tail) = out.split_at_mut(whole);
    let mut bit = 0_usize;
    for slot in head {
        let at = bit >> 3;
        let bytes: [u8; 8] = packed[at..at + 8].try_into().expect("eight bytes");
        *slot = of((u64::from_le_bytes(bytes) >> (bit & 7)) & mask);
        bit = bit.wrapping_add(width as usize);
    }
    for slot in tail {
        *slot = of((load(packed, bit >> 3) >> (bit & 7)) & mask);
        bit = bit.wrapping_add(width as usize);
    }
}

#[inline]
pub(super) fn load(packed: &[u8], at: usize) -> u64 {
    if let Some(bytes) = packed.get(at..at + 8) {
        return u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
    }
    let mut bytes = [0; 8];
    let rest = packed.get(at..).unwrap_or_default();
    bytes[..rest.len()].copy_from_slice(rest);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_width_come_back() {
        for width in (0..=56).chain([64]) {
            for count in [1, 2, 7, 8, 9, 63, 64, 65, 128] {
                let top = if width == 0 { 0 } else { u64::MAX >> (64 - width) };
                let numbers: Vec<u64> =
                    (0..count).map(|i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) & top).collect();
                let mut out = vec![1, 2, 3];
                pack(&mut out, &numbers, width);
                assert_eq!(out.len(), 3 + packed_bytes(numbers.len(), width));
                let mut back = vec![7; numbers.len()];
                unpack(&out[3..], width, &mut back, |number| number);
                assert_eq!(back, numbers, "width {width}, count {count}");
            }
        }
    }
}
