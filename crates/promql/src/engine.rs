//! The engine: settings, and the two ways to ask.

use std::sync::Arc;

use regain_model::Timestamp;
use regain_storage::{ByteBudget, Ctx, Queryable};

use crate::ast::{Expr, ValueType};
use crate::cache::ResultCache;
use crate::eval::{Question, answer};
use crate::eval_error::EvalError;
use crate::grid::Grid;
use crate::laps::{Clock, Laps};
use crate::parser::NESTING_MAX;
use crate::plan::{Node, QueryTimes, is_light, lower};
use crate::regex_cache::RegexCache;
use crate::sharing::{Round, Sharing, Turn};
use crate::stack::with_stack_for;
use crate::value::QueryResult;

/// What an engine is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineOptions {
    /// How far back an instant selector looks for a sample (`--query.lookback-delta`).
    pub lookback_delta_ms: i64,
    /// The most samples a query may hold in memory (`--query.max-samples`).
    pub samples_max: u64,
    /// The step of a subquery that names none (`global.evaluation_interval`).
    pub step_default_ms: i64,
    /// How many threads may work on one selection. Answers do not depend on it.
    pub workers: usize,
    /// The behaviours that `--enable-feature` turns on.
    pub features: Features,
    /// Whether the statistics are those that upstream has, at the price of a slower evaluation: one operator after the
    /// other.
    pub counted: bool,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            lookback_delta_ms: 5 * 60 * 1000,
            samples_max: 50_000_000,
            step_default_ms: 60 * 1000,
            workers: 2,
            features: Features::default(),
            counted: false,
        }
    }
}

/// The optional behaviours of evaluation. What the parser allows is the parser's to know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Features {
    /// Names are dropped only from the final answer (`promql-delayed-name-removal`).
    pub delayed_name_removal: bool,
    /// Whether something is a counter is read from its `__type__` (`type-and-unit-labels`).
    pub type_and_unit_labels: bool,
    /// Counters are seen to start again by their start timestamps (`use-start-timestamps`).
    pub start_timestamps: bool,
}

/// What one query sets differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueryOptions {
    /// How far back an instant selector looks for a sample.
    pub lookback_delta_ms: Option<i64>,
    /// Whether the statistics are to be upstream's.
    pub counted: bool,
}

/// The times of a range query: `start`, and every `step_ms` after it up to `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The first time.
    pub start: Timestamp,
    /// No step is later than this.
    pub end: Timestamp,
    /// The time between two steps, in milliseconds.
    pub step_ms: i64,
}

/// Evaluates expressions over whatever can be asked.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    options: EngineOptions,
    regexes: Arc<RegexCache>,
    clock: Option<Clock>,
}

impl Engine {
    /// An engine with these settings.
    pub fn new(options: EngineOptions) -> Self {
        Self { options, ..Self::default() }
    }

    /// The settings.
    pub fn options(&self) -> &EngineOptions {
        &self.options
    }

    /// This engine with what one query sets differently.
    #[must_use]
    pub fn with(&self, query: QueryOptions) -> Self {
        let mut options = self.options.clone();
        if let Some(lookback_delta_ms) = query.lookback_delta_ms {
            options.lookback_delta_ms = lookback_delta_ms;
        }
        options.counted |= query.counted;
        Self { options, regexes: Arc::clone(&self.regexes), clock: self.clock.clone() }
    }

