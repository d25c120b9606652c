//! Frames: some numbers of one column, coded in the cheapest way (`docs/formats/segment.md`).
//!
//! A frame of floats holds decimal-scaled integers wherever every value is m ÷ 10^k by its bits. Where
//! values are nearly so, as sums of decimals are, it holds the decimals and what is missing in units
//! of the last place; otherwise it holds their bits, as integers too. Staleness markers, and few values
//! among many that are no such integers, are kept apart as exceptions. A frame of times holds integers.
//!
//! **Invariant.** What comes out has the bits that went in, whatever they were.

mod alias;
mod decimal;
mod dense;
mod exceptions;
mod ints;
mod pack;
mod patch;
mod plan;
mod ulp;

use regain_model::is_stale;

use crate::wire::{Cursor, put_varint};
pub(crate) use alias::{Aliases, GroupBytes};
use exceptions::Exceptions;

/// The most numbers in a frame.
pub(crate) const FRAME_MAX: usize = 512;

/// The first byte of a frame: two bits of mode, one for exceptions, five of kind: a scale or one of
/// those below.
const EXCEPTIONS: u8 = 4;
const KIND_SHIFT: u32 = 3;

/// The integers are the bits of floats.
const KIND_BITS: u8 = 31;
/// A second byte follows, with the kind and flags.
const KIND_MORE: u8 = 30;
/// The frame is another one of the group with its own first number.
const KIND_ALIAS: u8 = 29;
/// A second byte follows, as above, and a third one with more flags.
const KIND_FORM: u8 = 28;

/// The flags of the second byte.
const UNIT: u8 = 0x20;
const PATCHED: u8 = 0x40;
const ULP: u8 = 0x80;
/// The flags of the third byte.
const DENSE: u8 = 0x01;
const LINE: u8 = 0x02;
const PRODUCT: u8 = 0x04;
const FORMS: u8 = DENSE | LINE | PRODUCT;
const SCALE_MASK: u8 = 0x1f;

/// With more exceptions than one in this many values, a frame holds no decimals.
const EXCEPTION_SHARE: usize = 8;

/// Scales above this are an accident of a few values rather than how all were written.
const SCALE_PLAUSIBLE: u8 = 12;

/// How much work goes into a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Effort {
    /// Little: what is appended waits for it.
    Head,
    /// Units and units of the last place are tried.
    Segment,
    /// Patches and lines, too, and dense numbers.
    Block,
}

/// The most numbers in a frame of the head.
pub(crate) const HEAD_FRAME: usize = 16;
/// The most numbers in a frame of a segment.
pub(crate) const SEGMENT_FRAME: usize = 128;

/// Encodes frames of up to `N` numbers. It keeps the scale of the last frame, a good guess for the next
/// one, and memory that need not be cleared for each frame.
#[derive(Debug)]
pub(crate) struct Encoder<const N: usize> {
    effort: Effort,
    scale: u8,
    decimals: [i64; N],
    bits: [i64; N],
    near: [i64; N],
    residues: [i64; N],
    scratch: [u64; N],
}

impl Encoder<HEAD_FRAME> {
    pub(crate) const fn head() -> Self {
        Self::new(Effort::Head)
    }
}

impl Encoder<SEGMENT_FRAME> {
    pub(crate) const fn segment() -> Self {
        Self::new(Effort::Segment)
    }
}

impl Encoder<FRAME_MAX> {
    pub(crate) const fn block() -> Self {
        Self::new(Effort::Block)
    }
}

impl<const N: usize> Encoder<N> {
    const fn new(effort: Effort) -> Self {
        Self {
            effort,
            scale: 0,
            decimals: [0; N],
            bits: [0; N],
            near: [0; N],
            residues: [0; N],
            scratch: [0; N],
        }
    }

    /// Appends frames of all `values`.
    pub(crate) fn put_all_floats(&mut self, out: &mut Vec<u8>, values: &[f64]) {
        values.chunks(N).for_each(|values| self.put_floats(out, values));
    }

    /// Appends frames of all `times`.
    pub(crate) fn put_all_times(&mut self, out: &mut Vec<u8>, times: &[i64]) {
        times.chunks(N).for_each(|times| self.put_times(out, times));
    }

