//! Arithmetic of bucket indexes: which there are, which either of two has, and whether counts went on.

use regain_model::histogram::Span;

/// The indexes that `spans` name, in ascending order as far as the spans are in order.
pub(crate) fn indexes(spans: &[Span]) -> impl Iterator<Item = i64> {
    let mut next = 0_i64;
    spans.iter().flat_map(move |span| {
        let first = next + i64::from(span.offset);
        next = first + i64::from(span.length);
        first..next
    })
}

/// Spans of the indexes that either has.
pub(crate) fn union(a: &[Span], b: &[Span]) -> Vec<Span> {
    let (mut a, mut b) = (indexes(a).peekable(), indexes(b).peekable());
    let (mut spans, mut next): (Vec<Span>, i64) = (Vec::new(), 0);
    loop {
        let index = match (a.peek(), b.peek()) {
            (Some(&x), Some(&y)) => x.min(y),
            (Some(&x), None) => x,
            (None, Some(&y)) => y,
            (None, None) => return spans,
        };
        a.next_if_eq(&index);
        b.next_if_eq(&index);
        match spans.last_mut() {
            Some(last) if index == next => last.length += 1,
            _ => {
                let offset = i32::try_from(index - next).expect("between two indexes of 32 bits");
                spans.push(Span { offset, length: 1 });
            }
        }
        next = index + 1;
    }
}

/// The counts of `from` at the places of `to`, which has all of its indexes.
pub(crate) fn spread<N: Copy + Default>(counts: &[N], from: &[Span], to: &[Span]) -> Vec<N> {
    let mut filled = indexes(from).zip(counts).peekable();
    let count = |index| filled.next_if(|&(at, _)| at == index).map_or(N::default(), |(_, &n)| n);
    indexes(to).map(count).collect()
}

/// Whether no count has become less, and none that was there is missing.
pub(crate) fn goes_on<N: Copy + Default + PartialOrd>(
    before: (&[Span], &[N]),
    now: (&[Span], &[N]),
) -> bool {
    let mut now = indexes(now.0).zip(now.1).peekable();
    indexes(before.0).zip(before.1).all(|(index, &count)| {
        while now.next_if(|&(at, _)| at < index).is_some() {}
        let found = now.next_if(|&(at, _)| at == index).map_or(N::default(), |(_, &count)| count);
        found >= count
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(offset: i32, length: u32) -> Span {
        Span { offset, length }
    }

    #[test]
    fn a_union_has_the_indexes_of_both_and_counts_find_their_places() {
        let a = [span(-2, 2), span(3, 1)];
        let b = [span(-1, 3), span(4, 1)];
        let both = union(&a, &b);
        assert_eq!(both, [span(-2, 4), span(1, 1), span(2, 1)]);
        assert_eq!(indexes(&both).collect::<Vec<_>>(), [-2, -1, 0, 1, 3, 6]);
        assert_eq!(spread(&[1, 2, 3], &a, &both), [1, 2, 0, 0, 3, 0]);
    }

    #[test]
    fn a_missing_bucket_is_a_reset_unless_it_was_empty() {
        let (a, b) = ([span(0, 3)], [span(0, 1), span(1, 1)]);
        assert!(goes_on((&a, &[1, 0, 2]), (&b, &[1, 2])));
        assert!(!goes_on((&a, &[1, 1, 2]), (&b, &[1, 2])));
        assert!(!goes_on((&a, &[1, 0, 2]), (&b, &[1, 1])));
    }
}
