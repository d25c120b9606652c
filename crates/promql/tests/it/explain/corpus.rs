//! All cases of all files, each query asked plainly and with an explanation.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use regain_promql::test_language::{self, When};
use regain_promql::{
    Engine, EngineOptions, EvalError, Evaluation, ExplainedNode, Explanation, Expr, Features,
    QueryResult, Value,
};
use regain_storage::Queryable;

use super::ticking;

fn files() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let root = std::env::var_os("REGAIN_CONFORMANCE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"),
        PathBuf::from,
    );
    let upstream = root.join("promql");
    if !upstream.is_dir() {
        eprintln!("SKIPPED: no conformance data in {}", upstream.display());
    }
    let folders = [own, upstream].into_iter().filter(|folder| folder.is_dir());
    let entries = folders.flat_map(|folder| fs::read_dir(folder).unwrap());
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|ext| ext == "test")).collect()
}

fn explained(
    engine: &Engine,
    source: &dyn Queryable,
    expr: &Expr,
    when: When,
) -> Result<Explanation, EvalError> {
    let (ctx, clock) = (engine.context(), ticking());
    match when {
        When::At(time) => engine.explain_instant(source, expr, time, &ctx, &clock),
        When::Over(steps) => engine.explain_range(source, expr, steps, &ctx, &clock),
    }
}

fn plain(
    engine: &Engine,
    source: &dyn Queryable,
    expr: &Expr,
    when: When,
) -> Result<QueryResult, EvalError> {
    let ctx = engine.context();
    match when {
        When::At(time) => engine.instant(source, expr, time, &ctx),
        When::Over(steps) => engine.range(source, expr, steps, &ctx),
    }
}

fn is_empty(result: &QueryResult) -> bool {
    match &result.value {
        Value::Vector(samples) => samples.is_empty(),
        Value::Matrix(series) => series.is_empty(),
        Value::Scalar(_) | Value::String(_) => false,
    }
}

/// What must hold of every explanation.
fn check(expr: &Expr, explanation: &Explanation) {
    let Explanation { result, nodes, why_empty } = explanation;
    assert_eq!(is_empty(result), why_empty.is_some(), "{expr}: {nodes:#?}");
    let (mut read, mut total) = (0, 0);
    for (index, node) in nodes.iter().enumerate() {
        assert_eq!(node.parent.is_none(), index == 0, "{expr}");
        assert!(node.parent.is_none_or(|parent| parent < index), "{expr}");
        match &node.evaluation {
            Evaluation::Measured(figures) => {
                assert!(figures.evaluations > 0 && figures.own_time <= figures.time, "{expr}");
                read += figures.samples_read;
                total += figures.samples_total;
            }
            Evaluation::PartOf(lead) => {
                let lead = &nodes[*lead].evaluation;
                assert!(matches!(lead, Evaluation::Measured(_)), "{expr}");
            }
            Evaluation::SharedWith(lender) => total += total_of(nodes, *lender),
            Evaluation::Settled | Evaluation::Skipped => {}
        }
        if let Some(reason) = &node.empty {
            assert!(reason.to_string().ends_with('.'), "{expr}: {reason}");
        }
    }
    let stats = result.stats;
    assert_eq!((read, total), (stats.samples_read, stats.samples_total), "{expr}: {nodes:#?}");
}

/// The samples that a node and those below it have looked at.
fn total_of(nodes: &[ExplainedNode], at: usize) -> u64 {
    let own = match &nodes[at].evaluation {
        Evaluation::Measured(figures) => figures.samples_total,
        Evaluation::SharedWith(lender) => total_of(nodes, *lender),
        Evaluation::PartOf(_) | Evaluation::Settled | Evaluation::Skipped => 0,
    };
    let below = (0..nodes.len()).filter(|&index| nodes[index].parent == Some(at));
    own + below.map(|index| total_of(nodes, index)).sum::<u64>()
}

#[test]
fn an_explanation_changes_no_answer() {
    let asked = Cell::new(0_u32);
    let ask = |engine: &Engine, source: &dyn Queryable, expr: &Expr, when: When| {
        asked.set(asked.get() + 1);
        let plain = plain(engine, source, expr, when);
        let explained = explained(engine, source, expr, when);
        let result = explained.as_ref().map(|explained| &explained.result);
        assert_eq!(format!("{result:?}"), format!("{:?}", plain.as_ref()), "{expr}");
        if let Ok(explained) = &explained {
            check(expr, explained);
        }
        plain
    };
    let features =
        Features { delayed_name_removal: true, start_timestamps: true, ..Features::default() };
    let engine = Engine::new(EngineOptions { workers: 1, features, ..EngineOptions::default() });
    for path in files() {
        let (name, text) = (path.display().to_string(), fs::read_to_string(&path).unwrap());
        test_language::run_asking((&engine, &ask), &name, &text).unwrap();
    }
    assert!(asked.get() > 400, "only {} queries were asked", asked.get());
}
