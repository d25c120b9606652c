//! From the expression to the plan.

use super::bytes;
use super::calls;
use super::durations;
use super::lowered::{Lowered, LoweredValue};
use super::{
    AggregateNode, AggregateOp, Cardinality, Map, Matching, Node, QueryTimes, RangeArg,
    RangeSource, ScalarMap, Selector, SetNode, SetOp, VectorScalar, VectorVector,
};
use crate::ast::{self, At, Expr, ExprKind, MatchGrouping, ValueType};
use crate::eval_error::{EvalError, Result};
use crate::functions::Extension;
use crate::operators::BinaryOp;

/// Plans `expr` for a query over `times`.
pub(crate) fn lower(expr: &Expr, times: QueryTimes) -> Result<Node> {
    Ok(Lowering { times, stats: Stats::default() }.expr(expr)?.kept())
}

/// Lowers what stands at one place of a query.
#[derive(Clone, Copy)]
struct Lowering {
    times: QueryTimes,
    stats: Stats,
}

/// What the surroundings of an expression want to know of histograms.
#[derive(Clone, Copy, Default)]
struct Stats {
    /// A function asks for their counts or sums.
    wanted: bool,
    /// Something needs their buckets: a function, an operator, or a subquery for finding resets.
    buckets: bool,
}

impl Stats {
    /// Whether nothing else matters.
    const fn only(self) -> bool {
        self.wanted && !self.buckets
    }

    /// The surroundings of the arguments of a function.
    fn within(self, function: &str) -> Self {
        match function {
            "histogram_count" | "histogram_sum" | "histogram_avg" => Self { wanted: true, ..self },
            "histogram_quantile" | "histogram_quantiles" | "histogram_fraction" => {
                self.with_buckets()
            }
            _ => self,
        }
    }

    const fn with_buckets(self) -> Self {
        Self { buckets: true, ..self }
    }
}

