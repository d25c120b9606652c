//! How large chunks are: a histogram of their sizes, drawn with letters.

use std::fmt::Write as _;

/// How many bars there are about.
const BARS: usize = 10;
/// Bars do not become wider than this by being too many.
const STEP_MAX: usize = 10_000;

/// The text for `sizes`, which are called `what`; `total` is what all bars are parts of.
pub(super) fn chart(what: &str, mut sizes: Vec<usize>, total: usize) -> String {
    sizes.sort_unstable();
    let (Some(&least), Some(&most)) = (sizes.first(), sizes.last()) else {
        return format!("{what}: N/A\n\n");
    };
    let mut step = 10;
    while step < (most - least) / BARS && step <= STEP_MAX {
        step *= 10;
    }
    let start = least - least % step;
    let end = most - most % step + step;
    let mut bars = vec![0_usize; (end - start) / step + 1];
    for size in &sizes {
        bars[(size - start) / step] += 1;
    }
    let average = sizes.iter().sum::<usize>() / sizes.len();
    let mut text = format!("{what} (min/avg/max): {least}/{average}/{most}\n");
    let digits = |number: usize| number.to_string().len();
    let (left, right) = (digits(end), digits(end + step));
    let count_width = digits(bars.iter().copied().max().unwrap_or(0));
    for (bar, count) in bars.iter().enumerate() {
        let (low, high) = (bar * step + start + 1, (bar + 1) * step + start);
        // The original multiplies with a constant that is whole, so percentages are whole.
        let marks = "#".repeat(100 * count / total.max(1));
        writeln!(text, "[{low:left$}, {high:right$}]: {count:count_width$} {marks}")
            .expect("a string takes everything");
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::chart;

    #[test]
    fn bars_are_as_promtool_draws_them() {
        assert_eq!(
            chart("x", vec![100, 3, 99], 3),
            "\
x (min/avg/max): 3/67/100
[  1,  10]: 1 #################################
[ 11,  20]: 0 \n[ 21,  30]: 0 \n[ 31,  40]: 0 \n[ 41,  50]: 0 \n[ 51,  60]: 0 \n\
[ 61,  70]: 0 \n[ 71,  80]: 0 \n[ 81,  90]: 0 \n\
[ 91, 100]: 1 #################################
[101, 110]: 1 #################################
[111, 120]: 0 \n\n"
        );
        assert_eq!(
            chart("x", vec![120, 3, 119], 3),
            "\
x (min/avg/max): 3/80/120
[  1, 100]: 1 #################################
[101, 200]: 2 ##################################################################
[201, 300]: 0 \n\n"
        );
        assert_eq!(chart("x", Vec::new(), 3), "x: N/A\n\n");
    }
}
