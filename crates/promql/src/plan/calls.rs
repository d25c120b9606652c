//! Function calls.

use regain_model::{Labels, LabelsBuilder, METRIC_NAME, MatchOp, Matcher};

use super::lowered::{Lowered, LoweredValue};
use super::{
    HistogramQuantiles, InfoNode, LabelReplace, Map, Node, Position, RangeCallNode, RangeSource,
    ScalarMap, SortBy,
};
use crate::eval_error::{EvalError, Result};
use crate::functions::{Extension, RangeFn, dates, math, stats};

/// Functions whose value depends on the step even if their arguments do not.
const STEP_DEPENDENT: [&str; 11] = [
    "days_in_month",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "hour",
    "minute",
    "month",
    "year",
    "predict_linear",
    "time",
    "timestamp",
];

/// The functions that an `anchored` range can be given to.
const ANCHORED: &str = "changes, delta, increase, rate, resets";
/// The functions that a `smoothed` range can be given to.
const SMOOTHED: &str = "delta, increase, rate";

/// Lowers a call of the function `name`.
pub(super) fn call(name: &str, args: Vec<Lowered>, at: Position) -> Result<Lowered> {
    let selector_only = |arg: &Lowered| matches!(arg.value, LoweredValue::Node(Node::Select(_)));
    let all = args.iter().all(|arg| arg.invariant);
    let invariant = all
        && (!STEP_DEPENDENT.contains(&name)
            || name == "timestamp" && args.iter().all(selector_only));
    let node = Args { args: args.into_iter(), invariant }.call(name, &at)?;
    Ok(Lowered::computed(node, at, invariant))
}

/// The arguments that are left, and whether the call is evaluated once.
struct Args {
    args: std::vec::IntoIter<Lowered>,
    invariant: bool,
}

impl Args {
    fn next(&mut self) -> Result<Lowered> {
        self.args.next().ok_or(EvalError::Unsupported("a call with too few arguments"))
    }

    fn node(&mut self) -> Result<Node> {
        let invariant = self.invariant;
        Ok(self.next()?.within(invariant))
    }

    fn boxed(&mut self) -> Result<Box<Node>> {
        self.node().map(Box::new)
    }

    fn rest(&mut self) -> Vec<Node> {
        let invariant = self.invariant;
        self.args.by_ref().map(|arg| arg.within(invariant)).collect()
    }

    fn text(&mut self) -> Result<String> {
        match self.next()?.value {
            LoweredValue::Node(Node::Text(text)) => Ok(text),
            _ => Err(EvalError::Unsupported("an expression in place of a string literal")),
        }
    }

