//! Where series come from: groups of them by metric, job, label or value, what they were a day ago, and what nobody asks for.

mod archived;
mod grouping;

use std::sync::MutexGuard;

use hashbrown::{HashMap, HashSet};
use regain_model::{METRIC_NAME, Matcher, Span};
use regain_storage::Result;

use super::{Db, Inner};
use crate::cardinality::Memory;
use crate::index::{IdSet, Index};
use archived::{ArchivedGroups, keep_largest};
use grouping::{Grouping, METRICS_MAX, ids_of};

/// What series are put together by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The metric.
    Metric,
    /// The job.
    Job,
    /// The labels they have: a series is in as many groups as it has labels.
    Label,
    /// The value of this label; series without it are in no group.
    Value(String),
    /// The metric and each of its labels, for the metrics with most series.
    MetricLabel,
}

/// The order of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// Most series first, and for labels most values first.
    Size,
    /// Most new series since a day ago first.
    Growth,
}

/// What somebody wants to know of the series of a store.
#[derive(Clone, Debug)]
pub struct CardinalityQuery<'a> {
    /// What series are put together by.
    pub by: By,
    /// Of the series that one of these matches; of all where there is none.
    pub selectors: &'a [Vec<Matcher>],
    /// The order of the groups.
    pub sort: SortBy,
    /// Only metrics that no query or rule has selected since this time, in milliseconds.
    pub unqueried_since: Option<i64>,
    /// So many groups; 0 for all.
    pub limit: usize,
}

/// Groups of series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cardinality {
    /// The series that are written, of those that were asked for.
    pub series: u64,
    /// Those and the series of which there are only older samples.
    pub series_kept: u64,
    /// How many groups there are.
    pub groups: u64,
    /// The time of the counts that groups are compared with, in milliseconds, where there are some.
    pub compared_with: Option<i64>,
    /// The time since which it is noted what queries and rules select, in milliseconds.
    pub queries_noted_since: Option<i64>,
    /// What says that series may be missing, because a file of them is damaged.
    pub warnings: Vec<String>,
    /// The groups.
    pub list: Vec<Group>,
}

/// Series that have something in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// The metric, the job, the label or the value.
    pub name: String,
    /// The label, where groups are those of metrics and labels.
    pub label: Option<String>,
    /// The series that are written.
    pub series: u64,
    /// Those and the series of which there are only older samples.
    pub series_kept: u64,
    /// The distinct values of a label.
    pub values: Option<u64>,
    /// The series of the metric or job at [`Cardinality::compared_with`], where that is known.
    pub before: Option<u64>,
    /// When a query or rule last selected the metric, in milliseconds, where one has.
    pub last_queried: Option<i64>,
    /// The series that limits refuse now.
    pub refused: u64,
}

impl Group {
    fn growth(&self) -> i64 {
        let before = self.before.unwrap_or(self.series);
        self.series.cast_signed().saturating_sub(before.cast_signed())
    }
}

impl Db {
    /// Groups of series.
    pub fn cardinality(&self, query: &CardinalityQuery<'_>) -> Result<Cardinality> {
        self.0.check_not_closed()?;
        // Held to the end, so that no series leaves the index that is in no archive of this view.
        let view = self.0.view();
        let memory = self.0.memory();
        let index = self.0.index();
        let ids = ids_of(&index, query.selectors);
        let living = (!view.archives.is_empty()).then(|| index.living());
        let mut grouping = Grouping::new(&index, &ids);
        let mut list = match &query.by {
            By::Metric => grouping.by_value(METRIC_NAME),
            By::Job => grouping.by_job(),
            By::Value(name) => grouping.by_value(name),
            By::Label => grouping.by_label(),
            // What has left memory may make another metric one of the largest.
            By::MetricLabel if living.is_some() => grouping.by_metric_and_label(usize::MAX),
            By::MetricLabel => grouping.by_metric_and_label(METRICS_MAX),
        };
        let (series, mut series_kept) = grouping.totals();
        drop(index);
        let mut warnings = self.0.warnings_of_lost_series(Span::ALL);
        if let Some(living) = living {
            let mut archived = ArchivedGroups::new(&query.by);
            let lost = self.0.visit_archived_of(&view, query.selectors, |sheet, at| {
                if !living.contains(sheet.id(at)) {
                    archived.add(sheet, at);
                }
            })?;
            warnings.extend(lost.warnings());
            series_kept += archived.series();
            archived.add_to(&mut list, &self.0.index(), &ids);
            if query.by == By::MetricLabel {
                keep_largest(&mut list, METRICS_MAX);
            }
        }
        let mut found = Cardinality { series, series_kept, warnings, ..Cardinality::default() };
        found.queries_noted_since = memory.remembered.since_ms;
        if matches!(query.by, By::Metric | By::Job) {
            found.compared_with = self.0.compare(&memory, query, &mut list);
        }
        if query.by == By::Metric {
            for group in &mut list {
                group.last_queried = memory.remembered.selected.get(&*group.name).copied();
            }
            if let Some(since) = query.unqueried_since {
                list.retain(|group| group.last_queried.is_none_or(|last| last < since));
            }
        }
        drop(memory);
        found.groups = list.len() as u64;
        sort(&mut list, query.sort);
        list.truncate(if query.limit == 0 { list.len() } else { query.limit });
        found.list = list;
        Ok(found)
    }
}

