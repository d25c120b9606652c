//! PromQL expressions of a remediation, which may name labels of the alert.
//!
//! `node_systemd_unit_state{instance="{{ $labels.instance }}",state="active"} == 1` asks about the instance of
//! the alert. A label's value comes from a scraped target and is not trusted: it can only become the value of
//! a matcher, because it is put into the parsed expression and not into its text.

use std::fmt;

use regain_model::{INSTANCE_NAME, JOB_NAME, Labels, MatchOp, Matcher};
use regain_promql::ast::{Expr, ExprKind, VectorSelector};
use regain_promql::{ParseErrors, ParserOptions, parse};

#[cfg(test)]
mod tests;

/// An expression with the places of the alert's labels in it.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    parsed: Expr,
}

/// An expression for one alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The expression to evaluate.
    pub expr: String,
    /// The selectors in it that look at the present; each of them is one to ask for the time of its samples.
    pub selectors: Vec<String>,
}

/// Why a text is no expression for a remediation.
#[derive(Debug, thiserror::Error)]
pub enum ExpressionError {
    /// It is not PromQL.
    #[error("{0}")]
    Syntax(#[from] ParseErrors),
    /// It looks at no series, so that nothing proves that anything was measured.
    #[error("the expression selects no series of the present; nothing in it can be fresh")]
    NoSelector,
    /// A label is named in another place than the value of a matcher.
    #[error(
        "{{{{ $labels.NAME }}}} can only stand in the value of a matcher, as in {{instance=\"{{{{ $labels.instance }}}}\"}}"
    )]
    Misplaced,
    /// A place names no label.
    #[error("{0:?} names no label; write {{{{ $labels.NAME }}}}")]
    NoLabel(String),
}

/// An alert lacks a label that an expression names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the alert has no label {label:?}")]
pub struct MissingLabel {
    /// The label.
    pub label: String,
}

impl Expression {
    /// Parses an expression and checks where it names labels.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let parsed = parse(text, &ParserOptions::default())?;
        let mut fresh = 0;
        let mut named = 0;
        let mut wrong = None;
        for_each_selector(&parsed, &mut |selector| {
            fresh += usize::from(is_present(selector));
            for matcher in &selector.matchers {
                named += matcher.value().matches(OPEN).count();
                if let Err(error) = pieces(matcher.value()) {
                    wrong = Some(error);
                }
            }
        });
        if let Some(error) = wrong {
            return Err(error);
        }
        if text.matches(OPEN).count() != named {
            return Err(ExpressionError::Misplaced);
        }
        if fresh == 0 {
            return Err(ExpressionError::NoSelector);
        }
        Ok(Self { text: text.to_owned(), parsed })
    }

    /// The query for an alert with these labels.
    pub fn query(&self, labels: &Labels) -> Result<Query, MissingLabel> {
        let mut expr = self.parsed.clone();
        let mut missing = None;
        for_each_selector_mut(&mut expr, &mut |selector| {
            for matcher in &mut selector.matchers {
                match filled(matcher, labels) {
                    Ok(Some(full)) => *matcher = full,
                    Ok(None) => {}
                    Err(error) => missing = Some(error),
                }
            }
        });
        match missing {
            Some(error) => Err(error),
            None => Ok(Query { selectors: selectors(&expr), expr: expr.to_string() }),
        }
    }

    /// The query for the health of the target that an alert's samples came from; nothing where the alert
    /// does not say which one.
    pub fn up_of(labels: &Labels) -> Option<Query> {
        let instance = labels.get(INSTANCE_NAME)?;
        let mut matchers = vec![Matcher::equal(INSTANCE_NAME, instance)];
        matchers.extend(labels.get(JOB_NAME).map(|job| Matcher::equal(JOB_NAME, job)));
        let matchers: Vec<String> = matchers.iter().map(Matcher::to_string).collect();
        let selector = format!("up{{{}}}", matchers.join(","));
        Some(Query { expr: format!("{selector} == 1"), selectors: vec![selector] })
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

enum Piece<'a> {
    Text(&'a str),
    Label(&'a str),
}

fn pieces(mut value: &str) -> Result<Vec<Piece<'_>>, ExpressionError> {
    let mut pieces = Vec::new();
    while let Some((before, rest)) = value.split_once(OPEN) {
        let unclosed = || ExpressionError::NoLabel(rest.to_owned());
        let (inside, after) = rest.split_once(CLOSE).ok_or_else(unclosed)?;
        let name = inside.trim().strip_prefix("$labels.");
        let name = name.or_else(|| inside.trim().strip_prefix(".Labels."));
        let valid = name.filter(|name| regain_model::is_legacy_label_name(name));
        let name = valid.ok_or_else(|| ExpressionError::NoLabel(inside.trim().to_owned()))?;
        pieces.extend([Piece::Text(before), Piece::Label(name)]);
        value = after;
    }
    pieces.push(Piece::Text(value));
    Ok(pieces)
}

/// The matcher with the labels' values in it; nothing where it names none.
fn filled(matcher: &Matcher, labels: &Labels) -> Result<Option<Matcher>, MissingLabel> {
    if !matcher.value().contains(OPEN) {
        return Ok(None);
    }
    let is_regex = matches!(matcher.op(), MatchOp::Regex | MatchOp::NotRegex);
    let mut full = String::new();
    for piece in pieces(matcher.value()).expect("the places were checked when it was parsed") {
        match piece {
            Piece::Text(text) => full.push_str(text),
            Piece::Label(label) => {
                let missing = || MissingLabel { label: label.to_owned() };
                let value = labels.get(label).ok_or_else(missing)?;
                if is_regex { push_quoted(&mut full, value) } else { full.push_str(value) }
            }
        }
    }
    let filled = Matcher::new(matcher.name(), matcher.op(), full);
    Ok(Some(filled.expect("quoted text keeps an expression valid")))
}

/// Appends a text so that a regular expression takes it for itself.
fn push_quoted(dst: &mut String, text: &str) {
    for letter in text.chars() {
        if r"\.+*?()|[]{}^$".contains(letter) {
            dst.push('\\');
        }
        dst.push(letter);
    }
}

fn is_present(selector: &VectorSelector) -> bool {
    selector.time.at.is_none() && selector.time.offset.is_none()
}

fn selectors(expr: &Expr) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for_each_selector(expr, &mut |selector| {
        let text = selector.to_string();
        if is_present(selector) && !found.contains(&text) {
            found.push(text);
        }
    });
    found
}

