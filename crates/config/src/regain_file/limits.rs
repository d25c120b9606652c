//! The section `limits` of the section `storage`: how many series there may be, and how much memory.

use regain_go_format::size;
use regain_yaml::{Mistakes, Node, Section};

/// The part of the memory there is that new series are taken in, in percent, where the file does not say.
const DEFAULT_PERCENT: f64 = 80.0;

/// Limits on new series.
#[derive(Clone, Debug, PartialEq)]
pub struct StorageLimits {
    /// The memory of the process above which new series are refused.
    pub memory: MemoryLimit,
    /// The series of one metric; 0 for no limit.
    pub series_per_metric: u64,
    /// The series of one job; 0 for no limit.
    pub series_per_job: u64,
    /// What is different for some jobs.
    pub jobs: Vec<LimitsOf>,
}

/// A limit on memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MemoryLimit {
    /// In bytes; 0 for none.
    Bytes(u64),
    /// A part of what the process may have, in percent.
    Percent(f64),
}

/// The limits of one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitsOf {
    /// The value of the label `job`.
    pub job: String,
    /// Its series, where that is another number than that of all jobs; 0 for no limit.
    pub series: Option<u64>,
    /// Jobs with a lower number are refused new series before others when memory is short.
    pub priority: i64,
}

impl Default for StorageLimits {
    fn default() -> Self {
        let memory = MemoryLimit::Percent(DEFAULT_PERCENT);
        Self { memory, series_per_metric: 0, series_per_job: 0, jobs: Vec::new() }
    }
}

impl StorageLimits {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let mut known: Vec<String> = Vec::new();
        Self {
            memory: section.parsed("memory", memory).unwrap_or(default.memory),
            series_per_metric: section.or_zero("series_per_metric"),
            series_per_job: section.or_zero("series_per_job"),
            jobs: section.list("jobs", |node, mistakes| {
                let limits = LimitsOf::decode(node, mistakes)?;
                if known.contains(&limits.job) {
                    let message = format!("the job {:?} has limits already", limits.job);
                    mistakes.rule(node.span, message);
                }
                known.push(limits.job.clone());
                Some(limits)
            }),
        }
    }
}

impl LimitsOf {
    fn decode(node: &Node, mistakes: &Mistakes) -> Option<Self> {
        Section::read(node, "storage.limits.jobs", mistakes, |section| {
            let job: String = section.required("job").unwrap_or_default();
            let (series, priority) = (section.optional("series"), section.or_zero("priority"));
            if series.is_none() && section.peek("priority").is_none() {
                section.rule("job", "a job needs series or priority: what is different for it?");
            }
            Self { job, series, priority }
        })
    }
}

/// Why a text is no limit on memory.
#[derive(Debug, thiserror::Error)]
enum NoMemory {
    #[error("{0:?} is not between 0% and 100%")]
    Percent(String),
    #[error("{0:?} is neither a size such as 4GiB nor a part such as 80%")]
    Size(String),
}

fn memory(text: &str) -> Result<MemoryLimit, NoMemory> {
    if let Some(percent) = text.strip_suffix('%') {
        let number = percent.trim().parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
        return match number {
            Some(0.0) => Ok(MemoryLimit::Bytes(0)),
            Some(percent) => Ok(MemoryLimit::Percent(percent)),
            None => Err(NoMemory::Percent(text.to_owned())),
        };
    }
    let bytes = size::parse(text).ok().and_then(|bytes| u64::try_from(bytes).ok());
    bytes.map(MemoryLimit::Bytes).ok_or_else(|| NoMemory::Size(text.to_owned()))
}