impl Lowering {
    fn expr(&self, expr: &Expr) -> Result<Lowered> {
        let at = expr.at.clone();
        match &expr.kind {
            ExprKind::Number(number) => Ok(Lowered::literal(Node::Number(number.value), at)),
            ExprKind::String(text) => Ok(Lowered::literal(Node::Text(text.clone()), at)),
            ExprKind::Bytes(bytes) => {
                // Answers are JSON, in which such strings cannot be told apart anyway.
                let text = String::from_utf8_lossy(bytes).into_owned();
                Ok(Lowered::literal(Node::Text(text), at))
            }
            // What is said about an argument points into its parentheses, as upstream has it.
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Vector(selector) => {
                let (offset, time) = self.time(&selector.time)?;
                let node = Node::Select(Selector {
                    matchers: selector.matchers.clone(),
                    offset,
                    at: time,
                    smoothed: selector.extension == Some(ast::Extension::Smoothed),
                    stats: self.stats.only(),
                    position: at.clone(),
                });
                Ok(Lowered::computed(node, at, time.is_some()))
            }
            ExprKind::Matrix(matrix) => self.matrix(matrix, at),
            ExprKind::Subquery(subquery) => self.subquery(subquery, at),
            ExprKind::Call(call) => self.call(call, at),
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate, at),
            ExprKind::Binary(binary) => self.binary(binary, at),
            ExprKind::Unary { negative, expr } => self.unary(*negative, expr, at),
            ExprKind::Hole => Err(EvalError::Unsupported("an expression with a hole")),
        }
    }

    /// The offset and the `@` of a selector or subquery.
    fn time(&self, time: &ast::TimeModifiers) -> Result<(i64, Option<i64>)> {
        let at = time.at.map(|at| match at {
            At::Time(time) => time,
            At::Start => self.times.start,
            At::End => self.times.end,
        });
        Ok((durations::offset(time.offset.as_ref(), self.times)?, at))
    }

    fn matrix(&self, matrix: &ast::MatrixSelector, position: super::Position) -> Result<Lowered> {
        let (offset, at) = self.time(&matrix.selector.time)?;
        let extension = matrix.selector.extension.map(|extension| match extension {
            ast::Extension::Anchored => Extension::Anchored,
            ast::Extension::Smoothed => Extension::Smoothed,
        });
        let arg = RangeArg {
            source: RangeSource::Series(matrix.selector.matchers.clone()),
            range: durations::positive(&matrix.range, self.times)?,
            offset,
            at,
            extension,
            stats: self.stats.only(),
        };
        let value = LoweredValue::Range(arg);
        Ok(Lowered { value, at: position, invariant: at.is_some(), worth_keeping: false })
    }

    fn subquery(&self, subquery: &ast::Subquery, position: super::Position) -> Result<Lowered> {
        let (offset, at) = self.time(&subquery.time)?;
        let step = subquery.step.as_ref();
        let step = step.map(|step| durations::positive(step, self.times)).transpose()?;
        let range = durations::positive(&subquery.range, self.times)?;
        let within = Self { stats: self.stats.with_buckets(), ..*self };
        let mut inner = within.expr(&subquery.expr)?;
        inner.worth_keeping = inner.invariant;
        let arg = RangeArg {
            source: RangeSource::Subquery { inner: Box::new(inner.kept()), step },
            range,
            offset,
            at,
            extension: None,
            stats: false,
        };
        let value = LoweredValue::Range(arg);
        Ok(Lowered { value, at: position, invariant: at.is_some(), worth_keeping: at.is_some() })
    }

    fn call(&self, call: &ast::Call, at: super::Position) -> Result<Lowered> {
        let QueryTimes { start, end, step } = self.times;
        let number = |millis: i64| Node::Number(millis as f64 / 1000.0);
        let node = match call.function.as_str() {
            "start" => number(start),
            "end" => number(end),
            "range" => number(end.saturating_sub(start)),
            "step" => number(if start == end { 0 } else { step }),
            name => {
                bytes::check_call(call)?;
                let within = Self { stats: self.stats.within(name), ..*self };
                let args = call.args.iter().map(|arg| within.expr(arg)).collect::<Result<_>>()?;
                return calls::call(name, args, at);
            }
        };
        Ok(Lowered::literal(node, at))
    }

    fn unary(&self, negative: bool, expr: &Expr, at: super::Position) -> Result<Lowered> {
        let scalar = is_scalar(expr);
        let inner = self.expr(expr)?;
        if !negative {
            return Ok(Lowered { at, ..inner });
        }
        let (invariant, worth_keeping) = (inner.invariant, inner.worth_keeping);
        let inner = Box::new(inner.bare());
        let node = if scalar {
            Node::ScalarNegate(inner)
        } else {
            Node::Map { map: Map::Negate, input: inner, params: Vec::new() }
        };
        Ok(Lowered { value: LoweredValue::Node(node), at, invariant, worth_keeping })
    }

    fn aggregate(&self, aggregate: &ast::Aggregate, at: super::Position) -> Result<Lowered> {
        if aggregate.op == ast::AggregateOp::CountValues {
            bytes::check_label(aggregate.param.as_ref())?;
        }
        let input = self.expr(&aggregate.expr)?;
        let input_at = input.at.clone();
        // Upstream does not ask whether the parameter is the same at every step.
        let (invariant, worth_keeping) = (input.invariant, input.worth_keeping);
        let mut labels = aggregate.grouping.clone();
        labels.sort_unstable();
        let param = aggregate.param.as_ref().map(|param| self.expr(param)).transpose()?;
        let param_at = param.as_ref().map_or(0..0, |param| param.at.clone());
        let param = param.map(Lowered::bare);
        let (op, param) = aggregate_op(aggregate.op, param)?;
        let node = Node::Aggregate(AggregateNode {
            op,
            input: Box::new(input.bare()),
            labels,
            without: aggregate.without,
            param: param.map(Box::new),
            param_at,
            input_at,
            at: at.clone(),
        });
        Ok(Lowered { value: LoweredValue::Node(node), at, invariant, worth_keeping })
    }

    fn binary(&self, binary: &ast::Binary, at: super::Position) -> Result<Lowered> {
        let scalars = (is_scalar(&binary.left), is_scalar(&binary.right));
        let mut within = *self;
        if matches!(binary.op, ast::BinaryOp::TrimUpper | ast::BinaryOp::TrimLower) {
            within.stats = self.stats.with_buckets();
        }
        let (left, right) = (within.expr(&binary.left)?, within.expr(&binary.right)?);
        let invariant = left.invariant && right.invariant;
        let left = Box::new(left.within(invariant));
        let right = Box::new(right.within(invariant));
        let as_bool = binary.as_bool;
        let node = match (operator(binary.op), scalars) {
            (Operator::Set(op), _) => {
                let matching = binary.matching.clone().unwrap_or_default();
                let ast::Matching { on, labels, .. } = matching;
                Node::Set(SetNode { op, left, right, on, labels })
            }
            (Operator::Number(op), (true, true)) => {
                Node::ScalarMap { map: ScalarMap::Binary(op), left, right }
            }
            (Operator::Number(op), (true, false)) => Node::VectorScalar(VectorScalar {
                op,
                vector: right,
                scalar: left,
                scalar_left: true,
                as_bool,
                at: at.clone(),
            }),
            (Operator::Number(op), (false, true)) => Node::VectorScalar(VectorScalar {
                op,
                vector: left,
                scalar: right,
                scalar_left: false,
                as_bool,
                at: at.clone(),
            }),
            (Operator::Number(op), (false, false)) => {
                let matching = matching(binary.matching.clone().unwrap_or_default());
                let at = at.clone();
                Node::VectorVector(VectorVector { op, left, right, as_bool, matching, at })
            }
        };
        Ok(Lowered::computed(node, at, invariant))
    }
}

