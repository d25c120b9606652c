//! The functions of the language and the types of their arguments.

use crate::ast::ValueType;
use crate::ast::ValueType::{Matrix as M, Scalar as S, String as T, Vector as V};

/// A function as calls see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The function's name.
    pub name: &'static str,
    /// The types of its arguments; the last one stands for all that follow.
    pub args: &'static [ValueType],
    /// 0 where the number of arguments is fixed. Otherwise the last argument may be missing, and
    /// stand up to this many times, or any number of times where this is negative.
    pub variadic: i8,
    /// The type of its value.
    pub returns: ValueType,
    /// Whether it has to be enabled with the experimental functions.
    pub experimental: bool,
}

impl Signature {
    /// The fewest arguments that a call may have.
    pub const fn args_min(&self) -> usize {
        if self.variadic == 0 { self.args.len() } else { self.args.len().saturating_sub(1) }
    }

    /// The most arguments that a call may have, where there is a limit.
    pub fn args_max(&self) -> Option<usize> {
        if self.variadic == 0 {
            return Some(self.args.len());
        }
        usize::try_from(self.variadic).ok().map(|repeats| self.args_min() + repeats)
    }

    /// The type of the argument at `index`, where there may be one.
    pub fn arg(&self, index: usize) -> Option<ValueType> {
        let last = self.args.last().filter(|_| self.variadic != 0);
        self.args.get(index).or(last).copied()
    }

    const fn variadic(self, variadic: i8) -> Self {
        Self { variadic, ..self }
    }

    const fn experimental(self) -> Self {
        Self { experimental: true, ..self }
    }
}

const fn of(name: &'static str, args: &'static [ValueType], returns: ValueType) -> Signature {
    Signature { name, args, variadic: 0, returns, experimental: false }
}

/// The function `name`.
pub fn find(name: &str) -> Option<&'static Signature> {
    let found = SIGNATURES.binary_search_by(|signature| signature.name.cmp(name)).ok()?;
    SIGNATURES.get(found)
}

/// All functions, ordered by name.
pub fn all() -> &'static [Signature] {
    &SIGNATURES
}

static SIGNATURES: [Signature; 90] = [
    of("abs", &[V], V),
    of("absent", &[V], V),
    of("absent_over_time", &[M], V),
    of("acos", &[V], V),
    of("acosh", &[V], V),
    of("asin", &[V], V),
    of("asinh", &[V], V),
    of("atan", &[V], V),
    of("atanh", &[V], V),
    of("avg_over_time", &[M], V),
    of("ceil", &[V], V),
    of("changes", &[M], V),
    of("clamp", &[V, S, S], V),
    of("clamp_max", &[V, S], V),
    of("clamp_min", &[V, S], V),
    of("cos", &[V], V),
    of("cosh", &[V], V),
    of("count_over_time", &[M], V),
    of("day_of_month", &[V], V).variadic(1),
    of("day_of_week", &[V], V).variadic(1),
    of("day_of_year", &[V], V).variadic(1),
    of("days_in_month", &[V], V).variadic(1),
    of("deg", &[V], V),
    of("delta", &[M], V),
    of("deriv", &[M], V),
    of("double_exponential_smoothing", &[M, S, S], V).experimental(),
    of("end", &[], S).experimental(),
    of("exp", &[V], V),
    of("first_over_time", &[M], V),
    of("floor", &[V], V),
    of("histogram_avg", &[V], V),
    of("histogram_count", &[V], V),
    of("histogram_fraction", &[S, S, V], V),
    of("histogram_quantile", &[S, V], V),
    of("histogram_quantiles", &[V, T, S, S], V).variadic(9).experimental(),
    of("histogram_stddev", &[V], V),
    of("histogram_stdvar", &[V], V),
    of("histogram_sum", &[V], V),
    of("hour", &[V], V).variadic(1),
    of("idelta", &[M], V),
    of("increase", &[M], V),
    of("info", &[V, V], V).variadic(1).experimental(),
    of("irate", &[M], V),
    of("label_join", &[V, T, T, T], V).variadic(-1),
    of("label_replace", &[V, T, T, T, T], V),
    of("last_over_time", &[M], V),
    of("ln", &[V], V),
    of("log10", &[V], V),
    of("log2", &[V], V),
    of("mad_over_time", &[M], V).experimental(),
    of("max_of", &[S, S], S).experimental(),
    of("max_over_time", &[M], V),
    of("min_of", &[S, S], S).experimental(),
    of("min_over_time", &[M], V),
    of("minute", &[V], V).variadic(1),
    of("month", &[V], V).variadic(1),
    of("pi", &[], S),
    of("predict_linear", &[M, S], V),
    of("present_over_time", &[M], V),
    of("quantile_over_time", &[S, M], V),
    of("rad", &[V], V),
    of("range", &[], S).experimental(),
    of("rate", &[M], V),
    of("resets", &[M], V),
    of("round", &[V, S], V).variadic(1),
    of("scalar", &[V], S),
    of("sgn", &[V], V),
    of("sin", &[V], V),
    of("sinh", &[V], V),
    of("sort", &[V], V),
    of("sort_by_label", &[V, T], V).variadic(-1).experimental(),
    of("sort_by_label_desc", &[V, T], V).variadic(-1).experimental(),
    of("sort_desc", &[V], V),
    of("sqrt", &[V], V),
    of("start", &[], S).experimental(),
    of("start_timestamp", &[V], V).experimental(),
    of("stddev_over_time", &[M], V),
    of("stdvar_over_time", &[M], V),
    of("step", &[], S).experimental(),
    of("sum_over_time", &[M], V),
    of("tan", &[V], V),
    of("tanh", &[V], V),
    of("time", &[], S),
    of("timestamp", &[V], V),
    of("ts_of_first_over_time", &[M], V).experimental(),
    of("ts_of_last_over_time", &[M], V).experimental(),
    of("ts_of_max_over_time", &[M], V).experimental(),
    of("ts_of_min_over_time", &[M], V).experimental(),
    of("vector", &[S], V),
    of("year", &[V], V).variadic(1),
];

#[cfg(test)]
mod tests;
