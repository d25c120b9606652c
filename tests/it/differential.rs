//! Made-up expressions over made-up data: Regain's engine answers as Prometheus' own does.
//!
//! `DIFFERENTIAL_SEED` and `DIFFERENTIAL_CASES` choose which cases and how many. A case depends on its own
//! seed alone: to replay the one that a failure names, set the seed to its and the number to 1.

mod compare;
mod language;
mod ours;
mod report;

use regain_model::{Labels, METRIC_NAME};
use regain_promql::ast::ValueType;
use regain_promql::signatures;
use regain_tests::oracle::grammar::{Function, Grammar};
use regain_tests::oracle::tree::{Kind, Tree};
use regain_tests::oracle::{Answer, Eval, Load, LoadedSeries, Oracle, Random, data};
use regain_tests::program::variable_of;

use compare::{Agreement, agree};
use ours::World;
use report::{Disagreement, Tally};

use crate::peer;

const SEED_DEFAULT: u64 = 1;
/// As many as a debug build asks in less than a minute.
const CASES_DEFAULT: u64 = 6_000;
/// So many cases of neighbouring seeds are about the same data.
const CASES_A_WORLD: u64 = 64;
/// How often the referee is asked again.
const ATTEMPTS_MAX: usize = 24;
/// Disagreements after which it is clear that something is wrong.
const DISAGREEMENTS_MAX: usize = 12;

#[test]
fn answers_as_the_referee_does() {
    let Some(program) = Oracle::find().unwrap() else {
        peer::skip("no referee at hand; `make oracle` builds it where there is a Go 1.26");
        return;
    };
    let mut sides = Sides::new(Oracle::start(&program).unwrap());
    let first = number("DIFFERENTIAL_SEED").unwrap_or(SEED_DEFAULT);
    let cases = number("DIFFERENTIAL_CASES").unwrap_or(CASES_DEFAULT);
    let functions = functions();
    let mut tally = Tally::new(first);
    for seed in first..first + cases {
        if seed == first || seed % CASES_A_WORLD == 0 {
            sides.load(data::made(seed / CASES_A_WORLD)).unwrap();
        }
        let case = Case::made(seed, sides.load.step_ms, &functions);
        let found = sides.ask(&case);
        tally.count(&found);
        if let Agreement::Not(_) = found.agreement {
            tally.disagreements.push(shrunk(&mut sides, case, found));
            sides.load(data::made(seed / CASES_A_WORLD)).unwrap();
        }
        if tally.disagreements.len() == DISAGREEMENTS_MAX {
            break;
        }
    }
    tally.tell();
    assert!(tally.disagreements.is_empty(), "{}", tally.complaint());
}

/// A question.
#[derive(Clone, Debug)]
struct Case {
    seed: u64,
    tree: Tree,
    eval: Eval,
}

impl Case {
    /// The case that `seed` stands for.
    fn made(seed: u64, step_ms: i64, functions: &[Function]) -> Self {
        let mut random = Random::new(seed);
        let range = random.percent(50);
        let mut eval = times(&mut random, step_ms, range);
        eval.lookback_ms = random.pick(&[0, 0, 0, 0, 15_000, 60_000, 600_000, 600_000, 1]);
        eval.features = features(&mut random);
        let tree = Grammar::new(random, functions).expression(range);
        eval.expr = tree.to_string();
        Self { seed, tree, eval }
    }

    fn with(&self, tree: Tree) -> Self {
        let eval = Eval { expr: tree.to_string(), ..self.eval.clone() };
        Self { seed: self.seed, tree, eval }
    }
}

/// When it is asked: on the data, between it, before it and after it.
fn times(random: &mut Random, step_ms: i64, range: bool) -> Eval {
    let start_ms = match random.weighted(&[60, 30, 10]) {
        0 => random.between(5, 70) * step_ms,
        1 => random.between(0, 100 * step_ms),
        _ => random.between(-10, 200) * step_ms,
    };
    if !range {
        return Eval { start_ms, end_ms: start_ms, ..Eval::default() };
    }
    let steps_ms = [step_ms, step_ms, 2 * step_ms, 7 * step_ms, 60_000, 1_000, 13_777];
    let step = random.pick(&steps_ms);
    // Upstream calls one step a range if its end lies behind it, and warns of sorting that has had an effect.
    let end_ms = match random.between(0, 25) {
        0 => start_ms,
        steps => start_ms + steps * step + random.between(0, step - 1),
    };
    Eval { start_ms, end_ms, step_ms: step, ..Eval::default() }
}

fn features(random: &mut Random) -> Vec<String> {
    const LANGUAGE: [&str; 4] = [
        "promql-experimental-functions",
        "promql-duration-expr",
        "promql-extended-range-selectors",
        "promql-binop-fill-modifiers",
    ];
    const EVALUATION: [&str; 3] =
        ["promql-delayed-name-removal", "type-and-unit-labels", "use-start-timestamps"];
    let of_language = if random.percent(95) { 100 } else { 60 };
    let mut features = Vec::new();
    for (names, percent) in [(&LANGUAGE[..], of_language), (&EVALUATION, 35)] {
        features.extend(names.iter().filter(|_| random.percent(percent)).map(|&name| name.into()));
    }
    features
}

