//! One case: asks its query in every way in which the answer must be the same.
//!
//! An instant query is asked as it is written, and again with every selector held at its time while
//! the query itself is asked at other times. Each of these is asked over three steps as well, whose
//! middle one must answer the same.

use regain_model::Timestamp;
use regain_storage::Queryable;

use super::compare;
use super::report::{Asked, Failure, Gap, Mismatch, Verdict};
use super::script::{Case, Times};
use super::walk;
use super::world::World;
use crate::ast::Expr;
use crate::engine::{Engine, Steps};
use crate::eval_error::EvalError;
use crate::value::{QueryResult, Sample, Scalar, Series, Value};

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;

/// When a case asks its query.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// At one time.
    At(Timestamp),
    /// At several, one after another.
    Over(Steps),
}

/// A way of asking an engine.
pub type Ask<'a> =
    &'a dyn Fn(&Engine, &dyn Queryable, &Expr, When) -> Result<QueryResult, EvalError>;

/// Whether `case` holds in `world` when its queries are asked through `ask`.
pub(super) fn judge(engine: &Engine, world: &World, case: &Case, ask: Ask<'_>) -> Verdict {
    let expr = match &case.expr {
        Ok(expr) => expr,
        Err(errors) => {
            let mismatch = Mismatch::Unparsable(errors.clone());
            return Verdict::Failed(Failure { asked: Asked::AsWritten, mismatch });
        }
    };
    let judge = Judge { engine, world, case, ask };
    let result = match case.times {
        Times::Over(_) => judge.over(expr),
        Times::At(at) | Times::RangeVector(Steps { end: at, .. }) => judge.instant(expr, at),
    };
    match result {
        Ok(()) => Verdict::Passed,
        Err((asked, Shortfall::Mismatch(mismatch))) => Verdict::Failed(Failure { asked, mismatch }),
        Err((_, Shortfall::Gap(gap))) => Verdict::Unsupported(gap),
    }
}

/// Why an answer cannot be counted as the expected one.
enum Shortfall {
    Mismatch(Mismatch),
    Gap(Gap),
}

impl From<Mismatch> for Shortfall {
    fn from(mismatch: Mismatch) -> Self {
        Self::Mismatch(mismatch)
    }
}

impl From<EvalError> for Shortfall {
    fn from(error: EvalError) -> Self {
        match error {
            EvalError::Unsupported(what) => Self::Gap(Gap::Engine(what)),
            error => Self::Mismatch(Mismatch::Error(error)),
        }
    }
}

struct Judge<'c> {
    engine: &'c Engine,
    world: &'c World,
    case: &'c Case,
    ask: Ask<'c>,
}

impl Judge<'_> {
    fn over(&self, expr: &Expr) -> Result<(), (Asked, Shortfall)> {
        let asked = |shortfall| (Asked::AsWritten, shortfall);
        self.answers(expr, self.case.times).map(drop).map_err(asked)
    }

    fn instant(&self, expr: &Expr, at: Timestamp) -> Result<(), (Asked, Shortfall)> {
        self.at(expr, at, false)?;
        if !walk::can_be_pinned(expr) {
            return Ok(());
        }
        let mut pinned = expr.clone();
        walk::pin(&mut pinned, at.0);
        let others = match at.0 {
            0 => vec![-SECOND_MS, 0, SECOND_MS],
            at => vec![-10 * at, 0, at / 5, at, 10 * at],
        };
        others.into_iter().try_for_each(|time| self.at(&pinned, Timestamp(time), true))
    }

    /// Asks at one time, and over three steps with this time in the middle.
    fn at(&self, expr: &Expr, at: Timestamp, pinned: bool) -> Result<(), (Asked, Shortfall)> {
        let asked = if pinned { Asked::Pinned { at } } else { Asked::AsWritten };
        let answer = self.answers(expr, Times::At(at)).map_err(|shortfall| (asked, shortfall))?;
        let alone = matches!(self.case.times, Times::RangeVector(_))
            || self.case.answer.text.is_some()
            || walk::speaks_of_query_times(expr);
        match answer {
            Some(value) if !alone => self
                .in_the_middle(expr, at, &value)
                .map_err(|shortfall| (Asked::Over { at, pinned }, shortfall)),
            _ => Ok(()),
        }
    }

    /// The value of `expr` at `times` once it is found to be as expected; nothing where the query
    /// had to fail and did.
    fn answers(&self, expr: &Expr, times: Times) -> Result<Option<Value>, Shortfall> {
        let result = match self.ask(expr, times) {
            Ok(result) => result,
            Err(Shortfall::Mismatch(Mismatch::Error(error))) => return self.fails(error),
            Err(shortfall) => return Err(shortfall),
        };
        if !self.case.outcome.fail.is_empty() {
            return Err(Mismatch::NoError.into());
        }
        compare::remarks(&self.case.outcome, &result)?;
        compare::answer(&self.case.answer, self.case.times, &result.value)?;
        Ok(Some(result.value))
    }

    /// Whether the failure of a query is the expected one.
    fn fails(&self, error: EvalError) -> Result<Option<Value>, Shortfall> {
        let wordings = &self.case.outcome.fail;
        let got = error.to_string();
        match wordings.iter().find(|wording| !wording.fits(&got)) {
            Some(wording) => {
                let expected = wording.as_str().to_owned();
                Err(Mismatch::OtherError { expected, got }.into())
            }
            None if wordings.is_empty() => Err(error.into()),
            None => Ok(None),
        }
    }

    /// Whether the middle one of three steps answers as an instant query did with `value`.
    fn in_the_middle(&self, expr: &Expr, at: Timestamp, value: &Value) -> Result<(), Shortfall> {
        let (start, end) = (at.saturating_sub(MINUTE_MS), at.saturating_add(MINUTE_MS));
        let result = self.ask(expr, Times::Over(Steps { start, end, step_ms: MINUTE_MS }))?;
        if self.case.answer.ordered {
            return Ok(());
        }
        let Value::Matrix(series) = result.value else {
            let got = result.value.type_name();
            return Err(Mismatch::Type { expected: "matrix", got }.into());
        };
        compare::sorted(&series)?;
        let samples = samples_at(series, at);
        let value = match (value, samples.as_slice()) {
            (Value::Scalar(_), [Sample { value, .. }, ..]) => {
                Value::Scalar(Scalar { time: at, value: *value })
            }
            _ => Value::Vector(samples),
        };
        Ok(compare::answer(&self.case.answer, self.case.times, &value)?)
    }

    fn ask(&self, expr: &Expr, times: Times) -> Result<QueryResult, Shortfall> {
        let when = match times {
            Times::Over(steps) => When::Over(steps),
            Times::At(at) | Times::RangeVector(Steps { end: at, .. }) => When::At(at),
        };
        Ok((self.ask)(self.engine, &self.world.store, expr, when)?)
    }
}

/// What the series have at the time `at`.
fn samples_at(series: Vec<Series>, at: Timestamp) -> Vec<Sample> {
    let samples = series.into_iter().filter_map(|series| {
        let histogram = series.histograms.into_iter().find(|point| point.time == at);
        let histogram = histogram.map(|point| point.histogram);
        let point = series.points.iter().find(|point| point.time == at);
        let value = match (&histogram, point) {
            (Some(_), _) => 0.0,
            (None, point) => point?.value,
        };
        Some(Sample { labels: series.labels, time: at, value, histogram })
    });
    samples.collect()
}
