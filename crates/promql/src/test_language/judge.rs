//! One case: asks its query in every way in which the answer must be the same.
//!
//! An instant query is asked as it is written, and again with every selector held at its time while
//! the query itself is asked at other times. Each of these is asked over three steps as well, whose
//! middle one must answer the same.

use std::sync::Arc;

use regain_model::Timestamp;
use regain_storage::Ctx;

use super::compare;
use super::report::{Asked, Failure, Gap, Mismatch, Verdict};
use super::script::{Case, Times};
use super::walk;
use super::world::World;
use crate::ast::Expr;
use crate::engine::{Engine, Steps};
use crate::eval_error::EvalError;
use crate::value::{QueryResult, Sample, Scalar, Value};

const MINUTE_MS: i64 = 60_000;
const SECOND_MS: i64 = 1_000;

/// Whether `case` holds in `world`.
pub(super) fn judge(engine: &Engine, world: &World, case: &Case) -> Verdict {
    let expr = match &case.expr {
        Ok(expr) => expr,
        Err(errors) => {
            let mismatch = Mismatch::Unparsable(errors.clone());
            return Verdict::Failed(Failure { asked: Asked::AsWritten, mismatch });
        }
    };
    if let Some(gap) = world.gap(expr) {
        return Verdict::Unsupported(gap);
    }
    if compare::wants_histograms(&case.answer) {
        return Verdict::Unsupported(Gap::NativeHistograms);
    }
    let judge = Judge { engine, world, case };
    let result = match case.times {
        Times::Over(steps) => judge.over(expr, steps),
        Times::At(at) | Times::RangeVector(Steps { end: at, .. }) => judge.instant(expr.clone(), at),
    };
    match result {
        Ok(()) => Verdict::Passed,
        Err(Failure { mismatch: Mismatch::Error(EvalError::Unsupported(what)), .. }) => {
            Verdict::Unsupported(Gap::Engine(what))
        }
        Err(failure) => Verdict::Failed(failure),
    }
}

struct Judge<'c> {
    engine: &'c Engine,
    world: &'c World,
    case: &'c Case,
}

impl Judge<'_> {
    fn over(&self, expr: &Expr, steps: Steps) -> Result<(), Failure> {
        let failure = |mismatch| Failure { asked: Asked::AsWritten, mismatch };
        let result = self.engine.range(&self.world.store, expr, steps, &self.context());
        let result = self.expected(result).map_err(failure)?;
        match result {
            Some(result) => self.answers(&result).map_err(failure),
            None => Ok(()),
        }
    }

    fn instant(&self, mut expr: Expr, at: Timestamp) -> Result<(), Failure> {
        self.instant_at(&expr, at, false)?;
        if !walk::can_be_pinned(&expr) {
            return Ok(());
        }
        walk::pin(&mut expr, at.0);
        let others = match at.0 {
            0 => vec![-SECOND_MS, 0, SECOND_MS],
            at => vec![-10 * at, 0, at / 5, at, 10 * at],
        };
        others.into_iter().try_for_each(|time| self.instant_at(&expr, Timestamp(time), true))
    }

    /// Asks at one time, and over three steps with this time in the middle.
    fn instant_at(&self, expr: &Expr, at: Timestamp, pinned: bool) -> Result<(), Failure> {
        let asked = if pinned { Asked::Pinned { at } } else { Asked::AsWritten };
        let failure = |mismatch| Failure { asked, mismatch };
        let result = self.engine.instant(&self.world.store, expr, at, &self.context());
        let Some(result) = self.expected(result).map_err(failure)? else { return Ok(()) };
        self.answers(&result).map_err(failure)?;
        let alone = matches!(self.case.times, Times::RangeVector(_))
            || self.case.answer.text.is_some()
            || walk::speaks_of_query_times(expr);
        if alone {
            return Ok(());
        }
        let scalar = matches!(result.value, Value::Scalar(_));
        let failure = |mismatch| Failure { asked: Asked::Over { at, pinned }, mismatch };
        self.in_the_middle(expr, at, scalar).map_err(failure)
    }

    fn in_the_middle(&self, expr: &Expr, at: Timestamp, scalar: bool) -> Result<(), Mismatch> {
        let (start, end) = (Timestamp(at.0 - MINUTE_MS), Timestamp(at.0 + MINUTE_MS));
        let steps = Steps { start, end, step_ms: MINUTE_MS };
        let result = self.engine.range(&self.world.store, expr, steps, &self.context());
        let result = result.map_err(Mismatch::Error)?;
        if self.case.answer.ordered {
            return Ok(());
        }
        let Value::Matrix(series) = result.value else {
            let got = result.value.type_name();
            return Err(Mismatch::Type { expected: "matrix", got });
        };
        compare::sorted(&series)?;
        let samples = series.into_iter().filter_map(|series| {
            let point = series.points.iter().find(|point| point.time == at)?;
            Some(Sample { labels: series.labels, time: at, value: point.value })
        });
        let samples: Vec<Sample> = samples.collect();
        let value = match samples.as_slice() {
            [Sample { value, .. }, ..] if scalar => {
                Value::Scalar(Scalar { time: at, value: *value })
            }
            _ => Value::Vector(samples),
        };
        compare::answer(&self.case.answer, self.case.times, &value)
    }

    /// The result, or nothing where the query had to fail and did.
    fn expected(
        &self,
        result: Result<QueryResult, EvalError>,
    ) -> Result<Option<QueryResult>, Mismatch> {
        let wordings = &self.case.outcome.fail;
        match result {
            Ok(result) if wordings.is_empty() => Ok(Some(result)),
            Ok(_) => Err(Mismatch::NoError),
            Err(error @ EvalError::Unsupported(_)) => Err(Mismatch::Error(error)),
            Err(error) if wordings.is_empty() => Err(Mismatch::Error(error)),
            Err(error) => {
                let message = error.to_string();
                match wordings.iter().find(|wording| !wording.fits(&message)) {
                    Some(wording) => {
                        let expected = wording.as_str().to_owned();
                        Err(Mismatch::OtherError { expected, got: message })
                    }
                    None => Ok(None),
                }
            }
        }
    }

    fn answers(&self, result: &QueryResult) -> Result<(), Mismatch> {
        compare::remarks(&self.case.outcome, result)?;
        compare::answer(&self.case.answer, self.case.times, &result.value)
    }

    fn context(&self) -> Arc<Ctx> {
        self.engine.context()
    }
}
