//! Frames: up to 128 numbers of one column, coded in the cheapest way (`docs/formats/segment.md`).
//!
//! A frame of floats holds decimal-scaled integers wherever every value is m ÷ 10^k by its bits, and
//! otherwise their bits with the common part taken out. Staleness markers, and few values among many
//! that are no such integers, are kept apart as exceptions. A frame of times holds integers.
//!
//! **Invariant.** What comes out has the bits that went in, whatever they were.
#![expect(clippy::cast_possible_truncation, reason = "counts, scales and widths fit a byte")]

mod bits;
mod decimal;
mod ints;
mod pack;

use regain_model::{STALE_NAN, is_stale};

use crate::wire::Cursor;

/// The most numbers in a frame.
pub(crate) const FRAME_MAX: usize = 128;

/// The first byte of a frame: two bits of mode, one for exceptions, five of scale. This scale says
/// that the frame holds bits and not integers.
const SCALE_BITS: u8 = 31;
const EXCEPTIONS: u8 = 4;
const SCALE_SHIFT: u32 = 3;

/// With more exceptions than one in this many values, a frame holds bits.
const EXCEPTION_SHARE: usize = 8;

/// Marks an exception whose eight bytes follow; without it, it is a staleness marker.
const EXCEPTION_RAW: u8 = 0x80;

/// Encodes frames. It keeps the scale of the last frame, a good guess for the next one, and memory
/// that need not be cleared for each frame.
#[derive(Debug)]
pub(crate) struct Encoder {
    scale: u8,
    integers: [i64; FRAME_MAX],
    floats: [f64; FRAME_MAX],
    scratch: [u64; FRAME_MAX],
}

impl Encoder {
    pub(crate) const fn new() -> Self {
        Self {
            scale: 0,
            integers: [0; FRAME_MAX],
            floats: [0.0; FRAME_MAX],
            scratch: [0; FRAME_MAX],
        }
    }

    /// Appends the frame of `values`, of which there are 1 to [`FRAME_MAX`].
    pub(crate) fn put_floats(&mut self, out: &mut Vec<u8>, values: &[f64]) {
        debug_assert!((1..=FRAME_MAX).contains(&values.len()), "a frame is never empty");
        let integers = &mut self.integers[..values.len()];
        let mut exceptions = Exceptions::default();
        if !decimal::scale_all(values, integers, &mut self.scale, &mut exceptions) {
            self.put_bits(out, values);
            return;
        }
        let plan = ints::plan(integers);
        out.push(plan.mode as u8 | exceptions.flag() | self.scale << SCALE_SHIFT);
        out.push(values.len() as u8 - 1);
        ints::put(out, integers, plan, &mut self.scratch);
        exceptions.put(out, values);
    }

    /// Appends a frame of bits; staleness markers repeat the value before them there.
    fn put_bits(&mut self, out: &mut Vec<u8>, values: &[f64]) {
        let mut exceptions = Exceptions::default();
        let kept = &mut self.floats[..values.len()];
        let mut last = values.iter().copied().find(|&value| !is_stale(value)).unwrap_or(0.0);
        for (index, (slot, &value)) in kept.iter_mut().zip(values).enumerate() {
            if is_stale(value) {
                exceptions.add(index);
            } else {
                last = value;
            }
            *slot = last;
        }
        out.push(exceptions.flag() | SCALE_BITS << SCALE_SHIFT);
        out.push(values.len() as u8 - 1);
        bits::put(out, kept, &mut self.scratch);
        exceptions.put(out, values);
    }

    /// Appends the frame of `times`, of which there are 1 to [`FRAME_MAX`].
    pub(crate) fn put_times(&mut self, out: &mut Vec<u8>, times: &[i64]) {
        debug_assert!((1..=FRAME_MAX).contains(&times.len()), "a frame is never empty");
        let plan = ints::plan(times);
        out.push(plan.mode as u8);
        out.push(times.len() as u8 - 1);
        ints::put(out, times, plan, &mut self.scratch);
    }
}

