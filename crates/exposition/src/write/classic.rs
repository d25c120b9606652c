//! Native histograms whose bounds are listed, as the classic ones that they are like.

use regain_model::Histogram;

/// Returns the cumulative counts by upper bound, ascending, without the `+Inf` bucket.
pub(super) fn buckets(histogram: &Histogram) -> impl Iterator<Item = (f64, f64)> + '_ {
    let mut counts = histogram.positive.iter().peekable();
    let mut cumulative = 0.0;
    (0..).zip(histogram.custom_bounds()).map(move |(index, &bound)| {
        while let Some((_, count)) = counts.next_if(|&(at, _)| at <= index) {
            cumulative += count;
        }
        (bound, cumulative)
    })
}
