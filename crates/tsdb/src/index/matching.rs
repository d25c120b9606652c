//! From matchers to series.
//!
//! A matcher that the empty value satisfies removes series from the others' result, one that it does
//! not satisfy is a union of postings. Regular expressions look at the distinct values of one label
//! only, narrowed by a literal set or a literal prefix where there is one.

use regain_model::{MatchOp, Matcher};

use super::{IdSet, Index, Postings};

/// Looking at the labels of one series takes about as long as reading so many runs of a list.
const LABELS_COST: usize = 4;

impl Index {
    /// The living and dead ids whose labels satisfy all matchers, ascending.
    pub(crate) fn matching(&self, matchers: &[Matcher]) -> IdSet {
        let (subtract, select): (Vec<_>, Vec<_>) =
            matchers.iter().partition(|matcher| matcher.matches_empty());
        // Cheap lists first: an empty one ends it.
        let mut select: Vec<(usize, Vec<u32>)> = select
            .into_iter()
            .map(|matcher| self.pairs_matching(matcher, true))
            .map(|pairs| (pairs.iter().map(|&pair| self.list(pair).count()).sum(), pairs))
            .collect();
        select.sort_unstable_by_key(|(count, _)| *count);
        let mut found: Option<IdSet> = None;
        for (_, pairs) in select {
            let both = match &found {
                None => IdSet::union(pairs.iter().map(|&pair| self.list(pair))),
                Some(found) => self.narrow(found, pairs, true),
            };
            if both.is_empty() {
                return both;
            }
            found = Some(both);
        }
        let mut found = found.unwrap_or_else(|| self.living());
        for matcher in subtract {
            found = self.narrow(&found, self.pairs_matching(matcher, false), false);
        }
        found
    }

    /// All living ids.
    pub(crate) fn living(&self) -> IdSet {
        IdSet::ascending(self.series.iter().map(|(id, _)| id))
    }

    /// No fewer series than match: as many as have the rarest of the pairs that are asked for by `=`.
    pub(crate) fn matching_max(&self, matchers: &[Matcher]) -> usize {
        let by_value =
            |matcher: &&Matcher| matcher.op() == MatchOp::Equal && !matcher.value().is_empty();
        let counts = matchers.iter().filter(by_value).map(|matcher| {
            let pair = self.symbols.find(matcher.name());
            let pair = pair.and_then(|name| self.find_pair(name, matcher.value()));
            pair.map_or(0, |pair| self.list(pair).count())
        });
        counts.min().unwrap_or(usize::MAX)
    }

    fn list(&self, pair: u32) -> &Postings {
        &self.postings[pair as usize]
    }

    /// Of `found` those that have one of the pairs, or those that have none. Where there are few, their
    /// labels are looked at instead of reading long lists.
    fn narrow(&self, found: &IdSet, mut pairs: Vec<u32>, wanted: bool) -> IdSet {
        let reading: usize = pairs.iter().map(|&pair| self.list(pair).reading_cost()).sum();
        if found.count().saturating_mul(LABELS_COST) < reading {
            pairs.sort_unstable();
            return found.retain(|id| {
                self.series.get(id).is_some_and(|series| {
                    let labels = self.labels_of(series);
                    let has = labels.iter().any(|pair| pairs.binary_search(pair).is_ok());
                    has == wanted
                })
            });
        }
        let listed = IdSet::union(pairs.iter().map(|&pair| self.list(pair)));
        if wanted { found.intersect(&listed) } else { found.without(&listed) }
    }

    fn pairs_matching(&self, matcher: &Matcher, satisfied: bool) -> Vec<u32> {
        let Some(name) = self.symbols.find(matcher.name()) else { return Vec::new() };
        // Looking for exactly the text of `=` and `!=`, or for a few literals of a regex.
        if satisfied != matcher.op().is_negative() {
            if let MatchOp::Equal | MatchOp::NotEqual = matcher.op() {
                return self.find_pair(name, matcher.value()).into_iter().collect();
            }
            if let Some(literals) = matcher.regex().and_then(|regex| regex.set_matches()) {
                let found = literals.iter().filter_map(|text| self.find_pair(name, text.as_ref()));
                return found.collect();
            }
            if let Some(prefix) = matcher.regex().and_then(|regex| regex.prefix()) {
                let sorted = self.sorted_pairs(matcher.name());
                let start = sorted.partition_point(|&pair| self.value_text(pair) < prefix);
                let within = sorted[start..]
                    .iter()
                    .take_while(|&&pair| self.value_text(pair).starts_with(prefix));
                let matched =
                    within.filter(|&&pair| matcher.matches(self.value_text(pair)) == satisfied);
                return matched.copied().collect();
            }
        }
        let pairs = self.names.get(&name).map_or(&[][..], |entry| entry.pairs());
        let matched = pairs.iter().copied();
        matched.filter(|&pair| matcher.matches(self.value_text(pair)) == satisfied).collect()
    }

    pub(crate) fn find_pair(&self, name: u32, value: &str) -> Option<u32> {
        self.pairs.find((name, self.symbols.find(value)?))
    }
}
