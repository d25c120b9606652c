//! Inhibition: alerts that keep other alerts from being notified.
//!
//! Each rule knows the alerts that match its source side. Of those with the same values in the labels that
//! the rule compares it looks at one only, the one that ended last when it came in; that is upstream's way
//! (0.34, `inhibit.go`), and it decides what happens where an inhibiting alert matches both sides.

#[cfg(test)]
mod tests;

use hashbrown::HashMap;
use jiff::Timestamp;
use regain_model::{Labels, Matcher};
use xxhash_rust::xxh64::Xxh64;

use crate::matcher::all_match;
use crate::settings::InhibitRuleSettings;
use crate::{Alert, Fingerprint};

/// All rules, and the alerts that can inhibit.
#[derive(Debug, Default)]
pub struct Inhibitor {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    name: String,
    source: Vec<Matcher>,
    target: Vec<Matcher>,
    /// Sorted and without repetition, so that equal values give equal hashes.
    equal: Vec<String>,
    sources: HashMap<Fingerprint, Source>,
    /// The source that stands for each set of equal values.
    chosen: HashMap<u64, Fingerprint>,
}

#[derive(Debug)]
struct Source {
    labels: Labels,
    ends_at: Option<Timestamp>,
}

impl Source {
    /// Whether the alert has ended at `time`; an alert without an end never has.
    fn is_resolved_at(&self, time: Timestamp) -> bool {
        self.ends_at.is_some_and(|end| end <= time)
    }
}

impl Inhibitor {
    /// Starts without alerts.
    pub fn new(rules: &[InhibitRuleSettings]) -> Self {
        Self { rules: rules.iter().map(Rule::new).collect() }
    }

    /// How many rules there are.
    pub fn rule_count(&self) -> usize {
        self.rules.len()
    }

    /// Takes in what an alert is now, firing or resolved.
    pub fn update(&mut self, alert: &Alert) {
        let fingerprint = alert.fingerprint();
        for rule in &mut self.rules {
            if all_match(&rule.source, &alert.labels) {
                rule.update(fingerprint, alert);
            }
        }
    }

    /// Forgets an alert.
    pub fn remove(&mut self, fingerprint: Fingerprint) {
        for rule in &mut self.rules {
            rule.remove(fingerprint);
        }
    }

    /// The alert that inhibits one with `labels` at `now`, by the first rule that has one.
    pub fn inhibited_by(&self, labels: &Labels, now: Timestamp) -> Vec<Fingerprint> {
        let by = self.rules.iter().find_map(|rule| rule.inhibiting(labels, now));
        by.into_iter().collect()
    }

    /// The name of the rule by which [`Inhibitor::inhibited_by`] answers; it may be empty.
    pub fn inhibiting_rule(&self, labels: &Labels, now: Timestamp) -> Option<&str> {
        let rule = self.rules.iter().find(|rule| rule.inhibiting(labels, now).is_some())?;
        Some(&rule.name)
    }
}

impl Rule {
    fn new(settings: &InhibitRuleSettings) -> Self {
        let mut equal = settings.equal.clone();
        equal.sort_unstable();
        equal.dedup();
        Self {
            name: settings.name.clone(),
            source: settings.source.clone(),
            target: settings.target.clone(),
            equal,
            sources: HashMap::new(),
            chosen: HashMap::new(),
        }
    }

    /// A hash of the values that source and target have in common; an absent label is an empty one.
    fn equal_hash(&self, labels: &Labels) -> u64 {
        // No text holds this byte, so that two values do not run into one.
        const END: [u8; 1] = [0xff];
        let mut hash = Xxh64::new(0);
        for name in &self.equal {
            hash.update(labels.get(name).unwrap_or_default().as_bytes());
            hash.update(&END);
        }
        hash.digest()
    }

    fn update(&mut self, fingerprint: Fingerprint, alert: &Alert) {
        let hash = self.equal_hash(&alert.labels);
        let source = Source { labels: alert.labels.clone(), ends_at: alert.ends_at };
        self.sources.insert(fingerprint, source);
        let chosen = self.chosen.entry(hash).or_insert(fingerprint);
        if *chosen == fingerprint {
            return;
        }
        let ends_later = self
            .sources
            .get(chosen)
            .is_none_or(|current| alert.ends_at.is_some_and(|end| current.is_resolved_at(end)));
        if ends_later {
            *chosen = fingerprint;
        }
    }

    fn remove(&mut self, fingerprint: Fingerprint) {
        let Some(source) = self.sources.remove(&fingerprint) else { return };
        let hash = self.equal_hash(&source.labels);
        if self.chosen.get(&hash) == Some(&fingerprint) {
            self.chosen.remove(&hash);
        }
    }

    fn inhibiting(&self, labels: &Labels, now: Timestamp) -> Option<Fingerprint> {
        if !all_match(&self.target, labels) {
            return None;
        }
        let fingerprint = *self.chosen.get(&self.equal_hash(labels))?;
        let source = self.sources.get(&fingerprint)?;
        if source.is_resolved_at(now) {
            return None;
        }
        // An alert that matches both sides is not inhibited by another one that does, or by itself.
        let both_sided = all_match(&self.source, labels) && all_match(&self.target, &source.labels);
        (!both_sided).then_some(fingerprint)
    }
}