    /// Appends the frame of `values`, of which there are 1 to `N`.
    pub(crate) fn put_floats(&mut self, out: &mut Vec<u8>, values: &[f64]) {
        debug_assert!((1..=N).contains(&values.len()), "a frame is never empty");
        let Self { effort, scale, decimals, scratch, .. } = self;
        let decimals = &mut decimals[..values.len()];
        let mut exceptions = Exceptions::default();
        let is_decimal = decimal::scale_all(values, decimals, scale, &mut exceptions);
        let is_plain = exceptions.raw(values) < 2 && *scale <= SCALE_PLAUSIBLE;
        if is_decimal && (is_plain || *effort == Effort::Head) {
            let plan = plan::plan(decimals, *effort, scratch);
            put_integers(out, (decimals, plan, *scale), scratch, &exceptions);
            exceptions.put(out, values);
        } else {
            self.put_others(out, values, is_decimal.then_some(exceptions));
        }
    }

    /// Appends the frame of values that are not all decimals: the cheapest of decimals with
    /// `exceptions`, where there are any, of decimals with residues, and of bits.
    fn put_others(&mut self, out: &mut Vec<u8>, values: &[f64], exceptions: Option<Exceptions>) {
        let Self { effort, scale, decimals, bits, near, residues, scratch } = self;
        let bits = &mut bits[..values.len()];
        let mut special = to_bits(values, bits);
        let mut plan = plan::plan(bits, *effort, scratch);
        let mut size = plan.size_bytes + special.size_bytes(values);
        let (mut chosen, mut head): (&[i64], _) = (bits, KIND_BITS);
        if let Some(exceptions) = exceptions {
            let decimals = &decimals[..values.len()];
            let other = plan::plan(decimals, *effort, scratch);
            let other_size = other.size_bytes + exceptions.size_bytes(values);
            if other_size < size {
                (plan, size, special) = (other, other_size, exceptions);
                (chosen, head) = (decimals, *scale);
            }
        }
        let (near, residues) = (&mut near[..values.len()], &mut residues[..values.len()]);
        if *effort > Effort::Head
            && let Some((scale, exceptions)) = decimal::factors(values, near)
        {
            let other = plan::plan(near, *effort, scratch);
            if other.size_bytes + exceptions.size_bytes(values) < size {
                let (flags, form) = (0, PRODUCT);
                let head = Head { kind: scale, flags, form, exceptions: exceptions.flag() };
                put_head_and_integers(out, (near, other, head), scratch);
                exceptions.put(out, values);
                return;
            }
        }
        if *effort > Effort::Head
            && let Some((scale, exceptions)) = ulp::split(values, near, residues)
        {
            let other = plan::plan(near, *effort, scratch);
            let packed = ulp::Residues::of(residues);
            let other_size = other.size_bytes + packed.size_bytes(values.len());
            if other_size + exceptions.size_bytes(values) < size {
                let (flags, form) = (ULP, 0);
                let head = Head { kind: scale, flags, form, exceptions: exceptions.flag() };
                put_head_and_integers(out, (near, other, head), scratch);
                packed.put(out, residues, scratch);
                exceptions.put(out, values);
                return;
            }
        }
        put_integers(out, (chosen, plan, head), scratch, &special);
        special.put(out, values);
    }

    /// Appends the frame of `times`, of which there are 1 to `N`.
    pub(crate) fn put_times(&mut self, out: &mut Vec<u8>, times: &[i64]) {
        debug_assert!((1..=N).contains(&times.len()), "a frame is never empty");
        let plan = plan::plan(times, self.effort, &mut self.scratch);
        put_integers(out, (times, plan, 0), &mut self.scratch, &Exceptions::default());
    }
}

/// The bits of floats; staleness markers are exceptions.
fn to_bits(values: &[f64], bits: &mut [i64]) -> Exceptions {
    let mut stale = Exceptions::default();
    for (index, (slot, &value)) in bits.iter_mut().zip(values).enumerate() {
        if is_stale(value) {
            stale.add(index);
        }
        *slot = value.to_bits().cast_signed();
    }
    decimal::bridge(bits, &stale);
    stale
}

/// What the first bytes of a frame say, besides what the integers say themselves.
#[derive(Clone, Copy, Debug)]
struct Head {
    kind: u8,
    flags: u8,
    form: u8,
    exceptions: u8,
}

/// Appends a frame up to its exceptions.
fn put_integers(
    out: &mut Vec<u8>,
    (integers, plan, kind): (&[i64], plan::Plan, u8),
    scratch: &mut [u64],
    exceptions: &Exceptions,
) {
    let head = Head { kind, flags: 0, form: 0, exceptions: exceptions.flag() };
    put_head_and_integers(out, (integers, plan, head), scratch);
}