    /// This engine with a clock, by which it tells how long the stages of a query take.
    #[must_use]
    pub fn timed_by(self, clock: Clock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// A context for one query, with this engine's budget of samples.
    pub fn context(&self) -> Arc<Ctx> {
        Arc::new(Ctx::with_samples_max(self.options.samples_max))
    }

    /// Whether `expr` at the time `t` is known to be so little work over `source` that it need not wait for
    /// a thread of its own.
    pub fn is_light(&self, source: &dyn Queryable, expr: &Expr, t: Timestamp) -> bool {
        self.plans_light(source, expr, || instant_plan(expr, t))
    }

    /// The same for `expr` at `steps`.
    pub fn is_light_range(&self, source: &dyn Queryable, expr: &Expr, steps: Steps) -> bool {
        self.plans_light(source, expr, || range_plan(expr, steps))
    }

    fn plans_light(
        &self,
        source: &dyn Queryable,
        expr: &Expr,
        plan: impl FnOnce() -> Result<(Node, Grid), EvalError>,
    ) -> bool {
        if expr.levels() > NESTING_MAX as usize {
            return false;
        }
        plan().is_ok_and(|(node, grid)| is_light(&node, &grid, &self.options, source))
    }

    /// The value of `expr` at the time `t`.
    pub fn instant(
        &self,
        source: &dyn Queryable,
        expr: &Expr,
        t: Timestamp,
        ctx: &Arc<Ctx>,
    ) -> Result<QueryResult, EvalError> {
        let laps = Laps::begin(self.clock.as_ref());
        planned(
            expr,
            || instant_plan(expr, t),
            |node, grid| answer(Question { laps, ..self.question(node, grid, false) }, source, ctx),
        )
    }

    /// A round of queries about the time `at`, which are asked one after another with [`instant_in`](Self::instant_in).
    /// `bytes` pays for what they keep for each other.
    pub fn round(&self, exprs: &[&Expr], at: Timestamp, bytes: ByteBudget) -> Round {
        Round::new(&self.options, exprs, at, bytes)
    }

    /// The value of `expr`, which is the query whose `turn` it is, at the time of its round. It is the one that
    /// [`instant`](Self::instant) gives, to the last bit.
    pub fn instant_in(
        &self,
        Turn { round, index }: Turn<'_>,
        source: &dyn Queryable,
        expr: &Expr,
        ctx: &Arc<Ctx>,
    ) -> Result<QueryResult, EvalError> {
        let Some((node, grid)) = round.plan(index, &self.options) else {
            return self.instant(source, expr, round.at(), ctx);
        };
        let (laps, share) = (Laps::begin(self.clock.as_ref()), Sharing::Around(round));
        with_stack_for(expr, || {
            let question = Question { share, laps, ..self.question(node, &grid, false) };
            answer(question, source, ctx).map_err(|error| error.with_text_of(expr))
        })?
    }

    /// The values of `expr` at `steps`.
    pub fn range(
        &self,
        source: &dyn Queryable,
        expr: &Expr,
        steps: Steps,
        ctx: &Arc<Ctx>,
    ) -> Result<QueryResult, EvalError> {
        self.range_by(expr, steps, |question| answer(question, source, ctx))
    }

    /// The values of `expr` at `steps`, with what `cache` has kept of earlier queries over the same source. They are those
    /// that [`range`](Self::range) gives, to the last bit.
    pub fn range_cached(
        &self,
        cache: &ResultCache,
        source: &dyn Queryable,
        expr: &Expr,
        steps: Steps,
        ctx: &Arc<Ctx>,
    ) -> Result<QueryResult, EvalError> {
        self.range_by(expr, steps, |question| cache.answer(question, expr, source, ctx))
    }

    /// Plans a range query and has it answered.
    fn range_by(
        &self,
        expr: &Expr,
        steps: Steps,
        answer: impl FnOnce(Question<'_>) -> Result<QueryResult, EvalError> + Send,
    ) -> Result<QueryResult, EvalError> {
        let laps = Laps::begin(self.clock.as_ref());
        planned(
            expr,
            || range_plan(expr, steps),
            |node, grid| {
                let over_time = steps.start != steps.end;
                answer(Question { over_time, laps, ..self.question(node, grid, true) })
            },
        )
    }

    /// The question that a plan and its times are.
    pub(crate) fn question<'q>(
        &'q self,
        node: &'q Node,
        grid: &'q Grid,
        range: bool,
    ) -> Question<'q> {
        Question {
            options: &self.options,
            regexes: &self.regexes,
            node,
            grid,
            range,
            over_time: range,
            fuse: true,
            share: Sharing::Within,
            laps: Laps::default(),
        }
    }
}

/// Plans a query and does `work` with its plan, on a stack that is deep enough for `expr`. An error shows the
/// text of the part that it is about.
pub(crate) fn planned<T: Send>(
    expr: &Expr,
    plan: impl FnOnce() -> Result<(Node, Grid), EvalError> + Send,
    work: impl FnOnce(&Node, &Grid) -> Result<T, EvalError> + Send,
) -> Result<T, EvalError> {
    with_stack_for(expr, || {
        let (node, grid) = plan()?;
        work(&node, &grid).map_err(|error| error.with_text_of(expr))
    })?
}

/// The plan of an instant query, and its only time.
pub(crate) fn instant_plan(expr: &Expr, t: Timestamp) -> Result<(Node, Grid), EvalError> {
    let node = lower(expr, QueryTimes { start: t.0, end: t.0, step: 0 })?;
    Ok((node, Grid::instant(t.0)))
}

/// The plan of a range query, and its times.
pub(crate) fn range_plan(expr: &Expr, steps: Steps) -> Result<(Node, Grid), EvalError> {
    let kind = expr.value_type();
    if !matches!(kind, ValueType::Vector | ValueType::Scalar) {
        return Err(EvalError::RangeOfType(kind.documented()));
    }
    let (start, end, step) = (steps.start.0, steps.end.0, steps.step_ms);
    let node = lower(expr, QueryTimes { start, end, step })?;
    Ok((node, Grid::range(start, end, step)?))
}
