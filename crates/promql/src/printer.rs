//! Expressions as text, in one form for all ways of writing them. It parses to the same expression.

mod pretty;

use std::fmt::{self, Display, Formatter, Write as _};

use regain_go_format::{duration, float, quote};
use regain_model::{METRIC_NAME, MatchOp, Matcher};

pub use pretty::{pretty, pretty_within};

use crate::ast::{
    Aggregate, At, Binary, BinaryOp, Call, Duration, DurationExpr, DurationExprKind, DurationOp,
    Expr, ExprKind, Extension, MatchGrouping, Matching, MatrixSelector, Number, Subquery,
    TimeModifiers, VectorSelector,
};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Number(number) => number.fmt(f),
            ExprKind::String(text) => f.write_str(&quote::quote(text)),
            ExprKind::Bytes(bytes) => f.write_str(&quote::quote_bytes(bytes)),
            ExprKind::Vector(selector) => selector.fmt(f),
            ExprKind::Matrix(matrix) => matrix.fmt(f),
            ExprKind::Subquery(subquery) => {
                write!(f, "{}{}", subquery.expr, Window(subquery))
            }
            ExprKind::Call(call) => call.fmt(f),
            ExprKind::Aggregate(aggregate) => aggregate.fmt(f),
            ExprKind::Binary(_) => {
                let (operations, first) = self.chain();
                first.fmt(f)?;
                operations
                    .iter()
                    .rev()
                    .try_for_each(|binary| write!(f, " {} {}", Operation(binary), binary.right))
            }
            ExprKind::Unary { negative, expr } => write!(f, "{}{expr}", sign(*negative)),
            ExprKind::Paren(expr) => write!(f, "({expr})"),
            ExprKind::Hole => Ok(()),
        }
    }
}

const fn sign(negative: bool) -> char {
    if negative { '-' } else { '+' }
}

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.is_duration {
            return f.write_str(&float::format_float(self.value));
        }
        if self.value < 0.0 {
            f.write_char('-')?;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the parser checked the range")]
        let nanos = (self.value.abs() * 1e9) as i64;
        f.write_str(&duration::format(nanos / 1_000_000))
    }
}

impl Display for VectorSelector {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { time, .. } = self;
        write!(f, "{}{}{}{}", Series(self), AtOf(time), ExtensionOf(self), OffsetOf(time))
    }
}

impl Display for MatrixSelector {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { selector, range } = self;
        write!(f, "{}[{range}]{}", Series(selector), ExtensionOf(selector))?;
        write!(f, "{}{}", AtOf(&selector.time), OffsetOf(&selector.time))
    }
}

/// The name and the matchers of a selector.
struct Series<'a>(&'a VectorSelector);

impl Display for Series<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = self.0.name.as_deref().unwrap_or_default();
        f.write_str(name)?;
        let is_name = |matcher: &&Matcher| {
            matcher.name() == METRIC_NAME
                && matcher.op() == MatchOp::Equal
                && matcher.value() == name
                && !name.is_empty()
        };
        let matchers = self.0.matchers.iter().filter(|matcher| !is_name(matcher));
        let mut matchers: Vec<String> = matchers.map(ToString::to_string).collect();
        if matchers.is_empty() {
            // Upstream prints nothing for `{}`, which is no expression.
            return f.write_str(if name.is_empty() { "{}" } else { "" });
        }
        matchers.sort_unstable();
        write!(f, "{{{}}}", matchers.join(","))
    }
}

struct ExtensionOf<'a>(&'a VectorSelector);

impl Display for ExtensionOf<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.extension {
            None => "",
            Some(Extension::Anchored) => " anchored",
            Some(Extension::Smoothed) => " smoothed",
        })
    }
}

struct AtOf<'a>(&'a TimeModifiers);

impl Display for AtOf<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.at {
            None => Ok(()),
            Some(At::Time(millis)) => write!(f, " @ {:.3}", millis as f64 / 1000.0),
            Some(At::Start) => f.write_str(" @ start()"),
            Some(At::End) => f.write_str(" @ end()"),
        }
    }
}

struct OffsetOf<'a>(&'a TimeModifiers);

impl Display for OffsetOf<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0.offset {
            None => Ok(()),
            // Upstream leaves the parentheses out; the text would be another expression.
            Some(Duration::Expr(expr)) if !reads_as_one(expr) => write!(f, " offset ({expr})"),
            Some(offset) => write!(f, " offset {offset}"),
        }
    }
}