fn for_each_selector(expr: &Expr, visit: &mut dyn FnMut(&VectorSelector)) {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Bytes(_) | ExprKind::Hole => {}
        ExprKind::Vector(selector) => visit(selector),
        ExprKind::Matrix(matrix) => visit(&matrix.selector),
        ExprKind::Subquery(subquery) => for_each_selector(&subquery.expr, visit),
        ExprKind::Call(call) => call.args.iter().for_each(|arg| for_each_selector(arg, visit)),
        ExprKind::Aggregate(aggregate) => {
            for_each_selector(&aggregate.expr, visit);
            aggregate.param.iter().for_each(|param| for_each_selector(param, visit));
        }
        ExprKind::Binary(binary) => {
            for_each_selector(&binary.left, visit);
            for_each_selector(&binary.right, visit);
        }
        ExprKind::Unary { expr, .. } | ExprKind::Paren(expr) => for_each_selector(expr, visit),
    }
}

fn for_each_selector_mut(expr: &mut Expr, visit: &mut dyn FnMut(&mut VectorSelector)) {
    match &mut expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Bytes(_) | ExprKind::Hole => {}
        ExprKind::Vector(selector) => visit(selector),
        ExprKind::Matrix(matrix) => visit(&mut matrix.selector),
        ExprKind::Subquery(subquery) => for_each_selector_mut(&mut subquery.expr, visit),
        ExprKind::Call(call) => {
            call.args.iter_mut().for_each(|arg| for_each_selector_mut(arg, visit));
        }
        ExprKind::Aggregate(aggregate) => {
            for_each_selector_mut(&mut aggregate.expr, visit);
            aggregate.param.iter_mut().for_each(|param| for_each_selector_mut(param, visit));
        }
        ExprKind::Binary(binary) => {
            for_each_selector_mut(&mut binary.left, visit);
            for_each_selector_mut(&mut binary.right, visit);
        }
        ExprKind::Unary { expr, .. } | ExprKind::Paren(expr) => for_each_selector_mut(expr, visit),
    }
}
