//! The sentences for why something is empty.

use std::fmt::{self, Display, Formatter};

use regain_go_format::time::format_rfc3339_ms;
use regain_go_format::{duration, float, quote};
use regain_model::{Labels, Timestamp};

use super::matching::LabelDifference;
use super::reason::EmptyReason;

impl Display for EmptyReason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchMetric { name, similar } => {
                write!(f, "No series has the name {}.", quote::quote(name))?;
                if similar.is_empty() {
                    Ok(())
                } else {
                    write!(f, " Similar names: {}.", Listed(similar))
                }
            }
            Self::NoSuchLabel { metric, matcher, values } if values.is_empty() => {
                write!(f, "No series{} has the label {}.", Of(metric), matcher.name())
            }
            Self::NoSuchLabel { metric, matcher, values } => {
                write!(f, "No series{} fits {matcher}. ", Of(metric))?;
                write!(f, "Values of {} are {}.", matcher.name(), Listed(values))
            }
            Self::NoSeriesForAll { metric, too_many } => {
                write!(f, "Each matcher fits some series{}, all together fit none.", Of(metric))?;
                match too_many.as_slice() {
                    [] => Ok(()),
                    matchers => {
                        let texts: Vec<_> = matchers.iter().map(ToString::to_string).collect();
                        write!(f, " Without {} there would be some.", texts.join(" or without "))
                    }
                }
            }
            _ => self.of_samples(f),
        }
    }
}

impl EmptyReason {
    /// The sentences about samples that are not there.
    fn of_samples(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingInRange { after, until, last, next, searched_ms } => {
                let (after, until) = (Moment(*after), Moment(*until));
                write!(f, "The series have no samples between {after} and {until}")?;
                match (last, next) {
                    (Some(last), _) => write!(f, "; the last one before is of {}.", Moment(*last)),
                    (None, Some(next)) => write!(f, "; the first one is of {}.", Moment(*next)),
                    (None, None) => {
                        write!(f, ", nor {} before and after.", duration::format(*searched_ms))
                    }
                }
            }
            Self::Stale { last, ended } => {
                write!(f, "The series have ended at {}", Moment(*ended))?;
                match last {
                    Some(last) => write!(f, "; their last sample is of {}.", Moment(*last)),
                    None => f.write_str("."),
                }
            }
            Self::LookbackTooShort { last, lookback_ms, interval_ms } => write!(
                f,
                "The last sample is of {}, which is longer ago than the lookback delta of {}: samples come \
                 only every {}.",
                Moment(*last),
                duration::format(*lookback_ms),
                duration::format(*interval_ms),
            ),
            Self::RangeTooShort { function, range_ms, interval_ms } => {
                write!(f, "No window of [{}] holds the two samples ", duration::format(*range_ms))?;
                write!(f, "that {function} needs; ")?;
                match interval_ms {
                    Some(interval) => {
                        let interval = duration::format(*interval);
                        write!(f, "samples come every {interval}.")
                    }
                    None => f.write_str("there is only one sample so far."),
                }
            }
            Self::NoSubqueryStep { range_ms, step_ms } => write!(
                f,
                "No step of the subquery lies in its range: steps are {} apart, the range is {}.",
                duration::format(*step_ms),
                duration::format(*range_ms),
            ),
            _ => self.of_operation(f),
        }
    }

    /// The sentences about operations on series that are there.
    fn of_operation(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMatch { left, right, left_example, right_example, differences } => {
                write!(
                    f,
                    "None of the {left} series on the left matches one of the {right} on the right"
                )?;
                if !differences.is_empty() {
                    return write!(f, ": {}.", Differences(differences));
                }
                match (left_example, right_example) {
                    (Some(left), Some(right)) => write!(f, ": {left} is there, and {right}."),
                    _ => f.write_str("."),
                }
            }
            Self::NeverTogether => {
                f.write_str("The series that match never have values at the same time.")
            }
            Self::ComparisonNeverHolds { op, series, values } => {
                write!(f, "The comparison {op} holds for none of the {series} series")?;
                match values {
                    Some((low, high)) if low.to_bits() == high.to_bits() => {
                        write!(f, ": their value is {}.", float::format_float(*low))
                    }
                    Some((low, high)) => {
                        let (low, high) = (float::format_float(*low), float::format_float(*high));
                        write!(f, ": their values lie between {low} and {high}.")
                    }
                    None => f.write_str("."),
                }
            }
            Self::Excluded { series } => {
                write!(f, "The right side excludes all {series} series of the left side.")
            }
            Self::Present { function } => {
                write!(f, "{function} answers only where nothing is, and its argument has series.")
            }
            Self::NoBuckets { function, series, example } => {
                write!(f, "{function} needs the label le or native histograms, and ")?;
                write!(f, "none of the {series} series has either")?;
                match example {
                    Some(example) => write!(f, ", such as {}.", Shown(example)),
                    None => f.write_str("."),
                }
            }
            Self::NoHistograms { function } => {
                write!(f, "{function} takes native histograms, and its argument has only numbers.")
            }
            Self::EmptyInput { .. } => f.write_str("What it is computed from is empty."),
            Self::NothingComesOut { what } => {
                write!(f, "Nothing comes of {what}, although its input has series.")
            }
            _ => Ok(()),
        }
    }
}

/// `of x`, where there is a name.
struct Of<'a>(&'a Option<String>);

impl Display for Of<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |metric| write!(f, " of {metric}"))
    }
}

/// Texts in quotes, one after another.
struct Listed<'a>(&'a [String]);

impl Display for Listed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.0.iter().map(|text| quote::quote(text)).collect();
        f.write_str(&texts.join(", "))
    }
}

struct Differences<'a>(&'a [LabelDifference]);

impl Display for Differences<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, LabelDifference { name, left, right }) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "; " })?;
            match (left.is_empty(), right.is_empty()) {
                (false, true) => write!(f, "{name} is only on the left ({})", Listed(left))?,
                (true, false) => write!(f, "{name} is only on the right ({})", Listed(right))?,
                _ => {
                    let (left, right) = (Listed(left), Listed(right));
                    write!(f, "{name} is {left} on the left and {right} on the right")?;
                }
            }
        }
        Ok(())
    }
}

/// A series as it is written in a query.
struct Shown<'a>(&'a Labels);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_metric_string())
    }
}

/// A time as people read it, or its milliseconds where it has no year.
struct Moment(Timestamp);

impl Display for Moment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match format_rfc3339_ms(self.0.0) {
            Some(text) => f.write_str(&text),
            None => write!(f, "{} ms", self.0.0),
        }
    }
}
