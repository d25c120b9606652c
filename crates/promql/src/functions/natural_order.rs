//! The order in which people count: `node2` before `node10`.
//!
//! Upstream sorts with `github.com/facette/natsort`: runs of digits compare as integers when both
//! are, everything else as bytes.

use std::cmp::Ordering;

/// Compares two texts that differ.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (mut rest_a, mut rest_b) = (chunks(a), chunks(b));
    loop {
        match (rest_a.next(), rest_b.next()) {
            (None, _) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => {
                let order = match (a.parse::<i64>(), b.parse::<i64>()) {
                    (Ok(a), Ok(b)) => a.cmp(&b),
                    _ => a.cmp(b),
                };
                if order != Ordering::Equal {
                    return order;
                }
            }
        }
    }
}

/// The runs of digits and of other characters.
fn chunks(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let digits = rest.starts_with(|c: char| c.is_ascii_digit());
        let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (chunk, after) = rest.split_at_checked(end)?;
        rest = after;
        if chunk.is_empty() { None } else { Some(chunk) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_within_texts_count() {
        for (less, more) in [("a2", "a10"), ("a", "b"), ("", "a"), ("a1b2", "a1b10"), ("9", "a")] {
            assert_eq!(compare(less, more), Ordering::Less, "{less} {more}");
            assert_eq!(compare(more, less), Ordering::Greater, "{more} {less}");
        }
    }
}
