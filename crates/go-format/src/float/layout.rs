//! Decimal digits and the ways Go lays them out.

/// `%g` of the shortest digits takes an exponent from this decimal exponent up.
pub(super) const SHORTEST_EXPONENT_LIMIT: i32 = 6;

/// More digits than an exact expansion of any `f64` has.
const MAX_EXACT_DIGITS: usize = 800;

/// A number as `0.d₁d₂d₃… × 10^point`, without leading zeros; zero has no digits.
#[derive(Debug)]
pub(super) struct Digits {
    negative: bool,
    significand: DigitBuffer,
    point: i32,
}

/// Digits on the stack for the shortest forms, on the heap for long exact ones.
#[derive(Debug)]
enum DigitBuffer {
    Short([u8; 24], usize),
    Long(Vec<u8>),
}

impl DigitBuffer {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Short(bytes, len) => &bytes[..*len],
            Self::Long(bytes) => bytes,
        }
    }

    fn push(&mut self, digit: u8) {
        match self {
            Self::Short(bytes, len) if *len < bytes.len() => {
                bytes[*len] = digit;
                *len += 1;
            }
            Self::Short(bytes, len) => {
                let mut long = bytes[..*len].to_vec();
                long.push(digit);
                *self = Self::Long(long);
            }
            Self::Long(bytes) => bytes.push(digit),
        }
    }

    fn truncate(&mut self, new_len: usize) {
        match self {
            Self::Short(_, len) => *len = new_len.min(*len),
            Self::Long(bytes) => bytes.truncate(new_len),
        }
    }
}

impl Digits {
    /// The fewest digits that read back as `value`, which is finite.
    pub(super) fn shortest(value: f64) -> Self {
        let mut buffer = zmij::Buffer::new();
        Self::read(buffer.format_finite(value).as_bytes()).without_trailing_zeros()
    }

    /// `value`, which is finite, rounded to `1 + places` significant digits, half to even.
    pub(super) fn exact(value: f64, places: usize) -> Self {
        let kept = places.min(MAX_EXACT_DIGITS);
        Self::read(format!("{value:.kept$e}").as_bytes())
    }

    pub(super) fn without_trailing_zeros(mut self) -> Self {
        let kept = self.significand.as_slice().iter().rposition(|&digit| digit != b'0');
        self.significand.truncate(kept.map_or(0, |last| last + 1));
        if self.len() == 0 {
            self.point = 0;
        }
        self
    }

    /// Reads `-12.5e-7` in any of the forms the two producers write.
    fn read(text: &[u8]) -> Self {
        let mut this =
            Self { negative: false, significand: DigitBuffer::Short([0; 24], 0), point: 0 };
        let (mut seen_point, mut at) = (false, 0);
        while let Some(&byte) = text.get(at) {
            at += 1;
            match byte {
                b'-' => this.negative = true,
                b'.' => seen_point = true,
                b'e' => break,
                b'0' if this.len() == 0 => this.point -= i32::from(seen_point),
                digit => {
                    this.significand.push(digit);
                    this.point += i32::from(!seen_point);
                }
            }
        }
        this.point += read_exponent(text.get(at..).unwrap_or_default());
        this
    }

    pub(super) fn len(&self) -> usize {
        self.significand.as_slice().len()
    }

    /// How many digits stand after the point in plain notation.
    pub(super) fn fraction_len(&self) -> usize {
        let len = i32::try_from(self.len()).unwrap_or(i32::MAX);
        usize::try_from(len - self.point).unwrap_or(0)
    }

    /// The exponent in scientific notation; zero has exponent zero.
    fn scientific_exponent(&self) -> i32 {
        if self.len() == 0 { 0 } else { self.point - 1 }
    }
}

fn read_exponent(text: &[u8]) -> i32 {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let size = digits.iter().fold(0, |sum: i32, &digit| sum * 10 + i32::from(digit - b'0'));
    if negative { -size } else { size }
}

/// From which decimal exponent up `%g` with `significant` digits takes an exponent: trailing zeros
/// that would not be shown do not count.
pub(super) fn exponent_limit(digits: &Digits, significant: usize) -> i32 {
    let len = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let limit = i32::try_from(significant).unwrap_or(i32::MAX);
    if limit > len && len >= digits.point { len } else { limit }
}

/// `-ddd.ddd` with `places` digits after the point.
pub(super) fn fixed(dst: &mut Vec<u8>, number: &Digits, places: usize) {
    let digits = number.significand.as_slice();
    if number.negative {
        dst.push(b'-');
    }
    let whole = usize::try_from(number.point).unwrap_or(0);
    if whole == 0 {
        dst.push(b'0');
    }
    let shown = whole.min(digits.len());
    dst.extend_from_slice(&digits[..shown]);
    dst.resize(dst.len() + (whole - shown), b'0');
    if places == 0 {
        return;
    }
    dst.push(b'.');
    let zeros = usize::try_from(-number.point).unwrap_or(0).min(places);
    dst.resize(dst.len() + zeros, b'0');
    let rest = &digits[shown..];
    let shown = rest.len().min(places - zeros);
    dst.extend_from_slice(&rest[..shown]);
    dst.resize(dst.len() + (places - zeros - shown), b'0');
}

/// `-d.ddde±dd` with `places` digits after the point.
pub(super) fn exponent(dst: &mut Vec<u8>, number: &Digits, places: usize) {
    let digits = number.significand.as_slice();
    if number.negative {
        dst.push(b'-');
    }
    let (first, rest) = digits.split_first().map_or((b'0', digits), |(first, rest)| (*first, rest));
    dst.push(first);
    if places > 0 {
        dst.push(b'.');
        let shown = rest.len().min(places);
        dst.extend_from_slice(&rest[..shown]);
        dst.resize(dst.len() + (places - shown), b'0');
    }
    let exponent = number.scientific_exponent();
    dst.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
    let size = exponent.unsigned_abs();
    if size < 10 {
        dst.push(b'0');
    }
    dst.extend_from_slice(itoa::Buffer::new().format(size).as_bytes());
}

/// One of the two above, by the decimal exponent.
pub(super) fn general(dst: &mut Vec<u8>, number: &Digits, limit: i32) {
    // Zero counts as 0.0 here, below every limit.
    let decimal = number.point - 1;
    if decimal < -4 || decimal >= limit {
        exponent(dst, number, number.len().saturating_sub(1));
    } else {
        fixed(dst, number, number.fraction_len());
    }
}
