//! Which series match, and what goes wrong when too many do.

use std::sync::Arc;

use regain_model::Labels;
use regain_storage::{Ctx, LabelArena};

use super::{set, vectors};
use crate::eval_error::Result;
use crate::grid::{ABSENT, Matrix, RowLabels, is_absent};
use crate::native::Notes;
use crate::operators::BinaryOp;
use crate::plan::{Cardinality, Matching, Node, SetNode, SetOp, VectorVector};

/// Two steps of each series: labels, then values.
type Rows<'a> = &'a [(&'a [(&'a str, &'a str)], [f64; 2])];

fn matrix(arena: &LabelArena, rows: Rows<'_>) -> Matrix {
    let mut matrix = Matrix::new(2);
    for (labels, row) in rows {
        let labels = arena.add(&Labels::from_pairs(labels.iter().copied()));
        matrix.push(RowLabels { labels, drop_name: false }, row);
    }
    matrix
}

fn node(op: BinaryOp, matching: Matching) -> VectorVector {
    let side = || Box::new(Node::Number(0.0));
    VectorVector { op, left: side(), right: side(), as_bool: false, matching, at: 0..0 }
}

fn on(labels: &[&str], cardinality: Cardinality) -> Matching {
    Matching {
        on: true,
        labels: labels.iter().map(|&label| label.to_owned()).collect(),
        cardinality,
        include: Vec::new(),
        fill_left: None,
        fill_right: None,
    }
}

/// The rows as text: labels, then a value or `_` for each step.
fn text(arena: &LabelArena, result: Result<Matrix>) -> String {
    let matrix = match result {
        Ok(matrix) => matrix,
        Err(error) => return error.to_string(),
    };
    let mut rows: Vec<String> = matrix
        .rows()
        .map(|(labels, row)| {
            let value = |v: &f64| if is_absent(*v) { " _".to_owned() } else { format!(" {v}") };
            arena.labels(labels.labels).to_string() + &row.iter().map(value).collect::<String>()
        })
        .collect();
    rows.sort();
    rows.join("; ")
}

fn check(node: &VectorVector, left: Rows<'_>, right: Rows<'_>, expected: &str) {
    let ctx = Arc::new(Ctx::default());
    let arena = &ctx.labels;
    let (left, right) = (matrix(arena, left), matrix(arena, right));
    let result = vectors(&ctx, node, [&left, &right], false, &mut Notes::default());
    assert_eq!(text(arena, result), expected);
}

const A1: &[(&str, &str)] = &[("__name__", "a"), ("i", "1")];
const A2: &[(&str, &str)] = &[("__name__", "a"), ("i", "2")];
const B1: &[(&str, &str)] = &[("__name__", "b"), ("i", "1")];
const B1X: &[(&str, &str)] = &[("__name__", "b"), ("i", "1"), ("x", "y")];

#[test]
fn series_with_the_same_labels_match() {
    let node = node(BinaryOp::Sub, Matching { on: false, ..on(&[], Cardinality::OneToOne) });
    check(&node, &[(A1, [5.0, ABSENT]), (A2, [1.0, 1.0])], &[(B1, [3.0, 3.0])], "{i=\"1\"} 2 _");
}

#[test]
fn comparisons_keep_the_left_side() {
    let node = node(BinaryOp::Greater, on(&["i"], Cardinality::OneToOne));
    check(&node, &[(A1, [5.0, 1.0])], &[(B1, [3.0, 3.0])], "{i=\"1\"} 5 _");
}

#[test]
fn one_side_may_have_many_with_labels_from_the_other() {
    let matching = Matching { include: vec!["x".to_owned()], ..on(&["i"], Cardinality::ManyToOne) };
    let left: Rows<'_> =
        &[(&[("i", "1"), ("k", "a")], [1.0, 2.0]), (&[("i", "1"), ("k", "b")], [3.0, 4.0])];
    check(
        &node(BinaryOp::Mul, matching),
        left,
        &[(B1X, [10.0, 10.0])],
        "{i=\"1\", k=\"a\", x=\"y\"} 10 20; {i=\"1\", k=\"b\", x=\"y\"} 30 40",
    );
}

#[test]
fn numbers_stand_in_for_missing_series() {
    let matching = Matching {
        fill_left: Some(0.0),
        fill_right: Some(100.0),
        ..on(&["i"], Cardinality::OneToOne)
    };
    check(
        &node(BinaryOp::Add, matching),
        &[(A1, [1.0, ABSENT]), (A2, [2.0, 2.0])],
        &[(B1, [10.0, 10.0])],
        "{i=\"1\"} 11 10; {i=\"2\"} 102 102",
    );
}

#[test]
fn too_many_matches_are_refused() {
    let one = || on(&["i"], Cardinality::OneToOne);
    let many_to_many = "found duplicate series for the match group {i=\"1\"} on the right hand-side of the \
                        operation: [{__name__=\"b\", i=\"1\", x=\"y\"}, {__name__=\"b\", i=\"1\"}];many-to-many \
                        matching not allowed: matching labels must be unique on one side";
    let twice: Rows<'_> = &[(B1, [1.0, ABSENT]), (B1X, [1.0, 1.0])];
    check(&node(BinaryOp::Add, one()), &[(A1, [1.0, 1.0])], twice, many_to_many);
    check(
        &node(BinaryOp::Add, one()),
        twice,
        &[(A1, [1.0, 1.0])],
        "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
    );
    let matching = Matching { include: vec!["x".to_owned()], ..on(&["i"], Cardinality::ManyToOne) };
    check(
        &node(BinaryOp::Add, matching),
        &[(B1, [1.0, 1.0]), (B1X, [1.0, 1.0])],
        &[(A1, [1.0, 1.0])],
        "multiple matches for labels: grouping labels must ensure unique matches",
    );
}

#[test]
fn duplicates_that_never_meet_are_no_duplicates() {
    let node = node(BinaryOp::Add, on(&["i"], Cardinality::OneToOne));
    let right: Rows<'_> = &[(B1, [1.0, ABSENT]), (B1X, [ABSENT, 2.0])];
    check(&node, &[(A1, [10.0, 20.0])], right, "{i=\"1\"} 11 22");
}

#[test]
fn sets_match_by_labels_alone() {
    let left: Rows<'_> = &[(A1, [1.0, 1.0]), (A2, [2.0, 2.0])];
    let right: Rows<'_> = &[(B1, [9.0, ABSENT])];
    for (op, expected) in [
        (SetOp::And, "{__name__=\"a\", i=\"1\"} 1 _"),
        (SetOp::Unless, "{__name__=\"a\", i=\"1\"} _ 1; {__name__=\"a\", i=\"2\"} 2 2"),
        (SetOp::Or, "{__name__=\"a\", i=\"1\"} 1 1; {__name__=\"a\", i=\"2\"} 2 2"),
    ] {
        let ctx = Arc::new(Ctx::default());
        let arena = &ctx.labels;
        let (left, right) = (matrix(arena, left), matrix(arena, right));
        let side = || Box::new(Node::Number(0.0));
        let node = SetNode { op, left: side(), right: side(), on: false, labels: Vec::new() };
        assert_eq!(text(arena, set(&ctx, &node, left, &right)), expected, "{op:?}");
    }
}