fn sort(list: &mut [Group], by: SortBy) {
    let size = |group: &Group| (group.values.unwrap_or_default(), group.series, group.series_kept);
    list.sort_unstable_by(|a, b| {
        let grown = match by {
            SortBy::Size => std::cmp::Ordering::Equal,
            SortBy::Growth => b.growth().cmp(&a.growth()),
        };
        let by_size = || size(b).cmp(&size(a));
        grown.then_with(by_size).then_with(|| (&a.name, &a.label).cmp(&(&b.name, &b.label)))
    });
}

impl Inner {
    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no holder of this lock panics")
    }

    /// Adds to the groups what they were and what of them is refused, and says what they are compared with. What they were is
    /// known of whole metrics and jobs only.
    fn compare(
        &self,
        memory: &Memory,
        query: &CardinalityQuery<'_>,
        list: &mut [Group],
    ) -> Option<i64> {
        let is_metric = query.by == By::Metric;
        let mut refused: HashMap<String, u64> = HashMap::new();
        for of in self.admission.state(0).refused {
            let name = if is_metric { of.metric } else { of.job };
            *refused.entry(name).or_default() += of.series;
        }
        for group in &mut *list {
            group.refused = refused.get(&group.name).copied().unwrap_or(0);
        }
        let counts = memory.a_day_ago(self.admission.now())?;
        if !query.selectors.is_empty() {
            return None;
        }
        let before = if is_metric { &counts.metrics } else { &counts.jobs }.lookup();
        for group in list {
            group.before = before(&group.name);
        }
        Some(counts.time_ms)
    }

    /// Remembers what is due at `now`.
    pub(super) fn remember(&self, now: i64) -> Result<()> {
        let noted = self.usage.take(now);
        let archived = self.archived_metrics();
        let to_write = {
            let mut memory = self.memory();
            let index = self.index();
            let in_archive =
                |name: &str| archived.as_ref().is_none_or(|names| names.contains(name));
            let has_metric = |name: &str| index.has_metric(name) || in_archive(name);
            let names = noted.names.iter().map(|name| &**name);
            memory.note_selected(names.filter(|name| has_metric(name)), now);
            for matchers in noted.selections.values() {
                let metrics = metrics_of(&index, matchers);
                memory.note_selected(metrics.iter().map(|&pair| index.value_text(pair)), now);
            }
            memory.tick(&index, now).then(|| memory.begin_write(has_metric, now))
        };
        to_write.map_or(Ok(()), |remembered| remembered.write(&*self.fs, &self.layout))
    }

    /// Makes durable what is remembered, before the end.
    pub(super) fn remember_all(&self) -> Result<()> {
        let now = self.admission.now();
        let archived = self.archived_metrics();
        let to_write = {
            let mut memory = self.memory();
            let index = self.index();
            let in_archive =
                |name: &str| archived.as_ref().is_none_or(|names| names.contains(name));
            let has_metric = |name: &str| index.has_metric(name) || in_archive(name);
            memory.is_dirty().then(|| memory.begin_write(has_metric, now))
        };
        to_write.map_or(Ok(()), |remembered| remembered.write(&*self.fs, &self.layout))
    }
}

/// The pairs that name the metrics of the series that match.
fn metrics_of(index: &Index, matchers: &[Matcher]) -> HashSet<u32> {
    let Some(name) = index.symbols.find(METRIC_NAME) else { return HashSet::new() };
    let all = index.names.get(&name).map_or(0, |entry| entry.pairs().len());
    let mut found = HashSet::new();
    let ids: IdSet = index.matching(matchers);
    for id in ids.iter() {
        let Some(series) = index.series.get(id) else { continue };
        let mut pairs = index.labels_of(series).iter().copied();
        found.extend(pairs.find(|&pair| index.pairs.get(pair).0 == name));
        if found.len() == all {
            break;
        }
    }
    found
}
