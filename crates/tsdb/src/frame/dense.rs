//! Numbers of which the high bits are coded by how often they occur (`docs/formats/segment.md`).
//!
//! The low bits of a number are packed as they are. What lies above is one of few symbols. A state is a
//! place in a table: it names a symbol, and how many bits lead to the next state. Frequent symbols have
//! many places, so that they take few bits and often less than one (asymmetric numeral systems). Several
//! states take turns, so that looking one up need not wait for the one before.
#![expect(clippy::cast_possible_truncation, reason = "states, symbols and widths fit a byte")]

use super::FRAME_MAX;
use super::pack::{load, pack, packed_bytes, unpack};
use crate::wire::{Cursor, put_bytes};

/// The bits of a state.
const STATE_BITS: u32 = 7;
const STATES: usize = 1 << STATE_BITS;

/// So far apart are two places of one symbol, nearly: it is odd, so that all places are met.
const STRIDE: usize = 83;

/// So many bits of a number are a symbol at most.
const SYMBOL_BITS: u32 = 6;
const SYMBOLS: usize = 1 << SYMBOL_BITS;

/// So many states take turns. The bits that they read in one go come from one word.
const TURNS: usize = 4;

/// Fewer numbers are not worth a table.
const COUNT_MIN: usize = 48;

/// What comes before the bits of the numbers: low bits, symbols, length and states.
const HEAD_BYTES: usize = 4 + TURNS;

/// The bits in which it is told how frequent a symbol is.
const WEIGHT_BITS: u32 = 4;

/// How frequent: about so often among [`NOMINAL_ALL`]. Each is √2 times the one before, nearly.
static NOMINAL: [u32; 1 << WEIGHT_BITS] =
    [0, 1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181];

const NOMINAL_ALL: usize = 256;

/// The bits after the point in logarithms.
const LOG_BITS: u32 = 12;

/// The binary logarithms of 0 to [`FRAME_MAX`]; that of 0 is 0 here.
static LOGS: [u32; FRAME_MAX + 1] = logs();

const fn logs() -> [u32; FRAME_MAX + 1] {
    let mut logs = [0; FRAME_MAX + 1];
    let mut number = 2;
    while number <= FRAME_MAX {
        let whole = (number as u64).ilog2();
        // The number with its point behind the highest bit; each square gives one more bit.
        let mut rest = (number as u64) << (31 - whole);
        let (mut log, mut bit) = (whole << LOG_BITS, LOG_BITS);
        while bit > 0 {
            bit -= 1;
            rest = (rest * rest) >> 31;
            if rest >= 1 << 32 {
                rest >>= 1;
                log |= 1 << bit;
            }
        }
        logs[number] = log;
        number += 1;
    }
    logs
}

/// How to code some numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The bits below the symbols.
    low: u32,
    /// What all takes, roughly.
    pub(super) size_bytes: usize,
}

/// How to code the lowest `width` bits of numbers, each less `base`. `None` where that gains nothing.
pub(super) fn plan(numbers: &[u64], base: u64, width: u32) -> Option<Plan> {
    if numbers.len() < COUNT_MIN || numbers.len() > FRAME_MAX || !(1..=56).contains(&width) {
        return None;
    }
    let least = width.saturating_sub(SYMBOL_BITS);
    let mut counts = [0_u32; SYMBOLS];
    let mask = (1_u64 << width) - 1;
    for &number in numbers {
        counts[((number.wrapping_sub(base) & mask) >> least) as usize] += 1;
    }
    let all = numbers.len() as u32 * LOGS[numbers.len()];
    let mut best: Option<(Plan, [u32; SYMBOLS])> = None;
    for low in least..width {
        let symbols = symbols_of(&counts);
        let known: u32 = counts[..symbols].iter().map(|&count| count * LOGS[count as usize]).sum();
        let bits = (all.saturating_sub(known) >> LOG_BITS) as usize;
        let size_bytes = bytes_of(bits, symbols) + packed_bytes(numbers.len(), low);
        if best.as_ref().is_none_or(|(best, _)| size_bytes < best.size_bytes) {
            best = Some((Plan { low, size_bytes }, counts));
        }
        // One more low bit: two symbols become one.
        for at in 0..symbols.div_ceil(2) {
            counts[at] = counts[2 * at] + counts[2 * at + 1];
        }
        counts[symbols.div_ceil(2)..symbols].fill(0);
    }
    // Now with the weights as they will be.
    let (Plan { low, .. }, counts) = best?;
    let symbols = symbols_of(&counts);
    let weights = weights(&codes(&counts[..symbols], numbers.len()));
    let weighted = counts
        .iter()
        .zip(weights)
        .map(|(&count, weight)| count * ((STATE_BITS << LOG_BITS) - LOGS[usize::from(weight)]));
    let bits = (weighted.sum::<u32>() >> LOG_BITS) as usize;
    let size_bytes = bytes_of(bits, symbols) + packed_bytes(numbers.len(), low);
    (size_bytes < packed_bytes(numbers.len(), width)).then_some(Plan { low, size_bytes })
}