/// Whether an expression is a scalar.
fn is_scalar(expr: &Expr) -> bool {
    expr.value_type() == ValueType::Scalar
}

enum Operator {
    Number(BinaryOp),
    Set(SetOp),
}

fn operator(op: ast::BinaryOp) -> Operator {
    Operator::Number(match op {
        ast::BinaryOp::Add => BinaryOp::Add,
        ast::BinaryOp::Sub => BinaryOp::Sub,
        ast::BinaryOp::Mul => BinaryOp::Mul,
        ast::BinaryOp::Div => BinaryOp::Div,
        ast::BinaryOp::Mod => BinaryOp::Mod,
        ast::BinaryOp::Pow => BinaryOp::Pow,
        ast::BinaryOp::Atan2 => BinaryOp::Atan2,
        ast::BinaryOp::Equal => BinaryOp::Equal,
        ast::BinaryOp::NotEqual => BinaryOp::NotEqual,
        ast::BinaryOp::Less => BinaryOp::Less,
        ast::BinaryOp::Greater => BinaryOp::Greater,
        ast::BinaryOp::LessOrEqual => BinaryOp::LessOrEqual,
        ast::BinaryOp::GreaterOrEqual => BinaryOp::GreaterOrEqual,
        ast::BinaryOp::TrimUpper => BinaryOp::TrimUpper,
        ast::BinaryOp::TrimLower => BinaryOp::TrimLower,
        ast::BinaryOp::And => return Operator::Set(SetOp::And),
        ast::BinaryOp::Or => return Operator::Set(SetOp::Or),
        ast::BinaryOp::Unless => return Operator::Set(SetOp::Unless),
    })
}

fn matching(matching: ast::Matching) -> Matching {
    Matching {
        on: matching.on,
        labels: matching.labels,
        cardinality: match matching.grouping {
            MatchGrouping::Left => Cardinality::ManyToOne,
            MatchGrouping::Right => Cardinality::OneToMany,
            MatchGrouping::One | MatchGrouping::Many => Cardinality::OneToOne,
        },
        include: matching.include,
        fill_left: matching.fill_left,
        fill_right: matching.fill_right,
    }
}

fn aggregate_op(op: ast::AggregateOp, param: Option<Node>) -> Result<(AggregateOp, Option<Node>)> {
    Ok((
        match op {
            ast::AggregateOp::Sum => AggregateOp::Sum,
            ast::AggregateOp::Avg => AggregateOp::Avg,
            ast::AggregateOp::Count => AggregateOp::Count,
            ast::AggregateOp::Group => AggregateOp::Group,
            ast::AggregateOp::Min => AggregateOp::Min,
            ast::AggregateOp::Max => AggregateOp::Max,
            ast::AggregateOp::Stddev => AggregateOp::Stddev,
            ast::AggregateOp::Stdvar => AggregateOp::Stdvar,
            ast::AggregateOp::Quantile => AggregateOp::Quantile,
            ast::AggregateOp::TopK => AggregateOp::TopK,
            ast::AggregateOp::BottomK => AggregateOp::BottomK,
            ast::AggregateOp::LimitK => AggregateOp::LimitK,
            ast::AggregateOp::LimitRatio => AggregateOp::LimitRatio,
            ast::AggregateOp::CountValues => match param {
                Some(Node::Text(label)) => return Ok((AggregateOp::CountValues(label), None)),
                _ => return Err(EvalError::Unsupported("count_values without a label")),
            },
        },
        param,
    ))
}
