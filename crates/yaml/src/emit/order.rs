//! The order of free keys.

use std::cmp::Ordering;

/// Compares keys as yaml.v2 sorts them: letters by their code point and after everything else, runs
/// of digits by their value.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(a, b)| a != b) else { return a.len().cmp(&b.len()) };
    match (a[at].is_alphabetic(), b[at].is_alphabetic()) {
        (true, true) => return a[at].cmp(&b[at]),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero inside of a number counts as a digit, one in front of it does not.
    let inner_zero = (a[at] == '0' || b[at] == '0')
        && a[..at].iter().rev().take_while(|c| c.is_numeric()).any(|&digit| digit != '0');
    let (a_value, a_digits) = number(&a[at..], inner_zero);
    let (b_value, b_digits) = number(&b[at..], inner_zero);
    a_value.cmp(&b_value).then(a_digits.cmp(&b_digits)).then(a[at].cmp(&b[at]))
}

/// The value of the leading digits, with a one in front of them if `inside` a number, and their count.
fn number(text: &[char], inside: bool) -> (i64, usize) {
    let digits = text.iter().take_while(|c| c.is_ascii_digit());
    digits.fold((i64::from(inside), 0), |(value, count), &digit| {
        let digit = i64::from(digit.to_digit(10).unwrap_or(0));
        (value.wrapping_mul(10).wrapping_add(digit), count + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn numbers_in_keys_are_sorted_by_value_and_letters_come_last() {
        let expected = ["", "_a", "1", "01x", "2", "10", "A", "a", "a1", "a2", "a10", "ab", "b"];
        let mut keys = expected;
        keys.reverse();
        keys.sort_by(|a, b| compare(a, b));
        assert_eq!(keys, expected);
    }
}