/// How many symbols there are, up to the last one that occurs.
fn symbols_of(counts: &[u32]) -> usize {
    counts.iter().rposition(|&count| count > 0).map_or(1, |last| last + 1)
}

/// What symbols take together with what tells their frequency, without low bits.
const fn bytes_of(bits: usize, symbols: usize) -> usize {
    HEAD_BYTES + (bits + WEIGHT_BITS as usize * symbols).div_ceil(8)
}

/// How frequent each symbol is; 0 only for those that do not occur.
fn codes(counts: &[u32], all: usize) -> Vec<u8> {
    let code = |&count: &u32| {
        let share = count as usize * NOMINAL_ALL;
        // The next frequency begins in the middle, where the square is half as much again.
        let is_below = |&nominal: &u32| {
            let nominal = nominal as usize * all;
            share * share * 2 > nominal * nominal * 3
        };
        (NOMINAL[..15].iter().take_while(|&nominal| is_below(nominal)).count() as u8).max(1)
    };
    counts.iter().map(|count| if *count == 0 { 0 } else { code(count) }).collect()
}

/// How many states each symbol has, at least one if it occurs at all.
fn weights(codes: &[u8]) -> [u16; SYMBOLS] {
    let mut weights = [0_u16; SYMBOLS];
    let all = codes.iter().map(|&code| NOMINAL[usize::from(code)]).sum::<u32>().max(1);
    let one = ((STATES as u32) << 16) / all;
    let mut sum = 0;
    for (weight, &code) in weights.iter_mut().zip(codes) {
        let nominal = NOMINAL[usize::from(code)];
        let share = (nominal * one + (1 << 15)) >> 16;
        *weight = share.max(nominal.min(1)) as u16;
        sum += usize::from(*weight);
    }
    let most = |weights: &[u16]| (0..codes.len()).rev().max_by_key(|&at| weights[at]).unwrap_or(0);
    // What rounding has left goes to the most frequent one. What it took comes from whoever has most.
    weights[most(&weights)] += STATES.saturating_sub(sum) as u16;
    while sum > STATES {
        weights[most(&weights)] -= 1;
        sum -= 1;
    }
    weights
}

/// The symbol of each state. The states of a symbol lie all over the table.
fn spread(weights: &[u16; SYMBOLS]) -> [u8; STATES] {
    let (mut spread, mut place) = ([0; STATES], 0);
    for (symbol, &weight) in weights.iter().enumerate() {
        for _ in 0..weight {
            spread[place] = symbol as u8;
            place = (place + STRIDE) % STATES;
        }
    }
    spread
}

/// Appends bits, lowest first.
struct BitWriter {
    bytes: Vec<u8>,
    word: u64,
    filled: u32,
}