    fn texts(&mut self) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        while self.args.len() > 0 {
            texts.push(self.text()?);
        }
        Ok(texts)
    }

    fn call(mut self, name: &str, at: &Position) -> Result<Node> {
        if let Some(function) = RangeFn::from_name(name) {
            return self.range_call(name, function);
        }
        if let Some(function) = math::from_name(name) {
            return self.map(Map::Math(function));
        }
        if let Some(stat) = stats::from_name(name) {
            return self.map(Map::Stat(stat));
        }
        if let Some(part) = dates::from_name(name) {
            return if self.args.len() == 0 {
                Ok(Node::StepDate(part))
            } else {
                self.map(Map::Date(part))
            };
        }
        Ok(match name {
            "time" => Node::Time,
            "pi" => Node::Number(std::f64::consts::PI),
            "vector" => Node::Vector(self.boxed()?),
            "scalar" => Node::Scalar(self.boxed()?),
            "round" => return self.map(Map::Round),
            "clamp" => return self.map(Map::Clamp),
            "clamp_min" => return self.map(Map::ClampMin),
            "clamp_max" => return self.map(Map::ClampMax),
            "timestamp" => return self.timestamp(),
            "max_of" => self.scalars(ScalarMap::Max)?,
            "min_of" => self.scalars(ScalarMap::Min)?,
            "absent" => self.absent()?,
            "label_replace" => self.label_replace()?,
            "label_join" => Node::LabelJoin {
                input: self.boxed()?,
                target: self.text()?,
                separator: self.text()?,
                sources: self.texts()?,
            },
            "sort" | "sort_desc" | "sort_by_label" | "sort_by_label_desc" => {
                self.sort(name, at.clone())?
            }
            "histogram_quantile" => self.histogram_quantile()?,
            "histogram_quantiles" => self.histogram_quantiles()?,
            "histogram_fraction" => self.histogram_fraction()?,
            "start_timestamp" => return self.start_timestamp(),
            "info" => self.info()?,
            _ => return Err(EvalError::Unsupported("a function of this name")),
        })
    }

    fn map(mut self, map: Map) -> Result<Node> {
        Ok(Node::Map { map, input: self.boxed()?, params: self.rest() })
    }

    fn scalars(&mut self, map: ScalarMap) -> Result<Node> {
        Ok(Node::ScalarMap { map, left: self.boxed()?, right: self.boxed()? })
    }

    fn timestamp(mut self) -> Result<Node> {
        let arg = self.next()?;
        if let LoweredValue::Node(Node::Select(selector)) = arg.value {
            return Ok(Node::SampleTime(selector));
        }
        let input = Box::new(arg.within(self.invariant));
        Ok(Node::Map { map: Map::StepTime, input, params: Vec::new() })
    }

    fn start_timestamp(mut self) -> Result<Node> {
        let arg = self.next()?;
        if let LoweredValue::Node(Node::Select(selector)) = arg.value {
            return Ok(Node::SampleStart(selector));
        }
        Ok(Node::Nothing(Box::new(arg.within(self.invariant))))
    }

    fn range_call(mut self, name: &str, function: RangeFn) -> Result<Node> {
        let all: Vec<Lowered> = self.args.by_ref().collect();
        let first_at = all.first().map_or(0..0, |arg| arg.at.clone());
        let (mut arg, mut params) = (None, Vec::new());
        for lowered in all {
            if arg.is_none() && matches!(lowered.value, LoweredValue::Range(_)) {
                arg = Some(lowered.range()?);
            } else {
                params.push(lowered.within(self.invariant));
            }
        }
        let arg = arg.ok_or(EvalError::Unsupported("a call without its range vector"))?;
        let absent = (name == "absent_over_time").then(|| match &arg.source {
            RangeSource::Series(matchers) => matched_labels(matchers),
            RangeSource::Subquery { .. } => Labels::empty(),
        });
        let name = name.to_owned();
        Ok(Node::RangeCall(RangeCallNode { function, name, arg, params, absent, at: first_at }))
    }

    fn absent(&mut self) -> Result<Node> {
        let input = self.node()?;
        let labels = match &input {
            Node::Select(selector) => matched_labels(&selector.matchers),
            _ => Labels::empty(),
        };
        Ok(Node::Absent { input: Box::new(input), labels })
    }

    fn label_replace(&mut self) -> Result<Node> {
        Ok(Node::LabelReplace(LabelReplace {
            input: self.boxed()?,
            target: self.text()?,
            replacement: self.text()?,
            source: self.text()?,
            regex: self.text()?,
        }))
    }

    fn sort(&mut self, name: &str, at: Position) -> Result<Node> {
        let input = self.boxed()?;
        let by = if name.contains("label") { SortBy::Labels(self.texts()?) } else { SortBy::Value };
        Ok(Node::Sort { input, by, descending: name.ends_with("_desc"), at })
    }

    fn histogram_quantile(&mut self) -> Result<Node> {
        let (quantile, input) = (self.next()?, self.next()?);
        let at = [quantile.at.clone(), input.at.clone()];
        let quantile = Box::new(quantile.within(self.invariant));
        let input = Box::new(input.within(self.invariant));
        Ok(Node::HistogramQuantile { quantile, input, at })
    }

    fn histogram_quantiles(&mut self) -> Result<Node> {
        let input = self.next()?;
        let at = input.at.clone();
        let input = Box::new(input.within(self.invariant));
        let label = self.text()?;
        let mut quantiles = Vec::new();
        while self.args.len() > 0 {
            let quantile = self.next()?;
            let at = quantile.at.clone();
            quantiles.push((quantile.within(self.invariant), at));
        }
        Ok(Node::HistogramQuantiles(HistogramQuantiles { input, label, quantiles, at }))
    }

    fn histogram_fraction(&mut self) -> Result<Node> {
        let lower = self.next()?;
        let first_at = lower.at.clone();
        let (lower, upper) = (Box::new(lower.within(self.invariant)), self.boxed()?);
        let input = self.next()?;
        let at = [first_at, input.at.clone()];
        let input = Box::new(input.within(self.invariant));
        Ok(Node::HistogramFraction { lower, upper, input, at })
    }

    fn info(&mut self) -> Result<Node> {
        let input = self.boxed()?;
        let matchers = match self.args.next().map(|arg| arg.value) {
            Some(LoweredValue::Node(Node::Select(selector))) => selector.matchers,
            _ => Vec::new(),
        };
        let (offset, at) = first_selector(&input).unwrap_or((0, None));
        Ok(Node::Info(InfoNode { input, matchers, offset, at }))
    }
}

/// The offset and the `@` of the first selector within `node`.
fn first_selector(node: &Node) -> Option<(i64, Option<i64>)> {
    match node {
        Node::Select(selector) | Node::SampleTime(selector) | Node::SampleStart(selector) => {
            Some((selector.offset, selector.at))
        }
        Node::Range(arg) | Node::RangeCall(RangeCallNode { arg, .. }) => match &arg.source {
            RangeSource::Series(_) => Some((arg.offset, arg.at)),
            RangeSource::Subquery { inner, .. } => first_selector(inner),
        },
        other => other.children().into_iter().find_map(first_selector),
    }
}

/// Refuses a function that cannot be given a range with this modifier.
pub(crate) fn check_extension(function: &str, extension: Option<Extension>) -> Result<()> {
    let (modifier, allowed) = match extension {
        None => return Ok(()),
        Some(Extension::Anchored) => ("anchored", ANCHORED),
        Some(Extension::Smoothed) => ("smoothed", SMOOTHED),
    };
    if allowed.split(", ").any(|name| name == function) {
        return Ok(());
    }
    Err(EvalError::ModifierNotAllowed { modifier, allowed, function: function.to_owned() })
}

/// The labels that a missing series would have: those that one matcher alone sets.
fn matched_labels(matchers: &[Matcher]) -> Labels {
    let mut builder = LabelsBuilder::new();
    let mut seen = Vec::new();
    for matcher in matchers.iter().filter(|matcher| matcher.name() != METRIC_NAME) {
        if matcher.op() == MatchOp::Equal && !seen.contains(&matcher.name()) {
            builder.set(matcher.name(), matcher.value());
            seen.push(matcher.name());
        } else {
            builder.delete(matcher.name());
        }
    }
    builder.labels()
}
