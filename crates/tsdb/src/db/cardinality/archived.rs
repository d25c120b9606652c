//! Counting series that have left memory: into the same groups as those that are there.

use hashbrown::{HashMap, HashSet};
use regain_model::{JOB_NAME, METRIC_NAME, Matcher};
use regain_storage::Result;

use super::{By, Group};
use crate::archive::sheet::Sheet;
use crate::db::Inner;
use crate::db::losses::LostSheets;
use crate::index::{IdSet, Index};
use crate::view::View;

/// Groups of series in archives.
pub(super) struct ArchivedGroups<'a> {
    by: &'a By,
    series: u64,
    /// By metric, job or value, where groups have one, and by label, where they have one.
    groups: HashMap<String, HashMap<String, Counted>>,
}

#[derive(Default)]
struct Counted {
    series: u64,
    /// The values of a label.
    values: HashSet<String>,
}

impl<'a> ArchivedGroups<'a> {
    pub(super) fn new(by: &'a By) -> Self {
        Self { by, series: 0, groups: HashMap::new() }
    }

    pub(super) const fn series(&self) -> u64 {
        self.series
    }

    /// Counts a series.
    pub(super) fn add(&mut self, sheet: &Sheet, at: usize) {
        self.series += 1;
        let value = |name| sheet.value(at, name);
        let name = match self.by {
            By::Metric | By::MetricLabel => value(METRIC_NAME),
            By::Job => Some(value(JOB_NAME).unwrap_or_default()),
            By::Value(name) => value(name),
            By::Label => Some(""),
        };
        let Some(name) = name else { return };
        let labels = self.groups.entry_ref(name).or_default();
        let is_by_label = match self.by {
            By::Label => true,
            By::MetricLabel => false,
            _ => {
                labels.entry_ref("").or_default().series += 1;
                return;
            }
        };
        for (label, value) in sheet.labels(at).filter(|label| is_by_label || label.0 != METRIC_NAME)
        {
            let counted = labels.entry_ref(label).or_default();
            counted.series += 1;
            if !counted.values.contains(value) {
                counted.values.insert(value.to_owned());
            }
        }
    }

    /// Adds what was counted to groups of series in memory, which have these ids.
    pub(super) fn add_to(self, list: &mut Vec<Group>, index: &Index, ids: &IdSet) {
        let is_by_metric = *self.by == By::MetricLabel;
        let names = list.iter().map(|group| (group.name.clone(), group.label.clone()));
        let known: HashMap<(String, Option<String>), usize> = names.zip(0..).collect();
        for (name, labels) in self.groups {
            let own = if is_by_metric { of_metric(index, &name, ids) } else { ids.clone() };
            for (label, Counted { series, values }) in labels {
                let has_values = matches!(self.by, By::Label | By::MetricLabel);
                let new = values.iter().filter(|value| !is_held(index, &own, (&label, value)));
                let values = has_values.then(|| new.count() as u64);
                let key = match self.by {
                    By::Label => (label, None),
                    By::MetricLabel => (name.clone(), Some(label)),
                    _ => (name.clone(), None),
                };
                if let Some(group) = known.get(&key).map(|&at| &mut list[at]) {
                    group.series_kept += series;
                    group.values = group.values.zip(values).map(|(here, new)| here + new);
                } else {
                    let (name, label) = key;
                    list.push(Group {
                        name,
                        label,
                        values,
                        series_kept: series,
                        ..Group::default()
                    });
                }
            }
        }
    }
}

fn of_metric(index: &Index, metric: &str, ids: &IdSet) -> IdSet {
    let pair = index.symbols.find(METRIC_NAME).and_then(|name| index.find_pair(name, metric));
    pair.map_or_else(IdSet::default, |pair| {
        IdSet::of(&index.postings[pair as usize]).intersect(ids)
    })
}

/// Whether a living series among `ids` has a label.
fn is_held(index: &Index, ids: &IdSet, (name, value): (&str, &str)) -> bool {
    let pair = index.symbols.find(name).and_then(|name| index.find_pair(name, value));
    pair.is_some_and(|pair| {
        let mut held = ids.of_list(&index.postings[pair as usize]);
        held.any(|id| index.series.get(id).is_some())
    })
}

/// Leaves the labels of so many metrics, those with most series.
pub(super) fn keep_largest(list: &mut Vec<Group>, most: usize) {
    let mut sizes: HashMap<&str, u64> = HashMap::new();
    for group in &*list {
        let size = sizes.entry(&group.name).or_default();
        *size = group.series_kept.max(*size);
    }
    if sizes.len() <= most {
        return;
    }
    let mut largest: Vec<(u64, &str)> =
        sizes.into_iter().map(|(name, size)| (size, name)).collect();
    largest.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let kept: HashSet<String> = largest[..most].iter().map(|&(_, name)| name.to_owned()).collect();
    list.retain(|group| kept.contains(&group.name));
}

impl Inner {
    /// Calls `found` for the series in archives that one of the selectors matches, all of them where there is none.
    pub(super) fn visit_archived_of(
        &self,
        view: &View,
        selectors: &[Vec<Matcher>],
        mut found: impl FnMut(&Sheet, usize),
    ) -> Result<LostSheets> {
        let all = [Vec::new()];
        let selectors = if selectors.is_empty() { &all[..] } else { selectors };
        let (mut seen, mut lost) = (HashSet::new(), LostSheets::default());
        for matchers in selectors {
            let met =
                self.visit_archived(view, (matchers, (i64::MIN, i64::MAX)), |sheet, which| {
                    for &series in which {
                        // Of one selector each comes once.
                        let is_new = selectors.len() == 1 || seen.insert(sheet.id(series));
                        if is_new {
                            found(sheet, series);
                        }
                    }
                })?;
            lost.extend(met);
        }
        Ok(lost)
    }
}