impl BitWriter {
    /// Appends up to 32 bits.
    fn put(&mut self, value: u64, width: u32) {
        self.word |= value << self.filled;
        self.filled += width;
        while self.filled >= 8 {
            self.bytes.push(self.word as u8);
            self.word >>= 8;
            self.filled -= 8;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if self.filled > 0 {
            self.bytes.push(self.word as u8);
        }
        self.bytes
    }
}

/// Appends `numbers`, each below 2^`width` of its plan.
pub(super) fn put(out: &mut Vec<u8>, plan: Plan, numbers: &mut [u64]) {
    let low = plan.low;
    let mut counts = [0_u32; SYMBOLS];
    for &number in &*numbers {
        counts[(number >> low) as usize] += 1;
    }
    let codes = codes(&counts[..symbols_of(&counts)], numbers.len());
    let mut bits = BitWriter { bytes: Vec::with_capacity(FRAME_MAX), word: 0, filled: 0 };
    for &code in &codes {
        bits.put(u64::from(code), WEIGHT_BITS);
    }
    put_symbols(&mut bits, &weights(&codes), low, numbers);
    out.push(low as u8);
    out.push((codes.len() - 1) as u8);
    put_bytes(out, &bits.finish());
    let mask = (1_u64 << low) - 1;
    for number in &mut *numbers {
        *number &= mask;
    }
    pack(out, numbers, low);
}

/// Appends the first states, and the bits that lead from each to the next.
fn put_symbols(bits: &mut BitWriter, weights: &[u16; SYMBOLS], low: u32, numbers: &[u64]) {
    // The places of every symbol, one symbol after the other.
    let (mut places, mut starts) = ([0_u8; STATES], [0_usize; SYMBOLS]);
    let mut at = 0;
    for (start, &weight) in starts.iter_mut().zip(weights) {
        *start = at;
        at += usize::from(weight);
    }
    let mut ends = starts;
    for (place, symbol) in spread(weights).into_iter().enumerate() {
        let end = &mut ends[usize::from(symbol)];
        places[*end] = place as u8;
        *end += 1;
    }
    // The reader goes from the first to the last, so the writer from the last to the first.
    let (mut states, mut steps) = ([None; TURNS], [(0_u8, 0_u8); FRAME_MAX]);
    for (at, &number) in numbers.iter().enumerate().rev() {
        let symbol = (number >> low) as usize;
        let (start, weight) = (starts[symbol], usize::from(weights[symbol]));
        let state = &mut states[at % TURNS];
        // The last symbol of a turn leads nowhere: any of its places does.
        *state = Some(match *state {
            None => places[start],
            Some(next) => {
                let next = STATES + usize::from(next);
                let most = STATE_BITS - weight.ilog2();
                let width = if next >> most >= weight { most } else { most - 1 };
                steps[at] = ((next & ((1 << width) - 1)) as u8, width as u8);
                places[start + (next >> width) - weight]
            }
        });
    }
    for state in states {
        bits.put(u64::from(state.unwrap_or(0)), STATE_BITS);
    }
    for &(step, width) in &steps[..numbers.len()] {
        bits.put(u64::from(step), u32::from(width));
    }
}

/// Coded numbers whose lengths are checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coded<'a> {
    low: u32,
    symbols: usize,
    bits: &'a [u8],
    packed: &'a [u8],
}

/// Reads the coding of `count` numbers below 2^`width`.
pub(super) fn read<'a>(cursor: &mut Cursor<'a>, count: usize, width: u32) -> Option<Coded<'a>> {
    let low = u32::from(cursor.byte()?);
    let symbols = usize::from(cursor.byte()?) + 1;
    let symbol_bits = width.checked_sub(low).filter(|&bits| bits <= SYMBOL_BITS)?;
    if width > 56 || symbols > 1 << symbol_bits {
        return None;
    }
    let bits = cursor.bytes()?;
    Some(Coded { low, symbols, bits, packed: cursor.take(packed_bytes(count, low))? })
}

/// Reads bits, lowest first; behind the end they are zeros.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next bits; 57 of them count.
    #[inline]
    fn peek(&self) -> u64 {
        load(self.bytes, self.at >> 3) >> (self.at & 7)
    }

    fn take(&mut self, width: u32) -> u64 {
        let bits = self.peek() & ((1 << width) - 1);
        self.at = self.at.wrapping_add(width as usize);
        bits
    }
}

/// What a state says: the state from which bits lead to the next one, its symbol, how many bits those are,
/// and a mask of as many; a byte each, lowest first.
#[derive(Clone, Copy, Default)]
struct Entry(u32);

impl Entry {
    const fn new(next: u32, symbol: u32, width: u32) -> Self {
        Self(next | symbol << 8 | width << 16 | ((1 << width) - 1) << 24)
    }

    const fn symbol(self) -> u64 {
        (self.0 >> 8) as u64 & 0xff
    }

    const fn width(self) -> u32 {
        (self.0 >> 16) & 0xff
    }

    /// The state to which the lowest bits of a word lead.
    #[inline]
    const fn next(self, word: u64) -> u8 {
        (self.0 as u8).wrapping_add((self.0 >> 24) as u8 & word as u8)
    }
}

