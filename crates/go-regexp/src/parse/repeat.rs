//! Repetitions: `*`, `+`, `?` and `{2,5}`.

use super::{Built, Error, ErrorKind, Item, Node, Parser};

/// The largest count, and the largest product of nested counts.
const MAX_REPEAT: u32 = 1000;

/// `{min,max}` as it was read.
struct Counts {
    min: u32,
    max: Option<u32>,
    len: usize,
}

impl Parser<'_> {
    /// Reads `*`, `+` or `?`; returns that a repetition was read.
    pub(super) fn repeat_operator(&mut self, operator: char) -> Result<bool, Error> {
        let start = self.at;
        self.at += 1;
        let (min, max) = match operator {
            '*' => (0, None),
            '+' => (1, None),
            _ => (0, Some(1)),
        };
        self.repeat(start, min, max)?;
        Ok(true)
    }

    /// Reads `{2,5}`, or a brace that only stands for itself.
    pub(super) fn repeat_counted(&mut self) -> Result<bool, Error> {
        let start = self.at;
        let Some(counts) = read_counts(self.rest()) else {
            self.at += 1;
            self.push_char('{');
            return Ok(false);
        };
        self.at += counts.len;
        let Counts { min, max, .. } = counts;
        if min > MAX_REPEAT || max.is_some_and(|max| max > MAX_REPEAT || max < min) {
            return Err(self.error(ErrorKind::RepeatSize, start));
        }
        self.repeat(start, min, max)?;
        Ok(true)
    }

    fn repeat(&mut self, start: usize, min: u32, max: Option<u32>) -> Result<(), Error> {
        let mut greedy = !self.flags.lazy;
        if self.peek() == Some('?') {
            self.at += 1;
            greedy = !greedy;
        }
        if let Some(last) = self.last_repeat {
            return Err(self.error(ErrorKind::RepeatOperator, last));
        }
        let Some(sub) = self.frame().items.pop().map(Item::into_built) else {
            return Err(self.error(ErrorKind::MissingRepeatArgument, start));
        };
        let count = max.unwrap_or(min).max(1);
        let repeats = if max == Some(0) { 1 } else { sub.repeats.saturating_mul(count) };
        if (min >= 2 || max.is_some_and(|max| max >= 2)) && repeats > MAX_REPEAT {
            return Err(self.error(ErrorKind::RepeatSize, start));
        }
        let node = Node::Repeat { min, max, greedy, sub: Box::new(sub.node) };
        let built = self.checked(Built { node, height: sub.height + 1, repeats })?;
        self.frame().items.push(Item::Built(built));
        Ok(())
    }
}

/// Reads `{2}`, `{2,}` or `{2,5}`; anything else is no repetition.
fn read_counts(text: &str) -> Option<Counts> {
    let text = text.as_bytes();
    let mut at = 1;
    let min = read_count(text, &mut at)?;
    let mut max = Some(min);
    if text.get(at) == Some(&b',') {
        at += 1;
        max = match text.get(at)? {
            b'}' => None,
            _ => Some(read_count(text, &mut at)?),
        };
    }
    (text.get(at)? == &b'}').then_some(Counts { min, max, len: at + 1 })
}

/// Reads digits without leading zeros; counts that are far too large saturate.
fn read_count(text: &[u8], at: &mut usize) -> Option<u32> {
    let rest = text.get(*at..)?;
    let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if len == 0 || len > 1 && rest[0] == b'0' {
        return None;
    }
    *at += len;
    Some(
        rest[..len].iter().fold(0, |sum: u32, digit| {
            sum.saturating_mul(10).saturating_add(u32::from(digit - b'0'))
        }),
    )
}
