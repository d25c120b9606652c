//! One test being run: its series come in, its rules are evaluated, and what they say is compared.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use regain_config::LoadError;
use regain_go_format::quote::quote;
use regain_go_format::{duration, format_float, go_duration};
use regain_model::Timestamp;
use regain_promql::{Engine, EngineOptions, Features, ParserOptions, Sample, Series, Value, parse};
use regain_rules::{ExternalUrl, OfflineEvaluation, OfflineOptions, RuleError, RuleGroup, RuleSet};
use regain_storage::memory::MemoryStore;

use super::alerts::ShownAlert;
use super::failure::{Failure, FoundAlerts};
use super::feed::Feed;
use super::file::{AlertTest, ExprTest, Test, TestFile};
use super::samples::{ShownSample, agree};
use crate::exit;

/// As upstream has it, all samples are those up to the next whole second.
const SECOND_MS: i64 = 1000;
const NANOS_PER_MS: i64 = 1_000_000;

/// What the tests of a file have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting<'a> {
    pub(super) path: &'a Path,
    pub(super) file: &'a TestFile,
    pub(super) parser: ParserOptions,
    pub(super) features: Features,
    /// Whether alerts that differ are shown as one text with colours.
    pub(super) shows_diff: bool,
    /// Whether all samples are shown in the end.
    pub(super) shows_samples: bool,
}

/// What one test works with.
struct Bench<'a> {
    setting: Setting<'a>,
    test: &'a Test,
    store: MemoryStore,
    engine: Engine,
    failures: Vec<Failure<'a>>,
}

impl<'a> Setting<'a> {
    /// Runs a test on `rules`, which are in the order of their files, and returns what fails.
    pub(super) fn run(
        self,
        test: &'a Test,
        rules: &'a Result<Vec<RuleGroup>, LoadError>,
    ) -> Vec<Failure<'a>> {
        let store = MemoryStore::new();
        let feed = match Feed::new(self.path, test, store.clone()) {
            Ok(feed) => feed,
            Err(errors) => return vec![errors.into()],
        };
        let groups = match rules {
            Ok(groups) => groups.clone(),
            Err(error) => return vec![Failure::RuleFiles(error)],
        };
        if let Some(nameless) = test.alerts.iter().find(|alert| alert.name.is_empty()) {
            let eval_time_ms = nameless.eval_time_ms;
            return vec![Failure::NoAlertName { eval_time_ms, test: &test.name }];
        }
        let step_default_ms = self.file.evaluation_interval_ms;
        let options = EngineOptions {
            step_default_ms,
            workers: 1,
            features: self.features,
            ..EngineOptions::default()
        };
        let failures = Vec::new();
        let bench = Bench { setting: self, test, store, engine: Engine::new(options), failures };
        bench.run(feed, groups)
    }
}

