//! Counting series and values. Every series that was asked for is looked at once or twice, and nothing is copied.

use hashbrown::HashMap;
use regain_model::{JOB_NAME, METRIC_NAME, Matcher};

use super::Group;
use crate::index::{IdSet, Index, Series};

/// The labels of this many metrics are looked at, those with most series.
pub(super) const METRICS_MAX: usize = 100;

/// The series that one of the selectors matches; all where there is none.
pub(super) fn ids_of(index: &Index, selectors: &[Vec<Matcher>]) -> IdSet {
    let matching = |matchers: &Vec<Matcher>| index.matching(matchers);
    let found = selectors.iter().map(matching).reduce(|all, ids| all.unite(&ids));
    found.unwrap_or_else(|| index.living())
}

/// Counts some series.
pub(super) struct Grouping<'a> {
    index: &'a Index,
    ids: &'a IdSet,
    totals: Count,
}

/// The series that are written, and those that are kept.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    series: u64,
    kept: u64,
}

impl Count {
    fn add(&mut self, series: &Series) {
        self.series += u64::from(series.counted);
        self.kept += 1;
    }

    fn group(self, name: &str) -> Group {
        let name = name.to_owned();
        Group { name, series: self.series, series_kept: self.kept, ..Group::default() }
    }
}

impl<'a> Grouping<'a> {
    pub(super) fn new(index: &'a Index, ids: &'a IdSet) -> Self {
        Self { index, ids, totals: Count::default() }
    }

    /// The series that are written, and those that are kept, of all groups.
    pub(super) const fn totals(&self) -> (u64, u64) {
        (self.totals.series, self.totals.kept)
    }

    /// The living ones among the series.
    fn living(&self) -> impl Iterator<Item = &'a Series> {
        let (index, ids) = (self.index, self.ids);
        ids.iter().filter_map(|id| index.series.get(id))
    }

    /// Counts by the pair of a label; series without it come last.
    fn count_values(&mut self, name: &str) -> (HashMap<u32, Count>, Count) {
        let index = self.index;
        let name = index.symbols.find(name);
        let (mut counts, mut without) = (HashMap::new(), Count::default());
        let mut totals = Count::default();
        for series in self.living() {
            totals.add(series);
            let has_name = |pair: &&u32| Some(index.pairs.get(**pair).0) == name;
            match index.labels_of(series).iter().find(has_name) {
                Some(&pair) => counts.entry(pair).or_insert_with(Count::default).add(series),
                None => without.add(series),
            }
        }
        self.totals = totals;
        (counts, without)
    }

    pub(super) fn by_value(&mut self, name: &str) -> Vec<Group> {
        let (counts, _) = self.count_values(name);
        let group = |(&pair, count): (&u32, &Count)| count.group(self.index.value_text(pair));
        counts.iter().map(group).collect()
    }

    /// By job; those without one have the empty name.
    pub(super) fn by_job(&mut self) -> Vec<Group> {
        let (counts, without) = self.count_values(JOB_NAME);
        let group = |(&pair, count): (&u32, &Count)| count.group(self.index.value_text(pair));
        let without = (without.kept > 0).then(|| without.group(""));
        counts.iter().map(group).chain(without).collect()
    }

    pub(super) fn by_label(&mut self) -> Vec<Group> {
        let mut labels = Labels::new(self.index);
        let mut totals = Count::default();
        for series in self.living() {
            totals.add(series);
            labels.add(series);
        }
        self.totals = totals;
        labels.groups().collect()
    }

    /// The labels of so many metrics, those with most series, but for the name itself.
    pub(super) fn by_metric_and_label(&mut self, most: usize) -> Vec<Group> {
        let (counts, _) = self.count_values(METRIC_NAME);
        let index = self.index;
        let mut metrics: Vec<(u32, Count)> = counts.into_iter().collect();
        metrics.sort_unstable_by_key(|&(pair, count)| (std::cmp::Reverse(count.kept), pair));
        metrics.truncate(most);
        let mut labels = Labels::new(index);
        let mut groups = Vec::new();
        for (metric, _) in metrics {
            labels.restart();
            let own = IdSet::of(&index.postings[metric as usize]).intersect(self.ids);
            let series = own.iter().filter_map(|id| index.series.get(id));
            series.for_each(|series| labels.add(series));
            let name = index.value_text(metric);
            let of_metric = labels.groups().filter(|group| group.name != METRIC_NAME);
            groups.extend(of_metric.map(|group| Group {
                label: Some(group.name),
                name: name.to_owned(),
                ..Group { name: String::new(), ..group }
            }));
        }
        groups
    }
}

/// Counts the series and the values of labels.
struct Labels<'a> {
    index: &'a Index,
    /// By pair the round in which it was last seen.
    seen: Vec<u32>,
    round: u32,
    by_name: HashMap<u32, (Count, u64)>,
}

impl<'a> Labels<'a> {
    fn new(index: &'a Index) -> Self {
        Self { index, seen: vec![0; index.pairs.len()], round: 1, by_name: HashMap::new() }
    }

    fn restart(&mut self) {
        self.round += 1;
        self.by_name.clear();
    }

    fn add(&mut self, series: &Series) {
        let Self { index, seen, round, by_name } = self;
        for &pair in index.labels_of(series) {
            let (count, values) = by_name.entry(index.pairs.get(pair).0).or_default();
            count.add(series);
            let before = std::mem::replace(&mut seen[pair as usize], *round);
            *values += u64::from(before != *round);
        }
    }

    fn groups(&self) -> impl Iterator<Item = Group> {
        self.by_name.iter().map(|(&name, &(count, values))| Group {
            values: Some(values),
            ..count.group(self.index.symbols.text(name))
        })
    }
}
