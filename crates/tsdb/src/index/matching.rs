//! From matchers to series.
//!
//! A matcher that the empty value satisfies removes series from the others' result, one that it does
//! not satisfy is a union of postings. Regular expressions look at the distinct values of one label
//! only, narrowed by a literal set or a literal prefix where there is one.

use regain_model::{MatchOp, Matcher};

use super::{IdSet, Index, Postings};

impl Index {
    /// The living and dead ids whose labels satisfy all matchers, ascending.
    pub(crate) fn matching(&self, matchers: &[Matcher]) -> IdSet {
        let mut found: Option<IdSet> = None;
        let (subtract, select): (Vec<_>, Vec<_>) =
            matchers.iter().partition(|matcher| matcher.matches_empty());
        // Cheap lists first: an empty one ends it.
        let mut lists: Vec<Vec<&Postings>> =
            select.into_iter().map(|matcher| self.lists(matcher, true)).collect();
        lists.sort_by_key(|lists| lists.iter().map(|list| list.count()).sum::<usize>());
        for lists in lists {
            let set = IdSet::union(lists);
            let both = found.map_or_else(|| set.clone(), |found| found.intersect(&set));
            if both.is_empty() {
                return both;
            }
            found = Some(both);
        }
        let mut found = found.unwrap_or_else(|| IdSet::below(self.series.next_id()));
        for matcher in subtract {
            found = found.without(&IdSet::union(self.lists(matcher, false)));
        }
        found
    }

    /// The lists of the values that satisfy the matcher, or of those that do not.
    fn lists(&self, matcher: &Matcher, satisfied: bool) -> Vec<&Postings> {
        self.pairs_matching(matcher, satisfied)
            .into_iter()
            .map(|pair| &self.postings[pair as usize])
            .collect()
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

    fn find_pair(&self, name: u32, value: &str) -> Option<u32> {
        self.pairs.find((name, self.symbols.find(value)?))
    }
}