impl Coded<'_> {
    /// Reads how frequent the symbols are and lays the table out.
    fn table(&self, bits: &mut Bits<'_>) -> [Entry; STATES] {
        let mut codes = [0_u8; SYMBOLS];
        let codes = &mut codes[..self.symbols];
        codes.fill_with(|| bits.take(WEIGHT_BITS) as u8);
        let mut ranks = weights(codes);
        let mut table = [Entry::default(); STATES];
        for (entry, symbol) in table.iter_mut().zip(spread(&ranks)) {
            let slot = &mut ranks[usize::from(symbol) % SYMBOLS];
            let rank = u32::from(*slot);
            *slot = slot.wrapping_add(1);
            // What is missing to a whole state.
            let width = rank.leading_zeros().wrapping_sub(u32::BITS - 1 - STATE_BITS);
            let next = rank.wrapping_shl(width) & (STATES as u32 - 1);
            *entry = Entry::new(next, u32::from(symbol), width);
        }
        table
    }

    /// Computes the first numbers into `numbers`, which is no longer than their count.
    pub(super) fn decode(&self, numbers: &mut [u64]) {
        let mut bits = Bits { bytes: self.bits, at: 0 };
        let table = self.table(&mut bits);
        let [mut a, mut b, mut c, mut d] = [(); TURNS].map(|()| bits.take(STATE_BITS) as u8);
        unpack(self.packed, self.low, numbers, |number| number);
        let (unit, mut at) = (1_u64 << self.low, bits.at);
        let (rounds, rest) = numbers.as_chunks_mut::<TURNS>();
        for round in rounds {
            let (mut word, mut read) = (load(self.bits, at >> 3) >> (at & 7), 0_u32);
            let mut step = |number: &mut u64, state: &mut u8| {
                let entry = table[usize::from(*state)];
                *number |= entry.symbol().wrapping_mul(unit);
                *state = entry.next(word);
                word = word.wrapping_shr(entry.width());
                read = read.wrapping_add(entry.width());
            };
            let [first, second, third, fourth] = round;
            step(first, &mut a);
            step(second, &mut b);
            step(third, &mut c);
            step(fourth, &mut d);
            at = at.wrapping_add(read as usize);
        }
        for (number, state) in rest.iter_mut().zip([a, b, c, d]) {
            *number |= table[usize::from(state)].symbol().wrapping_mul(unit);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(numbers: &[u64], width: u32) -> Option<usize> {
        let plan = plan(numbers, 0, width)?;
        let (mut out, mut scratch) = (Vec::new(), numbers.to_vec());
        put(&mut out, plan, &mut scratch);
        let mut cursor = Cursor(&out);
        let coded = read(&mut cursor, numbers.len(), width).unwrap();
        assert!(cursor.is_empty());
        let mut back = vec![0; numbers.len()];
        coded.decode(&mut back);
        assert_eq!(back, numbers);
        // What was planned is what it takes, roughly.
        assert!(out.len().abs_diff(plan.size_bytes) <= 12, "{} for {plan:?}", out.len());
        Some(out.len())
    }

    #[test]
    fn rare_numbers_take_what_they_must() {
        // One in 25 is another one: a quarter of a bit each.
        let rare: Vec<u64> = (0..512).map(|i| u64::from(i % 25 == 0)).collect();
        assert!(check(&rare, 1).unwrap() <= 26);
        // Two bits where packing takes three.
        let few: Vec<u64> = (0..512).map(|i| [0, 1, 1, 2, 2, 2, 3, 7][i * i % 8]).collect();
        assert!(check(&few, 3).unwrap() <= 512 * 5 / 16);
        // Three of four bits of a width are as good as none.
        let thirds: Vec<u64> = (0..512).map(|i| i * 7919 % 1100).collect();
        assert!(check(&thirds, 11).unwrap_or(704) <= 690);
    }

    #[test]
    fn even_numbers_are_better_packed() {
        let even: Vec<u64> = (0..512).map(|i| i * 7919 % 1024).collect();
        assert!(plan(&even, 0, 10).is_none_or(|plan| plan.size_bytes > 630));
        assert_eq!(plan(&[0; 20], 0, 1), None);
        assert_eq!(plan(&even, 0, 64), None);
    }

    proptest! {
        #[test]
        fn numbers_come_back(
            width in 1..=56_u32,
            numbers in prop::collection::vec((any::<u64>(), 0..64_u32), COUNT_MIN..=FRAME_MAX),
        ) {
            let numbers: Vec<u64> =
                numbers.iter().map(|&(number, cut)| number >> (64 - width) >> cut).collect();
            check(&numbers, width);
        }

        #[test]
        fn hostile_bytes_are_an_answer(bytes: Vec<u8>, count in 1..=FRAME_MAX, width in 0..70_u32) {
            if let Some(coded) = read(&mut Cursor(&bytes), count, width) {
                let mut numbers = vec![0; count];
                coded.decode(&mut numbers);
                prop_assert!(numbers.iter().all(|number| number >> width == 0));
            }
        }
    }
}