/// Whether the parser reads the whole computation as an offset rather than its first operand only.
fn reads_as_one(expr: &DurationExpr) -> bool {
    let mut first = expr;
    while !first.in_parens
        && let DurationExprKind::Binary { op, left, .. } = &first.kind
        && !matches!(op, DurationOp::Min | DurationOp::Max)
    {
        first = left;
    }
    let two_signs = match &first.kind {
        DurationExprKind::Unary { expr, .. } => matches!(expr.kind, DurationExprKind::Unary { .. }),
        _ => false,
    };
    std::ptr::eq(first, expr) || first.in_parens || two_signs
}

/// The brackets of a subquery and what follows them.
struct Window<'a>(&'a Subquery);

impl Display for Window<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Subquery { range, step, time, .. } = self.0;
        write!(f, "[{range}:")?;
        if let Some(step) = step {
            step.fmt(f)?;
        }
        write!(f, "]{}{}", AtOf(time), OffsetOf(time))
    }
}

impl Display for Duration {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(millis) => f.write_str(&duration::format(*millis)),
            Self::Expr(expr) => expr.fmt(f),
        }
    }
}

impl Display for DurationExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.in_parens {
            f.write_char('(')?;
        }
        match &self.kind {
            DurationExprKind::Number(number) => number.fmt(f)?,
            DurationExprKind::Step => f.write_str("step()")?,
            DurationExprKind::Range => f.write_str("range()")?,
            DurationExprKind::Unary { negative: true, expr } => write!(f, "-{expr}")?,
            DurationExprKind::Unary { negative: false, expr } => expr.fmt(f)?,
            DurationExprKind::Binary {
                op: op @ (DurationOp::Min | DurationOp::Max),
                left,
                right,
            } => {
                write!(f, "{op}({left}, {right})")?;
            }
            DurationExprKind::Binary { op, left, right } => write!(f, "{left} {op} {right}")?,
        }
        if self.in_parens { f.write_char(')') } else { Ok(()) }
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.function)?;
        for (index, arg) in self.args.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            arg.fmt(f)?;
        }
        f.write_char(')')
    }
}

impl Display for Aggregate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", Grouped(self))?;
        if let Some(param) = &self.param {
            write!(f, "{param}, ")?;
        }
        write!(f, "{})", self.expr)
    }
}

/// The operator of an aggregation and its clause, which comes before the arguments.
struct Grouped<'a>(&'a Aggregate);

impl Display for Grouped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Aggregate { op, grouping, without, .. } = self.0;
        op.fmt(f)?;
        match (without, grouping.is_empty()) {
            (true, _) => write!(f, " without ({}) ", LabelList(grouping)),
            (false, false) => write!(f, " by ({}) ", LabelList(grouping)),
            (false, true) => Ok(()),
        }
    }
}

/// Label names, those in quotes that need them.
struct LabelList<'a>(&'a [String]);

impl Display for LabelList<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, label) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            if regain_model::is_legacy_label_name(label) {
                f.write_str(label)?;
            } else {
                f.write_str(&quote::quote(label))?;
            }
        }
        Ok(())
    }
}

/// The operator of a binary operation and its modifiers.
struct Operation<'a>(&'a Binary);

impl Display for Operation<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Binary { op, as_bool, matching, .. } = self.0;
        write_operator(f, *op, *as_bool)?;
        matching.as_ref().map_or(Ok(()), |matching| write_matching(f, matching))
    }
}

fn write_operator(f: &mut Formatter<'_>, op: BinaryOp, as_bool: bool) -> fmt::Result {
    op.fmt(f)?;
    f.write_str(if as_bool { " bool" } else { "" })
}

fn write_matching(f: &mut Formatter<'_>, matching: &Matching) -> fmt::Result {
    let group = match matching.grouping {
        MatchGrouping::Left => Some("group_left"),
        MatchGrouping::Right => Some("group_right"),
        MatchGrouping::One | MatchGrouping::Many => None,
    };
    if !matching.labels.is_empty() || matching.on || group.is_some() {
        let clause = if matching.on { "on" } else { "ignoring" };
        write!(f, " {clause} ({})", LabelList(&matching.labels))?;
    }
    if let Some(group) = group {
        write!(f, " {group} ({})", LabelList(&matching.include))?;
    }
    #[expect(clippy::float_cmp, reason = "only the same value can be said once for both sides")]
    let same = |left: f64, right: f64| left == right;
    match (matching.fill_left, matching.fill_right) {
        (Some(left), Some(right)) if same(left, right) => write_fill(f, "fill", left),
        (left, right) => {
            left.map_or(Ok(()), |value| write_fill(f, "fill_left", value))?;
            right.map_or(Ok(()), |value| write_fill(f, "fill_right", value))
        }
    }
}

fn write_fill(f: &mut Formatter<'_>, name: &str, value: f64) -> fmt::Result {
    let mut text = Vec::new();
    float::append_float_g(&mut text, value);
    let text = std::str::from_utf8(&text).expect("a float's text is ASCII");
    write!(f, " {name} ({text})")
}
