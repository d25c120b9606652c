//! `create-blocks-from rules`: what recording rules would have recorded, had they been there before.
//!
//! A server is asked what the rule yields over each block's time, at the times at which its group would have
//! evaluated it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use regain_config::{LoadError, RuleFileOptions, load_rule_text};
use regain_go_format::format_float;
use regain_model::{LabelsBuilder, METRIC_NAME, NameScheme};
use regain_rules::{Rule, RuleGroup};
use regain_storage::fs::{Fs, RealFs};
use tokio::runtime::Runtime;

use super::blocks::{Gathered, Refused, block_length};
use super::{MS_NS, TsdbError, create_root};
use crate::api_client::answer::{Answer, Number, Point, Stream};
use crate::api_client::{AskError, HTTP_CONFIG, Parameters, Server};
use crate::flags::Line;
use crate::promtool::features;
use crate::promtool::times::{TimeError, now, time_of};
use crate::promtool::tsdb::Bar;
use crate::{exit, runtime};

/// Without an end, rules are evaluated up to so long ago: what is newer is still in the server's head.
const NOT_SEALED_S: f64 = 3.0 * 3600.0;
const MS: i64 = 1000;

/// Why rules cannot be evaluated.
#[derive(Debug, thiserror::Error)]
pub(in crate::promtool::tsdb) enum RulesError {
    /// A time cannot be read.
    #[error(transparent)]
    Time(#[from] TimeError),
    /// The range has no length.
    #[error("start time is not before end time")]
    EmptyRange,
    /// The server cannot be asked.
    #[error("new api client error: {0}")]
    Client(#[source] AskError),
    /// The runtime cannot be built.
    #[error(transparent)]
    Runtime(#[from] io::Error),
    /// A file cannot be read.
    #[error("rule importer parse error: {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file has mistakes.
    #[error("rule importer parse error: {0}")]
    Load(#[from] LoadError),
    /// Some of the rules failed; each was told about.
    #[error("error importing rules")]
    Failed,
}

/// Why one rule cannot be evaluated.
#[derive(Debug, thiserror::Error)]
enum RuleError {
    /// The server did not answer with data.
    #[error("query range: {0}")]
    Ask(#[from] AskError),
    /// The server answered with something else than series over time.
    #[error("rule result is wrong type")]
    WrongType,
    /// Two series have become one, and their samples exclude each other.
    #[error("add: multiappender append: {0}")]
    Add(#[from] Refused),
    /// The block cannot be written.
    #[error("{0}")]
    Write(Box<TsdbError>),
}

pub(super) fn run(line: &Line) -> Result<(), TsdbError> {
    let mut import = Import::new(line)?;
    let groups = load(line)?;
    create_root(import.fs.as_ref(), &import.root)?;
    let recording = groups.iter().flat_map(|group| {
        let rules = group.rules.iter().filter(|rule| rule.alerting().is_none());
        rules.map(move |rule| (group, &**rule))
    });
    let rules: Vec<(&RuleGroup, &Rule)> = recording.collect();
    let (mut bar, mut has_failed) = (Bar::new("evaluating rules"), false);
    for (number, &(group, rule)) in rules.iter().enumerate() {
        bar.show(number as u64, rules.len() as u64);
        if let Err(error) = import.rule(group, rule) {
            bar.clear();
            exit::complain(&format!("rule importer error: {error}"));
            has_failed = true;
        }
    }
    bar.clear();
    if import.histograms > 0 {
        let count = import.histograms;
        exit::complain(&format!(
            "left out: {count} native histograms, which the API does not give as they are kept"
        ));
    }
    if has_failed { Err(RulesError::Failed.into()) } else { Ok(()) }
}

/// Reads the groups of all files.
fn load(line: &Line) -> Result<Vec<RuleGroup>, RulesError> {
    let options = RuleFileOptions {
        scheme: NameScheme::Utf8,
        parser: features::parser_options(line),
        interval: Duration::from_nanos(line.nanos("eval-interval").unsigned_abs()),
        ignore_unknown_fields: false,
    };
    let mut groups = Vec::new();
    for path in line.arguments.iter().map(Path::new) {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| RulesError::Read { path: path.to_owned(), source })?;
        groups.extend(load_rule_text(path, &text, &options)?);
    }
    Ok(groups)
}

/// What all rules have in common.
struct Import {
    server: Server,
    runtime: Runtime,
    fs: Arc<dyn Fs>,
    root: PathBuf,
    /// The first and the last second.
    seconds: (i64, i64),
    /// The length of blocks in milliseconds.
    length: i64,
    /// The histograms that were left out.
    histograms: usize,
}

impl Import {
    #[expect(clippy::cast_possible_truncation, reason = "times of an i64 are all there are")]
    fn new(line: &Line) -> Result<Self, RulesError> {
        let end = time_of(line, "end", "end")?.unwrap_or_else(|| now() - NOT_SEALED_S);
        let start = time_of(line, "start", "start")?.unwrap_or_default();
        if start >= end {
            return Err(RulesError::EmptyRange);
        }
        let server = Server::new(line.text("url"), line.text(HTTP_CONFIG.name));
        Ok(Self {
            server: server.map_err(RulesError::Client)?,
            runtime: runtime::build(1)?,
            fs: Arc::new(RealFs),
            root: PathBuf::from(line.text("output-dir")),
            seconds: (start as i64, end as i64),
            length: block_length(line.nanos("max-block-duration") / MS_NS),
            histograms: 0,
        })
    }

    /// Evaluates a rule, and writes a block for each of its lengths of time in which it has samples.
    fn rule(&mut self, group: &RuleGroup, rule: &Rule) -> Result<(), RuleError> {
        let (first, last) = self.seconds;
        let mut start = first.saturating_mul(MS) / self.length * self.length;
        while start <= last.saturating_mul(MS) {
            let next = start.saturating_add(self.length);
            let from = u64::try_from((start / MS).max(first)).unwrap_or_default();
            let from = group.first_slot_from(Duration::from_secs(from));
            let to = u64::try_from(((next - 1) / MS).min(last)).unwrap_or_default();
            let to = Duration::from_secs(to);
            if from <= to {
                let gathered = self.evaluate(rule, (from, to), group.interval)?;
                let written = gathered.write(&self.fs, &self.root, self.length);
                written.map_err(|error| RuleError::Write(Box::new(error)))?;
            }
            start = next;
        }
        Ok(())
    }

    /// What a rule yields from the first to the last time.
    fn evaluate(
        &mut self,
        rule: &Rule,
        (from, to): (Duration, Duration),
        interval: Duration,
    ) -> Result<Gathered, RuleError> {
        let parameters: Parameters<'_> = vec![
            ("query", rule.query.to_string()),
            ("start", format_float(from.as_secs_f64())),
            ("end", format_float(to.as_secs_f64())),
            ("step", format_float(interval.as_secs_f64())),
        ];
        let path = ["api", "v1", "query_range"];
        let answer = self.runtime.block_on(self.server.post(&path, &parameters));
        let (answer, warnings): (Answer, Vec<String>) = answer?;
        for warning in warnings {
            exit::complain(&format!("query warning: {warning}"));
        }
        let Answer::Matrix(series) = answer else { return Err(RuleError::WrongType) };
        let (mut gathered, mut builder) = (Gathered::default(), LabelsBuilder::new());
        for Stream { metric, values, histograms } in series {
            self.histograms += histograms.len();
            builder.reset(&metric.iter().collect());
            // The rule's labels win over those of what it yields.
            for (name, value) in &rule.labels {
                builder.set(name, value);
            }
            builder.set(METRIC_NAME, &rule.name);
            let labels = builder.labels();
            for Point(seconds, Number(value)) in values {
                gathered.add(labels.clone(), milliseconds(seconds), value)?;
            }
        }
        Ok(gathered)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a server's times are those of an i64")]
fn milliseconds(seconds: f64) -> i64 {
    (seconds * MS as f64).round() as i64
}
