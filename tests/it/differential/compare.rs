//! Whether two answers are the same.

use std::collections::BTreeMap;

use regain_model::histogram::CUSTOM_SCHEMA;
use regain_tests::oracle::{Answer, Bucket, Eval, Native, Number, Series, Stats, data};

/// What the comparison says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Agreement {
    /// The same to the last bit.
    Exact,
    /// The same but for the last digits of some numbers.
    Close,
    /// One of several answers that the referee gives to the same question.
    OneOfTheirs,
    /// None of the answers that the referee gives, which differ from each other.
    Undecided,
    /// The referee is wrong: it panics, or lets series with the same labels pass.
    TheirMistake,
    /// Not the same; the text says in what.
    Not(&'static str),
}

/// How far numbers may be apart, as a part of the larger one.
const TOLERANCE: f64 = 1e-9;

/// Whether `ours` is what the referee says of `eval`.
///
/// Only what sorts or ranks gives an instant vector an order. Any other one is in the order in which upstream happens
/// to find its series, and in the order of labels here.
pub(crate) fn agree(eval: &Eval, mut ours: Answer, mut theirs: Answer) -> Agreement {
    let ordered = ["sort", "topk (", "bottomk ("].iter().any(|name| eval.expr.starts_with(name));
    for answer in [&mut ours, &mut theirs] {
        if eval.step_ms == 0 && !ordered {
            answer.series.sort_by(|a, b| a.labels.cmp(&b.labels));
        }
        // Go's sort leaves equals in no particular order.
        for equals in answer.series.chunk_by_mut(|a, b| a.floats == b.floats) {
            equals.sort_by(|a, b| a.labels.cmp(&b.labels));
        }
    }
    // Of a subquery of one step, upstream asks whether its end lies behind it.
    let sorting = |answer: &mut Answer| {
        answer.warnings.retain(|text| !text.contains("sort is ineffective"));
    };
    if eval.expr.contains("sort") && eval.expr.contains(':') {
        sorting(&mut ours);
        sorting(&mut theirs);
    }
    let counted = [&mut ours, &mut theirs].map(|answer| answer.stats.take());
    let answers = of_answers(eval, &ours, &theirs);
    match counted {
        [Some(ours), Some(theirs)]
            if !matches!(answers, Agreement::Not(_)) && !same_stats(eval, &ours, &theirs) =>
        {
            Agreement::Not("statistics")
        }
        _ => answers,
    }
}

/// Whether the samples were counted in the same way.
///
/// Upstream counts none of the windows that an instant selector with `smoothed` looks at, and does not give back what
/// they hold. A histogram counts by its size in memory, and upstream's store hands it out with the buckets of all that
/// are in a chunk with it, empty ones included. The series of a subquery come out of a Go map, and in another order other
/// windows are held together.
fn same_stats(eval: &Eval, ours: &Stats, theirs: &Stats) -> bool {
    if ours == theirs || eval.expr.contains("smoothed") || forgotten_range(eval) {
        return true;
    }
    let same = |(&ours, &theirs): (&u64, &u64)| {
        ours == theirs || may_meet_histograms(&eval.expr) && (ours..=2 * ours).contains(&theirs)
    };
    let all = |ours: &[u64], theirs: &[u64]| {
        ours.len() == theirs.len() && ours.iter().zip(theirs).all(same)
    };
    let any_order = eval.expr.contains(':')
        && (theirs.peak / 2..=theirs.peak.saturating_mul(2)).contains(&ours.peak);
    let sums = |stats: &Stats| [stats.total, stats.read];
    all(&sums(ours), &sums(theirs))
        && (any_order || same((&ours.peak, &theirs.peak)))
        && all(&ours.total_per_step, &theirs.total_per_step)
        && all(&ours.read_per_step, &theirs.read_per_step)
}

/// Whether an expression names a metric of histograms, or none.
fn may_meet_histograms(expr: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut names = expr.split(|c| !is_name(c));
    names.any(|name| {
        name == "__name__"
            || data::METRICS.iter().any(|metric| metric.name == name && metric.has_histograms())
    })
}

/// Whether upstream has no samples for `predict_linear`: it evaluates a subquery with `@` once, as it should, and then no
/// longer sees that it is the range that the function asks for.
fn forgotten_range(eval: &Eval) -> bool {
    eval.expr.split("predict_linear(").skip(1).any(|argument| {
        let mut depth = 0;
        let end = argument.find(|c| {
            depth += match c {
                '(' | '[' | '{' => 1,
                ')' | ']' | '}' => -1,
                _ => 0,
            };
            depth == 0 && c == ','
        });
        let argument = end.and_then(|end| argument.get(..end)).unwrap_or(argument);
        let modifiers = argument.rsplit_once(']');
        modifiers.is_some_and(|(range, modifiers)| {
            modifiers.contains('@')
                && range.rsplit_once('[').is_some_and(|(_, range)| range.contains(':'))
        })
    })
}