/// Appends a frame up to its integers.
fn put_head_and_integers(
    out: &mut Vec<u8>,
    (integers, plan, head): (&[i64], plan::Plan, Head),
    scratch: &mut [u64],
) {
    let body = plan::prepare(integers, plan, scratch);
    let (flags, form) = (head.flags | body.flags(), head.form | body.form());
    let kind = match (flags, form) {
        (0, 0) => head.kind,
        (_, 0) => KIND_MORE,
        _ => KIND_FORM,
    };
    out.push(plan.mode as u8 | head.exceptions | kind << KIND_SHIFT);
    if kind != head.kind {
        out.push(head.kind | flags);
    }
    if form != 0 {
        out.push(form);
    }
    put_varint(out, integers.len() as u64 - 1);
    body.put(out, scratch);
}

/// A frame whose lengths are checked, ready to be decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    integers: ints::Coded<'a>,
    scale: u8,
    /// Whether values are integers times a power of ten rather than divided by one.
    is_product: bool,
    residues: Option<ulp::Coded<'a>>,
    count: usize,
    exceptions: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads the next frame; `None` means that the bytes hold none. What an alias stands for lies in
    /// `group`.
    #[inline]
    pub(crate) fn read(cursor: &mut Cursor<'a>, group: GroupBytes<'a>) -> Option<Self> {
        let head = cursor.byte()?;
        if head >> KIND_SHIFT != KIND_ALIAS {
            return Self::read_after(head, cursor);
        }
        let place = usize::try_from(cursor.varint()?).ok()?;
        let first = cursor.signed()?;
        let mut target = Cursor(group.from(place)?);
        let head = target.byte()?;
        // An alias of an alias would be a chain without end.
        let mut frame =
            (head >> KIND_SHIFT != KIND_ALIAS).then(|| Self::read_after(head, &mut target))??;
        frame.integers.set_first(first);
        Some(frame)
    }

    #[inline]
    fn read_after(head: u8, cursor: &mut Cursor<'a>) -> Option<Self> {
        let kind = head >> KIND_SHIFT;
        let more = if kind == KIND_MORE || kind == KIND_FORM { cursor.byte()? } else { kind };
        let form = if kind == KIND_FORM { cursor.byte()? } else { 0 };
        let scale = more & SCALE_MASK;
        let count = usize::try_from(cursor.varint()?).ok()?.checked_add(1)?;
        if count > FRAME_MAX || (scale > decimal::SCALE_MAX && scale != KIND_BITS) {
            return None;
        }
        let is_product = form & PRODUCT != 0;
        if form & !FORMS != 0 || (is_product && scale > SCALE_PLAUSIBLE) {
            return None;
        }
        let mode = ints::Mode::from_bits(head & 3)?;
        let integers = ints::read(cursor, (mode, more & (UNIT | PATCHED), form), count)?;
        let residues = if more & ULP == 0 { None } else { Some(ulp::read(cursor, count)?) };
        let exceptions =
            if head & EXCEPTIONS == 0 { &[] } else { exceptions::read(cursor, count)? };
        Some(Self { integers, scale, is_product, residues, count, exceptions })
    }

    /// The number of values.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// Decodes the first values into `out`, which is no longer than the count.
    #[inline]
    pub(crate) fn floats(&self, out: &mut [f64]) {
        if self.scale == KIND_BITS {
            self.integers.decode(out, |bits| f64::from_bits(bits.cast_unsigned()));
        } else {
            self.integers.decode(out, |integer| integer as f64);
            if self.is_product {
                decimal::multiply(out, self.scale);
            } else {
                decimal::unscale(out, self.scale);
            }
        }
        if let Some(residues) = &self.residues {
            residues.add_to(out);
        }
        if !self.exceptions.is_empty() {
            exceptions::patch(self.exceptions, out);
        }
    }

    /// Decodes the times into `out`, whose length is the count; `None` for a frame of floats.
    #[inline]
    pub(crate) fn times(&self, out: &mut [i64]) -> Option<()> {
        let is_decimal = self.scale == 0 && !self.is_product;
        let is_times = is_decimal && self.residues.is_none() && self.exceptions.is_empty();
        is_times.then(|| self.integers.decode(out, |time| time))
    }
}

#[cfg(test)]
mod tests;