fn number(variable: &str) -> Option<u64> {
    let value = variable_of(variable)?;
    Some(value.parse().unwrap_or_else(|_| panic!("${variable} is no number: {value}")))
}

/// The signature table, as the grammar sees it.
fn functions() -> Vec<Function> {
    let kind = |of: ValueType| match of {
        ValueType::Scalar => Kind::Scalar,
        ValueType::Vector => Kind::Vector,
        ValueType::Matrix => Kind::Matrix,
        ValueType::String => Kind::Text,
    };
    let function = |signature: &signatures::Signature| {
        let fixed = signature.args_min();
        Function {
            name: signature.name,
            args: (0..fixed).filter_map(|at| signature.arg(at)).map(kind).collect(),
            optional: signature.arg(fixed).into_iter().map(kind).collect(),
            returns: kind(signature.returns),
        }
    };
    signatures::all().iter().map(function).collect()
}

/// What was found about a case.
struct Found {
    ours: Answer,
    theirs: Answer,
    agreement: Agreement,
}

/// Both engines with the same data.
struct Sides {
    oracle: Oracle,
    world: World,
    load: Load,
}

impl Sides {
    fn new(oracle: Oracle) -> Self {
        Self { oracle, world: World::default(), load: Load::default() }
    }

    fn load(&mut self, mut load: Load) -> anyhow::Result<()> {
        ours::order(&mut load);
        self.oracle.load(&load)?;
        self.world = World::of(&load);
        self.load = load;
        Ok(())
    }

    fn ask(&mut self, case: &Case) -> Found {
        let theirs = self.oracle.eval(&case.eval).unwrap();
        let ours = self.world.eval(&case.eval);
        let mut agreement = agree(&case.eval, ours.clone(), theirs.clone());
        if matches!(agreement, Agreement::Not(_)) {
            agreement = self.ask_again(case, &ours, &theirs).unwrap_or(agreement);
        }
        let ranks = ["topk", "bottomk", "limitk"].iter().any(|name| case.eval.expr.contains(name));
        if matches!(agreement, Agreement::Not(_)) && ranks {
            agreement = self.ask_by_labels(case, &ours).unwrap_or(agreement);
        }
        Found { ours, theirs, agreement }
    }

    /// Between the steps of a range query or a subquery, upstream keeps the series that operators and functions make
    /// in a Go map, and hands them on in an order that differs from run to run. It shows in which of equals `topk` and
    /// `limitk` take, in which duplicates an error names, and in the last digits of sums. So a question about which
    /// the engines differ is asked again, and the referee can be found to contradict itself.
    fn ask_again(&mut self, case: &Case, ours: &Answer, first: &Answer) -> Option<Agreement> {
        let mut undecided = None;
        for _ in 0..ATTEMPTS_MAX {
            let theirs = self.oracle.eval(&case.eval).unwrap();
            if !matches!(agree(&case.eval, ours.clone(), theirs.clone()), Agreement::Not(_)) {
                return Some(Agreement::OneOfTheirs);
            }
            if matches!(agree(&case.eval, first.clone(), theirs), Agreement::Not(_)) {
                undecided = Some(Agreement::Undecided);
            }
        }
        undecided
    }

    /// Upstream ranks groups and other results in the order in which it has found the first series of each. Which of
    /// equals is taken must not depend on the times that are asked for, so here it is the first by labels: what
    /// upstream takes if the series come in the order of their labels, or of those but their names.
    fn ask_by_labels(&mut self, case: &Case, ours: &Answer) -> Option<Agreement> {
        let nameless = |series: &LoadedSeries| {
            let labels = ours::labels_of(series);
            labels.iter().filter(|(name, _)| *name != METRIC_NAME).collect::<Labels>()
        };
        let mut loads = [self.load.clone(), self.load.clone()];
        loads[0].series.sort_by_cached_key(ours::labels_of);
        loads[1].series.sort_by_cached_key(nameless);
        let agrees = loads.iter().any(|load| {
            self.oracle.load(load).unwrap();
            // In another order, other samples are held together.
            let theirs = Answer { stats: None, ..self.oracle.eval(&case.eval).unwrap() };
            !matches!(agree(&case.eval, ours.clone(), theirs), Agreement::Not(_))
        });
        self.oracle.load(&self.load).unwrap();
        agrees.then_some(Agreement::OneOfTheirs)
    }

    fn disagree(&mut self, case: &Case) -> Option<Found> {
        let found = self.ask(case);
        matches!(found.agreement, Agreement::Not(_)).then_some(found)
    }
}

/// The case made smaller for as long as the engines disagree, first its expression, then its data.
fn shrunk(sides: &mut Sides, mut case: Case, mut found: Found) -> Disagreement {
    while let Some((smaller, what)) = case.tree.smaller().into_iter().find_map(|tree| {
        let candidate = case.with(tree);
        sides.disagree(&candidate).map(|found| (candidate, found))
    }) {
        (case, found) = (smaller, what);
    }
    let mut at = 0;
    while at < sides.load.series.len() {
        let all = sides.load.clone();
        let mut fewer = all.clone();
        fewer.series.remove(at);
        sides.load(fewer).unwrap();
        if let Some(what) = sides.disagree(&case) {
            found = what;
        } else {
            sides.load(all).unwrap();
            at += 1;
        }
    }
    Disagreement { seed: case.seed, eval: case.eval, load: sides.load.clone(), found }
}