fn of_answers(eval: &Eval, ours: &Answer, theirs: &Answer) -> Agreement {
    if ours == theirs {
        return Agreement::Exact;
    }
    if forgotten_range(eval) || no_duration(eval, ours) || unnoticed_duplicate(eval, ours, theirs) {
        return Agreement::TheirMistake;
    }
    if theirs.error.as_ref().is_some_and(|error| error.contains("runtime error:")) {
        return Agreement::TheirMistake;
    }
    difference(ours, theirs).map_or(Agreement::Close, Agreement::Not)
}

/// Whether an offset is no number. Upstream takes it for one of minus 292 years, or finds out when it computes with it;
/// here no expression may have it.
fn no_duration(eval: &Eval, ours: &Answer) -> bool {
    let refused = |error: &String| error.ends_with("parse error: duration out of range");
    eval.expr.contains("NaN") && ours.error.as_ref().is_some_and(refused)
}

/// Whether upstream lets two series with the same labels pass. It looks for duplicates among floats and among histograms,
/// so that a float and a histogram are none; and when names go at the end of the query, it does not look at what
/// operators with `fill`, or `histogram_quantiles` of a quantile that is asked for twice, have made before that. Here both
/// are errors like any other.
fn unnoticed_duplicate(eval: &Eval, ours: &Answer, theirs: &Answer) -> bool {
    const DUPLICATE: &str = "vector cannot contain metrics with the same labelset";
    let makers = [" fill", "histogram_quantiles("];
    let unseen = eval.features.iter().any(|name| name == "promql-delayed-name-removal")
        && makers.iter().any(|maker| eval.expr.contains(maker));
    let native = |series: &Series| !series.histograms.is_empty();
    let natives = eval.expr.contains("latency") || theirs.series.iter().any(native);
    ours.error.as_deref() == Some(DUPLICATE) && ours.error != theirs.error && (unseen || natives)
}

fn difference(ours: &Answer, theirs: &Answer) -> Option<&'static str> {
    // The annotations of a query that fails reach nobody.
    if let (Some(ours), Some(theirs)) = (&ours.error, &theirs.error) {
        return (unnamed(ours) != unnamed(theirs)).then_some("errors");
    }
    let warnings = [ours.warnings.as_slice(), theirs.warnings.as_slice()];
    let same = [
        ("errors", ours.error == theirs.error),
        ("type", ours.kind == theirs.kind),
        ("text", ours.text == theirs.text),
        ("warnings", same_annotations(warnings, &ours.warnings, &theirs.warnings)),
        ("infos", same_annotations(warnings, &ours.infos, &theirs.infos)),
        ("number of series", ours.series.len() == theirs.series.len()),
    ];
    if let Some((what, _)) = same.into_iter().find(|(_, same)| !same) {
        return Some(what);
    }
    ours.series.iter().zip(&theirs.series).find_map(|(ours, theirs)| of_series(ours, theirs))
}

/// An error without what it names: where several things are wrong in the same way, the engines need not find the same
/// one first.
fn unnamed(error: &str) -> &str {
    const INFO: &str = "found duplicate series for info metric";
    const LEFT: &str = "on the left hand-side of the operation";
    const RIGHT: &str = "on the right hand-side of the operation";
    if let Some((modifier, _function)) = error.split_once(" - not with ") {
        return modifier;
    }
    if error.starts_with("conflicting label: ") {
        return INFO;
    }
    [INFO, LEFT, RIGHT].into_iter().find(|kind| error.contains(kind)).unwrap_or(error)
}

/// Whether the same is said. An operator of upstream says only the last thing that it has found at a step, be it of
/// types that do not fit or of layouts; here it says all of them. So what is said here alone must be about an operator
/// about which something else of this kind is said there.
fn same_annotations(all: [&[String]; 2], ours: &[String], theirs: &[String]) -> bool {
    // Up to where a float comes or schemas turn out not to fit, histograms are added, in the order of their series.
    let added = |text: &&String| {
        text.contains("during aggregation") || text.contains("during histogram aggregation")
    };
    let stops = ["exponential and custom", "histograms and floats for aggregation"];
    let stopped = |text: &String| stops.iter().any(|stop| text.contains(stop));
    let mixed = |texts: &[String]| texts.iter().any(stopped);
    let both = mixed(all[0]) && mixed(all[1]);
    let texts = |texts: &[String]| {
        let texts = texts.iter().filter(|text| !(both && added(text)));
        texts.map(|text| uncounted(text)).collect::<Vec<_>>()
    };
    let (ours, theirs) = (texts(ours), texts(theirs));
    let operator = |text: &str| {
        let about = text.contains("for binary operator");
        text.rsplit_once(" (").filter(|_| about).map(|(_, place)| place.to_owned())
    };
    let known = |ours: &&String| {
        theirs.contains(ours)
            || operator(ours).is_some_and(|place| {
                theirs.iter().any(|theirs| operator(theirs).as_ref() == Some(&place))
            })
    };
    ours.iter().all(|text| known(&text)) && theirs.iter().all(|text| ours.contains(text))
}

