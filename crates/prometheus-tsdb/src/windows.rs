//! Windows of two hours, aligned as Prometheus aligns its first blocks.

use regain_model::{Span, Timestamp};

/// The length of a window in milliseconds.
pub const WINDOW_MS: i64 = 2 * 60 * 60 * 1000;

/// The windows that have a time of `span`, the earliest first. They are closed: the last millisecond of
/// one comes right before the first of the next.
pub fn windows(span: Span) -> impl Iterator<Item = Span> {
    let start = |time: i64| time.div_euclid(WINDOW_MS).saturating_mul(WINDOW_MS);
    let window =
        move |from: i64| Span::new(Timestamp(from), Timestamp(from.saturating_add(WINDOW_MS - 1)));
    let first = (span.min <= span.max).then(|| window(start(span.min.0)));
    std::iter::successors(first, move |before| {
        let next = before.max.0.checked_add(1)?;
        (next <= span.max.0).then(|| window(next))
    })
}

#[cfg(test)]
mod tests {
    use super::{WINDOW_MS, windows};
    use regain_model::{Span, Timestamp};

    #[test]
    fn windows_are_aligned_and_leave_nothing_out() {
        let of = |min, max| -> Vec<(i64, i64)> {
            let span = Span::new(Timestamp(min), Timestamp(max));
            windows(span).map(|window| (window.min.0, window.max.0)).collect()
        };
        let day = |number: i64| (number * WINDOW_MS, number * WINDOW_MS + WINDOW_MS - 1);
        assert_eq!(of(0, 0), [day(0)]);
        assert_eq!(of(-1, WINDOW_MS), [day(-1), day(0), day(1)]);
        assert_eq!(of(5, WINDOW_MS - 1), [day(0)]);
        assert_eq!(of(1, 0), []);
        assert_eq!(of(i64::MAX, i64::MAX).len(), 1);
    }
}