impl<'a> Bench<'a> {
    fn run(mut self, feed: Feed, groups: Vec<RuleGroup>) -> Vec<Failure<'a>> {
        let evaluation = self.evaluation(groups);
        if self.evaluate(feed, evaluation) {
            for test in &self.test.exprs {
                self.check_expr(test);
            }
            if self.setting.shows_samples {
                self.show_samples();
            }
        }
        self.failures
    }

    fn evaluation(&self, mut groups: Vec<RuleGroup>) -> OfflineEvaluation {
        let order = &self.setting.file.group_order;
        // As upstream has it, groups that are not in the list are evaluated along with its first.
        let place = |group: &RuleGroup| order.iter().position(|name| **name == *group.name);
        groups.sort_by_key(|group| place(group).unwrap_or(0));
        let url = &self.test.external_url;
        let path = url::Url::parse(url).map(|url| url.path().trim_end_matches('/').to_owned());
        let options = OfflineOptions {
            store: Arc::new(self.store.clone()),
            source: Arc::new(self.store.clone()),
            engine: self.engine.clone(),
            parser: self.setting.parser,
            external_url: ExternalUrl::new(url, &path.unwrap_or_default()),
        };
        let external_labels = self.test.external_labels.clone();
        let set = RuleSet { groups, external_labels, query_offset: Duration::ZERO };
        OfflineEvaluation::new(options, set)
    }

    /// Evaluates all rules from the start to the end of the test and compares alerts on the way. Returns whether all
    /// rules could be evaluated: the test ends where one cannot.
    fn evaluate(&mut self, mut feed: Feed, mut evaluation: OfflineEvaluation) -> bool {
        let every = self.setting.file.evaluation_interval_ms;
        let mut due: Vec<&'a AlertTest> = self.test.alerts.iter().collect();
        due.sort_by_key(|test| test.eval_time_ms);
        let mut due = due.into_iter().peekable();
        let mut elapsed = 0;
        while elapsed <= self.test.end_ms() {
            let at = self.time(elapsed);
            match feed.advance(timestamp(at)) {
                Ok(()) => {
                    evaluation.evaluate(at);
                    if self.note_broken_rules(&evaluation, at) {
                        return false;
                    }
                }
                Err(error) => self.failures.push(error.into()),
            }
            // What is tested between two evaluations is what the earlier one said.
            while let Some(test) = due.next_if(|test| test.eval_time_ms < elapsed + every) {
                self.check_alerts(test, &evaluation);
            }
            elapsed = elapsed.saturating_add(every);
        }
        true
    }

    fn note_broken_rules(&mut self, evaluation: &OfflineEvaluation, at: Duration) -> bool {
        let time_ns = i64::try_from(at.as_nanos()).unwrap_or(i64::MAX);
        let before = self.failures.len();
        self.failures.extend(evaluation.failures().map(|(name, error)| Failure::Rule {
            name: name.to_owned(),
            time_ns,
            error: error.to_owned(),
        }));
        self.failures.len() > before
    }

    fn check_alerts(&mut self, test: &'a AlertTest, evaluation: &OfflineEvaluation) {
        let mut expected = test.expected.clone();
        let mut got: Vec<_> = evaluation.firing(&test.name).map(ShownAlert::of).collect();
        expected.sort();
        got.sort();
        if expected != got {
            self.failures.push(Failure::Alerts {
                test: &self.test.name,
                alert: &test.name,
                eval_time_ms: test.eval_time_ms,
                found: FoundAlerts { expected, got, as_diff: self.setting.shows_diff },
            });
        }
    }

    fn check_expr(&mut self, test: &'a ExprTest) {
        let ExprTest { expr, eval_time_ms, expected } = test;
        let eval_time_ms = *eval_time_ms;
        let got = match self.query(expr, timestamp(self.time(eval_time_ms))) {
            Ok(got) => got,
            Err(error) => {
                return self.failures.push(Failure::Query { expr, eval_time_ms, error });
            }
        };
        let mut shown = Vec::with_capacity(expected.len());
        for sample in expected {
            match ShownSample::expected(sample) {
                Ok(sample) => shown.push(sample),
                Err(error) => {
                    let labels = &*sample.labels;
                    let failure = Failure::BadSample { expr, eval_time_ms, labels, error };
                    return self.failures.push(failure);
                }
            }
        }
        let mut got: Vec<_> = got.into_iter().map(ShownSample::of).collect();
        if !agree(&mut shown, &mut got, self.setting.file.is_fuzzy) {
            self.failures.push(Failure::Samples { expr, eval_time_ms, expected: shown, got });
        }
    }

    fn query(&self, text: &str, at: Timestamp) -> Result<Vec<Sample>, RuleError> {
        match self.value(text, at)? {
            Value::Vector(samples) => Ok(samples),
            Value::Scalar(scalar) => {
                let (labels, time) = (regain_model::Labels::empty(), scalar.time);
                Ok(vec![Sample { labels, time, value: scalar.value, histogram: None }])
            }
            Value::Matrix(_) | Value::String(_) => Err(RuleError::NotAVector),
        }
    }

    fn value(&self, text: &str, at: Timestamp) -> Result<Value, RuleError> {
        let expr = parse(text, &self.setting.parser)?;
        let ctx = self.engine.context();
        Ok(self.engine.instant(&self.store, &expr, at, &ctx)?.value)
    }

    /// Says what all series have, those of the rules too.
    fn show_samples(&self) {
        let range_ms = (self.test.end_ms() / SECOND_MS).saturating_add(1) * SECOND_MS;
        let expr = format!("{{__name__=~\".+\"}}[{}]", duration::format(range_ms));
        match self.value(&expr, timestamp(self.time(range_ms))) {
            Ok(Value::Matrix(series)) => {
                let range = go_duration::format(range_ms.saturating_mul(NANOS_PER_MS));
                exit::complain(&format!(
                    "DEBUG: Dump of all data (input_series and rules) at {range}:"
                ));
                let series: Vec<String> = series.iter().map(lines).collect();
                exit::complain(&series.join("\n"));
            }
            Ok(other) => {
                exit::complain(&format!("DEBUG: Got unexpected type {}", other.type_name()));
            }
            Err(error) => {
                let expr = quote(&expr);
                exit::complain(&format!("DEBUG: Failed query exec, expr: {expr}, err: {error}"));
            }
        }
    }

    /// The time so many milliseconds after the start.
    fn time(&self, elapsed_ms: i64) -> Duration {
        let elapsed = Duration::from_millis(u64::try_from(elapsed_ms).unwrap_or_default());
        self.test.start.saturating_add(elapsed)
    }
}

fn timestamp(time: Duration) -> Timestamp {
    Timestamp(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

/// A series and a line for each of its samples.
fn lines(series: &Series) -> String {
    let points = series.points.iter();
    let points = points.map(|point| format!("{} @[{}]", format_float(point.value), point.time.0));
    let histograms = series.histograms.iter();
    let histograms = histograms.map(|point| format!("{} @[{}]", point.histogram, point.time.0));
    let points: Vec<String> = points.chain(histograms).collect();
    format!("{} =>\n{}", series.labels, points.join("\n"))
}