/// An annotation without two things. One is the number of samples that buckets had to be mended at: upstream adds what
/// it has counted so far to itself at every step of a range query, so that it says eleven million after two dozen steps.
/// The other is the metric whose histogram was the first that did not fit, which depends on the order of an aggregation.
fn uncounted(text: &str) -> String {
    const MIXED: &str = "exponential and custom buckets schemas";
    let cut = match text.split_once(MIXED) {
        Some((before, after)) => Some((before, after.rsplit_once(' ').map_or(after, |(_, at)| at))),
        None => text
            .split_once(", over ")
            .and_then(|(before, over)| Some((before, over.split_once(" samples from ")?.1))),
    };
    cut.map_or_else(|| text.to_owned(), |(before, after)| format!("{before} … {after}"))
}

fn of_series(ours: &Series, theirs: &Series) -> Option<&'static str> {
    if !close_labels(&ours.labels, &theirs.labels) {
        return Some("labels or the order of series");
    }
    let counts = |series: &Series| (series.floats.len(), series.histograms.len());
    if counts(ours) != counts(theirs) {
        return Some("number of values");
    }
    let mut floats = ours.floats.iter().zip(&theirs.floats);
    if floats.any(|(ours, theirs)| ours.t != theirs.t || !close(ours.v, theirs.v)) {
        return Some("numbers");
    }
    let mut histograms = ours.histograms.iter().zip(&theirs.histograms);
    histograms.any(|(ours, theirs)| !close_natives(ours, theirs)).then_some("histograms")
}

/// Whether labels are the same, but for numbers that `count_values` has made labels of.
fn close_labels(ours: &BTreeMap<String, String>, theirs: &BTreeMap<String, String>) -> bool {
    let number = |text: &str| text.parse().map(Number).ok();
    let same = |ours: &str, theirs: &str| {
        let numbers = number(ours).zip(number(theirs));
        ours == theirs || numbers.is_some_and(|(ours, theirs)| close(ours, theirs))
    };
    let pairs = || ours.iter().zip(theirs);
    ours.len() == theirs.len()
        && pairs().all(|((name, ours), (other, theirs))| name == other && same(ours, theirs))
}

fn close_natives(ours: &Native, theirs: &Native) -> bool {
    let layout = |native: &Native| (native.t, native.schema);
    let numbers = |native: &Native| {
        // Custom buckets have no zero bucket; upstream computes with it all the same, and shows it to nobody.
        let zero = if native.schema == CUSTOM_SCHEMA { Number(0.0) } else { native.zero_count };
        let mut numbers = vec![native.count, native.sum, native.zero_threshold, zero];
        numbers.extend_from_slice(&native.bounds);
        numbers
    };
    let buckets = |ours: &[Bucket], theirs: &[Bucket]| {
        let same = |(ours, theirs): (&Bucket, &Bucket)| {
            ours.index == theirs.index && close(ours.count, theirs.count)
        };
        ours.len() == theirs.len() && ours.iter().zip(theirs).all(same)
    };
    let (numbers_ours, numbers_theirs) = (numbers(ours), numbers(theirs));
    layout(ours) == layout(theirs)
        && close_hints(&ours.hint, &theirs.hint)
        && numbers_ours.len() == numbers_theirs.len()
        && numbers_ours.iter().zip(&numbers_theirs).all(|(&ours, &theirs)| close(ours, theirs))
        && buckets(&ours.positive, &theirs.positive)
        && buckets(&ours.negative, &theirs.negative)
}

/// Whether hints do not contradict each other. Where the TSDB begins a new chunk it forgets what it has known about
/// resets, and when it does so is between it and its disk. No answer of the HTTP API shows a hint.
fn close_hints(ours: &str, theirs: &str) -> bool {
    ours == theirs || [ours, theirs].contains(&"unknown") && ![ours, theirs].contains(&"gauge")
}

fn close(ours: Number, theirs: Number) -> bool {
    if ours == theirs {
        return true;
    }
    let (ours, theirs) = (ours.0, theirs.0);
    let largest = ours.abs().max(theirs.abs());
    largest.is_finite() && (ours - theirs).abs() <= TOLERANCE * largest
}