/// Which values of a frame are not among its integers.
#[derive(Debug, Default)]
struct Exceptions {
    mask: u128,
    count: usize,
}

impl Exceptions {
    fn add(&mut self, index: usize) {
        self.mask |= 1 << index;
        self.count += 1;
    }

    /// The bit of a frame's first byte that says whether there are any.
    const fn flag(&self) -> u8 {
        if self.count > 0 { EXCEPTIONS } else { 0 }
    }

    fn put(&self, out: &mut Vec<u8>, values: &[f64]) {
        if self.count == 0 {
            return;
        }
        out.push(self.count as u8);
        let mut mask = self.mask;
        while mask != 0 {
            let index = mask.trailing_zeros() as usize;
            mask &= mask - 1;
            if is_stale(values[index]) {
                out.push(index as u8);
            } else {
                out.push(index as u8 | EXCEPTION_RAW);
                out.extend_from_slice(&values[index].to_bits().to_le_bytes());
            }
        }
    }
}

/// A frame whose lengths are checked, ready to be decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    body: Body<'a>,
    count: usize,
    exceptions: &'a [u8],
}

#[derive(Clone, Copy, Debug)]
enum Body<'a> {
    Integers(ints::Coded<'a>, u8),
    Bits(bits::Coded<'a>),
}

impl<'a> Frame<'a> {
    /// Reads the next frame; `None` means that the bytes hold none.
    #[inline]
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let head = cursor.byte()?;
        let count = usize::from(cursor.byte()?) + 1;
        if count > FRAME_MAX {
            return None;
        }
        let scale = head >> SCALE_SHIFT;
        let body = if scale == SCALE_BITS {
            Body::Bits(bits::read(cursor, count)?)
        } else if scale <= decimal::SCALE_MAX {
            let mode = ints::Mode::from_bits(head & 3)?;
            Body::Integers(ints::read(cursor, mode, count)?, scale)
        } else {
            return None;
        };
        let exceptions = if head & EXCEPTIONS == 0 { &[] } else { read_exceptions(cursor, count)? };
        Some(Self { body, count, exceptions })
    }

    /// The number of values.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// Decodes the values into `out`, whose length is the count.
    #[inline]
    pub(crate) fn floats(&self, out: &mut [f64]) {
        match &self.body {
            Body::Bits(coded) => coded.decode(out),
            Body::Integers(coded, scale) => {
                coded.decode(out, |integer| integer as f64);
                decimal::unscale(out, *scale);
            }
        }
        if !self.exceptions.is_empty() {
            self.patch(out);
        }
    }

    /// Decodes the times into `out`, whose length is the count; `None` for a frame of floats.
    #[inline]
    pub(crate) fn times(&self, out: &mut [i64]) -> Option<()> {
        match &self.body {
            Body::Integers(coded, 0) if self.exceptions.is_empty() => {
                coded.decode(out, |time| time);
                Some(())
            }
            _ => None,
        }
    }

    fn patch(&self, out: &mut [f64]) {
        let mut cursor = Cursor(self.exceptions);
        while let Some(at) = cursor.byte() {
            let raw = at & EXCEPTION_RAW != 0;
            let bits = if raw { cursor.u64() } else { Some(STALE_NAN.to_bits()) };
            if let (Some(slot), Some(bits)) = (out.get_mut(usize::from(at & 0x7f)), bits) {
                *slot = f64::from_bits(bits);
            }
        }
    }
}

/// The bytes of the exceptions, whose positions are checked.
fn read_exceptions<'a>(cursor: &mut Cursor<'a>, count: usize) -> Option<&'a [u8]> {
    let exceptions = cursor.byte()?;
    let start = cursor.0;
    for _ in 0..exceptions {
        let at = cursor.byte()?;
        if usize::from(at & 0x7f) >= count {
            return None;
        }
        if at & EXCEPTION_RAW != 0 {
            cursor.take(8)?;
        }
    }
    start.get(..start.len() - cursor.0.len())
}

#[cfg(test)]
mod tests;
