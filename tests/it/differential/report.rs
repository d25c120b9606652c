//! What is said at the end.

use std::fmt::{self, Write as _};

use regain_tests::oracle::{Answer, Eval, Load, LoadedSeries, Series};

use super::Found;
use super::compare::Agreement;

/// What has come of the cases.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    seed: u64,
    cases: u64,
    exact: u64,
    close: u64,
    one_of_theirs: u64,
    undecided: u64,
    their_mistakes: u64,
    errors: u64,
    empty: u64,
    pub(crate) disagreements: Vec<Disagreement>,
}

impl Tally {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    pub(crate) fn count(&mut self, Found { agreement, theirs, .. }: &Found) {
        self.cases += 1;
        match agreement {
            Agreement::Exact => self.exact += 1,
            Agreement::Close => self.close += 1,
            Agreement::OneOfTheirs => self.one_of_theirs += 1,
            Agreement::Undecided => self.undecided += 1,
            Agreement::TheirMistake => self.their_mistakes += 1,
            Agreement::Not(_) => return,
        }
        self.errors += u64::from(theirs.error.is_some());
        let nothing = theirs.error.is_none() && theirs.series.is_empty() && theirs.text.is_empty();
        self.empty += u64::from(nothing);
    }

    /// The summary, past the test's captured output.
    pub(crate) fn tell(&self) {
        let Self {
            seed,
            cases,
            exact,
            close,
            one_of_theirs,
            undecided,
            their_mistakes,
            errors,
            empty,
            ..
        } = self;
        let agreed = exact + close + one_of_theirs;
        let line = format!(
            "differential: seed {seed}, {cases} cases, {agreed} agreed ({exact} to the last bit, {close} within 1e-9, \
             {one_of_theirs} with one of several answers; {errors} errors in both, {empty} empty in both), \
             {undecided} about which Prometheus contradicts itself, {their_mistakes} that it gets wrong, {} disagreed\n",
            self.disagreements.len()
        );
        std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
    }

    /// All disagreements.
    pub(crate) fn complaint(&self) -> String {
        let texts: Vec<String> = self.disagreements.iter().map(Disagreement::to_string).collect();
        format!("\n{}", texts.join("\n\n"))
    }
}

/// A case about which the engines disagree, as small as it could be made.
pub(crate) struct Disagreement {
    pub(crate) seed: u64,
    pub(crate) eval: Eval,
    pub(crate) load: Load,
    pub(crate) found: Found,
}

impl fmt::Debug for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Disagreement {
    /// In the test language, as far as it has words for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, eval, load, found } = self;
        let Agreement::Not(what) = found.agreement else { return Ok(()) };
        writeln!(f, "# DIFFERENTIAL_SEED={seed} DIFFERENTIAL_CASES=1: the {what} differ")?;
        writeln!(f, "# {}; lookback {} ms", eval.features.join(" "), eval.lookback_ms)?;
        writeln!(f, "load {}ms", load.step_ms)?;
        for series in &load.series {
            writeln!(f, "{}", written(series, load.step_ms))?;
        }
        let Eval { expr, start_ms, end_ms, step_ms, .. } = eval;
        match step_ms {
            0 => writeln!(f, "eval instant at {start_ms}ms {expr}")?,
            _ => writeln!(f, "eval range from {start_ms}ms to {end_ms}ms step {step_ms}ms {expr}")?,
        }
        writeln!(f, "# Prometheus:\n{}", shown(&found.theirs))?;
        write!(f, "# Regain:\n{}", shown(&found.ours))
    }
}

fn written(series: &LoadedSeries, step_ms: i64) -> String {
    let mut text = format!("    {}", series.text);
    if series.integer {
        text += " # integer";
    }
    if !series.starts_ms.is_empty() {
        let metric = series.text.split_once("} ").map_or("", |(metric, _)| metric);
        write!(text, "\n    {metric}}}@st").expect("a string takes all text");
        for (time, start) in (0..).map(|at| at * step_ms).zip(&series.starts_ms) {
            match start {
                0 => text += " _",
                start => {
                    write!(text, " {}ms", start - time).expect("a string takes all text");
                }
            }
        }
    }
    text
}

fn shown(answer: &Answer) -> String {
    let mut lines = Vec::new();
    lines.extend(answer.error.iter().map(|error| format!("    error: {error}")));
    lines.extend(answer.warnings.iter().map(|text| format!("    warning: {text}")));
    lines.extend(answer.infos.iter().map(|text| format!("    info: {text}")));
    if !answer.text.is_empty() {
        lines.push(format!("    {:?}", answer.text));
    }
    lines.extend(answer.series.iter().map(one));
    lines.extend(answer.stats.iter().map(|stats| format!("    {stats:?}")));
    if lines.is_empty() {
        lines.push("    nothing".to_owned());
    }
    lines.join("\n")
}

fn one(series: &Series) -> String {
    let mut text = format!("    {:?}", series.labels);
    for point in &series.floats {
        write!(text, " {:?}@{}", point.v, point.t).expect("a string takes all text");
    }
    for native in &series.histograms {
        write!(text, "\n        {native:?}").expect("a string takes all text");
    }
    text
}
